import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ProviderError, type ProviderErrorCode } from "../src/errors.js";
import { answering, callItem, codexAt, itemsAnswer, textAnswer } from "./answering.js";
import {
  failures,
  functionCall,
  handBack,
  images,
  router,
  stream,
  structured,
  switching,
  tools,
} from "./library-examples.js";
import { type Service, SERVICES, serviceAt } from "./library-services.js";

const page = readFileSync(new URL("../../../docs/library.md", import.meta.url), "utf8");
const examples = readFileSync(new URL("library-examples.ts", import.meta.url), "utf8");

function regions(): readonly (readonly [name: string, code: string])[] {
  return [...examples.matchAll(/^ {2}\/\/ #region (\w+)\n([\s\S]*?)^ {2}\/\/ #endregion/gm)].map(
    ([, name = "", code = ""]) => [name, code.replaceAll(/^ {2}/gm, "").trim()] as const,
  );
}

describe("docs/library.md", () => {
  it.each(regions())("shows the example %s as it is run here", (_name, code) => {
    expect(code.length).toBeGreaterThan(100);
    expect(page).toContain(`${code}\n\`\`\``);
  });

  it("lists every error code, and whether it is retryable", () => {
    const source = readFileSync(new URL("../src/errors.ts", import.meta.url), "utf8");
    const table = source.slice(source.indexOf("const RETRYABLE"), source.indexOf("} as const"));
    const codes = [...table.matchAll(/^ {2}(\w+): (true|false),/gm)].map(([, code = ""]) => code);
    expect(codes.length).toBeGreaterThan(15);
    const rows = [...page.matchAll(/^\| `(\w+)` \| [^|]+ \| (yes|no) \|$/gm)];
    expect(rows.map(([, code]) => code)).toEqual(codes);
    for (const [, code, retryable] of rows) {
      const error = new ProviderError(code as ProviderErrorCode, "");
      expect(error.retryable, code).toBe(retryable === "yes");
    }
  });

  it("names every event and every stop reason of the types", () => {
    const types = readFileSync(new URL("../src/types.ts", import.meta.url), "utf8");
    const loop = readFileSync(new URL("../src/tool-loop.ts", import.meta.url), "utf8");
    const words = [...`${types}${loop}`.matchAll(/readonly type: "(\w+)"/g)].map(([, word = ""]) => word);
    const reasons = types.slice(types.indexOf("type StopReason"), types.indexOf("/** Counts for one answer"));
    for (const [, reason = ""] of reasons.matchAll(/\| "(\w+)"/g)) words.push(reason);
    expect(words.length).toBeGreaterThan(20);
    for (const word of words) expect(page).toContain(`\`${word}\``);
  });
});

describe("the example", () => {
  it("of one answer runs", async () => {
    const server = await answering({ body: textAnswer("A monoid.") });
    let shown = "";
    const { signal } = new AbortController();
    const { message, stopReason, usage } = await stream(
      "access",
      "account",
      (text) => (shown += text),
      signal,
      server.baseUrl,
    );
    expect([shown, message.content, stopReason, usage.outputTokens]).toEqual([
      "A monoid.",
      [{ type: "text", text: "A monoid." }],
      "end_turn",
      5,
    ]);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer access",
      "chatgpt-account-id": "account",
    });
  });

  it("of errors runs", async () => {
    const limit = JSON.stringify({
      error: { type: "usage_limit_reached", message: "The limit.", resets_at: 1_795_176_000 },
    });
    const server = await answering({ status: 429, body: limit }, { status: 400, body: '{"detail":"No."}' });
    const provider = await codexAt(server);
    const lines: string[] = [];
    await failures(provider, (line) => lines.push(line));
    await failures(provider, (line) => lines.push(line));
    expect(lines).toEqual(["used up until 2026-11-20T12:00:00.000Z", "invalid_request: codex answered 400: No"]);
  });

  it("of tools runs", async () => {
    const call = itemsAnswer([callItem("c", "read_file", { path: "a.txt" })]);
    const provider = await codexAt(await answering({ body: call }, { body: textAnswer("It says hi.") }));
    let shown = "";
    const { ended, messages, usage } = await tools(provider, new Map([["a.txt", "hi"]]), (text) => (shown += text));
    expect([shown, ended, usage.inputTokens]).toEqual(["[read_file: ok]It says hi.", "answered", 20]);
    expect(messages[2]?.content).toEqual([
      { type: "tool_result", toolUseId: "c", content: [{ type: "text", text: "hi" }] },
    ]);
  });

  it("of a function call runs", async () => {
    const { settings, bodies } = await serviceAt("openai", [
      { call: ["book_table", { people: 4, day: "2026-12-24" }] },
    ]);
    expect(await functionCall(settings)).toMatchObject({ name: "book_table", input: { people: 4, day: "2026-12-24" } });
    expect(bodies()[0]).toMatchObject({
      tool_choice: { type: "function", function: { name: "book_table" } },
      parallel_tool_calls: false,
      tools: [{ function: { name: "book_table", strict: true } }],
    });
  });

  it("of calls that are handed back runs", async () => {
    const { provider, bodies } = await serviceAt("anthropic", [
      { call: ["ask_user", { question: "When do you get up?" }] },
      { text: "Get up at seven." },
    ]);
    const asked: string[] = [];
    const run = await handBack(provider, (question) => {
      asked.push(question);
      return Promise.resolve("At seven");
    });
    expect([run.ended, asked, JSON.stringify(bodies()[1]).includes("At seven")]).toEqual([
      "answered",
      ["When do you get up?"],
      true,
    ]);
  });

  it.each<Service>(SERVICES)("of an answer bound to a schema runs with %s", async (name) => {
    const { provider, model, bodies } = await serviceAt(name, [
      { text: '{"languages":["German","French"]}' },
      { text: '{"languages":"German"}' },
    ]);
    const lines: string[] = [];
    await structured(provider, model, (line) => lines.push(line));
    await structured(provider, model, (line) => lines.push(line));
    expect(lines).toEqual([
      "German, French",
      'it does not fit: languages: Instance type "string" is invalid. Expected "array"',
    ]);
    expect(JSON.stringify(bodies()[0])).toMatch(/json_schema|responseJsonSchema/);
  });

  it.each<Service>(SERVICES)("of an image runs with %s", async (name) => {
    const { provider, model, bodies } = await serviceAt(name, [{ text: "A dot." }]);
    const message = await images(provider, model, PIXEL);
    expect(message.content.map((block) => block.type === "text" && block.text)).toEqual(["A dot."]);
    expect(JSON.stringify(bodies()[0])).toContain(PIXEL.toString("base64"));
  });

  it("of a change of the provider runs", async () => {
    const codex = await serviceAt("codex", [{ text: "101" }]);
    const claude = await serviceAt("anthropic", [{ text: "Yes." }]);
    const messages = await switching({ ...codex.settings, ...claude.settings }, codex.getCredential);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(JSON.stringify(claude.bodies()[0])).toContain("101");
  });

  it("of the router runs, and goes on to the next", async () => {
    const codex = await serviceAt("codex", [{ status: 503 }]);
    const gemini = await serviceAt("gemini", [{ text: "Hi." }]);
    let shown = "";
    const settings = { ...codex.settings, ...gemini.settings };
    await router(settings, codex.getCredential, (text) => (shown += text));
    expect(shown).toMatch(/^\[codex [\w.-]+: first of ROUTER_ORDER.*\]\[gemini [\w.-]+: codex failed \(\w+\)\]Hi\.$/);
  });
});

/** One grey pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
