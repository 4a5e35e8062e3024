import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HistoryTarget, prepareHistory, wireId } from "../src/history.js";
import type { AssistantBlock, Message, UserBlock } from "../src/types.js";

const TARGET: HistoryTarget = { provider: "here", model: "m1", ids: /^[a-zA-Z0-9_-]+$/ };
const OWN = { provider: "here", model: "m1", data: 1 };
const OTHER_MODEL = { provider: "here", model: "m2", data: 1 };
const ELSEWHERE = { provider: "there", model: "m1", data: 1 };

const user = (...content: UserBlock[]): Message => ({ role: "user", content });
const assistant = (...content: AssistantBlock[]): Message => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value }) as const;
const call = (id: string) => ({ type: "tool_use", id, name: "f", input: {} }) as const;
const result = (toolUseId: string, words = "done") =>
  ({ type: "tool_result", toolUseId, content: [text(words)] }) as const;
const missing = (toolUseId: string) =>
  ({
    type: "tool_result",
    toolUseId,
    content: [text("no result: the call was interrupted before it ended")],
    isError: true,
  }) as const;

describe("prepareHistory", () => {
  it.each<[name: string, given: readonly Message[], sent: readonly unknown[]]>([
    ["keeps what is well", [user(text("hi")), assistant(text("yo"))], [user(text("hi")), assistant(text("yo"))]],
    [
      "answers a call that nobody answered",
      [user(text("hi")), assistant(call("a")), user(text("go on"))],
      [user(text("hi")), assistant(call("a")), { role: "user", content: [missing("a"), text("go on")] }],
    ],
    [
      "also at the end, and before an assistant message",
      [assistant(call("a")), assistant(call("b"))],
      [
        assistant(call("a")),
        { role: "user", content: [missing("a")] },
        assistant(call("b")),
        { role: "user", content: [missing("b")] },
      ],
    ],
    ["drops a result without a call", [user(result("x"), text("hi"))], [user(text("hi"))]],
    [
      "drops a message with nothing left",
      [user(result("x")), assistant(text("")), user(text("hi"))],
      [user(text("hi"))],
    ],
    [
      "puts results first, in the order of the calls, each once",
      [assistant(call("a"), call("b")), user(text("and"), result("b"), result("a"), result("a", "again"))],
      [assistant(call("a"), call("b")), user(result("a"), result("b"), text("and"))],
    ],
    [
      "gives each of two calls with one id its own result",
      [assistant(call("a"), call("a")), user(result("a", "1"), result("a", "2"))],
      [assistant(call("a"), call("a_2")), user(result("a", "1"), result("a_2", "2"))],
    ],
    [
      "also where one has none, and a third call is named like the second",
      [assistant(call("a"), call("a"), call("a_2")), user(result("a_2", "3"), result("a", "1"))],
      [assistant(call("a"), call("a_2"), call("a_2_2")), user(result("a", "1"), missing("a_2"), result("a_2_2", "3"))],
    ],
    [
      "tells calls apart whose ids are counted anew in each answer",
      [
        assistant(call("0")),
        user(result("0", "1")),
        assistant(call("0")),
        user(result("0", "2")),
        assistant(call("0")),
      ],
      [
        assistant(call("0")),
        user(result("0", "1")),
        assistant(call("0_2")),
        user(result("0_2", "2")),
        assistant(call("0_3")),
        { role: "user", content: [missing("0_3")] },
      ],
    ],
    [
      "drops reasoning that is not the receiver's, and turns that hold nothing else",
      [assistant({ type: "thinking", text: "hm", opaque: ELSEWHERE }), user(text("hi"))],
      [user(text("hi"))],
    ],
    [
      "keeps reasoning of the same provider and model",
      [assistant({ type: "thinking", text: "", opaque: OWN }, call("a")), user(result("a"))],
      [assistant({ type: "thinking", text: "", opaque: OWN }, call("a")), user(result("a"))],
    ],
    [
      "takes foreign opaque data off text and calls",
      [assistant({ ...text("t"), opaque: OTHER_MODEL }, { ...call("a"), opaque: ELSEWHERE }), user(result("a"))],
      [assistant(text("t"), call("a")), user(result("a"))],
    ],
    [
      "keeps an empty text that carries something of the receiver's",
      [assistant({ ...text(""), opaque: OWN }), user(text("hi"))],
      [assistant({ ...text(""), opaque: OWN }), user(text("hi"))],
    ],
  ])("%s", (_name, given, sent) => {
    expect(prepareHistory(given, TARGET)).toEqual(sent);
  });

  it("gives call and result the same new id where the form is not taken", () => {
    const sent = prepareHistory([assistant(call("a|b c")), user(result("a|b c"))], TARGET);
    const [first, second] = sent.map((message) => message.content[0]);
    const id = first?.type === "tool_use" ? first.id : undefined;
    expect(id).toMatch(/^a_b_c_[a-z0-9]{7}$/);
    expect(second).toMatchObject({ toolUseId: id });
    expect(wireId("a|b c", TARGET.ids)).not.toBe(wireId("a b|c", TARGET.ids));
    expect(wireId("x".repeat(200), TARGET.ids)).toHaveLength(62);
  });

  it.each([9, 14, 40])("keeps ids within %s characters, apart, and those that fit as they are", (maxIdChars) => {
    const ids = new RegExp(`^[a-zA-Z0-9_-]{1,${maxIdChars}}$`);
    const made = ["x".repeat(50), `${"x".repeat(49)}y`, "a|b c"].map((id) => wireId(id, ids, maxIdChars));
    for (const id of made) expect(id).toMatch(ids);
    expect(new Set(made).size).toBe(3);
    expect(wireId("abc", ids, maxIdChars)).toBe("abc");
    const messages = [assistant(call("a|b c")), user(result("a|b c"))];
    const sent = prepareHistory(messages, { ...TARGET, ids, maxIdChars });
    expect(sent.map(({ content: [block] }) => block)).toMatchObject([{ id: made[2] }, { toolUseId: made[2] }]);
  });

  it("reads no old message again", () => {
    let reads = 0;
    const counted = (message: Message): Message =>
      new Proxy(message, {
        get(target, key) {
          if (key === "content") reads += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
    const messages: Message[] = [];
    for (let step = 0; step < 30; step += 1) {
      messages.push(counted(assistant(call(`c${step}`))), counted(user(result(`c${step}`))));
      reads = 0;
      prepareHistory(messages, TARGET);
      expect(reads).toBeLessThanOrEqual(8);
    }
  });

  it("gives the same objects again: for messages without a change, and for changed ones asked for twice", () => {
    const whole = user(text("hi"));
    const changed = assistant(text(""), text("yo"));
    const [first, second] = prepareHistory([whole, changed], TARGET);
    expect(first).toBe(whole);
    expect(second).not.toBe(changed);
    expect(prepareHistory([whole, changed], TARGET)[1]).toBe(second);
    expect(prepareHistory([whole, changed], { ...TARGET, model: "m2" })[1]).not.toBe(second);
  });

  it("makes of any conversation one in which each call has exactly one result, in the next message", () => {
    const id = fc.constantFrom("a", "b", "c d", "e|f");
    const opaque = fc.constantFrom(undefined, OWN, OTHER_MODEL, ELSEWHERE);
    const assistantBlock = fc.oneof(
      fc.record({ type: fc.constant("text" as const), text: fc.constantFrom("", "x") }),
      fc.tuple(fc.constantFrom("", "x"), opaque).map(([words, own]) => ({
        type: "thinking" as const,
        text: words,
        ...(own === undefined ? {} : { opaque: own }),
      })),
    );
    const assistantMessage = fc
      .tuple(fc.array(assistantBlock, { maxLength: 3 }), fc.array(id, { maxLength: 3 }))
      .map(([blocks, ids]) => assistant(...blocks, ...ids.map(call)));
    const userMessage = fc
      .array(
        fc.oneof(
          id.map((one) => result(one)),
          fc.constantFrom("", "x").map(text),
        ),
        { maxLength: 4 },
      )
      .map((blocks) => user(...blocks));
    fc.assert(
      fc.property(fc.array(fc.oneof(assistantMessage, userMessage), { maxLength: 8 }), (messages) => {
        const sent = prepareHistory(messages, TARGET);
        let open: readonly string[] = [];
        const all: string[] = [];
        for (const message of sent) {
          expect(message.content.length).toBeGreaterThan(0);
          const results = message.content.flatMap((block) => (block.type === "tool_result" ? [block.toolUseId] : []));
          expect(results).toEqual(open);
          open = message.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
          for (const one of open) expect(one).toMatch(/^[\w-]+$/);
          all.push(...open);
        }
        expect(open).toEqual([]);
        expect(new Set(all).size).toBe(all.length);
        // The same objects again: what stands on them is kept by object.
        for (const [at, message] of prepareHistory(messages, TARGET).entries()) {
          if (message.content.some(({ type }) => type !== "tool_result")) expect(message).toBe(sent[at]);
        }
      }),
    );
  });
});
