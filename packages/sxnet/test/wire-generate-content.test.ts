import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssistantBlock, ChatRequest, Message, ToolResultBlock, UserBlock } from "../src/types.js";
import {
  buildGenerateContents,
  buildGenerateToolConfig,
  buildGenerateTools,
  type GenerateOpaque,
  type GenerateTarget,
  toWireName,
} from "../src/wire-generate-content.js";

const MODERN: GenerateTarget = { provider: "gemini", model: "gemini-3.8-flash", modern: true };
const OLDER: GenerateTarget = { provider: "gemini", model: "gemini-2.5-flash", modern: false };

function contents(messages: readonly Message[], target = MODERN, from = 0): readonly unknown[] {
  return buildGenerateContents(messages, target, from).map((json) => JSON.parse(json) as unknown);
}

const user = (...content: UserBlock[]): Message => ({ role: "user", content });
const assistant = (...content: AssistantBlock[]): Message => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value }) as const;
const own = (data: GenerateOpaque, { model } = MODERN) => ({ opaque: { provider: "gemini", model, data } });
const call = (id: string, data?: GenerateOpaque, target = MODERN): AssistantBlock => ({
  type: "tool_use",
  id,
  name: "read_file",
  input: { path: id },
  ...(data === undefined ? {} : own(data, target)),
});
const result = (id: string, ...content: ToolResultBlock["content"]): ToolResultBlock => ({
  type: "tool_result",
  toolUseId: id,
  content,
});
const PNG = { type: "image", mediaType: "image/png", data: "AAAA" } as const;

const said = (value: string) => ({ role: "user", parts: [{ text: value }] });
const told = (...parts: unknown[]) => ({ role: "model", parts });
const wireCall = (id: string, rest: object = {}) => ({
  functionCall: { id, name: "read_file", args: { path: id } },
  ...rest,
});
const response = (id: string, output: string) => ({
  functionResponse: { id, name: "read_file", response: { output } },
});
const STAND_IN = { thoughtSignature: "skip_thought_signature_validator" };
const INTERRUPTED = { error: "no result: the call was interrupted before it ended" };
const IMAGE = { inlineData: { mimeType: "image/png", data: "AAAA" } };

describe("buildGenerateContents", () => {
  it.each<[name: string, messages: readonly Message[], wire: readonly unknown[]]>([
    ["nothing", [], []],
    ["text and images", [user(text("a"), PNG)], [{ role: "user", parts: [{ text: "a" }, IMAGE] }]],
    [
      "both sides",
      [user(text("a")), assistant(text("b")), user(text("c"))],
      [said("a"), told({ text: "b" }), said("c")],
    ],
    ["no empty turns", [user(text("a")), assistant(), user(text("b"))], [said("a"), said("b")]],
    [
      "no thoughts without a signature",
      [assistant({ type: "thinking", text: "hm" }, text("b")), user(text("c"))],
      [told({ text: "b" }), said("c")],
    ],
    [
      "thoughts with one",
      [
        assistant(
          { type: "thinking", text: "hm", ...own({ parts: [{ length: 2, thoughtSignature: "s" }] }) },
          text("b"),
        ),
        user(text("c")),
      ],
      [told({ text: "hm", thought: true, thoughtSignature: "s" }, { text: "b" }), said("c")],
    ],
    [
      "parts as they came: signatures on theirs, the empty last one as well, and what showed nothing",
      [
        assistant({
          ...text("One. Two."),
          ...own({
            parts: [
              { length: 5 },
              { part: { executableCode: { code: "1" } } },
              { length: 4, thoughtSignature: "s1" },
              { length: 0, thoughtSignature: "s2" },
            ],
          }),
        }),
        user(text("c")),
      ],
      [
        told(
          { text: "One. " },
          { executableCode: { code: "1" } },
          { text: "Two.", thoughtSignature: "s1" },
          { text: "", thoughtSignature: "s2" },
        ),
        said("c"),
      ],
    ],
    [
      "only its text where that was changed since",
      [assistant({ ...text("other"), ...own({ parts: [{ length: 2, thoughtSignature: "s" }] }) }), user(text("c"))],
      [told({ text: "other" }), said("c")],
    ],
    [
      "the answers of all calls in one turn and in their order, then what was said beside them",
      [
        user(text("go")),
        assistant(call("c", { id: "c", thoughtSignature: "s" }), call("d", { id: "d" })),
        user(text("and"), result("d", text("1"), text("2")), { ...result("c", text("no")), isError: true }),
      ],
      [
        said("go"),
        told(wireCall("c", { thoughtSignature: "s" }), wireCall("d")),
        {
          role: "user",
          parts: [
            { functionResponse: { id: "c", name: "read_file", response: { error: "no" } } },
            response("d", "1\n2"),
            { text: "and" },
          ],
        },
      ],
    ],
    [
      "answers for calls that have none",
      [user(text("go")), assistant(call("c", { id: "c", thoughtSignature: "s" }))],
      [
        said("go"),
        told(wireCall("c", { thoughtSignature: "s" })),
        { role: "user", parts: [{ functionResponse: { id: "c", name: "read_file", response: INTERRUPTED } }] },
      ],
    ],
    [
      "images inside of results",
      [user(text("go")), assistant(call("c", { id: "c", thoughtSignature: "s" })), user(result("c", text("see"), PNG))],
      [
        said("go"),
        told(wireCall("c", { thoughtSignature: "s" })),
        {
          role: "user",
          parts: [{ functionResponse: { id: "c", name: "read_file", response: { output: "see" }, parts: [IMAGE] } }],
        },
      ],
    ],
    [
      "no id where the service gave none",
      [user(text("go")), assistant(call("made_up", { thoughtSignature: "s" })), user(result("made_up", text("x")))],
      [
        said("go"),
        told({ functionCall: { name: "read_file", args: { path: "made_up" } }, thoughtSignature: "s" }),
        { role: "user", parts: [{ functionResponse: { name: "read_file", response: { output: "x" } } }] },
      ],
    ],
    [
      "a call that was never usable without its broken arguments",
      [
        user(text("go")),
        assistant({
          type: "tool_use",
          id: "c",
          name: "w",
          input: {},
          inputError: "cut",
          rawInput: '{"a',
          ...own({ id: "c", thoughtSignature: "s" }),
        }),
        user(result("c", text("x"))),
      ],
      [
        said("go"),
        told({ functionCall: { id: "c", name: "w", args: {} }, thoughtSignature: "s" }),
        { role: "user", parts: [{ functionResponse: { id: "c", name: "w", response: { output: "x" } } }] },
      ],
    ],
    [
      "something to answer where the model spoke last",
      [user(text("a")), assistant(text("b"))],
      [said("a"), told({ text: "b" }), said("Go on.")],
    ],
  ])("sends %s", (_name, messages, wire) => {
    expect(contents(messages)).toEqual(wire);
    // And once more, now from what was kept.
    expect(contents(messages)).toEqual(wire);
  });

  it("gives calls of others a stand-in for their signature: the first of each step of this turn that has none", () => {
    const foreign = (id: string): AssistantBlock => ({
      ...call(id),
      opaque: { provider: "codex", model: "gpt-5.5", data: { kind: "function_call" } },
    });
    const messages = [
      user(text("first")),
      assistant(foreign("a")),
      user(result("a")),
      assistant(text("done")),
      user(text("second")),
      assistant(text("let me see"), foreign("b"), foreign("c")),
      user(result("b"), result("c")),
      assistant(call("d", { id: "d", thoughtSignature: "s" }), call("e", { id: "e" })),
      user(result("d"), result("e")),
    ];
    expect(contents(messages)).toMatchObject([
      {},
      { parts: [wireCall("a")] },
      {},
      {},
      {},
      { parts: [{ text: "let me see" }, wireCall("b", STAND_IN), wireCall("c")] },
      {},
      { parts: [wireCall("d", { thoughtSignature: "s" }), wireCall("e")] },
      {},
    ]);
    expect(JSON.stringify(contents(messages)).split(STAND_IN.thoughtSignature)).toHaveLength(2);
    expect(JSON.stringify(contents(messages, OLDER))).not.toContain("thoughtSignature");
    // The turn is over: nothing of it is held to its signatures any more.
    const after = [...messages, assistant(text("so")), user(text("third"))];
    expect(JSON.stringify(contents(after))).not.toContain(STAND_IN.thoughtSignature);
  });

  it("knows no ids and no images inside of results up to 2.5", () => {
    const messages = [
      user(text("go")),
      assistant(call("c", { thoughtSignature: "s" }, OLDER), call("d")),
      user(result("c", text("see"), PNG), result("d"), text("and")),
      assistant(text("b")),
    ];
    expect(contents(messages, OLDER)).toEqual([
      said("go"),
      told(
        { functionCall: { name: "read_file", args: { path: "c" } }, thoughtSignature: "s" },
        { functionCall: { name: "read_file", args: { path: "d" } } },
      ),
      {
        role: "user",
        parts: [
          { functionResponse: { name: "read_file", response: { output: "see" } } },
          { functionResponse: { name: "read_file", response: { output: "" } } },
          { text: "Images of answer 1, read_file:" },
          IMAGE,
          { text: "and" },
        ],
      },
      told({ text: "b" }),
    ]);
  });

  it.each([
    ["model", { ...MODERN, model: "gemini-3.6-flash" }],
    ["provider", { ...MODERN, provider: "someone" }],
  ])("drops what belongs to another %s", (_name, target) => {
    const messages = [
      user(text("go")),
      assistant(
        { type: "thinking", text: "hm", ...own({ parts: [{ length: 2, thoughtSignature: "s" }] }) },
        { ...text("a"), ...own({ parts: [{ length: 1, thoughtSignature: "s" }] }) },
        { ...text(""), ...own({ parts: [{ length: 0, thoughtSignature: "s" }] }) },
        call("c", { id: "c", thoughtSignature: "s" }),
      ),
      user(result("c", text("x"))),
    ];
    contents(messages); // kept for the first target
    expect(contents(messages, target)[1]).toEqual(told({ text: "a" }, wireCall("c", STAND_IN)));
    expect(JSON.stringify(contents(messages)[1])).toContain('"thoughtSignature":"s"');
  });

  it("begins every step of a turn with the texts of the step before", () => {
    const block = fc.constantFrom("text", "call", "signed", "foreign", "empty");
    fc.assert(
      fc.property(fc.array(fc.array(block, { maxLength: 4 }), { minLength: 1, maxLength: 8 }), (steps) => {
        const messages: Message[] = [user(text("start"))];
        let before = buildGenerateContents(messages, MODERN);
        for (const [at, kinds] of steps.entries()) {
          const blocks = kinds.map((kind, index): AssistantBlock => {
            const id = `c-${at}-${index}`;
            if (kind === "text") return text(id);
            if (kind === "empty") return text("");
            if (kind === "foreign") return call(id);
            return call(id, kind === "signed" ? { id, thoughtSignature: "s" } : { id });
          });
          const results = blocks.flatMap((made) => (made.type === "tool_use" ? [result(made.id, text("ok"))] : []));
          messages.push(assistant(...blocks));
          if (results.length > 0) messages.push(user(...results));
          else messages.push(user(text("next")));
          const after = buildGenerateContents(messages, MODERN);
          const same = results.length > 0 ? before.length : 0;
          expect(after.slice(0, same)).toEqual(before.slice(0, same));
          before = after;
        }
      }),
    );
  });

  it("is the same in two parts, divided before any user message", () => {
    const step = fc.constantFrom("text", "call", "calls", "unanswered", "nothing", "image");
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(20), fc.boolean(), (steps, pick, modern) => {
        const messages: Message[] = [user(text("start"))];
        for (const [at, kind] of steps.entries()) {
          const ids = kind === "calls" ? [`a${at}`, `b${at}`] : kind === "text" || kind === "nothing" ? [] : [`a${at}`];
          messages.push(assistant(...(kind === "text" ? [text("t")] : []), ...ids.map((id) => call(id))));
          const results = kind === "unanswered" ? [] : ids.map((id) => result(id, kind === "image" ? PNG : text("x")));
          messages.push(results.length > 0 ? user(...results) : user(text("next")));
        }
        const target = { ...MODERN, modern };
        const places = [...messages.keys()].filter((at) => messages[at]?.role === "user");
        const from = places[pick % places.length] ?? 0;
        const whole = buildGenerateContents(messages, target);
        const rest = buildGenerateContents(messages, target, from);
        expect(rest).toEqual(whole.slice(whole.length - rest.length));
        // The rest begins with the message that it was asked to begin with.
        const [first] = rest.map((json) => JSON.parse(json) as { readonly role: string });
        expect(first?.role).toBe("user");
        expect(rest.length).toBeLessThanOrEqual(messages.length - from);
        expect(rest.filter((json) => json.includes('"next"') || json.includes('"start"'))).toHaveLength(
          messages
            .slice(from)
            .filter((message) => message.content.some((part) => part.type === "text" && /next|start/.test(part.text)))
            .length,
        );
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
    for (let at = 0; at < 50; at += 1) {
      messages.push(counted(assistant(call(`c${at}`))), counted(user(result(`c${at}`, text("x".repeat(1000))))));
      reads = 0;
      buildGenerateContents(messages, MODERN);
      expect(reads).toBeLessThanOrEqual(8);
      reads = 0;
      buildGenerateContents(messages, MODERN, messages.length - 1);
      expect(reads).toBeLessThanOrEqual(2);
    }
  });

  it("makes no lone surrogate", () => {
    const [json = ""] = buildGenerateContents([user(text("a\uD83Db"))], MODERN);
    expect(json).toContain("a\uFFFDb");
  });
});

describe("tools", () => {
  const TOOL = {
    name: "read_file",
    description: "Reads.",
    inputSchema: { type: "object", properties: { p: { const: 1 } } },
  };

  it("are declared with JSON Schema, or with its OpenAPI subset", () => {
    expect(buildGenerateTools([TOOL], "json")).toEqual([
      { functionDeclarations: [{ name: "read_file", description: "Reads.", parametersJsonSchema: TOOL.inputSchema }] },
    ]);
    expect(buildGenerateTools([TOOL], "openapi")).toEqual([
      {
        functionDeclarations: [
          {
            name: "read_file",
            description: "Reads.",
            parameters: {
              type: "OBJECT",
              properties: { p: { type: "INTEGER", description: "one of 1" } },
              propertyOrdering: ["p"],
            },
          },
        ],
      },
    ]);
  });

  it("without arguments have no field for them, and none is no list", () => {
    const none = { ...TOOL, inputSchema: { type: "object", properties: {}, additionalProperties: false } };
    for (const schemas of ["json", "openapi"] as const) {
      expect(buildGenerateTools([none], schemas)).toEqual([
        { functionDeclarations: [{ name: "read_file", description: "Reads." }] },
      ]);
      expect(buildGenerateTools([], schemas)).toBeUndefined();
      expect(buildGenerateTools(undefined, schemas)).toBeUndefined();
    }
  });

  it.each<[choice: ChatRequest["toolChoice"], wire: unknown]>([
    [undefined, undefined],
    ["auto", undefined],
    ["none", { functionCallingConfig: { mode: "NONE" } }],
    ["required", { functionCallingConfig: { mode: "ANY" } }],
    [{ name: "a b" }, { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [toWireName("a b")] } }],
  ])("are chosen as %j", (toolChoice, wire) => {
    const request: ChatRequest = { model: "m", messages: [], ...(toolChoice === undefined ? {} : { toolChoice }) };
    expect(buildGenerateToolConfig({ ...request, tools: [TOOL] })).toEqual(wire);
    expect(buildGenerateToolConfig(request)).toBeUndefined();
  });

  it("that are all strict are held to their schemas", () => {
    const strict = { ...TOOL, strict: true };
    const config = (...tools: (typeof TOOL)[]) => buildGenerateToolConfig({ model: "m", messages: [], tools });
    expect(config(strict, strict)).toEqual({ functionCallingConfig: { mode: "VALIDATED" } });
    expect(config(strict, TOOL)).toBeUndefined();
  });

  it.each([
    ["read_file", "read_file"],
    ["_a.b:c-1", "_a.b:c-1"],
    ["a".repeat(128), "a".repeat(128)],
  ])("keep the name %s", (name, wire) => {
    expect(toWireName(name)).toBe(wire);
  });

  it("get a name that is taken, and each its own", () => {
    const names = fc.array(fc.string({ unit: "binary", maxLength: 140 }), { maxLength: 10 });
    fc.assert(
      fc.property(names, (list) => {
        const wire = [...new Set(list)].map(toWireName);
        for (const name of wire) expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/);
        expect(new Set(wire).size).toBe(wire.length);
      }),
    );
    expect(toWireName("mcp/read file")).toMatch(/^mcp_read_file_\w{7}$/);
    expect(toWireName("1a")).toMatch(/^_1a_\w{7}$/);
  });
});
