import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssistantBlock, Message, ToolResultBlock, UserBlock } from "../src/types.js";
import { buildChatMessages, type ChatTarget } from "../src/wire-chat-completions.js";
import type { ChatReasoningOpaque } from "../src/wire-chat-completions-opaque.js";

const TARGET: ChatTarget = { provider: "openai", model: "m1", sendReasoning: true };

function sent(messages: readonly Message[], target = TARGET): readonly Record<string, unknown>[] {
  return JSON.parse(`[${buildChatMessages(messages, target)}]`) as Record<string, unknown>[];
}

const user = (...content: UserBlock[]): Message => ({ role: "user", content });
const assistant = (...content: AssistantBlock[]): Message => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value }) as const;
const own = (data: unknown) => ({ opaque: { provider: "openai", model: "m1", data } });
const thought = (words: string, data: Omit<ChatReasoningOpaque, "kind">): AssistantBlock => ({
  type: "thinking",
  text: words,
  ...own({ kind: "chat_reasoning", ...data }),
});
const call = (id: string): AssistantBlock => ({ type: "tool_use", id, name: "read_file", input: { path: "a" } });
const result = (id: string, ...content: ToolResultBlock["content"]): ToolResultBlock => ({
  type: "tool_result",
  toolUseId: id,
  content,
});
const PNG = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
const WIRE_PNG = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };

const wireUser = (content: unknown) => ({ role: "user", content });
const wireText = (content: unknown, rest: object = {}) => ({ role: "assistant", content, ...rest });
const wireCall = (id: string, rest: object = {}) => ({
  id,
  type: "function",
  function: { name: "read_file", arguments: '{"path":"a"}' },
  ...rest,
});
const wireCalls = (...ids: string[]) => wireText(null, { tool_calls: ids.map((id) => wireCall(id)) });
const wireResult = (id: string, content: string) => ({ role: "tool", tool_call_id: id, content });
const INTERRUPTED = "no result: the call was interrupted before it ended";

describe("buildChatMessages", () => {
  it.each<[name: string, messages: readonly Message[], wire: readonly unknown[]]>([
    ["nothing", [], []],
    ["text", [user(text("a")), assistant(text("b"))], [wireUser("a"), wireText("b")]],
    [
      "several texts as one",
      [user(text("a"), text("b")), assistant(text("c"), text("d"))],
      [wireUser("a\n\nb"), wireText("cd")],
    ],
    ["no empty turns", [user(text("a")), assistant(), assistant(text("")), user()], [wireUser("a")]],
    ["images in their place", [user(text("a"), PNG)], [wireUser([{ type: "text", text: "a" }, WIRE_PNG])]],
    [
      "calls with their text, and results in the order of the calls",
      [assistant(text("t"), call("c"), call("d")), user(text("and"), result("d", text("1"), text("2")), result("c"))],
      [
        wireText("t", { tool_calls: [wireCall("c"), wireCall("d")] }),
        wireResult("c", ""),
        wireResult("d", "1\n2"),
        wireUser("and"),
      ],
    ],
    [
      "images of results in a message of the user, before what was said",
      [assistant(call("c"), call("d")), user(result("c", text("look"), PNG), result("d", PNG), text("and"))],
      [
        wireCalls("c", "d"),
        wireResult("c", "look"),
        wireResult("d", "The result is in the images that follow."),
        wireUser([
          { type: "text", text: "Images of the result of c:" },
          WIRE_PNG,
          { type: "text", text: "Images of the result of d:" },
          WIRE_PNG,
          { type: "text", text: "and" },
        ]),
      ],
    ],
    [
      "a call that was never usable, without its broken arguments",
      [assistant({ type: "tool_use", id: "c", name: "w", input: {}, inputError: "cut", rawInput: '{"a' })],
      [
        wireText(null, { tool_calls: [{ id: "c", type: "function", function: { name: "w", arguments: "{}" } }] }),
        wireResult("c", INTERRUPTED),
      ],
    ],
    [
      "an answer for every call, and no other",
      [
        assistant(call("c"), call("d")),
        user(result("d", text("x")), result("e")),
        assistant(text("b")),
        user(result("f")),
      ],
      [wireCalls("c", "d"), wireResult("c", INTERRUPTED), wireResult("d", "x"), wireText("b")],
    ],
    [
      "what came with a call",
      [assistant({ ...call("c"), ...own({ kind: "chat_call", extra_content: { s: 1 } }) }), user(result("c"))],
      [wireText(null, { tool_calls: [wireCall("c", { extra_content: { s: 1 } })] }), wireResult("c", "")],
    ],
  ])("sends %s", (_name, messages, wire) => {
    expect(sent(messages)).toEqual(wire);
    // And once more, now from what was kept.
    expect(sent(messages)).toEqual(wire);
  });

  describe("sends reasoning back", () => {
    const DETAILS = [{ type: "reasoning.text", text: "why", signature: "s", index: 0 }];

    it.each<[name: string, block: AssistantBlock, wire: object]>([
      ["reasoning_content", thought("why", { field: "reasoning_content" }), { reasoning_content: "why" }],
      ["reasoning", thought("why", { field: "reasoning" }), { reasoning: "why" }],
      [
        "details and the text beside them",
        thought("why", { field: "reasoning", details: DETAILS }),
        { reasoning: "why", reasoning_details: DETAILS },
      ],
      ["sealed details", thought("", { details: DETAILS }), { reasoning_details: DETAILS }],
      [
        "parts of the content",
        thought("why", { field: "content" }),
        { content: [{ type: "thinking", thinking: [{ type: "text", text: "why" }] }] },
      ],
      ["tags", thought("why", { field: "tags" }), { content: "<think>\nwhy\n</think>\n\n" }],
    ])("in the field it came in: %s", (_name, block, wire) => {
      expect(sent([assistant(block, call("c")), user(result("c"))])).toEqual([
        { ...wireCalls("c"), ...wire },
        wireResult("c", ""),
      ]);
    });

    it("before the text it led to", () => {
      const [parts] = sent([assistant(thought("why", { field: "content" }), text("so"), call("c")), user(result("c"))]);
      expect(parts?.["content"]).toEqual([
        { type: "thinking", thinking: [{ type: "text", text: "why" }] },
        { type: "text", text: "so" },
      ]);
      const [tags] = sent([assistant(thought("why", { field: "tags" }), text("so"), call("c")), user(result("c"))]);
      expect(tags?.["content"]).toBe("<think>\nwhy\n</think>\n\nso");
    });

    it("in a turn with calls, its last answer included, and in no other", () => {
      const why = thought("why", { field: "reasoning_content" });
      const messages = [
        user(text("1")),
        assistant(why, text("a")),
        user(text("2")),
        assistant(why, call("c")),
        user(result("c")),
        assistant(why, text("b")),
        user(text("3")),
        assistant(why, text("d")),
      ];
      const told = sent(messages).filter(({ role }) => role === "assistant");
      expect(told.map((message) => "reasoning_content" in message)).toEqual([false, true, true, false]);
    });

    it("with details of every answer", () => {
      expect(sent([assistant(thought("", { details: DETAILS }), text("a"))])).toEqual([
        wireText("a", { reasoning_details: DETAILS }),
      ]);
    });

    it("as whole parts, also where blocks stood between their pieces", () => {
      const piece = (value: string) => ({ type: "reasoning.text", text: value, index: 0 });
      const blocks = [
        thought("a", { details: [piece("a")] }),
        text("t"),
        thought("b", { details: [piece("b")] }),
        call("c"),
      ];
      expect(sent([assistant(...blocks), user(result("c"))])[0]?.["reasoning_details"]).toEqual([piece("ab")]);
    });

    it("not where the server does not take it, nor to another model, nor what came over another wire", () => {
      const messages = [
        assistant(thought("why", { field: "reasoning", details: DETAILS }), call("c")),
        user(result("c")),
      ];
      expect(sent(messages)[0]).toHaveProperty("reasoning");
      const plain = [wireCalls("c"), wireResult("c", "")];
      expect(sent(messages, { ...TARGET, sendReasoning: false })).toEqual(plain);
      expect(sent(messages, { ...TARGET, model: "m2" })).toEqual(plain);
      expect(sent(messages, { ...TARGET, provider: "codex" })).toEqual(plain);
      const sealed: AssistantBlock = {
        type: "thinking",
        text: "x",
        ...own({ kind: "reasoning", encrypted_content: "y" }),
      };
      const custom: AssistantBlock = {
        ...call("c"),
        ...own({ kind: "function_call", namespace: "n" }),
      };
      expect(sent([assistant(sealed, custom), user(result("c"))])).toEqual(plain);
    });
  });

  it("changes ids that the service does not take, the same way in call and result", () => {
    const target: ChatTarget = { ...TARGET, ids: /^[a-zA-Z0-9]{9}$/, maxIdChars: 9 };
    const [calls, answer] = sent([assistant(call("toolu_made|up")), user(result("toolu_made|up"))], target);
    const id = (calls?.["tool_calls"] as { id: string }[] | undefined)?.[0]?.id;
    expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(answer?.["tool_call_id"]).toBe(id);
  });

  it("begins every step with the bytes of the step before", () => {
    const block = fc.constantFrom("text", "call", "thought", "empty");
    fc.assert(
      fc.property(fc.array(fc.array(block, { maxLength: 4 }), { minLength: 1, maxLength: 8 }), (steps) => {
        const messages: Message[] = [user(text("start"))];
        let before = buildChatMessages(messages, TARGET);
        for (const [at, kinds] of steps.entries()) {
          const blocks = kinds.map((kind, index): AssistantBlock => {
            if (kind === "text") return text(`${at}-${index}`);
            if (kind === "call") return call(`c-${at}-${index}`);
            return kind === "thought" ? thought(`${at}`, { field: "reasoning_content" }) : text("");
          });
          const results = blocks.flatMap((made) => (made.type === "tool_use" ? [result(made.id, text("ok"))] : []));
          messages.push(assistant(...blocks), user(...results, text("next")));
          const after = buildChatMessages(messages, TARGET);
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
      messages.push(counted(assistant(call(`c${step}`))), counted(user(result(`c${step}`, text("x".repeat(1000))))));
      reads = 0;
      buildChatMessages(messages, TARGET);
      expect(reads).toBeLessThanOrEqual(6);
    }
  });

  it("makes no lone surrogate, anywhere", () => {
    const lone = "a\uD83Db";
    const json = buildChatMessages(
      [
        user(text(lone)),
        assistant(thought(lone, { field: "reasoning_content" }), text(lone), {
          type: "tool_use",
          id: "c",
          name: "f",
          input: { [lone]: [lone, "\\ud83d"] },
        }),
        user(result("c", text(lone))),
      ],
      TARGET,
    );
    expect(json).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
    expect(json.isWellFormed()).toBe(true);
    const calls = (JSON.parse(`[${json}]`) as { tool_calls?: { function: { arguments: string } }[] }[])[1]?.tool_calls;
    // What only looks like an escape stays as it was written.
    expect(JSON.parse(calls?.[0]?.function.arguments ?? "")).toEqual({ "a\uFFFDb": ["a\uFFFDb", "\\ud83d"] });
  });
});
