import { mkdir, mkdtemp, open, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Script, startSim } from "@scorpiox/sim";
import type { Message } from "@scorpiox/sxnet";
import { beforeAll, describe, expect, test } from "vitest";
import { Conversation } from "../../src/sessions/conversation.js";
import { formatEntry } from "../../src/sessions/entry.js";
import { createSession, openSession } from "../../src/sessions/open-session.js";
import { readEntries } from "../../src/sessions/read-entries.js";
import { repairTail } from "../../src/sessions/repair-tail.js";
import { projectName, sessionsFolder } from "../../src/sessions/session-folder.js";
import { linesOf, makePlace, openSim, type Place, runSx } from "../harness.js";

const RUN = { provider: "codex", model: "gpt-5.5", approvalMode: "all", mask: (text: string) => text };

interface Recorded {
  readonly id: string;
  readonly bytes: Buffer;
}

const SCRIPT: Script = {
  turns: [
    {
      reply: [
        { thinking: "I look." },
        { text: "Two files, ünïcode 🦂." },
        { tool_use: { name: "read", input: { path: "a.txt" }, id: "r1" } },
        { tool_use: { name: "read", input: { path: "none.txt" }, id: "r2" } },
      ],
    },
    { reply: [{ tool_use: { name: "bash", input: { command: "exit 3" }, id: "b1" } }] },
    { reply: [{ text: "Done." }] },
  ],
};

/** A session that the program itself wrote: thinking, calls side by side, a failing one, an answer. */
async function record(place: Place): Promise<Recorded> {
  await writeFile(join(place.project, "a.txt"), "héllo 🦂\n");
  const sim = await startSim({ script: SCRIPT });
  try {
    const argv = ["-p", "look at it", "--json", "--approval-mode", "all"];
    const { stdout, code } = await runSx(argv, { place, env: sim.env, stdin: "" });
    expect(code).toBe(0);
    const id = String(linesOf(stdout)[0]?.["session_id"]);
    return { id, bytes: await readFile(fileOf(place, id)) };
  } finally {
    await sim.close();
  }
}

function fileOf(place: Place, id: string): string {
  return join(sessionsFolder({}, place.home), projectName(place.project), `${id}.jsonl`);
}

/** A place whose only session has these bytes. */
async function withBytes(bytes: Buffer | string, id: string): Promise<Place> {
  const place = await makePlace();
  await mkdir(join(fileOf(place, id), ".."), { recursive: true });
  await writeFile(fileOf(place, id), bytes);
  return place;
}

function storeOf(place: Place, warn: (line: string) => void = () => undefined) {
  return { folder: sessionsFolder({}, place.home), cwd: place.project, now: Date.now, warn };
}

/** What a service demands: every call answered in the next message, nothing else answered, nothing empty. */
function expectAcceptable(messages: readonly Message[]): void {
  let open: readonly string[] = [];
  for (const { role, content } of messages) {
    expect(content.length).toBeGreaterThan(0);
    const results = content.flatMap((block) => (block.type === "tool_result" ? [block.toolUseId] : []));
    expect(results).toEqual(open);
    open = role === "assistant" ? content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])) : [];
  }
  expect(open).toEqual([]);
}

describe("a session that was cut", () => {
  let recorded: Recorded;

  beforeAll(async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), "sx-cut-")));
    const place = { home: join(root, "home"), project: join(root, "project") };
    await Promise.all([mkdir(place.home), mkdir(place.project)]);
    recorded = await record(place);
    await rm(root, { recursive: true, force: true });
  });

  test("at any byte: all whole entries are there, and what is written next stands on a line of its own", async () => {
    const { bytes, id } = recorded;
    const place = await withBytes("", id);
    const [path, tornPath] = [fileOf(place, id), join(place.home, "torn")];
    const file = await open(path, "a+");
    const whole = (await readAll(bytes, path)).entries;
    // Plain comparisons: a few thousand cuts, each with several of them.
    const wrong: number[] = [];
    for (let cut = bytes.length; cut >= 0; cut -= 1) {
      await file.truncate(0);
      await file.write(bytes, 0, cut);
      await repairTail(file, tornPath);
      const { entries, brokenLines, nextN } = await readEntries(path);
      // An entry that lacks only its LF is whole.
      const completed = bytes.subarray(0, cut + 1).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
      const isSame = JSON.stringify(entries) === JSON.stringify(whole.slice(0, completed));
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      const endsWhole = size === 0 || buffer[0] === 0x0a;
      if (brokenLines !== 0 || nextN !== completed || !isSame || !endsWhole) wrong.push(cut);
    }
    expect(wrong).toEqual([]);
    expect(whole.length).toBeGreaterThan(8);
    await file.close();
  });

  async function readAll(bytes: Buffer, path: string) {
    await writeFile(path, bytes);
    return readEntries(path);
  }

  test("at a line, in it and before its end: the program goes on, and the service takes the conversation", async () => {
    const { bytes, id } = recorded;
    const ends = [...bytes.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at] : []));
    const cuts = [0, 1, ...ends.flatMap((end) => [end, end + 1, end + 20])].filter((cut) => cut <= bytes.length);
    for (const cut of cuts) {
      const place = await withBytes(bytes.subarray(0, cut), id);
      const sim = await openSim({ turns: [{ expect: { bodyContains: "go on" }, reply: [{ text: "Going on." }] }] });
      const outcome = await runSx(["-p", "-r", id, "go on"], { place, env: sim.env, stdin: "" });
      expect(sim.violations, `cut at ${cut}`).toEqual([]);
      expect(outcome, `cut at ${cut}`).toMatchObject({ code: 0, stdout: "Going on.\n" });
      const again = await readEntries(fileOf(place, id));
      expect(again.brokenLines).toBe(0);
      expectAcceptable(new Conversation(again.entries).messages());
      const isTorn = cut > 0 && !ends.includes(cut) && !ends.includes(cut - 1);
      expect(outcome.stderr.includes("was cut off"), `cut at ${cut}`).toBe(isTorn);
    }
  });

  test("the unanswered call is closed as interrupted, and the others keep their results", async () => {
    const { bytes, id } = recorded;
    const first = bytes.indexOf('"toolUseId":"r');
    const place = await withBytes(bytes.subarray(0, bytes.indexOf(0x0a, first) + 1), id);
    const session = await openSession(id, { ...storeOf(place), fork: false, keeps: true });
    await session.close();
    const results = session.messages.at(-1)?.content.map((block) => JSON.stringify(block)) ?? [];
    expect(results).toHaveLength(2);
    expect(results.filter((text) => text.includes("interrupted"))).toHaveLength(1);
  });
});

test("the rebuilt conversation is the one that the agent had, opaque data included", async () => {
  const place = await makePlace();
  const { id } = await record(place);
  const session = await openSession(id, { ...storeOf(place), fork: false, keeps: false });
  expect(session.messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
  const blocks = session.messages.flatMap(({ content }) => [...content]);
  expect(blocks.filter((block) => "opaque" in block && block.opaque !== undefined).length).toBeGreaterThan(0);
  expect(session.title).toBe("look at it");
});

describe("a damaged session", () => {
  test("bad lines in the middle are skipped, counted once, and the rest is there", async () => {
    const place = await makePlace();
    const { id, bytes } = await record(place);
    const lines = bytes.toString("utf8").split("\n");
    lines.splice(3, 0, "\0\0\0\0", "{not json", '{"v":1}');
    await writeFile(fileOf(place, id), lines.join("\n"));
    const warnings: string[] = [];
    const options = { ...storeOf(place, (line) => void warnings.push(line)), fork: false, keeps: true };
    const session = await openSession(id, options);
    expect(warnings).toEqual([expect.stringMatching(/^3 damaged lines of session [0-9a-f]{8}/)]);
    expect(session.messages).toHaveLength(6);
    await session.close();
  });

  test("zeros at the end, as after a power cut, are set aside and named", async () => {
    const place = await makePlace();
    const { id, bytes } = await record(place);
    await writeFile(fileOf(place, id), Buffer.concat([bytes, Buffer.alloc(300)]));
    const warnings: string[] = [];
    const options = { ...storeOf(place, (line) => void warnings.push(line)), fork: false, keeps: true };
    await (await openSession(id, options)).close();
    expect(warnings).toEqual([expect.stringContaining("(300 bytes)")]);
    expect(await readFile(fileOf(place, id).replace(".jsonl", ".torn"))).toEqual(Buffer.from(`${"\0".repeat(300)}\n`));
    expect(await readFile(fileOf(place, id))).toEqual(bytes);
  });

  test("a lost first line costs the title and nothing else", async () => {
    const place = await makePlace();
    const { id, bytes } = await record(place);
    await writeFile(fileOf(place, id), bytes.subarray(bytes.indexOf(0x0a) + 1));
    const session = await openSession(id, { ...storeOf(place), fork: false, keeps: true });
    expect(session.messages).toHaveLength(6);
    session.begin(RUN);
    await session.append({ kind: "user", content: [{ type: "text", text: "more" }] });
    await session.close();
    const { entries } = await readEntries(fileOf(place, id));
    expect(new Conversation(entries).header?.id).toBe(id);
    expect(new Conversation(entries).messages()).toHaveLength(7);
  });
});

test("a session of a newer format is shown, copied, and never written to", async () => {
  const place = await makePlace();
  const { id, bytes } = await record(place);
  const newer = Buffer.concat([bytes, Buffer.from('{"v":2,"n":99,"kind":"hologram"}\n{"v":2,"n')]);
  await writeFile(fileOf(place, id), newer);
  const outcome = await runSx(["-p", "-r", id, "go on"], { place, stdin: "" });
  expect(outcome.code).toBe(42);
  expect(outcome.stderr).toMatch(/written by a newer sx \(format 2\).*--fork/);
  const shown = await runSx(["sessions", "show", id], { place });
  expect(shown.stdout).toContain("look at it");
  expect(shown.stderr).toContain("newer sx");
  const sim = await openSim({ turns: [{ reply: [{ text: "Copied." }] }] });
  expect((await runSx(["-p", "-r", id, "--fork", "go on"], { place, env: sim.env, stdin: "" })).stdout).toBe(
    "Copied.\n",
  );
  expect(await readFile(fileOf(place, id))).toEqual(newer);
});

test("ids: the beginning will do, and one that fits two is refused with both", async () => {
  const place = await makePlace();
  const folder = join(fileOf(place, "x"), "..");
  await mkdir(folder, { recursive: true });
  const ids = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-1111-4000-8000-000000000002"];
  for (const id of ids) {
    const header = {
      kind: "header",
      id,
      cwd: place.project,
      project: "p",
      program: "sx",
      title: id,
      provider: "p",
      model: "m",
    } as const;
    await writeFile(join(folder, `${id}.jsonl`), formatEntry(0, 0, header));
  }
  for (const name of ["notes.jsonl", `${ids[0]}.torn`, `${ids[0]}.jsonl.lock`])
    await writeFile(join(folder, name), "x");
  const options = { ...storeOf(place), fork: false, keeps: false };
  expect((await openSession("AAAAAAAA-1", options)).id).toBe(ids[1]);
  await expect(openSession("aaaa", options)).rejects.toMatchObject({
    code: "session_ambiguous",
    exitCode: 42,
    message: expect.stringContaining("aaaaaaaa-0000, aaaaaaaa-1111") as string,
  });
  for (const wrong of ["", "bbbb", "notes", "..", "%"]) {
    await expect(openSession(wrong, options)).rejects.toMatchObject({ code: "session_not_found" });
  }
});

test("a chat that was opened and left leaves no file, and a resumed one no line", async () => {
  const place = await makePlace();
  const fresh = createSession(storeOf(place));
  fresh.begin(RUN);
  await fresh.close();
  const { id, bytes } = await record(place);
  const again = await openSession(id, { ...storeOf(place), fork: false, keeps: true });
  again.begin(RUN);
  await again.close();
  expect(await readFile(fileOf(place, id))).toEqual(bytes);
});
