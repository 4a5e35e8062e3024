import { afterEach, describe, expect, it } from "vitest";
import { type Expectation, type Sim, startSim, type Turn } from "../src/index.js";
import { codexBody, joinDeltas, post, userItem } from "./client.js";

const open: Sim[] = [];
async function serve(...turns: readonly Turn[]): Promise<Sim> {
  const sim = await startSim({ script: { turns }, seed: "t" });
  open.push(sim);
  return sim;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((sim) => sim.close()));
});

const OK = { reply: [{ text: "ok" }] };
const TOOL = { type: "function", name: "bash", parameters: { type: "object" } };
const BODY = codexBody("", {
  tools: [TOOL],
  input: [
    userItem("fix the bug"),
    { type: "function_call", call_id: "c1", name: "bash", arguments: "{}" },
    { type: "function_call", call_id: "c2", name: "read", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "exit code 1" },
    { type: "function_call_output", call_id: "c2", output: [{ type: "input_text", text: "line one" }] },
  ],
});

interface Row {
  readonly expect: Expectation;
  /** Part of the message; absent: the request is as expected. */
  readonly says?: string;
}

const ROWS: readonly Row[] = [
  { expect: { model: "gpt-5.5", lastUserText: "fix the bug", system: { contains: "test" } } },
  { expect: { model: "gpt-6-sol" }, says: 'model: wanted "gpt-6-sol"; got "gpt-5.5"' },
  { expect: { model: { matches: "^gpt-6" } }, says: 'model: wanted a match of /^gpt-6/u; got "gpt-5.5"' },
  {
    expect: { system: { contains: ["You", "pirate"] } },
    says: 'system: wanted text with "pirate"; got "You are a test."',
  },
  { expect: { lastUserText: "fix" }, says: 'lastUserText: wanted "fix"; got "fix the bug"' },
  { expect: { tools: ["bash"] } },
  { expect: { tools: ["bash", "edit"] }, says: "tools: wanted edit; got bash" },
  { expect: { toolResults: [{ name: "bash", contains: "code 1" }, { matches: "^line" }] } },
  { expect: { toolResults: [{}] }, says: "toolResults: wanted 1; got 2 (bash, read)" },
  { expect: { toolResults: [{ name: "edit" }, {}] }, says: 'toolResults[0].name: wanted "edit"; got "bash"' },
  { expect: { toolResults: [{}, { equals: "line" }] }, says: 'toolResults[1]: wanted "line"; got "line one"' },
  { expect: { headers: { Version: { matches: "^0\\." } } } },
  { expect: { headers: { "Session-Id": "a" } }, says: 'header session-id: wanted "a"; got none' },
  { expect: { bodyContains: '"store":false' } },
  { expect: { bodyContains: ["store", "nowhere"] }, says: 'body: wanted text with "nowhere"; got "{' },
];

describe("expectations", () => {
  it.each(ROWS)("$expect", async ({ expect: wanted, says }) => {
    const sim = await serve({ name: "the fix", expect: wanted, ...OK });
    const got = await post(sim, BODY);
    if (says === undefined) {
      expect(got.status).toBe(200);
      expect(sim.problems()).toEqual([]);
      return;
    }
    expect(got.status).toBe(400);
    const message = (JSON.parse(got.body) as { error: { message: string } }).error.message;
    expect(message).toContain('scorpiox-sim: request 1 is not what turn 1 "the fix" expects: ');
    expect(message).toContain(says);
    expect(sim.violations.join()).toContain(says);
    // The turn still waits for its request.
    expect(sim.remainingTurns()).toBe(1);
  });
});

describe("the order of turns", () => {
  it("answers one request with each turn, and none after the last", async () => {
    const sim = await serve({ reply: [{ text: "one" }] }, { reply: [{ text: "two" }] });
    expect(joinDeltas((await post(sim, BODY)).body, "response.output_text.delta")).toBe("one");
    expect(sim.problems()).toEqual(["1 answer of the script was not asked for; turn 2 is next"]);
    expect(joinDeltas((await post(sim, BODY)).body, "response.output_text.delta")).toBe("two");
    expect(sim.problems()).toEqual([]);
    const got = await post(sim, BODY);
    expect(got.status).toBe(400);
    expect(sim.violations).toEqual(["request 3: no turn left, the script has 2"]);
  });

  it("repeats a turn so many times and counts its steps", async () => {
    const sim = await serve(
      { times: 50, reply: [{ tool_use: { name: "bash", input: { command: "echo {{step}}", list: ["{{step}}"] } } }] },
      OK,
    );
    for (let step = 1; step <= 50; step += 1) {
      const { body } = await post(sim, BODY);
      expect(body).toContain(JSON.stringify(JSON.stringify({ command: `echo ${step}`, list: [`${step}`] })));
      expect(sim.remainingTurns()).toBe(51 - step);
    }
    expect((await post(sim, BODY)).body).toContain('"ok"');
    expect(sim.remainingTurns()).toBe(0);
  });

  it("answers everything with a last turn that has no number", async () => {
    const sim = await serve({ times: "any", ...OK });
    expect(sim.remainingTurns()).toBe(0);
    for (let count = 0; count < 3; count += 1) expect((await post(sim, BODY)).status).toBe(200);
    expect(sim.problems()).toEqual([]);
  });

  it("fills in what the request said, and leaves other braces alone", async () => {
    const sim = await serve({ reply: [{ text: "{{lastToolResult}} / {{lastUserText}} / {{other}} {{" }] });
    const { body } = await post(sim, BODY);
    expect(joinDeltas(body, "response.output_text.delta")).toBe("line one / fix the bug / {{other}} {{");
  });

  it("gives calls ids that no other has", async () => {
    const sim = await serve({ times: 2, reply: [{ tool_use: { name: "a" } }, { tool_use: { name: "a" } }] });
    const bodies = [(await post(sim, BODY)).body, (await post(sim, BODY)).body].join("");
    const ids = new Set([...bodies.matchAll(/"call_id":"([^"]+)"/g)].map((match) => match[1]));
    expect(ids.size).toBe(4);
  });
});

describe("requests beside the script", () => {
  it("says that a path or an encoding is not known", async () => {
    const sim = await serve(OK);
    const lost = await post(sim, BODY, {}, "/v1/nowhere");
    expect(lost).toMatchObject({ status: 404 });
    const packed = await post(sim, BODY, { "content-encoding": "zstd" });
    expect(packed).toMatchObject({ status: 415 });
    expect(sim.violations).toEqual([
      "request 1: no wire format knows POST /v1/nowhere",
      "request 2: a body with content-encoding zstd is not read here; send it as it is",
    ]);
  });
});
