import type { Credential, SourceOptions } from "@scorpiox/sxnet/credentials";
import { type Configuration, type Io, readConfiguration } from "@scorpiox/sxutil";
import { FETCHTOKEN } from "./args.js";
import { refresherProgram } from "./refresher-program.js";

/** What the commands about a login have in common. */
export interface Session {
  readonly configuration: Configuration;
  readonly options: SourceOptions;
  /** One line for people, on stderr. */
  say(line: string): void;
}

/** Reads the configuration, and says what is odd about it. @throws ConfigurationError */
export function openSession(io: Io, now: () => number): Session {
  const configuration = readConfiguration(io);
  const say = (line: string): void => void io.stderr.write(`${FETCHTOKEN.name}: ${line}\n`);
  for (const warning of configuration.warnings) say(warning);
  const { home, env } = io;
  return {
    configuration,
    options: { settings: configuration.settings(), home, env, now, refresher: refresherProgram(io) },
    say,
  };
}

/** Whose login it is, as far as it says: for people, without what would give a mail address away. */
export function describeAccount({ accountId, plan, email }: Pick<Credential, "accountId" | "plan" | "email">): string {
  const who = email === undefined ? "an unnamed user" : maskEmail(email);
  return `${who} (account ${accountId ?? "unknown"}, plan ${plan ?? "unknown"})`;
}

/** `m***@example.com`: enough to tell one's own accounts apart. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf("@");
  return at < 1 ? "***" : `${Array.from(email)[0] ?? ""}***${email.slice(at)}`;
}
