import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssistantBlock, Message, ToolResultBlock, UserBlock } from "../src/types.js";
import { buildResponsesInput, type ResponsesOpaque, type ResponsesTarget } from "../src/wire-responses.js";

const TARGET: ResponsesTarget = { provider: "codex", model: "gpt-5.5", imageDetail: true };

function input(messages: readonly Message[], target = TARGET): readonly Record<string, unknown>[] {
  return JSON.parse(`[${buildResponsesInput(messages, target)}]`) as Record<string, unknown>[];
}

const user = (...content: UserBlock[]): Message => ({ role: "user", content });
const assistant = (...content: AssistantBlock[]): Message => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value }) as const;
const own = (data: ResponsesOpaque) => ({ opaque: { provider: "codex", model: "gpt-5.5", data } });
const call = (id: string, data?: ResponsesOpaque): AssistantBlock => ({
  type: "tool_use",
  id,
  name: "read_file",
  input: { path: "a" },
  ...(data === undefined ? {} : own(data)),
});
const result = (id: string, ...content: ToolResultBlock["content"]): ToolResultBlock => ({
  type: "tool_result",
  toolUseId: id,
  content,
});
const sealed = (name: string): AssistantBlock => ({
  type: "thinking",
  text: name,
  ...own({
    kind: "reasoning",
    summary: [{ type: "summary_text", text: name }],
    encrypted_content: `sealed-${name}`,
  }),
});

const wireText = (value: string) => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text: value }],
});
const wireUser = (value: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text: value }] });
const wireCall = (id: string) => ({ type: "function_call", call_id: id, name: "read_file", arguments: '{"path":"a"}' });
const wireOutput = (id: string, output: unknown) => ({ type: "function_call_output", call_id: id, output });
const wireSealed = (name: string) => ({
  type: "reasoning",
  summary: [{ type: "summary_text", text: name }],
  content: null,
  encrypted_content: `sealed-${name}`,
});
const INTERRUPTED = "no result: the call was interrupted before it ended";
const PNG = { type: "image", mediaType: "image/png", data: "AAAA" } as const;

describe("buildResponsesInput", () => {
  it.each<[name: string, messages: readonly Message[], items: readonly unknown[]]>([
    ["nothing", [], []],
    ["text", [user(text("a")), assistant(text("b"))], [wireUser("a"), wireText("b")]],
    ["an empty assistant turn and empty text", [user(text("a")), assistant(), assistant(text(""))], [wireUser("a")]],
    [
      "a message's phase",
      [assistant({ ...text("b"), ...own({ kind: "message", phase: "commentary" }) })],
      [{ ...wireText("b"), phase: "commentary" }],
    ],
    [
      "a call with its namespace",
      [assistant(call("c", { kind: "function_call", namespace: "functions" })), user(result("c", text("x")))],
      [{ ...wireCall("c"), namespace: "functions" }, wireOutput("c", "x")],
    ],
    [
      "results first, in the order of their calls, then what was said beside them",
      [assistant(call("c"), call("d")), user(text("and"), result("d", text("1"), text("2")), result("c"))],
      [wireCall("c"), wireCall("d"), wireOutput("c", ""), wireOutput("d", "1\n2"), wireUser("and")],
    ],
    [
      "a result with an image as parts",
      [assistant(call("c")), user(result("c", text("look"), PNG))],
      [
        wireCall("c"),
        wireOutput("c", [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
        ]),
      ],
    ],
    [
      "custom calls with outputs of their kind",
      [
        assistant({
          type: "tool_use",
          id: "c",
          name: "patch",
          input: { input: "*** Begin" },
          ...own({ kind: "custom_tool_call" }),
        }),
        user(result("c", text("ok"))),
      ],
      [
        { type: "custom_tool_call", call_id: "c", name: "patch", input: "*** Begin", status: "completed" },
        { type: "custom_tool_call_output", call_id: "c", output: "ok" },
      ],
    ],
    [
      "a call that was never usable, without its broken arguments",
      [assistant({ type: "tool_use", id: "c", name: "w", input: {}, inputError: "cut", rawInput: '{"a' })],
      [{ type: "function_call", call_id: "c", name: "w", arguments: "{}" }, wireOutput("c", INTERRUPTED)],
    ],
    [
      "calls without output: answered",
      [assistant(call("c"), call("d")), user(result("d", text("x")), text("go on"))],
      [wireCall("c"), wireCall("d"), wireOutput("c", INTERRUPTED), wireOutput("d", "x"), wireUser("go on")],
    ],
    [
      "calls before another answer, or at the end: answered",
      [assistant(call("c")), assistant(call("d"))],
      [wireCall("c"), wireOutput("c", INTERRUPTED), wireCall("d"), wireOutput("d", INTERRUPTED)],
    ],
    [
      "outputs without a call: dropped",
      [user(result("x", text("1"))), assistant(text("b")), user(result("y", text("2")), text("c"))],
      [wireText("b"), wireUser("c")],
    ],
    [
      "two ids where an answer had one for two calls, both answered",
      [assistant(call("c"), call("c")), user(result("c", text("1")), result("c", text("2")))],
      [wireCall("c"), wireCall("c_2"), wireOutput("c", "1"), wireOutput("c_2", "2")],
    ],
    [
      "encrypted reasoning right before what it led to",
      [assistant(sealed("1"), text("a"), sealed("2"), sealed("3"), call("c")), user(result("c"))],
      [wireSealed("1"), wireText("a"), wireSealed("2"), wireSealed("3"), wireCall("c"), wireOutput("c", "")],
    ],
    ["no reasoning at the end", [assistant(text("a"), sealed("1"))], [wireText("a")]],
    ["no reasoning before nothing but empty text", [assistant(sealed("1"), text(""))], []],
    ["no reasoning before nothing but reasoning", [assistant(sealed("1"), { type: "thinking", text: "open" })], []],
    ["no reasoning without its seal", [assistant({ type: "thinking", text: "hm" }, text("a"))], [wireText("a")]],
  ])("sends %s", (_name, messages, items) => {
    expect(input(messages)).toEqual(items);
    // And once more, now from what was kept.
    expect(input(messages)).toEqual(items);
  });

  it.each([
    ["model", { ...TARGET, model: "gpt-6-sol" }],
    ["provider", { ...TARGET, provider: "openai" }],
  ])("drops what belongs to another %s, and asks nothing of it", (_name, target) => {
    const messages = [
      assistant(
        sealed("1"),
        { ...text("a"), ...own({ kind: "message", phase: "commentary" }) },
        call("c", { kind: "custom_tool_call" }),
      ),
      user(result("c", text("x"))),
    ];
    input(messages); // kept for the first target
    expect(input(messages, target)).toEqual([wireText("a"), wireCall("c"), wireOutput("c", "x")]);
    expect(input(messages)[0]).toEqual(wireSealed("1"));
  });

  it("begins every step with the bytes of the step before", () => {
    const block = fc.constantFrom("text", "call", "sealed", "empty");
    fc.assert(
      fc.property(fc.array(fc.array(block, { maxLength: 4 }), { minLength: 1, maxLength: 8 }), (steps) => {
        const messages: Message[] = [user(text("start"))];
        let before = buildResponsesInput(messages, TARGET);
        for (const [at, kinds] of steps.entries()) {
          const blocks = kinds.map((kind, index): AssistantBlock => {
            if (kind === "text") return text(`${at}-${index}`);
            if (kind === "call") return call(`c-${at}-${index}`);
            return kind === "sealed" ? sealed(`${at}-${index}`) : text("");
          });
          const results = blocks.flatMap((made) => (made.type === "tool_use" ? [result(made.id, text("ok"))] : []));
          messages.push(assistant(...blocks), user(...results, text("next")));
          const after = buildResponsesInput(messages, TARGET);
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
      buildResponsesInput(messages, TARGET);
      expect(reads).toBeLessThanOrEqual(6);
    }
  });
});
