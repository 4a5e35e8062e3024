import { execFileSync } from "node:child_process";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { linesOf, makePlace, openSim, type Place, runSx } from "./harness.js";

const SCHEMA = {
  type: "object",
  properties: { names: { type: "array", items: { type: "string" } } },
  required: ["names"],
  additionalProperties: false,
};
const GOOD = '{"names":["a","b"]}';

const answer = (text: string) => ({ reply: [{ text }] });

async function placeWith(schema: string | Uint8Array = JSON.stringify(SCHEMA)): Promise<Place> {
  const place = await makePlace();
  await writeFile(join(place.project, "schema.json"), schema);
  return place;
}

const ASK = ["-p", "which names?", "--output-schema", "schema.json"];

describe("an answer that fits", () => {
  test.each([
    { name: "as it is", text: GOOD },
    { name: "over lines", text: JSON.stringify(JSON.parse(GOOD), null, 2) },
    { name: "in a fence", text: `\`\`\`json\n${GOOD}\n\`\`\`` },
  ])("is one line of JSON on stdout, $name", async ({ text }) => {
    const place = await placeWith();
    const sim = await openSim({ turns: [answer(text)] });
    const outcome = await runSx([...ASK, "-o", "answer.json"], { place, env: sim.env, stdin: "" });
    expect(outcome).toEqual({ code: 0, stdout: `${GOOD}\n`, stderr: "" });
    expect(await readFile(join(place.project, "answer.json"), "utf8")).toBe(`${GOOD}\n`);
    expect(sim.requests).toHaveLength(1);
    expect(JSON.stringify(sim.requests[0])).toContain("json_schema");
  });

  test("is harmless to a terminal and exact to a program", async () => {
    const place = await placeWith();
    const value = { names: ["a\u001b]52;c;eA==\u0007", "b\u009b2J\u2028\u202e\u{e0041}", "\u200d \u00e9 \u{1f600}"] };
    const sim = await openSim({ turns: [answer(JSON.stringify(value))] });
    const { stdout } = await runSx(ASK, { place, env: sim.env, stdin: "" });
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]|\u{e0041}/u);
    expect(JSON.parse(stdout)).toEqual(value);
  });

  test.each(["json", "stream-json"])("is `output` of the last line in %s", async (format) => {
    const place = await placeWith();
    const sim = await openSim({ turns: [answer(`\n${GOOD}\n`)] });
    const outcome = await runSx([...ASK, "--output-format", format], { place, env: sim.env, stdin: "" });
    expect(linesOf(outcome.stdout).at(-1)).toMatchObject({
      type: "result",
      status: "success",
      output: { names: ["a", "b"] },
      result: GOOD,
    });
  });

  test("may come after calls", async () => {
    const place = await placeWith();
    await writeFile(join(place.project, "a.txt"), "hello\n");
    const sim = await openSim({
      turns: [
        { reply: [{ text: "I look." }, { tool_use: { name: "read", input: { path: "a.txt" } } }] },
        { expect: { toolResults: [{ contains: "hello" }] }, ...answer(GOOD) },
      ],
    });
    expect(await runSx(ASK, { place, env: sim.env, stdin: "" })).toMatchObject({ code: 0, stdout: `${GOOD}\n` });
  });

  test("without --output-schema there is no `output`", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer(GOOD)] });
    const outcome = await runSx(["-p", "q", "--output-format", "json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(outcome.stdout)[0]).not.toHaveProperty("output");
  });
});

describe("an answer that does not fit", () => {
  test("is asked for again, once, with the problem told; both are counted", async () => {
    const place = await placeWith();
    const sim = await openSim({ turns: [answer('{"names":[1]}'), answer(GOOD)] });
    const outcome = await runSx([...ASK, "--json"], { place, env: sim.env, stdin: "" });
    const lines = linesOf(outcome.stdout);
    expect(lines.find(({ type }) => type === "retry")).toMatchObject({
      discarded: true,
      error: { code: "schema_mismatch" },
    });
    expect(lines.at(-1)).toMatchObject({
      status: "success",
      output: { names: ["a", "b"] },
      num_turns: 1,
      exit_code: 0,
    });
    expect(JSON.stringify(sim.requests[1])).toContain("names/0");
    const one = await openSim({ turns: [answer(GOOD)] });
    const alone = linesOf((await runSx([...ASK, "--json"], { place, env: one.env, stdin: "" })).stdout).at(-1);
    const tokens = (line: unknown) => (line as { usage: { output_tokens: number } }).usage.output_tokens;
    expect(tokens(lines.at(-1))).toBeGreaterThan(tokens(alone));
  });

  test("a second time is exit 1, the code schema_mismatch, and nothing on stdout", async () => {
    const place = await placeWith();
    const sim = await openSim({ turns: [{ ...answer("Sure! Here it is."), times: "any" }] });
    const text = await runSx(ASK, { place, env: sim.env, stdin: "" });
    expect(text).toMatchObject({ code: 1, stdout: "" });
    expect(text.stderr).toContain("does not fit its schema: it is not one JSON value");
    expect(text.stderr).not.toContain("Sure!");
    expect(sim.requests).toHaveLength(2);
    const json = await runSx([...ASK, "--output-format", "json"], { place, env: sim.env, stdin: "" });
    expect(json.code).toBe(1);
    const [result] = linesOf(json.stdout);
    expect(result).toMatchObject({ status: "error", error: { code: "schema_mismatch" }, exit_code: 1 });
    expect(result).not.toHaveProperty("output");
    expect(result?.["usage"]).not.toMatchObject({ output_tokens: 0 });
  });

  test("a refusal stays a refusal", async () => {
    const place = await placeWith();
    const sim = await openSim({ turns: [{ ...answer("No."), stopReason: "refusal" }] });
    const outcome = await runSx([...ASK, "--output-format", "json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(outcome.stdout)[0]).toMatchObject({ error: { code: "refusal" }, stop_reason: "refusal" });
  });
});

describe("a schema that cannot be used: exit 42 and no request", () => {
  test.each<{ name: string; schema: string | Uint8Array; why: string }>([
    { name: "not JSON", schema: "{", why: "it is not JSON" },
    { name: "not an object", schema: "[]", why: "a JSON Schema is an object" },
    { name: "not UTF-8", schema: Uint8Array.of(0x22, 0xff, 0x22), why: "it is not UTF-8 text" },
    { name: "too large", schema: `{"title":"${"x".repeat(300_000)}"}`, why: "limit" },
    { name: "a loop", schema: '{"$ref":"#"}', why: "refers to itself" },
    { name: "a broken pattern", schema: '{"properties":{"a":{"pattern":"("}}}', why: "not a regular expression" },
    { name: "endless nesting", schema: `${'{"not":'.repeat(20_000)}{}${"}".repeat(20_000)}`, why: "deep" },
  ])("$name", async ({ schema, why }) => {
    const place = await placeWith(schema);
    const sim = await openSim({ turns: [answer(GOOD)] });
    const outcome = await runSx(ASK, { place, env: sim.env, stdin: "" });
    expect(outcome).toMatchObject({ code: 42, stdout: "" });
    expect(outcome.stderr).toContain("--output-schema schema.json: ");
    expect(outcome.stderr).toContain(why);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect(sim.requests).toHaveLength(0);
  });

  test("a missing file, a folder, a pipe that nobody writes, a device", async () => {
    const place = await placeWith();
    const sim = await openSim({ turns: [answer(GOOD)] });
    execFileSync("mkfifo", [join(place.project, "pipe")]);
    await symlink("/dev/zero", join(place.project, "zero"));
    for (const path of ["missing.json", ".", "pipe", "zero"]) {
      const outcome = await runSx(["-p", "q", "--output-schema", path], { place, env: sim.env, stdin: "" });
      expect([path, outcome.code], outcome.stderr).toEqual([path, 42]);
    }
    expect(sim.requests).toHaveLength(0);
  });
});

test("a pattern that never comes to an end ends all the same", async () => {
  const place = await placeWith(JSON.stringify({ type: "string", pattern: "^(a+)+$" }));
  const sim = await openSim({ turns: [{ ...answer(JSON.stringify(`${"a".repeat(60)}b`)), times: "any" }] });
  const outcome = await runSx(ASK, { place, env: sim.env, stdin: "" });
  expect(outcome).toMatchObject({ code: 1, stdout: "" });
  expect(outcome.stderr).toContain("takes more than 1 s");
});

test("a refusal says why, where the service does", async () => {
  const place = await makePlace();
  const body = await readFile(new URL("../../sxnet/test/fixtures/anthropic/refusal.sse", import.meta.url));
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const env = { PROVIDER: "anthropic", ANTHROPIC_API_KEY: "made-up", ANTHROPIC_API_URL: `http://127.0.0.1:${port}` };
  const outcome = await runSx(["-p", "q"], { place, env, stdin: "" });
  expect(outcome).toMatchObject({ code: 1, stderr: "sx: the model declined to answer: made up\n" });
});
