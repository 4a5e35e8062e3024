import { expect, test } from "vitest";
import { KnownSecrets } from "../../src/known-secrets.js";
import type { EntryBody } from "../../src/sessions/entry.js";
import { maskEntry } from "../../src/sessions/mask-entry.js";

const SECRET = "hunter2-hunter2";
const secrets = new KnownSecrets([SECRET, "tool_result"]);
const mask = (text: string): string => secrets.redact(text);
const opaque = (data: unknown) => ({ provider: "codex", model: "m", data });

test.each<{ name: string; body: EntryBody }>([
  { name: "a title", body: { kind: "note", title: SECRET, text: SECRET } },
  { name: "a prompt", body: { kind: "user", content: [{ type: "text", text: `a ${SECRET}` }] } },
  { name: "an image", body: { kind: "user", content: [{ type: "image", mediaType: "image/png", data: SECRET }] } },
  {
    name: "an answer with all that can be in it",
    body: {
      kind: "assistant",
      provider: "codex",
      model: "m",
      content: [
        { type: "text", text: SECRET, opaque: opaque({ deep: [{ [SECRET]: 1 }] }) },
        { type: "thinking", text: SECRET, opaque: opaque(SECRET) },
        {
          type: "tool_use",
          id: "1",
          name: "bash",
          input: { a: [{ [SECRET]: SECRET }] },
          inputError: SECRET,
          rawInput: SECRET,
        },
      ],
    },
  },
  {
    name: "a result with its diff",
    body: {
      kind: "tool_result",
      call: 0,
      result: { type: "tool_result", toolUseId: "1", content: [{ type: "text", text: SECRET }] },
      outcome: { status: "ok", diff: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: [`+${SECRET}`] }] },
    },
  },
  { name: "data of others", body: { kind: "mark", name: "undo", data: { path: [SECRET], [SECRET]: true } } },
  {
    name: "a compaction",
    body: { kind: "compaction", upTo: 1, messages: [{ role: "user", content: [{ type: "text", text: SECRET }] }] },
  },
  { name: "a reason", body: { kind: "rewind", to: 0, reason: SECRET } },
])("$name holds no secret, and stays what it is", ({ body }) => {
  const masked = maskEntry(body, mask);
  expect(JSON.stringify(masked)).not.toContain(SECRET);
  expect(masked.kind).toBe(body.kind);
});

test("what a service wants back is kept whole, or not at all", () => {
  const thinking = { type: "thinking", text: "", opaque: opaque({ encrypted: "x".repeat(30) }) } as const;
  const body: EntryBody = { kind: "assistant", provider: "codex", model: "m", content: [thinking] };
  expect(maskEntry(body, mask)).toEqual(body);
});
