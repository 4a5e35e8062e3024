import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseScript, parseScriptText, ScriptError } from "../src/index.js";

const OK = { reply: [{ text: "hi" }] };

describe("parseScript", () => {
  it.each([
    { turns: [] },
    { turns: [OK] },
    { turns: [{ name: "n", times: 50, expect: { model: "m", system: { contains: ["a"] } }, ...OK }] },
    { turns: [OK, { times: "any", ...OK }] },
    { turns: [{ reset: true }] },
    { turns: [{ error: { code: "c", message: "m", event: "error" } }] },
    { turns: [{ status: 503, headers: { "Retry-After": "1" }, body: { a: 1 } }] },
    { turns: [{ status: "rate_limited" }] },
    {
      turns: [
        { ...OK, usage: null, stopReason: "max_tokens", limits: { windows: [{ name: "primary", usedPercent: 1.5 }] } },
      ],
    },
    {
      turns: [
        { reply: [{ tool_use: { name: "a", rawInput: "{" } }, { raw: "x" }], slow: 10, crlf: true, chunkBytes: 1 },
      ],
    },
    {
      turns: [
        { ...OK, expect: { toolResults: [{ name: "a", isError: true, matches: "^x$" }], headers: { "X-A": "b" } } },
      ],
    },
  ])("takes %j", (script) => {
    expect(parseScript(script, "s")).toBe(script);
  });

  it.each([
    [null, 'it must be an object with a list "turns"'],
    [{ turns: {} }, 'it must be an object with a list "turns"'],
    [{ turns: [], extra: 1 }, 'it has the unknown field "extra"; known is turns'],
    [{ turns: [5] }, "turn 1 is 5; must be an object"],
    [{ turns: [{}] }, 'turn 1 has no answer; give it "reply", "error" or "status"'],
    [{ turns: [OK, { replay: [] }] }, 'turn 2 has the unknown field "replay"; known are name, times,'],
    [{ turns: [{ reply: "hi" }] }, 'turn 1.reply is "hi"; must be a list'],
    [
      { turns: [{ reply: [{ txt: "" }] }] },
      "turn 1.reply[0] must be an object with one of text, thinking, tool_use, raw",
    ],
    [{ turns: [{ reply: [{ text: "", raw: "" }] }] }, "turn 1.reply[0] must be an object with one of"],
    [
      { turns: [{ reply: [{ text: "x", deltas: "x" }] }] },
      'turn 1.reply[0].deltas is "x"; must be a whole number from 1',
    ],
    [{ turns: [{ reply: [{ text: "x", deltas: 0 }] }] }, "turn 1.reply[0].deltas is 0; must be a whole number from 1"],
    [{ turns: [{ reply: [{ tool_use: { input: {} } }] }] }, 'turn 1.reply[0].tool_use lacks the field "name"'],
    [
      { turns: [{ reply: [{ tool_use: { name: "a", input: [] } }] }] },
      "tool_use.input is a list of 0; must be an object",
    ],
    [{ turns: [{ reply: [{ tool_use: { name: "a", input: {}, rawInput: "" } }] }] }, 'both "input" and "rawInput"'],
    [{ turns: [{ times: 0, ...OK }] }, "turn 1.times is 0"],
    [{ turns: [{ times: "any", ...OK }, OK] }, "only the last turn can answer all that still comes"],
    [
      { turns: [{ expect: { system: { matches: "(" } }, ...OK }] },
      "turn 1.expect.system.matches is not a regular expression",
    ],
    [{ turns: [{ expect: { model: 5 }, ...OK }] }, "turn 1.expect.model is 5; must be text, or an object"],
    [{ turns: [{ status: "teapot" }] }, 'turn 1.status is "teapot"; must be one of unauthorized,'],
    [{ turns: [{ status: 99 }] }, "turn 1.status is 99; must be a whole number from 200 to 599"],
    [{ turns: [{ status: 500, ...OK }] }, 'both "status" and "reply"'],
    [{ turns: [{ ...OK, body: "x" }] }, '"body" without "status"'],
    [{ turns: [{ ...OK, cutAfterBytes: 1, stallAfterBytes: 1 }] }, 'both "cutAfterBytes" and "stallAfterBytes"'],
    [{ turns: [{ status: 500, headers: { "a\r\nb": "" } }] }, "is not a header name"],
    [{ turns: [{ status: 500, headers: { a: "x\r\ny" } }] }, "has characters that no header may have"],
    [{ turns: [{ ...OK, delayMs: -1 }] }, "turn 1.delayMs is -1; must be a number from 0"],
    [JSON.parse('{"turns":[{"__proto__":{"reply":[]}}]}'), 'turn 1 has the unknown field "__proto__"'],
  ])("refuses %j", (script, message) => {
    expect(() => parseScript(script, "my.json")).toThrow(ScriptError);
    expect(() => parseScript(script, "my.json")).toThrow(/^script my\.json: (it|turn \d)/);
    expect(() => parseScript(script, "my.json")).toThrow(message);
  });

  it("refuses nesting that later walks could not bear", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`) as unknown;
    const script = { turns: [{ reply: [{ tool_use: { name: "a", input: deep } }] }] };
    expect(() => parseScript(script, "s")).toThrow("is nested deeper than 64 levels");
  });

  it("says where a file is no JSON, in one line, with exit code 42", () => {
    let caught: unknown;
    try {
      parseScriptText('{"turns": [\n oops', "my.json");
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: "bad_script", exitCode: 42 });
    expect(String(caught)).toMatch(/^ScriptError: script my\.json is not JSON: [^\n]+$/);
  });

  it("reads a file that begins with a byte-order mark", () => {
    expect(parseScriptText('\uFEFF{"turns":[]}', "s")).toEqual({ turns: [] });
  });

  it("answers any JSON with a script or a ScriptError", () => {
    const known = fc.constantFrom(
      "turns",
      "reply",
      "text",
      "tool_use",
      "name",
      "input",
      "expect",
      "status",
      "times",
      "error",
    );
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 0, -1, 1.5, 500, "any", "text", "unauthorized"),
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(known, tie("json"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(json, (turn) => {
        try {
          parseScript({ turns: [turn] }, "s");
        } catch (error) {
          expect(error).toBeInstanceOf(ScriptError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
