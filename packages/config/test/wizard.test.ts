import { describe, expect, it } from "vitest";
import type { SetupFacts } from "../src/setup-facts.js";
import { QUESTIONS } from "../src/setup-questions.js";
import { toSetup } from "../src/setup-answers.js";
import {
  answer,
  type Answers,
  back,
  currentQuestion,
  finalAnswers,
  judgeAnswer,
  settledAnswers,
  START,
  type WizardState,
} from "../src/wizard.js";
import { formatDraft, parseDraft } from "../src/wizard-draft.js";

const FACTS: SetupFacts = {
  found: {},
  current: {},
  present: [],
  models: {},
  servers: [],
  projectFile: "~/p/scorpiox-env.txt",
  git: "open",
};

/** The ids that are asked, when `given` is answered and everything else takes what is offered. */
function walk(
  given: Answers,
  facts: SetupFacts = FACTS,
): { readonly asked: readonly string[]; readonly state: WizardState } {
  let state = START;
  const asked: string[] = [];
  for (;;) {
    const question = currentQuestion(QUESTIONS, state, facts);
    if (question === undefined) return { asked, state };
    asked.push(question.id);
    const value = given[question.id] ?? question.initial?.(settledAnswers(state), facts) ?? "x";
    expect(judgeAnswer(question, value, settledAnswers(state), facts), question.id).toBeUndefined();
    state = answer(state, question.id, value);
  }
}

const END = ["MODEL", "REASONING_EFFORT", "SX_APPROVAL_MODE", "tier", "check", "write"];

describe("which questions are asked", () => {
  it.each<[string, Answers, Partial<SetupFacts>, readonly string[]]>([
    ["codex, without a login", { PROVIDER: "codex" }, {}, ["CODEX_TOKEN_SOURCE", "login", "list", ...END]],
    ["codex, and a login now", { PROVIDER: "codex", login: "yes" }, {}, ["CODEX_TOKEN_SOURCE", "login", ...END]],
    [
      "codex, with a login",
      { PROVIDER: "codex" },
      { found: { codex: "login in ~/.codex/auth.json" } },
      ["CODEX_TOKEN_SOURCE", "list", ...END],
    ],
    [
      "codex over SSH",
      { PROVIDER: "codex", CODEX_TOKEN_SOURCE: "ssh" },
      {},
      ["CODEX_TOKEN_SOURCE", "CODEX_SSH_HOST", "CODEX_SSH_USER", "CODEX_SSH_PORT", "CODEX_SSH_KEY", "list", ...END],
    ],
    [
      "claude from a token server",
      { PROVIDER: "claude_code", CLAUDE_CODE_TOKEN_SOURCE: "remote", CLAUDE_CODE_REMOTE_URL: "https://h.example" },
      {},
      ["CLAUDE_CODE_TOKEN_SOURCE", "CLAUDE_CODE_REMOTE_URL", "TOKEN_HTTP_API_KEY", "list", ...END],
    ],
    ["an API key", { PROVIDER: "gemini" }, {}, ["GEMINI_API_KEY", "list", ...END]],
    ["an API key that is there", { PROVIDER: "gemini" }, { present: ["GEMINI_API_KEY"] }, ["list", ...END]],
    [
      "a server of one's own",
      { PROVIDER: "local", OPENAI_BASE_URL: "http://127.0.0.1:1" },
      {},
      ["probe", "OPENAI_BASE_URL", "list", ...END],
    ],
    [
      "back to the vendor",
      { PROVIDER: "openai", OPENAI_BASE_URL: "" },
      { present: ["OPENAI_API_KEY"], current: { OPENAI_BASE_URL: "http://127.0.0.1:1" } },
      ["OPENAI_BASE_URL", "list", ...END],
    ],
    ["the router", { PROVIDER: "scorpiox" }, {}, END],
    [
      "a profile",
      { PROVIDER: "scorpiox", tier: "profile" },
      {},
      ["MODEL", "REASONING_EFFORT", "SX_APPROVAL_MODE", "tier", "profile", "activate", "check", "write"],
    ],
    [
      "a key that git would commit",
      { PROVIDER: "anthropic", tier: "project" },
      {},
      ["ANTHROPIC_API_KEY", "list", ...END.slice(0, 4), "secrets", "check", "write"],
    ],
    [
      "a key in a file that git ignores",
      { PROVIDER: "anthropic", tier: "project" },
      { git: "ignored" },
      ["ANTHROPIC_API_KEY", "list", ...END],
    ],
  ])("%s", (_name, given, facts, expected) => {
    expect(walk(given, { ...FACTS, ...facts }).asked).toEqual(["PROVIDER", ...expected]);
  });
});

describe("what is a good answer", () => {
  it.each([
    ["PROVIDER", "codexx", {}, /^choose codex/],
    ["PROVIDER", "", {}, "an answer is needed here"],
    ["CODEX_SSH_PORT", "70000", { PROVIDER: "codex", CODEX_TOKEN_SOURCE: "ssh" }, /from 1 to 65535/],
    ["OPENAI_BASE_URL", "", { PROVIDER: "local" }, "the address of the server is needed"],
    ["OPENAI_BASE_URL", "ftp://x", { PROVIDER: "local" }, /http or https/],
    ["profile", "a/b", { tier: "profile" }, /slash/],
    ["write", "maybe", {}, "answer yes or no"],
  ] as const)("%s is not %j", (id, value, answers, problem) => {
    const question = QUESTIONS.find((one) => one.id === id);
    if (question === undefined) throw new Error(id);
    expect(judgeAnswer(question, value, answers, FACTS)).toMatch(problem);
  });

  it("never repeats a secret", () => {
    const question = QUESTIONS.find(({ id }) => id === "OPENAI_API_KEY");
    if (question === undefined) throw new Error("no such question");
    expect(judgeAnswer(question, "sk-secret\u0007", {}, FACTS)).not.toContain("sk-secret");
  });
});

it("puts what was found first", () => {
  const [question] = QUESTIONS;
  const facts = { ...FACTS, found: { gemini: "key in the environment" } };
  expect(question?.choices?.({}, facts)[0]).toMatchObject({ value: "gemini", hint: "key in the environment" });
});

describe("going back", () => {
  it("asks the same question again, and those after it, with what was answered", () => {
    let state = answer(answer(START, "PROVIDER", "codex"), "CODEX_TOKEN_SOURCE", "ssh");
    state = back(QUESTIONS, state, FACTS);
    expect(currentQuestion(QUESTIONS, state, FACTS)?.id).toBe("CODEX_TOKEN_SOURCE");
    expect(state.answers).toEqual({ PROVIDER: "codex", CODEX_TOKEN_SOURCE: "ssh" });
    state = back(QUESTIONS, state, FACTS);
    expect(currentQuestion(QUESTIONS, state, FACTS)?.id).toBe("PROVIDER");
    expect(back(QUESTIONS, state, FACTS)).toBe(state);
  });

  it("from every question leads to the one before it", () => {
    for (const provider of ["codex", "claude_code"]) {
      const key = provider === "codex" ? "CODEX" : "CLAUDE_CODE";
      const given = {
        PROVIDER: provider,
        [`${key}_TOKEN_SOURCE`]: "remote",
        [`${key}_REMOTE_URL`]: "https://h.example",
      };
      const { asked, state: end } = walk(given);
      let state = end;
      for (const id of asked.toReversed()) {
        state = back(QUESTIONS, state, FACTS);
        expect(currentQuestion(QUESTIONS, state, FACTS)?.id).toBe(id);
      }
    }
  });

  it("forgets what no longer belongs to it", () => {
    let { state } = walk({ PROVIDER: "codex", CODEX_TOKEN_SOURCE: "ssh", CODEX_SSH_HOST: "bastion" });
    while (state.settled.length > 0) state = back(QUESTIONS, state, FACTS);
    state = answer(state, "PROVIDER", "scorpiox");
    for (const id of END) state = answer(state, id, state.answers[id] ?? "");
    expect(currentQuestion(QUESTIONS, state, FACTS)).toBeUndefined();
    expect(toSetup(finalAnswers(QUESTIONS, state, FACTS), FACTS).values.map(([key]) => key)).toEqual([
      "PROVIDER",
      "MODEL",
    ]);
  });
});

describe("a draft", () => {
  it("holds no secret, and goes on where it was left", () => {
    let state = answer(START, "PROVIDER", "anthropic");
    state = answer(answer(state, "ANTHROPIC_API_KEY", "sk-ant-secret"), "list", "no");
    const text = formatDraft(state) ?? "";
    expect(text).not.toContain("sk-ant-secret");
    const draft = parseDraft(text);
    expect(draft).toEqual({ answers: { PROVIDER: "anthropic", list: "no" }, settled: ["PROVIDER", "list"] });
    expect(currentQuestion(QUESTIONS, draft ?? START, FACTS)?.id).toBe("ANTHROPIC_API_KEY");
  });

  it("is nothing without an answer, and nothing when somebody else wrote it", () => {
    expect(formatDraft(START)).toBeUndefined();
    for (const text of ["null", "[]", "1", '{"version":2}', '{"version":1,"settled":["a"],"answers":{"a":1}}'])
      expect(parseDraft(text), text).toBeUndefined();
  });
});

it("writes what is meant: the server's provider is openai, and an emptied address is blanked", () => {
  expect(toSetup({ PROVIDER: "local", OPENAI_BASE_URL: "http://127.0.0.1:1" }, FACTS).values).toEqual([
    ["PROVIDER", "openai"],
    ["OPENAI_BASE_URL", "http://127.0.0.1:1"],
  ]);
  const facts = { ...FACTS, current: { OPENAI_BASE_URL: "http://127.0.0.1:1" } };
  expect(toSetup({ PROVIDER: "openai", OPENAI_BASE_URL: "", REASONING_EFFORT: "" }, facts).values).toEqual([
    ["PROVIDER", "openai"],
    ["OPENAI_BASE_URL", ""],
  ]);
});
