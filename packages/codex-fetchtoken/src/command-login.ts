import {
  type DeviceCode,
  findLiveLogin,
  keepLogin,
  type LoginService,
  type LoginTokens,
  logInByBrowser,
  logInByDevice,
  managedLoginPlace,
  openBrowser,
  openLoginService,
  type Revocation,
} from "@scorpiox/sxnet/credentials";
import { ExitCode, type Io, oneLine, UsageError } from "@scorpiox/sxutil";
import type { LoginArgs } from "./args.js";
import { Countdown } from "./countdown.js";
import { describeAccount, openSession, type Session } from "./session.js";
import { duration } from "./time-words.js";

const BROWSER_LIFE_MS = 5 * 60_000;

/**
 * Logs in and saves the login. Everything is said on stderr; without a terminal nothing is asked.
 * @returns the exit code
 * @throws Failure for what the caller should print as one line; the signal's reason. An earlier login is then as it was.
 */
export async function logIn(args: LoginArgs, io: Io, now: () => number): Promise<number> {
  const session = openSession(io, now);
  const { options, say } = session;
  const { settings } = options;
  const place = await managedLoginPlace(args.account, options);
  if (!args.force) {
    const live = await findLiveLogin(place, options, io.signal);
    if (live !== undefined) {
      const other = args.account === undefined ? ", or keep both with --name NAME" : "";
      throw new UsageError(`${place.name} holds a login of ${describeAccount(live)}; replace it with --force${other}`);
    }
  }
  const service = await openLoginService(options, io.signal);
  try {
    const tokens = args.browser ? await withBrowser(args, io, service, session) : await withCode(io, service, session);
    const { credential, replaced } = await keepLogin(place, tokens, { ...service, settings, now });
    say(`logged in as ${describeAccount(credential)}; saved in ${place.name}`);
    if (replaced !== undefined) say(describeReplaced(replaced));
  } finally {
    service.http.close();
  }
  if (args.account !== undefined) say(`to use it, set CODEX_CREDENTIALS_FILE=${place.name}`);
  const source = settings["CODEX_TOKEN_SOURCE"] ?? "local";
  if (source !== "local") {
    const origin = session.configuration.describe("CODEX_TOKEN_SOURCE");
    say(`CODEX_TOKEN_SOURCE is ${source} ${origin}: this login is used with --source local only`);
  }
  return ExitCode.ok;
}

function describeReplaced(replaced: Revocation): string {
  switch (replaced.kind) {
    case "revoked":
      return "the login that was there before is revoked";
    case "none":
      return "the login that was there before held nothing that could be revoked";
    case "failed":
      return `the login that was there before is not revoked: ${replaced.why}; it stays good until it ends`;
  }
}

/** A terminal on which a line can be written anew. */
function isLive(io: Io): boolean {
  return io.stderr.isTTY === true && io.env["TERM"] !== "dumb";
}

const WARNING =
  "Type the code only if you started this login yourself: whoever gets you to type one takes over your account.";

async function withCode(io: Io, service: LoginService, { options, say }: Session): Promise<LoginTokens> {
  const countdown = new Countdown(io.stderr, isLive(io));
  const waiting = "waiting for the code to be typed (Ctrl-C ends the login)";
  let isTroubled = false;
  try {
    return await logInByDevice({
      ...service,
      now: options.now,
      onCode: (code) => {
        if (isLive(io)) showCode(io, code);
        else sayCode(code, say);
        countdown.start(waiting, code.lifeMs);
      },
      onTrouble: (line) => {
        countdown.say(line === undefined ? waiting : oneLine(line, 200));
        // Without a terminal the log has one line for each time of trouble, not one for each attempt.
        if (line !== undefined && !isTroubled && !isLive(io)) say(line);
        isTroubled = line !== undefined;
      },
    });
  } finally {
    countdown.stop();
  }
}

function showCode(io: Io, { url, userCode }: DeviceCode): void {
  io.stderr.write(`\nOpen  ${url}\nType  ${userCode}\n\n${WARNING}\n\n`);
}

function sayCode({ url, userCode, lifeMs }: DeviceCode, say: Session["say"]): void {
  say(`open ${url} and type the code ${userCode} within ${duration(lifeMs)}`);
  say(WARNING.charAt(0).toLowerCase() + WARNING.slice(1, -1));
  say("there is no terminal: nothing is asked here, and this waits until the code is typed");
}

async function withBrowser(args: LoginArgs, io: Io, service: LoginService, { say }: Session): Promise<LoginTokens> {
  const countdown = new Countdown(io.stderr, isLive(io));
  const lines = io.stdin.isTTY === true && io.stderr.isTTY === true ? await readLines(io) : undefined;
  const ended = new AbortController();
  let opening: Promise<void> | undefined;
  try {
    return await logInByBrowser({
      ...service,
      limitMs: BROWSER_LIFE_MS,
      ports: args.port === undefined ? undefined : [args.port],
      pasted: lines?.lines,
      onBadPaste: () => say("this is not the address that the login ended at; copy all of it"),
      onUrl: (url) => {
        say("open this address in a browser of this machine to log in; it is opened for you where that is possible");
        io.stderr.write(`\n  ${url}\n\n`);
        if (lines !== undefined) say("in a browser elsewhere, log in and paste here the address that it ends at");
        countdown.start("waiting for the browser (Ctrl-C ends the login)", BROWSER_LIFE_MS);
        opening = openBrowser(url, { env: io.env, signal: ended.signal }).then((opened) => {
          if (!opened && !ended.signal.aborted)
            countdown.say("waiting; no browser could be opened, open the address yourself");
        });
      },
    });
  } finally {
    ended.abort();
    await opening;
    countdown.stop();
    lines?.close();
  }
}

/** What the person types, line by line. */
async function readLines(io: Io): Promise<{ readonly lines: AsyncIterable<string>; close(): void }> {
  const { createInterface } = await import("node:readline");
  const reader = createInterface({ input: io.stdin, terminal: false });
  return { lines: reader, close: () => reader.close() };
}
