import { displayPath, oneLine, quoted } from "@scorpiox/sxutil";
import type * as Ssh2 from "ssh2";
import { keyOf, LOGIN_VENDORS, type LoginVendor } from "../login-vendor.js";
import type { Question } from "../source.js";
import { openAgent, parsePrivateKey, readKeyFile, readPublicKeys, type Ssh2Library } from "./ssh-keys.js";

/** With what to log in to one host. Only the host that it was meant for is given a password. */
export interface SshLoginPlan {
  readonly user: string;
  /** For messages: `user@host`. */
  readonly place: string;
  readonly home: string;
  /** Whose settings these are. Default: Codex. */
  readonly vendor?: LoginVendor | undefined;
  /** Path of the agent's socket. */
  readonly agentSocket?: string | undefined;
  /** Tried in this order; those that do not exist are passed over unless they are `required`. */
  readonly keyFiles: readonly string[];
  readonly required: boolean;
  /** Whether the agent may offer only the keys of `keyFiles`. */
  readonly onlyThese: boolean;
  readonly passphrase?: string | undefined;
  readonly password?: string | undefined;
  /** Asks the person; absent: there is nobody to ask. */
  readonly ask?: ((question: Question) => Promise<string | undefined>) | undefined;
}

type Method = Ssh2.AnyAuthMethod | undefined;

interface Attempt {
  readonly method: Ssh2.AuthenticationType;
  /** Undefined: there is nothing to try after all. */
  prepare(): Promise<Method>;
}

/**
 * Goes through the ways to log in that the server takes: agent, key files, questions and answers, password last. A
 * server that wants several, one after another, gets them in its own order.
 */
export class SshLogin {
  /** What was tried or could not be, in a few words each; never a secret. */
  readonly notes: string[] = [];
  /** What the server takes, as it said last. */
  accepted: readonly string[] = [];
  readonly #attempts: Attempt[];
  readonly #closers: (() => void)[] = [];
  #password: Promise<string | undefined> | undefined;
  #passwordGiven = false;

  constructor(
    private readonly ssh2: Ssh2Library,
    private readonly plan: SshLoginPlan,
  ) {
    const keys = plan.keyFiles.map((path): Attempt => ({ method: "publickey", prepare: () => this.#prepareKey(path) }));
    this.#attempts = [
      { method: "publickey", prepare: () => this.#prepareAgent() },
      ...keys,
      { method: "keyboard-interactive", prepare: async () => this.#prepareQuestions() },
      { method: "password", prepare: () => this.#preparePassword() },
    ];
  }

  /** ssh2's `authHandler`: the first call asks the server what it takes, each further one tries the next way. */
  readonly next = (left: readonly string[] | null, _partial: boolean | null, reply: (method: never) => void): void => {
    const answer = reply as (method: Ssh2.AnyAuthMethod | false) => void;
    if (left === null) {
      answer({ type: "none", username: this.plan.user });
      return;
    }
    this.accepted = left;
    this.#choose(left).then(
      (method) => answer(method ?? false),
      (error: Error) => {
        this.notes.push(oneLine(error.message, 200));
        answer(false);
      },
    );
  };

  /** Lets go of the agent. */
  close(): void {
    for (const close of this.#closers) close();
  }

  async #choose(left: readonly string[]): Promise<Method> {
    for (;;) {
      const index = this.#attempts.findIndex(({ method }) => left.includes(method));
      const [attempt] = index < 0 ? [] : this.#attempts.splice(index, 1);
      if (attempt === undefined) return undefined;
      const method = await attempt.prepare();
      if (method !== undefined) return method;
    }
  }

  async #prepareAgent(): Promise<Method> {
    const { agentSocket, onlyThese, keyFiles, user } = this.plan;
    if (agentSocket === undefined) return undefined;
    const only = onlyThese ? await readPublicKeys(this.ssh2, keyFiles) : undefined;
    const opened = await openAgent(this.ssh2, agentSocket, only);
    if (opened === undefined) {
      this.notes.push(`there is no agent at ${displayPath(agentSocket, this.plan.home)}`);
      return undefined;
    }
    this.#closers.push(opened.close);
    this.notes.push("tried the agent");
    return { type: "agent", username: user, agent: opened.agent };
  }

  async #prepareKey(path: string): Promise<Method> {
    const name = displayPath(path, this.plan.home);
    const file = await readKeyFile(path);
    if (file === undefined || typeof file === "string") {
      if (file !== undefined || this.plan.required) this.notes.push(`key ${name} ${file ?? "does not exist"}`);
      return undefined;
    }
    let key = parsePrivateKey(this.ssh2, file, this.plan.passphrase);
    if (key === "encrypted" && this.plan.ask !== undefined) {
      const passphrase = await this.plan.ask({ text: `passphrase of ${name}: `, secret: true });
      if (passphrase !== undefined) key = parsePrivateKey(this.ssh2, file, passphrase);
    }
    if (typeof key === "string") {
      const setting = keyOf(this.plan.vendor ?? LOGIN_VENDORS.codex, "SSH_KEY_PASS");
      const why = { encrypted: `takes a passphrase; set ${setting}, or use an agent` }[key as "encrypted"];
      this.notes.push(`key ${name} ${why ?? `cannot be used: ${key}`}`);
      return undefined;
    }
    this.notes.push(`tried key ${name}`);
    return { type: "publickey", username: this.plan.user, key };
  }

  #prepareQuestions(): Method {
    if (this.plan.password === undefined && this.plan.ask === undefined) return undefined;
    this.notes.push("tried to answer its questions");
    return {
      type: "keyboard-interactive",
      username: this.plan.user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        void this.#answerAll(prompts).then(finish);
      },
    };
  }

  async #answerAll(prompts: readonly Ssh2.Prompt[]): Promise<string[]> {
    const answers: string[] = [];
    for (const { prompt, echo } of prompts) {
      // The first hidden question is the one for the password; whatever else is asked is for the person to answer.
      const isPassword = echo !== true && !this.#passwordGiven;
      if (isPassword) this.#passwordGiven = true;
      const text = `${this.plan.place} asks: ${quoted(prompt, 200)} `;
      const answer = isPassword
        ? await this.#askPassword()
        : await this.plan.ask?.({ text, secret: echo !== true }).catch(() => undefined);
      if (answer === undefined) this.notes.push(`nobody answered its question ${quoted(prompt)}`);
      answers.push(answer ?? "");
    }
    return answers;
  }

  async #preparePassword(): Promise<Method> {
    const password = await this.#askPassword();
    if (password === undefined) return undefined;
    this.notes.push("tried the password");
    return { type: "password", username: this.plan.user, password };
  }

  #askPassword(): Promise<string | undefined> {
    this.#password ??= Promise.resolve(
      this.plan.password ?? this.plan.ask?.({ text: `password of ${this.plan.place}: `, secret: true }),
    ).catch(() => undefined);
    return this.#password;
  }
}
