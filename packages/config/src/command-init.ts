import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import {
  colorDecision,
  displayPath,
  ExitCode,
  Failure,
  findKey,
  formatHelp,
  type Io,
  isSecret,
  oneLine,
  quoted,
  suggestKeys,
  UsageError,
} from "@scorpiox/sxutil";
import type { CheckedHop } from "@scorpiox/sxnet/credentials";
import { gatherFacts } from "./gather-facts.js";
import { INIT, type InitOptions, parseInitArgs } from "./init-args.js";
import { toSetup } from "./setup-answers.js";
import type { SetupFacts } from "./setup-facts.js";
import { checkSetup, settingsWith } from "./setup-network.js";
import { findShadowed, formatPlan, planSetup, writePlan } from "./setup-plan.js";
import { QUESTIONS } from "./setup-questions.js";
import { answer, type Answers, currentQuestion, finalAnswers, judgeAnswer, settledAnswers, START } from "./wizard.js";

const MAX_ANSWERS_CHARS = 1024 * 1024;

/**
 * The setup by options: the same questions, answered beforehand; what is not answered takes what the question offers.
 * @throws UsageError with every answer that is missing or wrong, each with the option that gives it
 */
export async function initSetup(argv: readonly string[], io: Io): Promise<number> {
  const options = parseInitArgs(argv);
  if (options.help) {
    const color = colorDecision({ flag: undefined, env: io.env, isTTY: io.stdout.isTTY });
    io.stdout.write(formatHelp(INIT, { columns: io.stdout.columns ?? 100, color }));
    return ExitCode.ok;
  }
  const given = await readAnswers(options, io);
  const facts = await gatherFacts(io);
  const { answers, further } = settle(given, facts);
  const plan = planSetup(toSetup(answers, facts, further), io);
  const diff = formatPlan(plan, io.home).map((line) => oneLine(line, 2000));
  if (!options["dry-run"]) {
    await writePlan(plan, io);
    for (const line of findShadowed(plan, io)) io.stderr.write(`note: ${line}\n`);
  }
  const hops = options["dry-run"] || answers["check"] === "no" ? [] : await check(answers["check"] === "request", io);
  if (options.json) {
    const files = plan.files.map(({ target, before, after }) => ({ ...target, changed: before !== after }));
    io.stdout.write(`${JSON.stringify({ written: !options["dry-run"], files, diff, checks: hops }, null, 2)}\n`);
  } else if (options["dry-run"]) {
    io.stdout.write(diff.map((line) => `${line}\n`).join(""));
  } else {
    const names = plan.files.map(({ target }) => displayPath(target.path, io.home)).join(", ");
    io.stderr.write(diff.length === 0 ? `nothing to change in ${names}\n` : `written to ${names}\n`);
    for (const { name, ok, detail, remedy } of hops)
      io.stderr.write(`${ok ? "ok" : "failed"}: ${name}: ${detail}${remedy === undefined ? "" : `; ${remedy}`}\n`);
  }
  return hops.every(({ ok }) => ok) ? ExitCode.ok : ExitCode.failure;
}

/** Options over the answers file. */
async function readAnswers(options: InitOptions, io: Io): Promise<Answers> {
  const answers: Record<string, string> =
    options.answers === undefined ? {} : await readAnswersFile(options.answers, io);
  for (const pair of options.set) {
    const at = pair.indexOf("=");
    const key = at === -1 ? pair : pair.slice(0, at);
    const spec = findKey(key);
    if (at === -1 || spec === undefined) {
      throw new UsageError(`--set ${quoted(pair, 60)} is no KEY=VALUE${at === -1 ? "" : suggestKeys(key)}`);
    }
    if (isSecret(spec))
      throw new UsageError(`${key} is a secret, which others can see here; give it in --answers FILE`);
    answers[key] = pair.slice(at + 1);
  }
  const provider = options.provider ?? answers["PROVIDER"];
  const prefix = provider === "claude_code" ? "CLAUDE_CODE" : "CODEX";
  const byOption: readonly (readonly [string, string | undefined])[] = [
    ["PROVIDER", options.provider],
    ["MODEL", options.model],
    [`${prefix}_TOKEN_SOURCE`, options["token-source"]],
    ["REASONING_EFFORT", options.effort],
    ["SX_APPROVAL_MODE", options["approval-mode"]],
    ["tier", options.tier ?? (options.profile === undefined ? undefined : "profile")],
    ["profile", options.profile],
  ];
  for (const [id, value] of byOption) if (value !== undefined) answers[id] = value;
  return answers;
}

async function readAnswersFile(path: string, io: Io): Promise<Record<string, string>> {
  const shown = path === "-" ? "stdin" : quoted(path, 200);
  let value: unknown;
  try {
    const text = path === "-" ? await readStdin(io) : await readFile(path, "utf8");
    value = text.length > MAX_ANSWERS_CHARS ? undefined : JSON.parse(text);
  } catch (error) {
    if (io.signal.aborted) throw io.signal.reason;
    if (error instanceof UsageError) throw error;
    const why = error instanceof SyntaxError ? "it is no JSON" : "it cannot be read";
    // The parser's own words would quote the text, and that may be a key.
    throw new Failure(
      "bad_input",
      ExitCode.badInput,
      `--answers ${shown}: ${why}; give an object such as {"MODEL": "opus"}`,
    );
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value as object) : [];
  const wrong = entries.find(([, one]) => typeof one !== "string");
  if (!isObject || wrong !== undefined) {
    const what = wrong === undefined ? "it is no object" : `${quoted(wrong[0], 60)} is no text`;
    throw new Failure("bad_input", ExitCode.badInput, `--answers ${shown}: ${what}; every answer is a text`);
  }
  const unknown = entries.find(
    ([id]) => findKey(id) === undefined && !QUESTIONS.some((question) => question.id === id),
  );
  if (unknown !== undefined)
    throw new UsageError(`--answers ${shown}: ${quoted(unknown[0], 60)} is no question and no key`);
  return Object.fromEntries(entries as [string, string][]);
}

async function readStdin(io: Io): Promise<string> {
  if (io.stdin.isTTY === true) throw new UsageError("--answers is -, but stdin is the terminal; pipe the answers in");
  let text = "";
  addAbortSignal(io.signal, io.stdin);
  io.stdin.setEncoding("utf8");
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.length > MAX_ANSWERS_CHARS) throw new UsageError("stdin holds more than 1 MiB; that are no answers");
  }
  return text;
}

/** Goes through the questions as the wizard does. What was given and belongs to none of them is a key to set besides. */
function settle(
  given: Answers,
  facts: SetupFacts,
): { readonly answers: Answers; readonly further: readonly (readonly [string, string])[] } {
  let state = START;
  const problems: string[] = [];
  for (;;) {
    const question = currentQuestion(QUESTIONS, state, facts);
    if (question === undefined) break;
    const answers = settledAnswers(state);
    const { id, flag } = question;
    const value = given[id] ?? question.initial?.(answers, facts) ?? "";
    const problem = judgeAnswer(question, value, answers, facts);
    if (problem !== undefined)
      problems.push(given[id] === undefined ? `${id} is missing: give ${flag}` : `${id}: ${problem}`);
    state = answer(state, id, value);
  }
  if (problems.length > 0) throw new UsageError(problems.join("; "));
  // What was left out stays as it is; only an answer that was given blanks something.
  const all = Object.entries(finalAnswers(QUESTIONS, state, facts));
  const answers: Answers = Object.fromEntries(all.filter(([id, value]) => value !== "" || given[id] !== undefined));
  const further = Object.entries(given).filter(([id]) => findKey(id) !== undefined && answers[id] === undefined);
  return { answers, further };
}

async function check(withRequest: boolean, io: Io): Promise<readonly CheckedHop[]> {
  const settings = settingsWith([], io);
  const hops: CheckedHop[] = [];
  if (["scorpiox", "router"].includes(settings["PROVIDER"] ?? "scorpiox")) return hops;
  for await (const hop of checkSetup(settings, withRequest, io)) hops.push(hop);
  return hops;
}
