import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectName } from "../../src/sessions/session-folder.js";
import { linesOf, makePlace, openSim, type Place, runSx, startSx } from "../harness.js";

const answer = (text: string) => ({ reply: [{ text }] });

function sessionFolder(place: Place): string {
  return join(place.home, ".scorpiox", "sessions", projectName(place.project));
}

async function sessionFiles(place: Place): Promise<string[]> {
  return readdir(sessionFolder(place)).catch(() => []);
}

async function entriesOf(place: Place): Promise<Record<string, unknown>[]> {
  const [name = ""] = await sessionFiles(place);
  return linesOf(await readFile(join(sessionFolder(place), name), "utf8"));
}

describe("sx -p", () => {
  test("keeps what was said and done, for its owner alone, and goes on from it", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [
        { reply: [{ text: "I look." }, { tool_use: { name: "glob", input: { pattern: "*" }, id: "c1" } }] },
        answer("Nothing here."),
        {
          expect: { lastUserText: "and now?", bodyContains: ["what is here?", "I look.", "c1", "Nothing here."] },
          ...answer("Still nothing."),
        },
      ],
    });
    const first = await runSx(["-p", "what is here?", "--json"], { place, env: sim.env, stdin: "" });
    const [init] = linesOf(first.stdout);
    expect(init).toMatchObject({ type: "init", resumed: false });
    const id = String(init?.["session_id"]);
    expect(await sessionFiles(place)).toEqual([`${id}.jsonl`]);
    const second = await runSx(["-p", "-c", "and now?", "--json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(second.stdout)[0]).toMatchObject({ type: "init", resumed: true, session_id: id });
    expect(new Set(linesOf(second.stdout).map((line) => line["session_id"]))).toEqual(new Set([id]));
    expect(sim.violations).toEqual([]);
    expect((await entriesOf(place)).map(({ kind }) => kind)).toEqual(
      "header mode user assistant tool_result assistant turn_end end user assistant turn_end end".split(" "),
    );
    const modes = [join(place.home, ".scorpiox", "sessions"), sessionFolder(place)].map((path) => stat(path));
    expect((await Promise.all(modes)).map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o700]);
    expect((await stat(join(sessionFolder(place), `${id}.jsonl`))).mode & 0o777).toBe(0o600);
  });

  test.each([["--no-session"], ["--bare"]])("%s keeps nothing", async (flag) => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("ok")] });
    expect(await runSx(["-p", "q", flag], { place, env: sim.env, stdin: "" })).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(place.home)).not.toContain(".scorpiox");
  });

  test("--no-session with -r answers from a session and leaves it as it is", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [answer("one"), { expect: { bodyContains: ["first", "one"] }, ...answer("two") }],
    });
    await runSx(["-p", "first"], { place, env: sim.env, stdin: "" });
    const before = await entriesOf(place);
    const outcome = await runSx(["-p", "-c", "--no-session", "second"], { place, env: sim.env, stdin: "" });
    expect(outcome).toEqual({ code: 0, stdout: "two\n", stderr: "" });
    expect(await entriesOf(place)).toEqual(before);
    expect(sim.violations).toEqual([]);
  });

  test("--fork goes on in a copy that names where it is from", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [answer("one"), { expect: { bodyContains: ["first", "one"] }, ...answer("two") }],
    });
    await runSx(["-p", "first"], { place, env: sim.env, stdin: "" });
    const [original = ""] = await sessionFiles(place);
    const before = await readFile(join(sessionFolder(place), original), "utf8");
    const outcome = await runSx(["-p", "-r", original.slice(0, 8), "--fork", "second", "--json"], {
      place,
      env: sim.env,
      stdin: "",
    });
    const id = String(linesOf(outcome.stdout)[0]?.["session_id"]);
    expect(await readFile(join(sessionFolder(place), original), "utf8")).toBe(before);
    const fork = linesOf(await readFile(join(sessionFolder(place), `${id}.jsonl`), "utf8"));
    expect(fork[0]).toMatchObject({ kind: "header", id, title: "first", parent: { id: original.slice(0, -6) } });
    expect(fork.map(({ n }) => n)).toEqual(fork.map(({ n }) => n).toSorted((a, b) => Number(a) - Number(b)));
    expect(sim.violations).toEqual([]);
  });

  test.each([
    { argv: ["-c"], code: 42, says: "there is no session of" },
    { argv: ["-r", "0000"], code: 42, says: 'there is no session "0000"' },
    { argv: ["-r", "../../../etc/passwd"], code: 42, says: "there is no session" },
    { argv: ["-r", "x", "-c"], code: 2, says: "give one of the two" },
    { argv: ["--fork"], code: 2, says: "--continue or --resume" },
    { argv: ["-c", "--fork", "--no-session"], code: 2, says: "--no-session and --bare keep none" },
    { argv: ["--yes"], code: 2, says: "--yes belongs to sx sessions" },
  ])("$argv: exit $code", async ({ argv, code, says }) => {
    const place = await makePlace();
    const outcome = await runSx(["-p", "q", ...argv], { place, stdin: "" });
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(says);
  });

  test("a session of another folder goes on in this one, and that is said", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...answer("ok"), times: "any" }] });
    const { stdout } = await runSx(["-p", "first", "--json"], { place, env: sim.env, stdin: "" });
    const id = String(linesOf(stdout)[0]?.["session_id"]);
    const elsewhere = { ...place, project: place.home };
    const outcome = await runSx(["-p", "second", "-r", id], { place: elsewhere, env: sim.env, stdin: "" });
    expect(outcome.stderr).toContain(`was made in ${place.project} and goes on in ${place.home}`);
    expect(await sessionFiles(place)).toEqual([`${id}.jsonl`]);
    expect((await runSx(["-p", "third", "-c"], { place: elsewhere, env: sim.env, stdin: "" })).code).toBe(42);
  });

  test("a session that another run is in cannot be gone on with, and a copy of it can", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [
        { reply: [{ tool_use: { name: "bash", input: { command: "touch here; sleep 30" } } }] },
        { ...answer("copied"), times: "any" },
      ],
    });
    const running = startSx(["-p", "first", "--approval-mode", "all"], { place, env: sim.env, stdin: "" });
    while (!(await readdir(place.project)).includes("here")) await new Promise((resolve) => setTimeout(resolve, 5));
    const busy = await runSx(["-p", "-c", "second"], { place, env: sim.env, stdin: "" });
    expect(busy.code).toBe(61);
    expect(busy.stderr).toMatch(/session [0-9a-f]{8} is locked by .*--fork/);
    const fork = await runSx(["-p", "-c", "--fork", "second"], { place, env: sim.env, stdin: "" });
    expect(fork).toMatchObject({ code: 0, stdout: "copied\n" });
    const del = await runSx(["sessions", "delete", (await sessionFiles(place))[0] ?? "", "--yes"], { place });
    expect(del.code).not.toBe(0);
    running.signal("SIGTERM");
    expect((await running.outcome).code).toBe(143);
    // The fork asked with the unanswered call closed.
    expect(JSON.stringify(sim.requests.at(-1)?.body)).toContain("interrupted");
    expect((await sessionFiles(place)).filter((name) => !/\.(jsonl|undo)$/.test(name))).toEqual([]);
  });

  test("no secret is in the file, in no spelling, and the file still resumes", async () => {
    const place = await makePlace();
    const canary = "sk-canary/0123+456789==";
    const sim = await openSim({
      turns: [
        {
          reply: [
            { thinking: `the key is ${canary}` },
            { text: `I use ${canary}` },
            { tool_use: { name: "bash", input: { command: `printf %s '${canary}'; printf %s '${canary}' | base64` } } },
          ],
        },
        { ...answer("done"), times: "any" },
      ],
    });
    const env = { ...sim.env, OPENAI_API_KEY: canary, ANTHROPIC_API_KEY: "assistant" };
    const argv = ["-p", `use ${canary}`, "--approval-mode", "all"];
    expect((await runSx(argv, { place, env, stdin: "" })).code).toBe(0);
    const text = JSON.stringify(await entriesOf(place));
    for (const form of [canary, encodeURIComponent(canary), Buffer.from(canary).toString("base64").slice(0, -4)]) {
      expect(text).not.toContain(form);
    }
    expect(text).toContain("[redacted]");
    // A secret that is a word of the format itself leaves the format alone.
    expect((await entriesOf(place)).map(({ kind }) => kind)).toContain("assistant");
    expect((await runSx(["-p", "-c", "go on"], { place, env, stdin: "" })).code).toBe(0);
  });

  test("a prompt that the service refuses is taken back in the file as well", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [answer("one"), { status: "context_too_long" }, answer("three")],
    });
    for (const [index, argv] of [["first"], ["-c", "too much"], ["-c", "third"]].entries()) {
      const { code } = await runSx(["-p", ...argv], { place, env: sim.env, stdin: "" });
      expect(code).toBe(index === 1 ? 1 : 0);
    }
    expect(JSON.stringify(sim.requests.at(-1)?.body)).not.toContain("too much");
    expect((await entriesOf(place)).map(({ kind }) => kind)).toContain("rewind");
  });

  test.each([{ where: "/proc/no-such-place" }, { where: "/dev/null/x" }])(
    "$where as home: a warning, and the answer comes",
    async ({ where }) => {
      const place = await makePlace();
      const sim = await openSim({ turns: [answer("fine")] });
      const env = { ...sim.env, SCORPIOX_HOME: where };
      const outcome = await runSx(["-p", "q"], { place, env, stdin: "" });
      expect(outcome).toMatchObject({ code: 0, stdout: "fine\n" });
      expect(outcome.stderr.match(/is not being saved/g)).toHaveLength(1);
    },
  );
});

describe("sx sessions", () => {
  async function two(): Promise<{ place: Place; env: Readonly<Record<string, string>>; ids: readonly string[] }> {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...answer("**Yes**, `it` is."), times: "any" }] });
    const ids: string[] = [];
    for (const prompt of ["older\nmore", "newer \u001b[31mred"]) {
      const { stdout } = await runSx(["-p", prompt, "--json"], { place, env: sim.env, stdin: "" });
      ids.push(String(linesOf(stdout)[0]?.["session_id"]));
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    return { place, env: sim.env, ids };
  }

  test("list: the newest first, with what tells them apart", async () => {
    const { place, ids } = await two();
    const { stdout, code } = await runSx(["sessions", "list", "--json"], { place });
    expect(code).toBe(0);
    const { sessions } = JSON.parse(stdout) as { sessions: Record<string, unknown>[] };
    expect(sessions.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(sessions[1]).toMatchObject({ title: "older", messages: 2, model: expect.any(String) as string });
    const text = (await runSx(["sessions"], { place })).stdout;
    expect(text.split("\n")[1]).toContain("newer");
    expect(text).not.toContain("\u001b");
    const elsewhere = { ...place, project: place.home };
    expect((await runSx(["sessions", "list"], { place: elsewhere })).stdout).toBe("");
    expect((await runSx(["sessions", "list", "--all"], { place: elsewhere })).stdout.split("\n")).toHaveLength(4);
  });

  test("show and export by the beginning of an id", async () => {
    const { place, ids } = await two();
    const [id = ""] = ids;
    const shown = await runSx(["sessions", "show", id.slice(0, 8)], { place });
    expect(shown.stdout).toContain("> older\n> more");
    const json = JSON.parse((await runSx(["sessions", "show", id, "--json"], { place })).stdout) as {
      messages: unknown;
    };
    expect(json.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", content: [{ text: "**Yes**, `it` is." }] },
    ]);
    const outcome = await runSx(["sessions", "export", id, "-o", "talk.html"], { place });
    expect(outcome).toMatchObject({ code: 0, stdout: "" });
    const page = await readFile(join(place.project, "talk.html"), "utf8");
    expect(page).toContain("<strong>Yes</strong>");
    expect((await stat(join(place.project, "talk.html"))).mode & 0o777).toBe(0o600);
  });

  test("delete asks, and without anybody to ask it needs --yes", async () => {
    const { place, ids } = await two();
    const [id = "", other = ""] = ids;
    expect(await runSx(["sessions", "delete", id], { place, stdin: "y\n" })).toMatchObject({ code: 2 });
    const asked = startSx(["sessions", "delete", id], { place });
    while (!asked.stderr().includes("[y/N]")) await new Promise((resolve) => setImmediate(resolve));
    asked.type("n\n");
    expect((await asked.outcome).stderr).toContain("nothing was deleted");
    expect(await sessionFiles(place)).toHaveLength(2);
    expect((await runSx(["sessions", "delete", id, other, "--yes"], { place })).code).toBe(0);
    expect(await sessionFiles(place)).toEqual([]);
  });
});
