import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { linesOf, makePlace, openSim, runSx, startSx } from "./harness.js";

const answer = (text: string) => ({ reply: [{ text }] });
const call = (name: string, input: Record<string, unknown>) => ({ reply: [{ tool_use: { name, input } }] });

describe("text", () => {
  test("stdout is the last message and nothing else", async () => {
    const place = await makePlace();
    await writeFile(join(place.project, "a.txt"), "hello\n");
    const sim = await openSim({
      turns: [
        { reply: [{ text: "I look." }, { tool_use: { name: "read", input: { path: "a.txt" } } }] },
        { expect: { toolResults: [{ contains: "hello" }] }, ...answer("It says hello.") },
      ],
    });
    const outcome = await runSx(["-p", "what is in a.txt?"], { place, env: sim.env, stdin: "" });
    expect(outcome).toEqual({ code: 0, stdout: "It says hello.\n", stderr: "" });
    expect(sim.violations).toEqual([]);
  });

  test("the answer is also written to a file", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("42")] });
    await runSx(["-p", "q", "-o", "answer.txt"], { place, env: sim.env, stdin: "" });
    expect(await readFile(join(place.project, "answer.txt"), "utf8")).toBe("42\n");
  });

  test("no secret is in the answer's file", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("it is sk-test-0123456789")] });
    const env = { ...sim.env, OPENAI_API_KEY: "sk-test-0123456789" };
    expect(await runSx(["-p", "q", "-o", "a.txt"], { place, env, stdin: "" })).toMatchObject({
      stdout: "it is [redacted]\n",
    });
    expect(await readFile(join(place.project, "a.txt"), "utf8")).toBe("it is [redacted]\n");
  });

  test("without a prompt: exit 42, nothing sent", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("no")] });
    const outcome = await runSx(["-p"], { place, env: sim.env, stdin: "" });
    expect(outcome.code).toBe(42);
    expect(outcome.stderr).toContain("there is no prompt");
    expect(sim.requests).toHaveLength(0);
  });
});

describe("an answer that is none, or not as it seems", () => {
  test.each([
    { name: "nothing", reply: [] },
    { name: "an empty text", reply: [{ text: "" }] },
    { name: "only thinking", reply: [{ thinking: "hm" }] },
  ])("$name is an error", async ({ reply }) => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ reply }] });
    const outcome = await runSx(["-p", "q"], { place, env: sim.env, stdin: "" });
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("the model answered with nothing");
  });

  test("the same call with the same result ends", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...call("glob", { pattern: "*" }), times: "any" }] });
    const outcome = await runSx(["-p", "q", "--json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(outcome.stdout).at(-1)).toMatchObject({ status: "error", error: { code: "stuck" }, num_turns: 6 });
  });

  test("text for a pipe cannot steer the terminal behind it; JSON keeps it exact", async () => {
    const place = await makePlace();
    const text = "a\u001b]52;c;eA==\u0007b\u001b[2Jc";
    const sim = await openSim({ turns: [{ ...answer(text), times: "any" }] });
    expect((await runSx(["-p", "q"], { place, env: sim.env, stdin: "" })).stdout).toBe("abc\n");
    const outcome = await runSx(["-p", "q", "--output-format", "json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(outcome.stdout)[0]).toMatchObject({ result: text });
  });

  test("a limit says when it ends", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ status: "rate_limited", headers: { "retry-after": "3600" } }] });
    const outcome = await runSx(["-p", "q"], { place, env: sim.env, stdin: "" });
    expect(outcome.code).toBe(57);
    expect(outcome.stderr).toContain("; open again in 1 h\n");
  });

  test("an answer that cannot be written to its file is still shown, and the run has failed", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...answer("costly"), times: "any" }] });
    const argv = ["-p", "q", "-o", "missing/x"];
    const outcome = await runSx(argv, { place, env: sim.env, stdin: "" });
    expect(outcome).toMatchObject({ code: 42, stdout: "costly\n" });
    expect(outcome.stderr).toContain("--output-last-message missing/x");
    const json = await runSx([...argv, "--json"], { place, env: sim.env, stdin: "" });
    expect(linesOf(json.stdout).at(-1)).toMatchObject({
      status: "error",
      result: "costly",
      num_turns: 1,
      exit_code: 42,
    });
  });
});

describe("what stderr says", () => {
  const turns = [call("glob", { pattern: "*" }), call("bash", { command: "true" }), answer("done")];
  test.each([
    { argv: [], said: ["sx: 1 call was denied (bash); --approval-mode edits or all allows more"] },
    { argv: ["--quiet"], said: [] },
  ])("$argv", async ({ argv, said }) => {
    const place = await makePlace();
    const sim = await openSim({ turns });
    const outcome = await runSx(["-p", "q", ...argv], { place, env: sim.env, stdin: "" });
    expect(outcome.stdout).toBe("done\n");
    expect(outcome.stderr.split("\n").filter((line) => line !== "")).toEqual(said);
  });

  test("--verbose tells each call and what it took", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns });
    const outcome = await runSx(["-p", "q", "--verbose"], { place, env: sim.env, stdin: "" });
    expect(outcome.stdout).toBe("done\n");
    for (const words of ["approval mode plan", "● glob *", "● bash true", "✗ denied", " out\n"])
      expect(outcome.stderr).toContain(words);
  });

  test("a folder's name cannot write lines of its own", async () => {
    const place = await makePlace();
    const name = "x\nsx: all is well\u001b[2J";
    await mkdir(join(place.project, name));
    const sim = await openSim({ turns: [answer("ok")] });
    const outcome = await runSx(["-p", "q", "-v", "-C", name], { place, env: sim.env, stdin: "" });
    expect(outcome.stderr).not.toMatch(/^sx: all is well/m);
    expect(outcome.stderr).not.toContain("\u001b");
    expect(sim.requests[0]?.system).not.toMatch(/^sx: all is well/m);
  });
});

describe("stdin", () => {
  test("that is empty although it was asked for is said", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("ok")] });
    const outcome = await runSx(["-p", "review", "-"], { place, env: sim.env, stdin: "" });
    expect(outcome).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(outcome.stderr).toContain("nothing came in on stdin");
  });

  test.each([
    {
      name: "is the prompt when none is given",
      argv: ["-p"],
      stdin: "from the pipe",
      want: { equals: "from the pipe" },
    },
    {
      name: "joins a prompt when asked for",
      argv: ["-p", "review", "-"],
      stdin: "+ line",
      want: { contains: ["review", "<stdin>\n+ line"] },
    },
    { name: "is not read beside a prompt", argv: ["-p", "review"], stdin: "secret", want: { equals: "review" } },
  ])("$name", async ({ argv, stdin, want }) => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ expect: { lastUserText: want }, ...answer("ok") }] });
    expect(await runSx(argv, { place, env: sim.env, stdin })).toMatchObject({ code: 0, stdout: "ok\n" });
  });

  test("open and silent does not hang a run with a prompt", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("ok")] });
    expect(await runSx(["-p", "q"], { place, env: sim.env, stdin: new PassThrough() })).toMatchObject({ code: 0 });
  });

  test("open and silent ends with --timeout when it was asked for", async () => {
    const place = await makePlace();
    const outcome = await runSx(["-p", "--timeout", "0.05"], { place, stdin: new PassThrough() });
    expect(outcome).toMatchObject({ code: 124, stdout: "" });
  });

  test("that is not text is refused", async () => {
    const place = await makePlace();
    const stdin = new PassThrough();
    stdin.end(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    const outcome = await runSx(["-p"], { place, stdin });
    expect(outcome).toMatchObject({ code: 42 });
    expect(outcome.stderr).toContain("stdin is not UTF-8");
  });
});

describe("endings", () => {
  test.each([
    { name: "a rate limit", turn: { status: "usage_limit" as const }, code: 57, error: "usage_limit" },
    {
      name: "a refused credential",
      turn: { status: "unauthorized" as const, times: "any" as const },
      code: 41,
      error: "login_needed",
    },
    { name: "an unknown model", turn: { status: "model_unavailable" as const }, code: 42, error: "model_unavailable" },
    {
      name: "the output limit",
      turn: { reply: [{ text: "half" }], stopReason: "max_tokens" as const },
      code: 1,
      error: "max_tokens",
    },
    { name: "a refusal", turn: { reply: [{ text: "no" }], stopReason: "refusal" as const }, code: 1, error: "refusal" },
    {
      name: "an error inside the stream",
      turn: { error: { code: "invalid_prompt", message: "not this" } },
      code: 1,
      error: "content_refused",
    },
  ])("$name is an error with its own exit code", async ({ turn, code, error }) => {
    const place = await makePlace();
    const sim = await openSim({ turns: [turn] });
    const outcome = await runSx(["-p", "q", "--json"], { place, env: sim.env, stdin: "" });
    const result = linesOf(outcome.stdout).at(-1);
    expect(result).toMatchObject({ type: "result", status: "error", error: { code: error }, exit_code: code });
    expect(outcome.code).toBe(code);
  });

  test("no credential at all: 41, and what to do", async () => {
    const place = await makePlace();
    const outcome = await runSx(["-p", "q"], { place, stdin: "" });
    expect(outcome.code).toBe(41);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr.split("\n")).toHaveLength(2);
  });

  test("nobody listens: 58", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [] });
    const env = { ...sim.env, CODEX_BASE_URL: "http://127.0.0.1:1/backend-api/codex", AGENT_RETRY_MAX: "0" };
    const outcome = await runSx(["-p", "q"], { place, env, stdin: "" });
    expect(outcome).toMatchObject({ code: 58, stdout: "" });
    expect(outcome.stderr).toContain("127.0.0.1:1");
  });

  test("--max-turns: the last calls do not run, exit 53", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...call("write", { path: "x", content: "x" }), times: "any" }] });
    const outcome = await runSx(["-p", "q", "--json", "--max-turns", "2", "--approval-mode", "all"], {
      place,
      env: sim.env,
      stdin: "",
    });
    const lines = linesOf(outcome.stdout);
    expect(lines.filter(({ type }) => type === "tool_result")).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ status: "error", error: { code: "max_turns" }, num_turns: 2, exit_code: 53 });
    expect(sim.requests).toHaveLength(2);
  });

  test("--max-cost counts with the prices that are known, and refuses without them", async () => {
    const place = await makePlace();
    const usage = { inputTokens: 1_000_000, outputTokens: 0 };
    const sim = await openSim({ turns: [{ ...call("glob", { pattern: "*" }), usage, times: "any" }] });
    const argv = ["-p", "q", "--json", "--max-cost", "3"];
    expect((await runSx(argv, { place, env: sim.env, stdin: "" })).code).toBe(2);
    expect(sim.requests).toHaveLength(0);
    const outcome = await runSx([...argv, "-e", "PRICE_INPUT=2", "-e", "PRICE_OUTPUT=8"], {
      place,
      env: sim.env,
      stdin: "",
    });
    expect(linesOf(outcome.stdout).at(-1)).toMatchObject({
      error: { code: "max_cost" },
      cost_usd: 4,
      num_turns: 2,
      exit_code: 53,
    });
  });

  test.each([
    { provider: "anthropic", model: "claude-opus-4-5", cost: 30 },
    { provider: "codex", model: "gpt-5.5", cost: undefined },
  ])(
    "the result says that $provider answered, and the cost only where it is known",
    async ({ provider, model, cost }) => {
      const place = await makePlace();
      const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000 };
      const sim = await openSim({ turns: [{ reply: [{ text: "Done." }], usage }] });
      const argv = ["-p", "q", "--json", "--provider", provider, "--model", model];
      const result = linesOf((await runSx(argv, { place, env: sim.env, stdin: "" })).stdout).at(-1) ?? {};
      expect(result).toMatchObject({ provider, model });
      expect(result["cost_usd"]).toBe(cost);
      expect("cost_usd" in result).toBe(cost !== undefined);
    },
  );

  test("--timeout ends a silent service", async () => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...answer("never"), stallAfterBytes: 0 }] });
    const outcome = await runSx(["-p", "q", "--json", "--timeout", "0.2"], { place, env: sim.env, stdin: "" });
    expect(linesOf(outcome.stdout).at(-1)).toMatchObject({
      status: "cancelled",
      error: { code: "timeout" },
      exit_code: 124,
    });
    expect(outcome.code).toBe(124);
  });

  test.each([
    { signal: "SIGINT" as const, code: 130 },
    { signal: "SIGTERM" as const, code: 143 },
  ])("$signal in mid-answer: what was written is told, exit $code", async ({ signal, code }) => {
    const place = await makePlace();
    const sim = await openSim({ turns: [{ ...answer("word ".repeat(200)), deltas: 5, stallAfterBytes: 6000 }] });
    const running = startSx(["-p", "q", "--json", "--include-deltas"], { place, env: sim.env, stdin: "" });
    await until(() => running.stdout().includes('"delta":true'));
    running.signal(signal);
    const outcome = await running.outcome;
    const lines = linesOf(outcome.stdout);
    expect(lines.at(-1)).toMatchObject({
      type: "result",
      status: "cancelled",
      error: { code: "cancelled" },
      exit_code: code,
    });
    expect(lines.filter(({ type }) => type === "result")).toHaveLength(1);
    expect(lines.some((line) => line["partial"] === true)).toBe(true);
    expect(outcome.code).toBe(code);
  });
});

describe("permissions", () => {
  const turns = [
    call("write", { path: "new.txt", content: "made" }),
    { expect: { toolResults: [{}] }, ...call("bash", { command: "echo ran > ran.txt" }) },
    { expect: { toolResults: [{}] }, ...answer("done") },
  ];
  test.each([
    { mode: undefined, made: false, ran: false, denied: ["write", "bash"] },
    { mode: "plan", made: false, ran: false, denied: ["write", "bash"] },
    { mode: "edits", made: true, ran: false, denied: ["bash"] },
    { mode: "all", made: true, ran: true, denied: [] },
    { mode: "ask", made: false, ran: false, denied: ["write", "bash"] },
  ])("$mode", async ({ mode, made, ran, denied }) => {
    const place = await makePlace();
    const sim = await openSim({ turns });
    const argv = ["-p", "q", "--json", ...(mode === undefined ? [] : ["--approval-mode", mode])];
    const outcome = await runSx(argv, { place, env: sim.env, stdin: "" });
    const result = linesOf(outcome.stdout).at(-1) as { denials: { tool_name: string }[]; exit_code: number };
    expect(result.exit_code).toBe(0);
    expect(result.denials.map(({ tool_name }) => tool_name)).toEqual(denied);
    expect(await exists(join(place.project, "new.txt"))).toBe(made);
    expect(await exists(join(place.project, "ran.txt"))).toBe(ran);
  });
});

describe("tools", () => {
  test.each([
    { name: "TOOLS=0 offers none", set: ["TOOLS=0"], tools: [] },
    {
      name: "TOOL_BASH=0 drops one",
      set: ["TOOL_BASH=0"],
      tools: ["ask_user", "edit", "glob", "grep", "read", "todo", "view_image", "write"],
    },
  ])("$name", async ({ set, tools }) => {
    const place = await makePlace();
    const sim = await openSim({ turns: [answer("ok")] });
    const outcome = await runSx(["-p", "q", "--json", ...set.flatMap((pair) => ["-e", pair])], {
      place,
      env: sim.env,
      stdin: "",
    });
    expect(linesOf(outcome.stdout)[0]).toMatchObject({ type: "init", tools });
    expect(sim.requests[0]?.tools.map(({ name }) => name)).toEqual(tools);
  });

  test("nothing of a cut answer is run; it is asked for again", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [
        {
          reply: [
            { text: "I write." },
            { tool_use: { name: "write", input: { path: "x", content: "x".repeat(400) } } },
          ],
          cutAfterBytes: 1500,
        },
        answer("second try"),
      ],
    });
    const outcome = await runSx(["-p", "q", "--json", "--approval-mode", "all"], { place, env: sim.env, stdin: "" });
    const lines = linesOf(outcome.stdout);
    expect(lines.find(({ type }) => type === "retry")).toMatchObject({ discarded: true });
    expect(lines.filter(({ type }) => type === "tool_use")).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ status: "success", result: "second try" });
    expect(await exists(join(place.project, "x"))).toBe(false);
  });
});

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
