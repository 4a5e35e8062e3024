import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type CommandSpec, parseCommandLine } from "../src/command-line.js";
import { UsageError } from "../src/failure.js";

const spec = {
  name: "tool",
  summary: "does one thing",
  usage: ["[text]"],
  options: [
    { name: "print", short: "p", type: "string", value: "PROMPT", help: "one answer" },
    { name: "model", short: "m", type: "string", aliases: ["llm"], help: "which model" },
    { name: "set", short: "e", type: "string", repeatable: true, value: "KEY=VALUE", help: "one value" },
    { name: "max-turns", type: "number", help: "upper bound" },
    { name: "weight", type: "number", repeatable: true, help: "weights" },
    { name: "format", type: "string", choices: ["text", "json", "stream-json"], help: "what is printed" },
    { name: "color", type: "boolean", help: "colour" },
    { name: "json", short: "j", type: "boolean", help: "the same as --format json" },
    { name: "continue", short: "c", type: "boolean", help: "go on" },
    { name: "config", type: "boolean", singleDash: ["config"], help: "as the original spelled it" },
    { name: "source", type: "string", singleDash: ["src"], help: "as the original spelled it" },
    { name: "secret-door", type: "boolean", hidden: true, help: "not shown" },
  ],
} as const satisfies CommandSpec;

const absent = { set: [], weight: [] };

function given(argv: readonly string[]): object {
  const { options, positionals, rest } = parseCommandLine(argv, spec);
  const said = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { options: said, positionals, rest };
}

describe("parseCommandLine", () => {
  const rows: readonly [
    name: string,
    argv: readonly string[],
    options: object,
    positionals?: readonly string[],
    rest?: readonly string[],
  ][] = [
    ["nothing", [], {}],
    ["a dash alone is a positional", ["-"], {}, ["-"]],
    ["a dash alone is a value", ["-p", "-"], { print: "-" }],
    ["an empty positional survives", ["", "a"], {}, ["", "a"]],
    ["-- ends the options", ["a", "--", "--json", "--", "-x"], {}, ["a"], ["--json", "--", "-x"]],
    ["-- right away", ["--"], {}],
    ["numbers stay text in positionals", ["1e3", "0x10", "007"], {}, ["1e3", "0x10", "007"]],
    ["numbers stay text in strings", ["--model", "1e3"], { model: "1e3" }],
    ["true stays text", ["--model", "true", "--model=false"], { model: "false" }],
    ["a word after a boolean is not its value", ["--json", "true"], { json: true }, ["true"]],
    ["options and positionals mix", ["a", "--json", "b", "-m", "x", "c"], { json: true, model: "x" }, ["a", "b", "c"]],
    ["a list item is text", ["- fix this"], {}, ["- fix this"]],
    ["a list item is a value", ["-p", "- fix this"], { print: "- fix this" }],
    ["dashed text is a value", ["-p", "-rf is dangerous"], { print: "-rf is dangerous" }],
    ["repeatable, in order", ["-e", "A=1", "--set", "B=2", "-eC=3"], { set: ["A=1", "B=2", "C=3"] }],
    [
      "= in a value",
      ["-e", "URL=http://h/?a=b", "--set=X=Y=Z", "-e=Q=1"],
      { set: ["URL=http://h/?a=b", "X=Y=Z", "Q=1"] },
    ],
    ["an empty value", ["--model=", "-e", ""], { model: "", set: [""] }],
    ["quotes belong to the value", ['--model="x"', "-e", "A='b'"], { model: '"x"', set: ["A='b'"] }],
    ["a value that begins with a dash", ["--model=-x", "-p--json"], { model: "-x", print: "--json" }],
    ["line feeds in a value", ["--print=a\nb", "-pc\nd=e"], { print: "c\nd=e" }],
    ["attached to a short option", ["-pHELLO there", "-m=x"], { print: "HELLO there", model: "x" }],
    ["after a short option", ["-p", "HELLO"], { print: "HELLO" }],
    ["short options in a group", ["-jc"], { json: true, continue: true }],
    ["a group that ends with a value", ["-jcmopus"], { json: true, continue: true, model: "opus" }],
    ["a group whose value follows", ["-jm", "opus"], { json: true, model: "opus" }],
    ["the last single option wins", ["--model", "a", "--model=b", "-mc"], { model: "c" }],
    ["another name of the same option", ["--llm", "a"], { model: "a" }],
    ["the last name wins too", ["--model", "b", "--llm", "a"], { model: "a" }],
    ["--no- of a boolean", ["--no-color"], { color: false }],
    ["the last boolean wins", ["--color", "--no-color", "--json", "--json"], { color: false, json: true }],
    ["a boolean with = ", ["--color=false", "--json=true"], { color: false, json: true }],
    ["numbers", ["--max-turns", "12"], { "max-turns": 12 }],
    [
      "negative and decimal numbers",
      ["--max-turns", "-1.5", "--weight=1e2", "--weight", ".5"],
      { "max-turns": -1.5, weight: [100, 0.5] },
    ],
    ["one dash, long name", ["-config"], { config: true }],
    ["one dash, long name, value", ["-src", "local", "-config"], { source: "local", config: true }],
    ["one dash, long name, = value", ["-src=local"], { source: "local" }],
    ["hidden options work", ["--secret-door"], { "secret-door": true }],
    ["choices", ["--format", "stream-json"], { format: "stream-json" }],
    [
      "names of object members are plain text",
      ["--model", "__proto__", "constructor"],
      { model: "__proto__" },
      ["constructor"],
    ],
  ];
  it.each(rows)("%s", (_name, argv, options, positionals = [], rest = []) => {
    expect(given(argv)).toEqual({ options: { ...absent, ...options }, positionals, rest });
  });

  const wrong: readonly [name: string, argv: readonly string[], message: string][] = [
    ["unknown, with the nearest", ["--modle", "x"], 'unknown option "--modle"; did you mean --model?'],
    ["unknown, a beginning", ["--cont"], 'unknown option "--cont"; did you mean --continue?'],
    ["unknown, nothing near", ["--zzzzzz"], 'unknown option "--zzzzzz"; see tool --help'],
    ["unknown, value not repeated", ["--api-key=hunter2"], 'unknown option "--api-key"; see tool --help'],
    ["unknown negation", ["--no-colr"], 'unknown option "--no-colr"; did you mean --color?'],
    ["negation of what is not a boolean", ["--no-model"], 'unknown option "--no-model"; did you mean --model?'],
    ["long name with one dash", ["-model"], 'unknown option "-model"; did you mean --model?'],
    ["long name with one dash and a value", ["-set=A=1"], 'unknown option "-set"; did you mean --set?'],
    ["unknown short, value not repeated", ["-khunter2"], 'unknown option "-k"; see tool --help'],
    [
      "long name with one dash, value not repeated",
      ["-fromat=hunter2"],
      'unknown option "-fromat"; did you mean --format?',
    ],
    ["unknown short in a group", ["-jz"], 'unknown option "-z"; see tool --help'],
    ["a number is not an option", ["-5"], 'unknown option "-5"; see tool --help'],
    ["three dashes", ["---"], 'unknown option "---"; see tool --help'],
    ["a hidden option is not proposed", ["--secret-dor"], 'unknown option "--secret-dor"; see tool --help'],
    ["object members are unknown", ["--__proto__"], 'unknown option "--__proto__"; see tool --help'],
    [
      "control characters do not reach the screen",
      ["--\x1b[2J\n"],
      'unknown option "--\\u001b[2J\\n"; see tool --help',
    ],
    ["no value at the end", ["--model"], "--model needs a value"],
    ["no value before --", ["--print", "--", "x"], "--print needs a value PROMPT"],
    [
      "no value before an option",
      ["--model", "--json"],
      "--model needs a value; write --model=VALUE if it begins with a dash",
    ],
    ["no value, short", ["-m", "-j"], "-m needs a value; write -mVALUE if it begins with a dash"],
    ["no value, choices", ["--format"], "--format needs a value: text, json, stream-json"],
    ["a value for a boolean", ["--json=yes"], "--json takes no value"],
    ["a value for a negated boolean", ["--no-color=true"], "--no-color takes no value"],
    ["a value for a short boolean", ["-j=x"], "-j takes no value"],
    ["not a number", ["--max-turns", "abc"], '--max-turns needs a number, not "abc"'],
    ["not quite a number", ["--max-turns", "0x10"], '--max-turns needs a number, not "0x10"'],
    ["an empty number", ["--max-turns="], '--max-turns needs a number, not ""'],
    ["too large a number", ["--max-turns=1e999"], '--max-turns needs a number, not "1e999"'],
    ["a bad choice, near", ["--format=jsn"], '--format cannot be "jsn"; did you mean json?'],
    ["a bad choice", ["--format", "xml"], '--format cannot be "xml"; choose text, json, stream-json'],
  ];
  it.each(wrong)("%s", (_name, argv, message) => {
    expect(() => parseCommandLine(argv, spec)).toThrow(new UsageError(message));
  });

  it("gives each option the type of its row", () => {
    const { options } = parseCommandLine([], spec);
    expectTypeOf(options.model).toEqualTypeOf<string | undefined>();
    expectTypeOf(options["max-turns"]).toEqualTypeOf<number | undefined>();
    expectTypeOf(options.json).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(options.set).toEqualTypeOf<readonly string[]>();
    expectTypeOf(options.weight).toEqualTypeOf<readonly number[]>();
    expectTypeOf(options.format).toEqualTypeOf<"text" | "json" | "stream-json" | undefined>();
  });

  it("keeps any value that is attached, and any argument after --", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (value, rest) => {
        const parsed = parseCommandLine([`--model=${value}`, `--set=${value}`, "--", ...rest], spec);
        expect(parsed.options.model).toBe(value);
        expect(parsed.options.set).toEqual([value]);
        expect(parsed.rest).toEqual(rest);
      }),
    );
  });

  it("reads any line or refuses it with a usage error of one line", () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom("-", "--", "-p", "-jc", "--set", "--no-", "-e=", "--=", "-config"),
    );
    fc.assert(
      fc.property(fc.array(part), (argv) => {
        try {
          parseCommandLine(argv, spec);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          expect((error as UsageError).message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
        }
      }),
    );
  });
});
