import fc from "fast-check";
import { Marked } from "marked";
import { describe, expect, test } from "vitest";
import type { Entry, EntryBody } from "../../src/sessions/entry.js";
import { codeSpan, contained, exportMarkdown, fenced } from "../../src/sessions/export-markdown.js";
import { buildView } from "../../src/sessions/session-view.js";

const reader = new Marked({ gfm: true });

test("a code block gives back exactly what was put in, whatever that is", () => {
  const text = fc.string({ unit: fc.constantFrom("`", "~", "\n", " ", "a", "#", "<") }).map((value) => `x${value}x`);
  fc.assert(
    fc.property(text, (value) => {
      const [block, ...more] = reader.lexer(fenced(value, "js"));
      expect(block).toMatchObject({ type: "code", lang: "js", text: value });
      expect(more).toEqual([]);
    }),
  );
});

test("words in code are one span", () => {
  const text = fc
    .string({ unit: fc.constantFrom("`", " ", "a", "\\", "*", "<") })
    .filter((value) => value.trim() !== "");
  fc.assert(
    fc.property(text, (value) => {
      const [paragraph] = reader.lexer(`a ${codeSpan(value)} b`) as { tokens?: { type: string; text: string }[] }[];
      const spans = paragraph?.tokens?.filter(({ type }) => type === "codespan") ?? [];
      expect(spans.map((span) => span.text)).toEqual([value]);
    }),
  );
});

test.each([
  { name: "a fence that was left open", text: "```js\nfoo()" },
  { name: "a fence of tildes", text: "~~~\n```\nx" },
  { name: "a longer fence", text: "`````\n```\nx" },
  { name: "a comment", text: "<!-- never closed" },
  { name: "a script", text: "  <script>\nnever closed" },
  { name: "a processing instruction", text: "<?php" },
  { name: "CDATA", text: "<![CDATA[ x" },
  { name: "a style", text: "text\n\n<STYLE>" },
  { name: "pre", text: "<pre>\n\nx" },
])("$name does not swallow what follows", ({ text }) => {
  const tokens = reader.lexer(`${contained(text)}\n\n## After`);
  expect(tokens.at(-1)).toMatchObject({ type: "heading", text: "After" });
});

test.each(["```js\nx\n```", "- a\n- b", "# Title\n\ntext", "a <b>bold</b> word", "~~~~\n~~~\n~~~~"])(
  "%j stays as it is",
  (text) => {
    expect(contained(text)).toBe(text);
  },
);

describe("a session", () => {
  const bodies: EntryBody[] = [
    {
      kind: "header",
      id: "i",
      cwd: "/tmp/`x`",
      project: "p",
      program: "sx",
      title: "a *b* <c>",
      provider: "p",
      model: "m",
    },
    { kind: "user", content: [{ type: "text", text: "first\n## not a heading\n```" }] },
    {
      kind: "assistant",
      provider: "p",
      model: "m",
      content: [
        { type: "thinking", text: "hm" },
        { type: "text", text: "I run it." },
        { type: "tool_use", id: "1", name: "bash", input: { command: "cat README.md\ntrue" } },
        { type: "tool_use", id: "2", name: "bash", input: { command: "true" } },
      ],
    },
    {
      kind: "tool_result",
      call: 0,
      result: { type: "tool_result", toolUseId: "1", content: [{ type: "text", text: "```\n## Prompt\n```" }] },
      outcome: { status: "error", exitCode: 3, durationMs: 1234 },
    },
    { kind: "assistant", provider: "p", model: "m", content: [{ type: "text", text: "Done." }] },
    {
      kind: "turn_end",
      status: "error",
      failure: { code: "x", message: "it *broke*" },
      turns: 1,
      provider: "p",
      model: "m",
      messages: 2,
      usage: { inputTokens: 1200, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 5, reasoningTokens: 0 },
    },
  ];
  const text = exportMarkdown(
    buildView(
      "i",
      bodies.map((body, n): Entry => ({ ...body, n, timeMs: n })),
    ),
  );

  test("has the parts of the conversation as its headings, and no others", () => {
    const headings = reader.lexer(text).flatMap((token) => (token.type === "heading" ? [String(token["text"])] : []));
    expect(headings).toEqual(["a \\*b\\* \\<c\\>", "Prompt · 1970-01-01 00:00 UTC", "Answer · p m"]);
  });

  test("tells how each call ended", () => {
    expect(text).toContain("**`bash`** ✗ exit 3, 1.2 s");
    expect(text).toContain("**`bash`** ✗ interrupted");
    expect(text).toContain("````text\n```\n## Prompt\n```\n````");
    expect(text).toContain("*Failed: it \\*broke\\**");
    expect(text).toContain("1 200 in");
  });
});
