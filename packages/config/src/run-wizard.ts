import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, type Io, signalExitCode, UsageError } from "@scorpiox/sxutil";
import { findProgram } from "./find-program.js";
import { gatherFacts } from "./gather-facts.js";
import { toSetup } from "./setup-answers.js";
import type { SetupFacts } from "./setup-facts.js";
import { checkSetup, findLocalServers, listedModels, settingsWith } from "./setup-network.js";
import { findShadowed, formatPlan, planSetup, writePlan } from "./setup-plan.js";
import { QUESTIONS } from "./setup-questions.js";
import {
  answer,
  type Answers,
  back,
  currentQuestion,
  finalAnswers,
  judgeAnswer,
  type Question,
  settledAnswers,
  START,
  type WizardState,
} from "./wizard.js";
import { dropDraft, keepDraft, readDraft } from "./wizard-draft.js";
import { openWizardTerminal, type WizardTerminal } from "./wizard-terminal.js";

/**
 * The setup at a terminal: asks, shows what would be written, writes it, and checks it if that was wanted. Until the
 * last answer no file is touched but the draft of an unfinished setup.
 * @returns the exit code: 130 when the person gave up
 * @throws UsageError without a terminal; what writing throws
 */
export async function runWizard(io: Io): Promise<number> {
  if (io.stdin.isTTY !== true || io.stdout.isTTY !== true) {
    throw new UsageError("the setup asks questions, and this is no terminal; give the answers to scorpiox-config init");
  }
  const terminal = await openWizardTerminal(io);
  terminal.say("Setup of scorpiox code. Esc goes back, Ctrl+C ends it; nothing is written before the last question.");
  const ended = await askAll(terminal, await gatherFacts(io), io);
  if (ended.kind === "cancelled") {
    const isKept = await keepDraft(ended.state, io);
    terminal.say(isKept ? "Nothing was written. The answers so far are kept." : "Nothing was written.", "warn");
    return signalExitCode("SIGINT");
  }
  const { answers, facts } = ended;
  await dropDraft(io);
  if (answers["write"] !== "yes") {
    terminal.say("Nothing was written.");
    return ExitCode.ok;
  }
  const plan = planSetup(toSetup(answers, facts), io);
  await writePlan(plan, io);
  terminal.say("Written.", "success");
  for (const line of findShadowed(plan, io)) terminal.say(line, "warn");
  if (answers["login"] === "yes") await logIn(terminal, io);
  const works = answers["check"] === "no" || (await check(terminal, answers["check"] === "request", io));
  terminal.say(works ? "Done. sx starts the chat." : "It is written, but something does not work yet: see above.");
  return ExitCode.ok;
}

type Ended =
  | { readonly kind: "cancelled"; readonly state: WizardState }
  | { readonly kind: "done"; readonly answers: Answers; readonly facts: SetupFacts };

async function askAll(terminal: WizardTerminal, found: SetupFacts, io: Io): Promise<Ended> {
  let facts = found;
  let state = START;
  const draft = await readDraft(io);
  if (draft !== undefined) {
    const reply = await terminal.ask({
      kind: "confirm",
      ask: "Go on with the setup that was left unfinished?",
      initial: "yes",
      check: () => undefined,
    });
    if (reply.kind === "cancel") return { kind: "cancelled", state: draft };
    if (reply.kind === "answer" && reply.value === "yes") state = usable(draft, facts);
  }
  for (;;) {
    const question = currentQuestion(QUESTIONS, state, facts);
    if (question === undefined) return { kind: "done", answers: finalAnswers(QUESTIONS, state, facts), facts };
    const answers = settledAnswers(state);
    if (question.id === "write") {
      const lines = formatPlan(planSetup(toSetup(answers, facts), io), io.home);
      terminal.note("What changes", lines.length === 0 ? ["nothing: it is there already"] : lines);
    }
    const reply = await terminal.ask(drawn(question, state, facts));
    if (reply.kind === "cancel") return { kind: "cancelled", state };
    if (reply.kind === "back") {
      state = back(QUESTIONS, state, facts);
      continue;
    }
    state = answer(state, question.id, reply.value);
    if (reply.value === "yes") facts = await look(question.id, settledAnswers(state), facts, terminal, io);
  }
}

/** Of a draft what is still an answer: choices and facts may have changed since. */
function usable({ answers, settled }: WizardState, facts: SetupFacts): WizardState {
  const byId = new Map(QUESTIONS.map((question) => [question.id, question]));
  const isGood = (id: string): boolean => {
    const question = byId.get(id);
    return question !== undefined && judgeAnswer(question, answers[id] ?? "", answers, facts) === undefined;
  };
  return { answers, settled: settled.filter(isGood) };
}

function drawn(question: Question, state: WizardState, facts: SetupFacts): Parameters<WizardTerminal["ask"]>[0] {
  const answers = settledAnswers(state);
  const { id, kind, ask, help } = question;
  const earlier = kind === "secret" ? undefined : state.answers[id];
  const [set, offered] = [facts.current[id], question.proposed ?? question.initial?.(answers, facts)];
  const initial = earlier ?? (kind === "text" ? (offered ?? set) : (set ?? offered));
  return {
    kind,
    ask,
    help,
    initial,
    choices: question.choices?.(answers, facts),
    check: (value) => judgeAnswer(question, value, answers, facts),
  };
}

/** What an answer lets us find out before the next question. */
async function look(
  id: string,
  answers: Answers,
  facts: SetupFacts,
  terminal: WizardTerminal,
  io: Io,
): Promise<SetupFacts> {
  if (id === "probe") {
    const servers = await findLocalServers(io.signal);
    terminal.say(servers.length === 0 ? "No server answers on those ports." : `Found ${servers.join(", ")}.`);
    return { ...facts, servers };
  }
  if (id !== "list") return facts;
  const provider = answers["PROVIDER"] ?? "";
  const listed = await listedModels(settingsWith(toSetup(answers, facts).values, io), io);
  if (listed === undefined) terminal.say("The service gave no list; these are the models known here.", "warn");
  return listed === undefined ? facts : { ...facts, models: { ...facts.models, [provider]: listed } };
}

async function check(terminal: WizardTerminal, withRequest: boolean, io: Io): Promise<boolean> {
  let works = true;
  const settings = settingsWith([], io);
  if (["scorpiox", "router"].includes(settings["PROVIDER"] ?? "scorpiox")) {
    terminal.say("The router chooses at each start; sx doctor shows what it can choose from.");
    return true;
  }
  for await (const { name, ok, detail, remedy } of checkSetup(settings, withRequest, io)) {
    works &&= ok;
    terminal.say(`${name}: ${detail}${remedy === undefined ? "" : `; ${remedy}`}`, ok ? "success" : "error");
  }
  return works;
}

const LOGIN = "scorpiox-codex-fetchtoken";

/** Runs the login command, which has the terminal until it ends: the one that was installed with us, else that of PATH. */
async function logIn(terminal: WizardTerminal, io: Io): Promise<void> {
  const beside = join(__dirname, "../../codex-fetchtoken/dist/bin.cjs");
  const [command, args] =
    io.execPath !== undefined && existsSync(beside)
      ? [io.execPath, [beside, "login"]]
      : [findProgram(LOGIN, io.env["PATH"] ?? ""), ["login"]];
  const isIn = await new Promise<boolean>((resolve) => {
    if (command === undefined) return resolve(false);
    const child = spawn(command, args, { stdio: "inherit", cwd: io.cwd, env: { ...io.env } });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
  if (isIn) terminal.say("Logged in.", "success");
  else terminal.say(`That was no login; try ${LOGIN} login later.`, "warn");
}
