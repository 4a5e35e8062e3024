import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test } from "vitest";
import { linesOf, makePlace, openSim, runSx } from "./harness.js";

let validate: (line: unknown) => string[];

beforeAll(async () => {
  const schema = JSON.parse(
    await readFile(new URL("../schema/stream-json.schema.json", import.meta.url), "utf8"),
  ) as object;
  const compiled = new Ajv2020({ allErrors: true }).compile(schema);
  validate = (line) =>
    compiled(line) ? [] : (compiled.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
});

const EVERYTHING = {
  turns: [
    {
      limits: { windows: [{ name: "primary", usedPercent: 12.5, windowMinutes: 300 }], plan: "plus" },
      reply: [
        { thinking: "I think." },
        { text: "I look\u2028here." },
        { tool_use: { name: "glob", input: { pattern: "*" } } },
        { tool_use: { name: "bash", input: { command: "exit 3" } } },
        { tool_use: { name: "nonsense", input: {} } },
      ],
    },
    { status: "overloaded" as const },
    { reply: [{ text: "Done." }] },
  ],
};

describe("every line of a run that shows everything", () => {
  test("fits the schema, counts without a gap, and ends in one result", async () => {
    const place = await makePlace();
    const sim = await openSim(EVERYTHING);
    const outcome = await runSx(["-p", "q", "--json", "--include-deltas", "--approval-mode", "all"], {
      place,
      env: sim.env,
      stdin: "",
    });
    const lines = linesOf(outcome.stdout);
    for (const line of lines) expect(validate(line), JSON.stringify(line)).toEqual([]);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index));
    expect(new Set(lines.map((line) => line["session_id"])).size).toBe(1);
    expect(lines[0]).toMatchObject({ type: "init" });
    expect(lines.filter(({ type }) => type === "result")).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ type: "result", status: "success", result: "Done.", num_turns: 2 });
    const types = new Set(lines.map(({ type }) => type));
    for (const type of ["init", "message", "thinking", "tool_use", "tool_result", "retry", "limits"])
      expect(types).toContain(type);
    expect(lines.filter(({ type }) => type === "tool_result")).toMatchObject([
      { status: "ok" },
      { status: "error", exit_code: 3 },
      { status: "error" },
    ]);
    // Some readers end a line at these separators.
    expect(outcome.stdout).not.toMatch(/[\u2028\u2029]/);
  });

  test("json prints the result alone", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ reply: [{ text: "Done." }] }] });
    const outcome = await runSx(["-p", "q", "--output-format", "json"], { place, env: sim.env, stdin: "" });
    const lines = linesOf(outcome.stdout);
    expect(lines).toHaveLength(1);
    expect(validate(lines[0])).toEqual([]);
    expect(lines[0]).toMatchObject({
      type: "result",
      result: "Done.",
      usage: { output_tokens: expect.any(Number) as number },
    });
  });
});

test("a run that fails before it begins still has its result", async () => {
  const place = await makePlace();
  const outcome = await runSx(["-p", "q", "--json", "-e", "CODEX_TOKEN_SOURCE=ftp"], { place, stdin: "" });
  const lines = linesOf(outcome.stdout);
  for (const line of lines) expect(validate(line)).toEqual([]);
  expect(lines.at(-1)).toMatchObject({
    type: "result",
    status: "error",
    error: { code: "configuration" },
    exit_code: 52,
  });
  expect(outcome.code).toBe(52);
});

test.each([
  { name: "no prompt", argv: ["-p", "  "], code: 42, error: "bad_input" },
  {
    name: "a huge value",
    argv: ["-p", "q", "-e", `CODEX_TOKEN_SOURCE=${"y".repeat(100_000)}`],
    code: 52,
    error: "configuration",
  },
  { name: "a wrong -e", argv: ["-p", "q", "-e", "novalue"], code: 2, error: "usage" },
  { name: "--max-cost without prices", argv: ["-p", "q", "--max-cost", "1"], code: 2, error: "usage" },
])("$name has its result too", async ({ argv, code, error }) => {
  const place = await makePlace();
  const sim = await openSim({ turns: [] });
  const outcome = await runSx([...argv, "--json"], { place, env: sim.env, stdin: "" });
  const lines = linesOf(outcome.stdout);
  for (const line of lines) expect(validate(line)).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ type: "result", error: { code: error }, exit_code: code });
  expect(outcome).toMatchObject({ code, stderr: "" });
  expect(outcome.stdout.length).toBeLessThan(10_000);
});

test("a secret is in no line, and not across lines either", async () => {
  const place = await makePlace();
  const secret = "sk-test-0123456789abcdef";
  const sim = await openSim({
    turns: [{ reply: [{ thinking: `so ${secret} it is` }, { text: `it is ${secret}; ${secret}` }], deltas: 5 }],
  });
  const env = { ...sim.env, OPENAI_API_KEY: secret };
  const outcome = await runSx(["-p", "q", "--json", "--include-deltas"], { place, env, stdin: "" });
  const lines = linesOf(outcome.stdout);
  const joined = (type: string): string =>
    lines
      .filter((line) => line["delta"] === true && line["type"] === type)
      .map((line) => (line["text"] as string | undefined) ?? (line["content"] as { text: string }[])[0]?.text)
      .join("");
  expect(joined("message")).toBe("it is [redacted]; [redacted]");
  expect(joined("thinking")).toBe("so [redacted] it is");
  expect(outcome.stdout).not.toContain(secret);
});

test("the schema refuses what is not a line of the stream", () => {
  expect(validate({ type: "result", v: 1, seq: 0, ts: "2026-11-20T00:00:00.000Z", session_id: "s" })).not.toEqual([]);
  expect(validate({ type: "surprise", v: 1, seq: 0, ts: "2026-11-20T00:00:00.000Z", session_id: "s" })).not.toEqual([]);
});
