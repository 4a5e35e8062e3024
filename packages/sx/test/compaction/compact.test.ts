import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { openAgent } from "../../src/open-agent.js";
import { undoCompaction, recordCompaction } from "../../src/compaction/session-compaction.js";
import { createSession, resumeSession } from "../../src/sessions/open-session.js";
import { findSession } from "../../src/sessions/find-session.js";
import { recordTurn } from "../../src/sessions/record-turn.js";
import { parseArgs } from "../../src/args.js";
import { linesOf, makePlace, openSim, type Place, runSx } from "../harness.js";
import { PassThrough } from "node:stream";
import type { Script } from "@scorpiox/sim";

/** Of many lines, because a tool cuts long ones. */
const BIG = `${"x".repeat(99)}\n`.repeat(80);
const read = (path: string) => ({ tool_use: { name: "read", input: { path } } });
const used = (inputTokens: number) => ({ usage: { inputTokens, outputTokens: 10 } });

async function bigFile(place: Place, ...names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => writeFile(join(place.project, name), `${name} ${BIG}\n`)));
}

async function entriesOf({ home }: Place): Promise<Record<string, unknown>[]> {
  const sessions = join(home, ".scorpiox/sessions");
  const [project] = await readdir(sessions);
  const file = (await readdir(join(sessions, project!))).find((name) => name.endsWith(".jsonl"));
  return linesOf(await readFile(join(sessions, project!, file!), "utf8"));
}

const WINDOW = ["-e", "CONTEXT_WINDOW=10000"];

describe("before the window is full", () => {
  test("a long tool loop becomes a summary between two steps, and goes on", async () => {
    const place = await makePlace();
    await bigFile(place, "a", "b", "c");
    const sim = await openSim({
      turns: [
        { reply: [read("a")], ...used(3_000) },
        { reply: [read("b")], ...used(6_000) },
        {
          expect: { lastUserText: { contains: "<record>" }, system: { contains: "You summarise" } },
          reply: [{ text: "Goals: SUMMARY" }],
          ...used(1_000),
        },
        {
          expect: { bodyContains: ["fix it, exactly so", "SUMMARY", "b xxx"] },
          reply: [{ text: "done" }],
          ...used(4_000),
        },
      ],
    });
    const { code, stdout } = await runSx(["-p", "fix it, exactly so", "--json", ...WINDOW], {
      place,
      env: sim.env,
      stdin: "",
    });
    expect(sim.violations).toEqual([]);
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    expect(lines.filter(({ type }) => type === "compaction")).toMatchObject([
      { reason: "nearly_full", method: "summary", summarised_messages: 2, dropped_outputs: 0, problem: null },
    ]);
    const compaction = lines.find(({ type }) => type === "compaction")!;
    expect(Number(compaction["tokens_after"])).toBeLessThan(Number(compaction["tokens_before"]));
    // What the summary cost is part of the account.
    expect(lines.at(-1)).toMatchObject({ usage: { input_tokens: 14_000 } });
    const schema = JSON.parse(
      await readFile(new URL("../../schema/stream-json.schema.json", import.meta.url), "utf8"),
    ) as object;
    const validate = new Ajv2020({ strict: false }).compile(schema);
    for (const line of lines) expect([validate(line), validate.errors]).toEqual([true, null]);
    // The sent request no longer has the first output.
    expect(JSON.stringify(sim.requests.at(-1)?.body)).not.toContain("a xxx");
    expect((await entriesOf(place)).map(({ kind }) => kind)).toContain("compaction");
  });

  test("CONTEXT_AUTO_COMPACT=0 leaves all as it is", async () => {
    const place = await makePlace();
    await bigFile(place, "a", "b");
    const sim = await openSim({
      turns: [
        { reply: [read("a")], ...used(9_000) },
        { reply: [read("b")], ...used(9_500) },
        { reply: [{ text: "done" }] },
      ],
    });
    const { stdout } = await runSx(["-p", "q", "--json", ...WINDOW, "-e", "CONTEXT_AUTO_COMPACT=0"], {
      place,
      env: sim.env,
      stdin: "",
    });
    expect(linesOf(stdout).some(({ type }) => type === "compaction")).toBe(false);
  });

  test.each<{ name: string; summary: Script["turns"][number]; problem: string }>([
    { name: "fails", summary: { status: 400, body: { error: { message: "no" } } }, problem: "no summary: " },
    { name: "is empty", summary: { reply: [{ text: " " }] }, problem: "wrote nothing" },
    {
      name: "is cut off",
      summary: { reply: [{ text: "Goals" }], stopReason: "max_tokens" },
      problem: "did not finish",
    },
  ])(
    "without a summary, as its request $name, outputs are left out, and that is said",
    async ({ summary, problem }) => {
      const place = await makePlace();
      await bigFile(place, "a", "b");
      const sim = await openSim({
        turns: [
          { reply: [read("a")], ...used(3_000) },
          { reply: [read("b")], ...used(7_000) },
          summary,
          {
            expect: { bodyContains: ["was left out to make room", "b xxx"] },
            reply: [{ text: "done" }],
            ...used(3_000),
          },
        ],
      });
      const { code, stdout } = await runSx(["-p", "q", "--json", ...WINDOW], { place, env: sim.env, stdin: "" });
      expect([sim.violations, code]).toEqual([[], 0]);
      const line = linesOf(stdout).find(({ type }) => type === "compaction");
      expect(line).toMatchObject({ method: "outputs_dropped", dropped_outputs: 1, summarised_messages: 0 });
      expect(line!["problem"]).toContain(problem);
    },
  );
});

describe("a service that refuses the length", () => {
  test("is asked once more, with less, and a record that is too long is summarised in pieces", async () => {
    const place = await makePlace();
    await bigFile(place, "a", "b");
    const sim = await openSim({
      turns: [
        { reply: [read("a")], ...used(3_000) },
        { reply: [read("b")], ...used(3_500) },
        { status: "context_too_long" },
        { status: "context_too_long" },
        { reply: [{ text: "Goals: first half" }], ...used(100) },
        {
          expect: { lastUserText: { contains: "first half" } },
          reply: [{ text: "Goals: SUMMARY" }],
          ...used(100),
          times: 1,
        },
        { expect: { bodyContains: "SUMMARY" }, reply: [{ text: "done" }], ...used(3_000) },
      ],
    });
    const { code, stdout } = await runSx(["-p", "q", "--json"], { place, env: sim.env, stdin: "" });
    expect([sim.violations, code]).toEqual([[], 0]);
    expect(linesOf(stdout).filter(({ type }) => type === "compaction")).toMatchObject([
      { reason: "refused", method: "pieces" },
    ]);
  });

  test("twice is the end, and the prompt is taken back", async () => {
    const place = await makePlace();
    await bigFile(place, "a", "b", "c");
    const sim = await openSim({
      turns: [
        { reply: [read("a")], ...used(3_000) },
        { reply: [read("b")], ...used(3_500) },
        { reply: [read("c")], ...used(4_000) },
        { status: "context_too_long" },
        { reply: [{ text: "SUMMARY" }] },
        { status: "context_too_long" },
        { expect: { bodyContains: "SUMMARY" }, reply: [{ text: "again" }] },
      ],
    });
    const first = await runSx(["-p", "q", "--json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(first.stdout).at(-1)).toMatchObject({ status: "error", error: { code: "context_too_long" } });
    const second = await runSx(["-p", "-c", "go on"], { place, env: sim.env, stdin: "" });
    expect([sim.violations, second.stdout]).toEqual([[], "again\n"]);
    // The answer whose results were refused went with them.
    expect(JSON.stringify(sim.requests.at(-1)?.body)).not.toContain("c xxx");
  });
});

test("asked for, recorded, and undone: the very same messages", async () => {
  const place = await makePlace();
  await bigFile(place, "a", "b");
  const sim = await openSim({
    turns: [
      { reply: [read("a")] },
      { reply: [{ text: "one" }] },
      { reply: [read("b")] },
      { reply: [{ text: "two" }] },
      { expect: { lastUserText: { contains: "the tests above all" } }, reply: [{ text: "SUMMARY" }] },
      { reply: [{ text: "three" }] },
    ],
  });
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: { PATH: process.env["PATH"], ...sim.env },
    cwd: place.project,
    home: place.home,
    signal: new AbortController().signal,
  };
  const args = parseArgs(["-p", "x"]);
  if (args.kind !== "run") throw new Error("not a run");
  const store = { folder: join(place.home, "sessions"), cwd: place.project, now: Date.now, warn: () => undefined };
  const session = createSession(store);
  const opened = await openAgent({ options: args.options, io, defaultMode: "plan", sessionId: session.id });
  session.begin({ ...opened.header, mask: (text) => text });
  const turn = async (text: string): Promise<void> => {
    const batches = recordTurn(opened.agent, [{ type: "text", text }], io.signal, session, opened.header);
    while (!(await batches.next()).done);
  };
  await turn("first");
  await turn("second");
  const before = opened.agent.messages;
  const report = await opened.agent.compact("the tests above all", io.signal);
  expect(report).toMatchObject({ reason: "asked", method: "summary" });
  expect(report!.tokensAfter).toBeLessThan(report!.tokensBefore);
  await recordCompaction(session, opened.agent.messages);
  await turn("third");
  const after = opened.agent.messages;
  const undone = await undoCompaction(session);
  expect(undone).toEqual([...before, ...after.slice(-2)]);
  await expect(undoCompaction(session)).rejects.toMatchObject({ code: "no_compaction" });
  await session.close();
  const again = await resumeSession(await findSession(store.folder, session.id), {
    ...store,
    fork: false,
    keeps: true,
  });
  expect(again.messages).toEqual(undone);
  await again.close();
  await opened.close();
  expect(sim.violations).toEqual([]);
});
