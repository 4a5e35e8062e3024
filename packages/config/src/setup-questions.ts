import { checkProfileName, checkValue, findKey, isSecret } from "@scorpiox/sxutil";
import type { SetupFacts } from "./setup-facts.js";
import type { Choice } from "./choice.js";
import type { Answers, Question } from "./wizard.js";

/** The ports on which servers for models listen by default: Ollama, LM Studio, vLLM and SGLang, llama.cpp. */
export const LOCAL_PORTS = [11_434, 1234, 8000, 30_000, 8080] as const;

const PROVIDERS: readonly Choice[] = [
  { value: "codex", label: "Codex", hint: "ChatGPT plan" },
  { value: "claude_code", label: "Claude Code", hint: "Claude plan" },
  { value: "anthropic", label: "Anthropic", hint: "API key" },
  { value: "gemini", label: "Gemini", hint: "API key" },
  { value: "openai", label: "OpenAI", hint: "API key" },
  { value: "local", label: "A server of my own", hint: "Ollama, vLLM …" },
  { value: "scorpiox", label: "Whichever is there", hint: "the router" },
];

/** How each provider is logged in to: by a plan's access token, or by a key. */
const PLANS = { codex: "CODEX", claude_code: "CLAUDE_CODE" } as const;
const API_KEYS = { anthropic: "ANTHROPIC_API_KEY", gemini: "GEMINI_API_KEY", openai: "OPENAI_API_KEY" } as const;

/** The setup, in the order in which it is asked. */
export const QUESTIONS: readonly Question[] = [
  {
    id: "PROVIDER",
    kind: "select",
    ask: "Who shall answer?",
    flag: "--provider",
    // What is there already comes first: most people want that.
    choices: (_answers, { found }) => [
      ...PROVIDERS.filter(({ value }) => found[value] !== undefined).map((choice) => ({
        ...choice,
        hint: found[choice.value] ?? "",
      })),
      ...PROVIDERS.filter(({ value }) => found[value] === undefined),
    ],
  },
  {
    id: "probe",
    kind: "confirm",
    ask: "Look for one on this machine?",
    help: `Asks 127.0.0.1 on ports ${LOCAL_PORTS.join(", ")}; nothing else is asked.`,
    flag: "--answers FILE",
    when: ({ PROVIDER }) => PROVIDER === "local",
    initial: () => "no",
    proposed: "yes",
  },
  {
    ...keyQuestion("OPENAI_BASE_URL", "text", "At which address?"),
    help: "For example http://127.0.0.1:11434",
    when: ({ PROVIDER }, { current }) =>
      PROVIDER === "local" || (PROVIDER === "openai" && Boolean(current["OPENAI_BASE_URL"])),
    initial: (_answers, { servers, current }) => servers[0] ?? current["OPENAI_BASE_URL"] ?? "",
    check: (value, { PROVIDER }) =>
      value === "" && PROVIDER === "local" ? "the address of the server is needed" : checkKey("OPENAI_BASE_URL", value),
  },
  ...Object.entries(PLANS).flatMap(([provider, prefix]) => planQuestions(provider, prefix)),
  {
    id: "login",
    kind: "confirm",
    ask: "There is no Codex login here. Log in at the end?",
    help: "Runs scorpiox-codex-fetchtoken login, which shows a code and a page to type it on.",
    flag: "--answers FILE",
    when: ({ PROVIDER, CODEX_TOKEN_SOURCE }, { found }) =>
      PROVIDER === "codex" && CODEX_TOKEN_SOURCE === "local" && found["codex"] === undefined,
    initial: () => "no",
    proposed: "yes",
  },
  ...Object.entries(API_KEYS).map(([provider, key]): Question => ({
    ...keyQuestion(key, "secret", "What is your API key?"),
    help: "It is not shown, and in no draft.",
    flag: "--answers FILE (or in the environment)",
    when: ({ PROVIDER }, { present }) => PROVIDER === provider && !present.includes(key),
  })),
  {
    id: "list",
    kind: "confirm",
    ask: "Ask the service which models it has?",
    help: "At most 8 seconds. Otherwise the models that are known here are offered.",
    flag: "--answers FILE",
    when: (answers) => answers["PROVIDER"] !== "scorpiox" && answers["login"] !== "yes",
    initial: () => "no",
    proposed: "yes",
  },
  {
    ...keyQuestion("MODEL", "search", "Which model?"),
    flag: "--model",
    choices: ({ PROVIDER = "" }, { models }) => models[PROVIDER] ?? [],
  },
  {
    ...keyQuestion("REASONING_EFFORT", "select", "How hard shall it think?"),
    flag: "--effort",
    choices: () => [
      { value: "", label: "as the model likes", hint: "recommended" },
      ...choicesOf("REASONING_EFFORT").filter(({ value }) => value !== "none"),
    ],
    initial: () => "",
  },
  {
    ...keyQuestion("SX_APPROVAL_MODE", "select", "Which tool calls run without a question?"),
    flag: "--approval-mode",
    choices: () => [
      { value: "", label: "as usual", hint: "asks at a terminal" },
      { value: "plan", label: "plan", hint: "only reading" },
      { value: "ask", label: "ask", hint: "reading; asks for the rest" },
      { value: "edits", label: "edits", hint: "also changing files" },
      { value: "all", label: "all", hint: "everything" },
    ],
    initial: () => "",
  },
  {
    id: "tier",
    kind: "select",
    ask: "For what is this?",
    flag: "--tier",
    choices: (_answers, { projectFile }) => [
      { value: "user", label: "for me, everywhere", hint: "~/.scorpiox" },
      { value: "project", label: "for this project", hint: projectFile },
      { value: "profile", label: "for a profile", hint: "a set to switch to" },
    ],
    initial: () => "user",
  },
  {
    id: "profile",
    kind: "text",
    ask: "What is the profile called?",
    flag: "--profile",
    when: ({ tier }) => tier === "profile",
    check: (value) => checkProfileName(value),
  },
  {
    id: "activate",
    kind: "confirm",
    ask: "Use that profile from now on?",
    flag: "--answers FILE",
    when: ({ tier }) => tier === "profile",
    initial: () => "no",
  },
  {
    id: "secrets",
    kind: "select",
    ask: "git would commit that file. Where shall the secret go?",
    flag: "--answers FILE",
    when: (answers, { git }) => answers["tier"] === "project" && hasSecret(answers) && git === "open",
    choices: () => [
      { value: "user", label: "into my own file", hint: "recommended" },
      { value: "ignore", label: "there, with a line in .gitignore" },
    ],
    initial: () => "user",
  },
  {
    id: "check",
    kind: "select",
    ask: "Check afterwards whether it works?",
    flag: "--answers FILE",
    choices: () => [
      { value: "hops", label: "login and network", hint: "costs nothing" },
      { value: "request", label: "and one tiny request", hint: "a few tokens" },
      { value: "no", label: "no" },
    ],
    initial: () => "no",
    proposed: "hops",
  },
  {
    id: "write",
    kind: "confirm",
    ask: "Write this?",
    flag: "--answers FILE",
    initial: () => "yes",
  },
];

/** Whether any answer is a secret that would be written. */
function hasSecret(answers: Answers): boolean {
  return Object.entries(answers).some(([id, value]) => value !== "" && isSecretId(id));
}

export function isSecretId(id: string): boolean {
  const spec = findKey(id);
  return spec !== undefined && isSecret(spec);
}

function planQuestions(provider: string, prefix: string): readonly Question[] {
  const source = `${prefix}_TOKEN_SOURCE`;
  const isRemote = (answers: Answers): boolean => answers["PROVIDER"] === provider && answers[source] === "remote";
  const isSsh = (answers: Answers): boolean => answers["PROVIDER"] === provider && answers[source] === "ssh";
  const offered =
    (key: string) =>
    (_answers: Answers, { current }: SetupFacts): string =>
      current[key] ?? findKey(key)?.default ?? "";
  const host = `${prefix}_SSH_HOST`;
  const server = `${prefix}_REMOTE_URL`;
  return [
    {
      ...keyQuestion(source, "select", "Where is the login?"),
      flag: "--token-source",
      when: ({ PROVIDER }) => PROVIDER === provider,
      choices: (_answers, { found }) => [
        { value: "local", label: "on this machine", hint: found[provider] ?? "none found yet" },
        { value: "ssh", label: "on another machine, over SSH" },
        { value: "remote", label: "at a token server" },
      ],
      initial: () => "local",
    },
    {
      ...keyQuestion(server, "text", "Which token server?"),
      when: isRemote,
      ...(findKey(server)?.default === undefined ? {} : { initial: offered(server) }),
    },
    {
      ...keyQuestion("TOKEN_HTTP_API_KEY", "secret", "The key for the token server?"),
      // The same key for both providers: one question, whichever of the two comes.
      id: "TOKEN_HTTP_API_KEY",
      help: "Leave it empty when there is none.",
      flag: "--answers FILE (or in the environment)",
      when: (answers, { present }) => isRemote(answers) && !present.includes("TOKEN_HTTP_API_KEY"),
      initial: () => "",
    },
    { ...keyQuestion(host, "text", "Which machine?"), help: "Its name or address.", when: isSsh },
    {
      ...keyQuestion(`${prefix}_SSH_USER`, "text", "Which user there?"),
      help: "Leave it empty for what your SSH configuration says.",
      when: isSsh,
      initial: offered(`${prefix}_SSH_USER`),
    },
    {
      ...keyQuestion(`${prefix}_SSH_PORT`, "text", "On which port?"),
      when: isSsh,
      initial: offered(`${prefix}_SSH_PORT`),
    },
    {
      ...keyQuestion(`${prefix}_SSH_KEY`, "text", "With which private key file?"),
      help: "Leave it empty to use your agent and the usual keys.",
      when: isSsh,
      initial: offered(`${prefix}_SSH_KEY`),
    },
  ];
}

function keyQuestion(key: string, kind: Question["kind"], ask: string): Question {
  return { id: key, kind, ask, flag: `--set ${key}=…`, check: (value) => checkKey(key, value) };
}

function checkKey(key: string, value: string): string | undefined {
  const spec = findKey(key);
  return spec === undefined ? `${key} is no key` : checkValue(spec, value);
}

function choicesOf(key: string): readonly Choice[] {
  return (findKey(key)?.choices ?? []).map((value) => ({ value }));
}
