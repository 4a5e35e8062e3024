import { ExitCode, Failure } from "@scorpiox/sxutil";
import type { CommandChoice } from "../ui/editor/completion.js";
import type { CustomCommand } from "./custom-commands.js";
import type { ChatControl } from "./slash-command.js";
import { findSlashCommand, nearSlashCommands, SLASH_COMMANDS } from "./slash-commands.js";

/** Finds and runs what follows a slash: our own commands, then those that people keep in files. */
export class SlashRunner {
  readonly #control: ChatControl;
  readonly #isBusy: () => boolean;
  #custom: readonly CustomCommand[] = [];
  #loaded: Promise<void> = Promise.resolve();

  constructor(control: ChatControl, isBusy: () => boolean) {
    this.#control = control;
    this.#isBusy = isBusy;
  }

  /** Reads the commands in files. Never rejects. */
  load(cwd: string, home: string): Promise<void> {
    this.#loaded = this.#load(cwd, home);
    return this.#loaded;
  }

  async #load(cwd: string, home: string): Promise<void> {
    const { findCustomCommands } = await import("./custom-commands.js");
    const found = await findCustomCommands(cwd, home);
    this.#custom = found.filter(({ name }) => findSlashCommand(name) === undefined);
  }

  /** For the list that `/` opens. */
  choices(): readonly CommandChoice[] {
    const own = SLASH_COMMANDS.map(({ name, summary, argument, load }) => ({
      name,
      description: summary,
      takesArgument: argument !== undefined && argument.startsWith("<"),
      ...(argument === undefined
        ? {}
        : {
            complete: async (typed: string) => {
              const choices = (await (await load()).complete?.(this.#control, typed)) ?? [];
              const wanted = typed.toLowerCase();
              const found = choices.filter(({ value }) => value.toLowerCase().includes(wanted));
              // Enter takes the first: what was written goes before what only contains it.
              const first = found.filter(({ value }) => value.toLowerCase() === wanted);
              const next = found.filter(({ value }) => value.toLowerCase().startsWith(wanted));
              return [...new Set([...first, ...next, ...found])];
            },
          }),
    }));
    const custom = this.#custom.map(({ name, description }) => ({ name, description, takesArgument: true }));
    return [...own, ...custom];
  }

  /** @throws Failure, ProviderError: what the command says when it cannot be done. */
  async run(name: string, argument: string): Promise<void> {
    const row = findSlashCommand(name);
    if (row !== undefined) {
      if (row.changesState && this.#isBusy()) {
        throw new Failure(
          "busy",
          ExitCode.failure,
          `/${row.name} cannot be used while a turn runs; stop it with Esc first`,
        );
      }
      await (await row.load()).run(this.#control, argument);
      return;
    }
    await this.#loaded;
    const custom = this.#custom.find((command) => command.name === name.toLowerCase());
    if (custom === undefined) throw unknown(name, this.#custom);
    const { fillTemplate } = await import("./custom-commands.js");
    const prompt = fillTemplate(custom.template, argument);
    // What came with a folder was written by somebody else: the person sees it before it is sent.
    if (custom.origin === "project") {
      this.#control.fill(prompt);
      this.#control.note(
        `/${custom.name} is a prompt of this project (${custom.path}); read it, then send it with Enter`,
      );
    } else this.#control.send(prompt);
  }
}

function unknown(name: string, custom: readonly CustomCommand[]): Failure {
  const near = nearSlashCommands(
    name,
    custom.map((command) => command.name),
  );
  const advice = near.length === 0 ? "/help lists all" : `did you mean ${near.join(" or ")}`;
  return new Failure(
    "unknown_command",
    ExitCode.badInput,
    `there is no command /${name.slice(0, 40)}; ${advice}. A prompt that begins with a slash is written with two`,
  );
}
