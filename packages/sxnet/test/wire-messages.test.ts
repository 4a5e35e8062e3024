import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssistantBlock, Message, ToolResultBlock, UserBlock } from "../src/types.js";
import { buildMessagesBody } from "../src/wire-messages.js";
import { buildMessagesTurns, type MessagesOpaque } from "../src/wire-messages-blocks.js";
import type { MessagesModel, MessagesTarget } from "../src/wire-messages-model.js";

const MODEL: MessagesModel = {
  id: "model-a",
  note: "made up",
  contextTokens: 1000,
  efforts: [],
  images: true,
  thinking: "none",
  thinkingOff: "absent",
  forcedTools: true,
  structuredOutputs: false,
};
const TARGET: MessagesTarget = { provider: "p", model: MODEL, settings: {} };

interface Sent {
  readonly role: string;
  readonly content: readonly unknown[];
}

function sent(messages: readonly Message[], target = TARGET): readonly Sent[] {
  return (JSON.parse(buildMessagesBody({ model: "any", messages }, target)) as { messages: Sent[] }).messages;
}

const user = (...content: UserBlock[]): Message => ({ role: "user", content });
const assistant = (...content: AssistantBlock[]): Message => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value }) as const;
const own = (data: MessagesOpaque | object) => ({ opaque: { provider: "p", model: "model-a", data } });
const thought = (value: string, signature = "c2ln"): AssistantBlock => ({
  type: "thinking",
  text: value,
  ...own({ kind: "thinking", signature }),
});
const call = (id: string): AssistantBlock => ({ type: "tool_use", id, name: "f", input: { a: 1 } });
const result = (id: string, ...content: ToolResultBlock["content"]): ToolResultBlock => ({
  type: "tool_result",
  toolUseId: id,
  content,
});
const failed = (id: string, ...content: ToolResultBlock["content"]): ToolResultBlock => ({
  ...result(id, ...content),
  isError: true,
});
const PNG = { type: "image", mediaType: "image/png", data: "AAAA" } as const;

const wireCall = (id: string) => ({ type: "tool_use", id, name: "f", input: { a: 1 } });
const wireResult = (id: string, ...content: unknown[]) => ({
  type: "tool_result",
  tool_use_id: id,
  ...(content.length === 0 ? {} : { content }),
});
const wireFailed = (id: string, ...content: unknown[]) => ({ ...wireResult(id, ...content), is_error: true });
const wireThought = (thinking: string, signature = "c2ln") => ({ type: "thinking", thinking, signature });
const wirePng = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
const u = (...content: unknown[]) => ({ role: "user", content });
const a = (...content: unknown[]) => ({ role: "assistant", content });
const INTERRUPTED = text("no result: the call was interrupted before it ended");
const SEARCH = { type: "server_tool_use", id: "s", name: "web_search", input: { q: "x" } };
const FOUND = { type: "web_search_tool_result", tool_use_id: "s", content: [] };

describe("the conversation", () => {
  it.each<[name: string, messages: readonly Message[], wire: readonly Sent[]]>([
    ["nothing", [], []],
    ["text", [user(text("a")), assistant(text("b")), user(text("c"))], [u(text("a")), a(text("b")), u(text("c"))]],
    [
      "no blank text and no empty message",
      [user(text("a"), text(" \n")), assistant(text(" ")), assistant(), user(text("")), user(text("b"))],
      [u(text("a"), text("b"))],
    ],
    [
      "messages of one side as one turn",
      [user(text("a")), user(PNG), assistant(text("b")), assistant(text("c")), user(text("d"))],
      [u(text("a"), wirePng), a(text("b"), text("c")), u(text("d"))],
    ],
    [
      "thoughts with their signature, empty ones too, and none without",
      [
        assistant(thought("1"), thought(""), thought("2", ""), { type: "thinking", text: "3" }, text("b")),
        user(text("c")),
      ],
      [a(wireThought("1"), wireThought(""), text("b")), u(text("c"))],
    ],
    [
      "redacted thoughts as they came",
      [
        assistant({ type: "thinking", text: "", ...own({ kind: "redacted_thinking", data: "cg==" }) }, call("c")),
        user(result("c", text("x"))),
      ],
      [a({ type: "redacted_thinking", data: "cg==" }, wireCall("c")), u(wireResult("c", text("x")))],
    ],
    [
      "no turn of thoughts alone",
      [user(text("a")), assistant(thought("1"), text(" ")), user(text("b"))],
      [u(text("a"), text("b"))],
    ],
    [
      "blocks of the service's own tools unchanged, and no text for them",
      [
        assistant(
          { ...text(""), ...own({ kind: "block", block: SEARCH }) },
          { ...text(""), ...own({ kind: "block", block: FOUND }) },
          { ...text("Rain"), ...own({ kind: "text", citations: [{ url: "u" }] }) },
        ),
        user(text("c")),
      ],
      [a(SEARCH, FOUND, { type: "text", text: "Rain", citations: [{ url: "u" }] }), u(text("c"))],
    ],
    [
      "a pause: the answer as it was, at the end",
      [user(text("a")), assistant(thought("1"), text("b"), { ...text(""), ...own({ kind: "block", block: SEARCH }) })],
      [u(text("a")), a(wireThought("1"), text("b"), SEARCH)],
    ],
    [
      "a call with who made it",
      [
        assistant({
          type: "tool_use",
          id: "c",
          name: "f",
          input: { a: 1 },
          ...own({ kind: "tool_use", caller: { type: "x" } }),
        }),
        user(result("c")),
      ],
      [a({ ...wireCall("c"), caller: { type: "x" } }), u(wireResult("c"))],
    ],
    [
      "results first and in the order of their calls, then what was said beside them",
      [assistant(call("c"), call("d")), user(text("and"), result("d", text("1"), PNG), result("c"))],
      [a(wireCall("c"), wireCall("d")), u(wireResult("c"), wireResult("d", text("1"), wirePng), text("and"))],
    ],
    [
      "failures with a word, and their images after all results",
      [assistant(call("c"), call("d")), user(failed("c"), failed("d", PNG, text("no"), text("")), text("and"))],
      [
        a(wireCall("c"), wireCall("d")),
        u(
          wireFailed("c", text("(no output)")),
          wireFailed("d", text("no")),
          text("Images of the result of d:"),
          wirePng,
          text("and"),
        ),
      ],
    ],
    [
      "a call that was never usable, without its broken arguments",
      [assistant({ type: "tool_use", id: "c", name: "f", input: {}, inputError: "cut", rawInput: '{"a' })],
      [a({ type: "tool_use", id: "c", name: "f", input: {} }), u(wireFailed("c", INTERRUPTED))],
    ],
    [
      "ids that the service can read, on both sides",
      [assistant(call("functions.add:0")), user(result("functions.add:0"))],
      [
        a({ ...wireCall("x"), id: expect.stringMatching(/^functions_add_0_\w{7}$/) }),
        u({ ...wireResult("x"), tool_use_id: expect.stringMatching(/^functions_add_0_\w{7}$/) }),
      ],
    ],
    ["results without a call: not", [user(result("x", text("1")), text("a"))], [u(text("a"))]],
    [
      "no white space at the end of the assistant's last word",
      [user(text("a")), assistant(text("b\n"), text("{ \n"))],
      [u(text("a")), a(text("b\n"), text("{"))],
    ],
    ["no last word of nothing", [user(text("a")), assistant(text(" \n"))], [u(text("a"))]],
  ])("sends %s", (_name, messages, wire) => {
    expect(sent(messages)).toEqual(wire);
    // And once more, now from what was kept.
    expect(sent(messages)).toEqual(wire);
  });

  it.each([
    ["model", { ...TARGET, model: { ...MODEL, id: "model-b" } }],
    ["provider", { ...TARGET, provider: "q" }],
  ])("drops what belongs to another %s", (_name, target) => {
    const messages = [
      assistant(
        thought("1"),
        { type: "thinking", text: "", ...own({ kind: "redacted_thinking", data: "cg==" }) },
        { ...text(""), ...own({ kind: "block", block: SEARCH }) },
        { ...text("b"), ...own({ kind: "text", citations: [{ url: "u" }] }) },
        { type: "tool_use", id: "c", name: "f", input: { a: 1 }, ...own({ kind: "tool_use", caller: { type: "x" } }) },
      ),
      user(result("c", text("x"))),
    ];
    const before = sent(messages);
    expect(sent(messages, target)).toEqual([a(text("b"), wireCall("c")), u(wireResult("c", text("x")))]);
    expect(sent(messages)).toEqual(before);
  });

  it("meets any opaque data, as a file may hold it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("text", "thinking"), (data, type) => {
        const messages = [assistant({ type, text: "x", ...own(data as object) }, text("b"))];
        const [turn] = sent(messages);
        expect(turn?.content.at(-1)).toEqual(text("b"));
      }),
    );
    const odd = [
      { kind: "thinking" },
      { kind: "thinking", signature: 1 },
      { kind: "block", block: 1 },
      { kind: "block" },
    ];
    for (const data of odd) {
      for (const type of ["text", "thinking"] as const) {
        expect(sent([assistant({ type, text: "", ...own(data) }, text("b"))])).toEqual([a(text("b"))]);
      }
    }
  });

  it("begins every step with the bytes of the step before", () => {
    const block = fc.constantFrom("text", "call", "thought", "empty", "server");
    fc.assert(
      fc.property(fc.array(fc.array(block, { maxLength: 4 }), { minLength: 1, maxLength: 8 }), (steps) => {
        const bytes = (list: readonly Message[]): string =>
          buildMessagesTurns(list, { provider: "p", model: "model-a" })
            .map(({ role, blocks }) => blocks.map((json) => `${role}${json}`).join("\n"))
            .join("\n");
        const messages: Message[] = [user(text("start"))];
        let before = bytes(messages);
        for (const [at, kinds] of steps.entries()) {
          const blocks = kinds.map((kind, index): AssistantBlock => {
            if (kind === "text") return text(`${at}-${index}\n`);
            if (kind === "call") return call(`c-${at}-${index}`);
            if (kind === "server") return { ...text(""), ...own({ kind: "block", block: SEARCH }) };
            return kind === "thought" ? thought(`${at}-${index}`) : text("");
          });
          const results = blocks.flatMap((made) => (made.type === "tool_use" ? [result(made.id, text("ok"))] : []));
          messages.push(assistant(...blocks), user(...results, text("next")));
          const after = bytes(messages);
          expect(after.startsWith(before)).toBe(true);
          before = after;
        }
      }),
    );
  });

  it("reads no old message again: a step costs its new part", () => {
    let reads = 0;
    const counted = (message: Message): Message =>
      new Proxy(message, {
        get(target, key) {
          if (key === "content") reads += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
    const messages: Message[] = [];
    for (let step = 0; step < 50; step += 1) {
      messages.push(
        counted(assistant(thought("1"), call(`c${step}`))),
        counted(user(result(`c${step}`, text("x".repeat(1000))))),
      );
      reads = 0;
      buildMessagesBody({ model: "any", messages }, { ...TARGET, cacheTtl: "5m" });
      expect(reads).toBeLessThanOrEqual(10);
    }
  });
});

it("asks a model in words for an answer and for tools that it cannot be held to", () => {
  const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
  const tools = [{ name: "f", description: "d", inputSchema: schema, strict: true }];
  const request = { model: "any", messages: [user(text("a"))], responseSchema: { schema }, tools };
  const body = JSON.parse(buildMessagesBody(request, TARGET)) as Record<string, unknown>;
  expect(body).not.toHaveProperty("output_config");
  expect(body["system"]).toEqual([{ type: "text", text: expect.stringContaining(JSON.stringify(schema)) }]);
  expect(body["tools"]).toEqual([{ name: "f", description: "d", input_schema: schema }]);
});
