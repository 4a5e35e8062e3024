import type { Authority } from "./authority-interface.js";
import type { FakeCredentials } from "./fake-credentials.js";
import type { JsonlFile } from "./jsonl-file.js";
import type { Player } from "./player.js";
import type { Recorder, RecordOptions } from "./recorder.js";
import type { Script } from "./script.js";
import { type LogRow, startServer } from "./server.js";
import type { SeenRequest, WireMeans } from "./wire.js";
import { simulatorEnv } from "./wires.js";

/** Exactly one of `script`, `replay` and `record` says where answers come from. */
export interface SimOptions {
  readonly script?: Script;
  /** What to call the script in messages. Default `given`. */
  readonly scriptName?: string;
  /** Path of a recording to answer from. */
  readonly replay?: string;
  /** The pieces of a replayed answer come as far apart as they were recorded. Default: at once. */
  readonly realtime?: boolean;
  readonly record?: RecordOptions;
  /**
   * Beside a script or recording: a token authority that the made-up credentials come from. Requests of the Codex
   * provider need one of its access tokens that is still good; others get HTTP 401. Default false.
   */
  readonly authority?: boolean;
  /** Default: one that the system chooses. */
  readonly port?: number;
  /** File to which one JSON line for each request is appended; credentials are masked in it. */
  readonly log?: string;
  readonly onEvent?: (event: SimEvent) => void;
  /** Largest request body that is read. Default 64 MiB. */
  readonly maxRequestBytes?: number;
  /** Wall clock in Unix milliseconds. */
  readonly now?: () => number;
  /** Makes ids the same in every run; default: different in each, so that ids of two runs never meet in a session. */
  readonly seed?: string;
}

export type SimEvent =
  | { readonly type: "request"; readonly row: LogRow }
  /** A request was not the expected one, or the service would have refused it. */
  | { readonly type: "violation"; readonly message: string }
  /** Something beside the script went wrong, for example the log cannot be written. */
  | { readonly type: "warning"; readonly message: string };

/** A running simulator. */
export interface Sim {
  /** Origin, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Keys that point every provider here, with made-up credentials unless it records. */
  readonly env: Readonly<Record<string, string>>;
  /** Requests that were read, oldest first. Credentials in their headers are not masked. */
  readonly requests: readonly SeenRequest[];
  readonly violations: readonly string[];
  readonly authority?: Authority;
  /** Answers of the script or recording that were not asked for yet. */
  remainingTurns(): number;
  /** One line for each thing that did not go as scripted; empty when all did. */
  problems(): readonly string[];
  /** Ends every connection, and removes what was written for the run. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a simulator on 127.0.0.1.
 * @throws ScriptError when the script, recording or upstream cannot be used; the system's error when the port is taken
 */
export async function startSim(options: SimOptions): Promise<Sim> {
  const violations: string[] = [];
  const requests: SeenRequest[] = [];
  const onEvent = options.onEvent ?? (() => undefined);
  const violation = (message: string): void => {
    violations.push(message);
    onEvent({ type: "violation", message });
  };
  const warning = (message: string): void => onEvent({ type: "warning", message });
  const now = options.now ?? Date.now;
  const closers: (() => Promise<void>)[] = [];
  const close = closeOnce(closers);
  try {
    const source = await makeSource(options, { now, id: idMaker(options.seed ?? randomSeed()) }, warning);
    const authority =
      options.authority === true && "player" in source ? await openAuthority(options, onEvent) : undefined;
    if (authority !== undefined) closers.push(() => authority.close());
    const player = "player" in source ? source.player : undefined;
    if ("recorder" in source) closers.push(() => source.recorder.close());
    const log = await openLog(options.log, warning);
    if (log !== undefined) closers.push(() => log.close());
    const server = await startServer({
      source: authority === undefined ? source : await guarded(source, authority, now),
      port: options.port ?? 0,
      maxRequestBytes: options.maxRequestBytes ?? 64 * 1024 * 1024,
      now,
      onRequest: (seen) => requests.push(seen),
      onViolation: violation,
      onRow: (row) => {
        log?.append(row);
        onEvent({ type: "request", row });
      },
    });
    closers.unshift(() => server.close());
    const fakes = player === undefined ? undefined : await makeCredentials(authority, now());
    if (fakes !== undefined) closers.push(() => fakes.remove());
    const url = `http://127.0.0.1:${server.port}`;
    return {
      url,
      port: server.port,
      env: {
        ...simulatorEnv(url, { secrets: player !== undefined }),
        ...(fakes === undefined ? {} : { ...fakes.env, PROVIDER: "codex" }),
        ...authority?.env,
      },
      ...(authority === undefined ? {} : { authority }),
      requests,
      violations,
      remainingTurns: () => player?.remaining() ?? 0,
      problems: () => {
        const left = player?.left();
        return left === undefined ? [...violations] : [...violations, left];
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeSource(
  { script, scriptName = "given", replay, realtime = false, record }: SimOptions,
  shared: WireMeans,
  warning: (message: string) => void,
): Promise<{ readonly player: Player } | { readonly recorder: Recorder }> {
  const { parseScript, ScriptError } = await import("./script-check.js");
  if ([script, replay, record].filter((source) => source !== undefined).length !== 1) {
    throw new ScriptError("choose one of script, replay and record");
  }
  if (record !== undefined) {
    const { startRecorder } = await import("./recorder.js");
    return { recorder: await startRecorder(record, warning) };
  }
  if (replay !== undefined) {
    const [{ readRecording }, { createReplayPlayer }] = await Promise.all([
      import("./recording.js"),
      import("./replay-player.js"),
    ]);
    return { player: createReplayPlayer(await readRecording(replay), { realtime }) };
  }
  const { createScriptPlayer } = await import("./script-player.js");
  return { player: createScriptPlayer(parseScript(script, scriptName), shared) };
}

const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;

async function makeCredentials(authority: Authority | undefined, nowMs: number): Promise<FakeCredentials> {
  const [{ writeFakeCredentials }, { fakeCodexAuth }] = await Promise.all([
    import("./fake-credentials.js"),
    import("./fake-auth.js"),
  ]);
  return writeFakeCredentials(authority?.signIn() ?? fakeCodexAuth(nowMs + TEN_YEARS_MS));
}

async function openAuthority({ now }: SimOptions, onEvent: (event: SimEvent) => void): Promise<Authority> {
  const { startAuthority } = await import("./authority.js");
  return startAuthority({
    ...(now === undefined ? {} : { now }),
    onEvent: (event) => {
      if (event.type === "violation" || event.type === "warning") onEvent(event);
    },
  });
}

async function guarded<S extends { readonly player: Player } | { readonly recorder: Recorder }>(
  source: S,
  authority: Authority,
  now: () => number,
): Promise<S | { readonly player: Player }> {
  if (!("player" in source)) return source;
  const { guardPlayer } = await import("./guarded-player.js");
  return { player: guardPlayer(source.player, authority, now) };
}

async function openLog(path: string | undefined, warning: (message: string) => void): Promise<JsonlFile | undefined> {
  if (path === undefined) return undefined;
  const { openJsonl } = await import("./jsonl-file.js");
  return openJsonl(path, "a", (error) => warning(`the log ${path} cannot be written: ${error.message}`));
}

/** Ids as the services have them: a prefix, then letters and digits, at most 64 characters in all. */
function idMaker(seed: string): (prefix: string) => string {
  let count = 0;
  return (prefix) => {
    count += 1;
    return `${prefix}_${seed}${count.toString(36).padStart(6, "0")}`;
  };
}

function randomSeed(): string {
  return Math.floor(Math.random() * 36 ** 8)
    .toString(36)
    .padStart(8, "0");
}

/** Runs the closers one after the other, all of them even when one fails, and only once. */
function closeOnce(closers: readonly (() => Promise<void>)[]): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= (async () => {
      const results: PromiseSettledResult<void>[] = [];
      for (const closer of closers) results.push(...(await Promise.allSettled([closer()])));
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    })();
    return closing;
  };
}
