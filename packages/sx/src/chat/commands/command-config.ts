import { spawn } from "node:child_process";
import {
  checkValue,
  ConfigurationError,
  describeOrigin,
  displayPath,
  ExitCode,
  Failure,
  findKey,
  isSecret,
  KEYS,
  type KeySpec,
  quoted,
  readEnvFile,
  suggestKeys,
} from "@scorpiox/sxutil";
import { codeSpan, fenced } from "../../sessions/export-markdown.js";
import { findProgram } from "../../shell/program-path.js";
import type { ChatControl, SlashCommand } from "../slash-command.js";
import { shownSetting, userSettingsFile, writeUserSetting } from "../user-setting.js";

const WIZARD = "scorpiox-config";

export const config: SlashCommand = {
  name: "config",
  summary: "look at settings, or change one",
  argument: "[KEY [VALUE]]",
  changesState: true,
  complete: (_chat, typed) =>
    Promise.resolve(/\s/.test(typed) ? [] : KEYS.map(({ name, help }) => ({ value: name, detail: help }))),
  run: async (chat, argument) => {
    const [, name = "", value] = /^(\S+)(?:\s+([^]*))?$/.exec(argument) ?? [];
    if (name === "") return openWizard(chat);
    const spec = findKey(name.toUpperCase());
    if (spec === undefined) {
      const message = `${quoted(name)} is no configuration key${suggestKeys(name.toUpperCase())}`;
      throw new Failure("bad_input", ExitCode.badInput, message);
    }
    if (value === undefined) show(chat, spec);
    else await change(chat, spec, value.trim());
  },
};

/** The program beside us, with the terminal; else a list of what is set. */
async function openWizard(chat: ChatControl): Promise<void> {
  const { io, cwd } = chat;
  const program = await findProgram(WIZARD, io.env["PATH"] ?? "", cwd);
  if (program === undefined) {
    const rows = chat.configuration
      .entries()
      .filter(({ tier, value }) => tier !== "default" && value !== "")
      .map((entry) => `- \`${entry.key}\` ${codeSpan(shownSetting(entry.key, entry.value))} ${origin(chat, entry)}`);
    chat.print(rows.length === 0 ? "Nothing is set: every key has its default." : rows.join("\n"));
    return;
  }
  const code = await chat.lend(() => runWizard(program, chat));
  if (code !== 0) {
    chat.note(`${WIZARD} ended with exit code ${code}; the settings here stay as they were`, "warning");
    return;
  }
  await chat.reconfigure({ profile: chat.state.profile });
  chat.note(`the settings were read again: ${chat.state.providerName} ${chat.state.model} answers`);
}

function runWizard(program: string, { io, cwd }: ChatControl): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], { cwd, env: { ...io.env }, stdio: "inherit", shell: false });
    child.on("error", (cause) =>
      reject(
        new Failure("wizard_failed", ExitCode.failure, `${WIZARD} cannot be started: ${cause.message}`, { cause }),
      ),
    );
    child.on("close", (code) => resolve(code ?? ExitCode.failure));
  });
}

function show(chat: ChatControl, spec: KeySpec): void {
  const { name, help, choices, default: usual } = spec;
  const resolved = chat.configuration.resolve(name);
  const value = resolved === undefined ? "not set" : codeSpan(shownSetting(name, resolved.value));
  const shadows = (resolved?.shadows ?? []).map(
    (shadow) => `- hides ${codeSpan(shownSetting(name, shadow.value))} ${origin(chat, shadow)}`,
  );
  const facts = [
    ...(choices === undefined ? [] : [`One of ${choices.map(codeSpan).join(", ")}.`]),
    ...(usual === undefined ? [] : [`Default ${codeSpan(usual)}.`]),
  ];
  const head = `\`${name}\` ${value}${resolved === undefined ? "" : ` ${origin(chat, resolved)}`}`;
  chat.print([head, shadows.join("\n"), [help, ...facts].join(" · ")].filter((part) => part !== "").join("\n\n"));
}

function origin({ io }: ChatControl, from: Parameters<typeof describeOrigin>[0]): string {
  return codeSpan(describeOrigin(from, io.home));
}

async function change(chat: ChatControl, spec: KeySpec, value: string): Promise<void> {
  const { name } = spec;
  if (name === "ACTIVE_PROFILE") {
    throw new Failure("bad_input", ExitCode.badInput, "ACTIVE_PROFILE is set with /profile, which tries it first");
  }
  if (isSecret(spec)) {
    // What is typed here stays on the screen and among earlier prompts.
    const message = `${name} is a secret, and what is typed here is kept; use ${WIZARD} set ${name} - in another terminal`;
    throw new Failure("bad_input", ExitCode.badInput, message);
  }
  const problem = checkValue(spec, value);
  if (problem !== undefined) throw new ConfigurationError(problem);
  const path = userSettingsFile(chat);
  const shown = displayPath(path, chat.io.home);
  const before = readEnvFile(path, shown)?.entries.find(({ key }) => key === name)?.value;
  if (before === value) {
    chat.note(`${name}=${value} is in ${shown} already`);
    return;
  }
  const lines = [...(before === undefined ? [] : [`-${name}=${before}`]), `+${name}=${value}`];
  chat.print(`${codeSpan(shown)}\n\n${fenced(lines.join("\n"), "diff")}`);
  if (!(await chat.confirm(`Write this to ${shown}?`))) {
    chat.note("nothing was changed");
    return;
  }
  const still = await writeUserSetting(chat, name, value);
  chat.note(`written to ${shown}`, "success");
  if (still !== undefined) chat.note(still, "warning");
  await chat.reconfigure({ profile: chat.state.profile });
}
