import type { Choice } from "./choice.js";
import type { SetupFacts } from "./setup-facts.js";

/** Answers by the id of their question. An empty one means: leave it as it is. */
export type Answers = Readonly<Record<string, string>>;

/** One question of the setup, as data: nothing here draws, reads or writes. */
export interface Question {
  /** The key that the answer sets, in capital letters; or a small word for what is no key. */
  readonly id: string;
  /** `search` is a choice among many that takes other values as well; `confirm` answers `yes` or `no`. */
  readonly kind: "select" | "search" | "text" | "secret" | "confirm";
  readonly ask: string;
  readonly help?: string;
  /** How a command line without a terminal gives the answer. */
  readonly flag: string;
  /** Absent: always asked. */
  when?(answers: Answers, facts: SetupFacts): boolean;
  choices?(answers: Answers, facts: SetupFacts): readonly Choice[];
  /** What is offered; a question without one needs an answer. An empty one may be left empty. */
  initial?(answers: Answers, facts: SetupFacts): string;
  /** What is offered at a terminal, where that is more than what holds when nobody was asked. */
  readonly proposed?: string;
  /** What is wrong with an answer, as a whole message. */
  check?(value: string, answers: Answers, facts: SetupFacts): string | undefined;
}

/** Where somebody is in the setup. */
export interface WizardState {
  /** Also of questions that were gone back over: they are offered again. */
  readonly answers: Answers;
  /** The ids of the questions that are settled. */
  readonly settled: readonly string[];
}

export const START: WizardState = { answers: {}, settled: [] };

/** The questions that the answers so far lead to, in order. */
function applicable(questions: readonly Question[], answers: Answers, facts: SetupFacts): readonly Question[] {
  return questions.filter((question) => question.when?.(answers, facts) ?? true);
}

/** The question to ask now; `undefined` when all are settled. */
export function currentQuestion(
  questions: readonly Question[],
  state: WizardState,
  facts: SetupFacts,
): Question | undefined {
  return applicable(questions, settledAnswers(state), facts).find(({ id }) => !state.settled.includes(id));
}

/** What is wrong with an answer: not among the choices, or what the question itself says. */
export function judgeAnswer(
  question: Question,
  value: string,
  answers: Answers,
  facts: SetupFacts,
): string | undefined {
  if (value === "") {
    if (question.initial === undefined) return "an answer is needed here";
    return question.check?.(value, answers, facts);
  }
  if (question.kind === "confirm" && value !== "yes" && value !== "no") return "answer yes or no";
  const choices = question.kind === "select" ? question.choices?.(answers, facts) : undefined;
  if (choices !== undefined && !choices.some((choice) => choice.value === value)) {
    return `choose ${choices.map((choice) => choice.value || '""').join(", ")}`;
  }
  return question.check?.(value, answers, facts);
}

export function answer(state: WizardState, id: string, value: string): WizardState {
  return { answers: { ...state.answers, [id]: value }, settled: [...state.settled, id] };
}

/** To the question before the current one; the same state at the first. Its answer, and later ones, are offered again. */
export function back(questions: readonly Question[], state: WizardState, facts: SetupFacts): WizardState {
  const path = applicable(questions, settledAnswers(state), facts).map(({ id }) => id);
  const current = path.findIndex((id) => !state.settled.includes(id));
  const at = (current === -1 ? path.length : current) - 1;
  return at < 0 ? state : { ...state, settled: path.slice(0, at) };
}

/** What has been answered, without what was gone back over. */
export function settledAnswers({ answers, settled }: WizardState): Answers {
  return Object.fromEntries(settled.flatMap((id) => (answers[id] === undefined ? [] : [[id, answers[id]]])));
}

/** The answers that count at the end: those of the questions that they lead to. */
export function finalAnswers(questions: readonly Question[], state: WizardState, facts: SetupFacts): Answers {
  const answers = settledAnswers(state);
  return Object.fromEntries(
    applicable(questions, answers, facts).flatMap(({ id }) => (answers[id] === undefined ? [] : [[id, answers[id]]])),
  );
}
