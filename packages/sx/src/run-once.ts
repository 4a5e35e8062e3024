import { randomUUID } from "node:crypto";
import { type ImageLimits, NO_USAGE, type ResponseSchema, type UserBlock } from "@scorpiox/sxnet";
import { ExitCode, Failure, type Io, writeFileAtomic } from "@scorpiox/sxutil";
import type { TurnEnd } from "./agent.js";
import type { AnswerOutput } from "./answer-output.js";
import { outputFormat, type OutputFormat, type SxArgs, type SxOptions } from "./args.js";
import { startDeadline } from "./deadline.js";
import { describeFailure } from "./failure.js";
import type { ImageFile } from "./files/image-file.js";
import type { KnownSecrets } from "./known-secrets.js";
import { openAgent, type OpenedAgent, openWorkspace } from "./open-agent.js";
import { joinPrompt, readPipedText } from "./prompt-input.js";
import { LimitsMemory } from "./services/limits-memory.js";
import type { Session } from "./sessions/session.js";

/**
 * One prompt, one answer, one truthful exit code. stdout holds the answer or the events and nothing else; nobody is
 * ever asked.
 */
export async function runOnce(args: Extract<SxArgs, { kind: "run" }>, io: Io): Promise<number> {
  const { options } = args;
  const deadline = startDeadline(io.signal, options.timeout);
  const sessionId = randomUUID();
  const output = await openOutput(outputFormat(options), options, io, sessionId);
  let opened: OpenedAgent | undefined;
  let session: Session | undefined;
  // What a session has to say is said after the first line of the output.
  const early: string[] = [];
  let warnOfSession = (line: string): void => void early.push(line);
  try {
    const responseSchema = await readSchema(options, io);
    const { prompt, warning } = await readPrompt(args, io, deadline.signal);
    session = await openSession(options, io, (line) => warnOfSession(line));
    const warn = (line: string): void => output.warn("credential", line);
    opened = await openAgent({
      options,
      io,
      defaultMode: "plan",
      refuseUntrusted: true,
      sessionId: session?.id ?? sessionId,
      history: session?.resumed === true ? session.messages : undefined,
      responseSchema,
      warn,
    });
    const { content, changes } = await readContent(prompt, options, io, opened, deadline.signal);
    output.begin(opened, content);
    for (const line of changes) output.warn("image", line);
    if (warning !== undefined) output.warn("empty_stdin", warning);
    warnOfSession = (line) => output.warn("session", line);
    for (const line of early) warnOfSession(line);
    const limits = new LimitsMemory(opened.header.provider);
    const end = await keepAnswer(
      await drive(opened, content, output, deadline.signal, session, limits),
      options,
      io,
      opened.secrets,
    );
    await session?.close();
    if (limits.current !== undefined && options.session !== false && !options.bare) await limits.save(io, Date.now());
    output.end(end);
    return end.failure?.exitCode ?? ExitCode.ok;
  } catch (error) {
    const end = notBegun(error, deadline.signal);
    output.end(end);
    return end.failure?.exitCode ?? ExitCode.failure;
  } finally {
    deadline.dispose();
    await session?.close();
    await opened?.close();
  }
}

/** What the answer is bound to. @throws Failure `bad_input` */
async function readSchema(options: SxOptions, io: Io): Promise<ResponseSchema | undefined> {
  const path = options["output-schema"];
  return path === undefined ? undefined : (await import("./output-schema.js")).readOutputSchema(path, io.cwd);
}

/** The session to go on with, or a new one; `undefined` when nothing is kept. */
async function openSession(options: SxOptions, io: Io, warn: (line: string) => void): Promise<Session | undefined> {
  const { openRunSession } = await import("./sessions/run-session.js");
  return openRunSession({ options, io, cwd: await openWorkspace(io.cwd, options.cwd), warn });
}

async function drive(
  { agent, header, secrets }: OpenedAgent,
  content: readonly UserBlock[],
  output: AnswerOutput,
  signal: AbortSignal,
  session: Session | undefined,
  limits: LimitsMemory,
): Promise<TurnEnd> {
  const { recordTurn } = await import("./sessions/record-turn.js");
  session?.begin({ ...header, mask: (text) => secrets.redact(text) });
  const batches = recordTurn(agent, content, signal, session, header);
  for (;;) {
    const step = await batches.next();
    if (step.done) return step.value;
    for (const event of step.value) if (event.type === "route" || event.type === "limits") limits.see(event);
    output.show(step.value);
    await output.settle(signal);
  }
}

async function readPrompt(
  args: Extract<SxArgs, { kind: "run" }>,
  io: Io,
  signal: AbortSignal,
): Promise<{ prompt: string; warning: string | undefined }> {
  const asked = args.readsStdin || args.prompt === undefined;
  const piped = io.stdin.isTTY === true || !asked ? undefined : await readPipedText(io.stdin, signal);
  const prompt = joinPrompt(args.prompt, piped);
  if (prompt === "") {
    throw new Failure(
      "bad_input",
      ExitCode.badInput,
      'there is no prompt; give one: sx -p "what to do", or pipe one in',
    );
  }
  const empty = args.readsStdin && (piped ?? "").trim() === "";
  return {
    prompt,
    warning: empty ? "nothing came in on stdin, although - asked for it; the prompt stands alone" : undefined,
  };
}

/** What is sent: the images, then the prompt; `changes` says what was done to an image to make it fit. */
async function readContent(
  prompt: string,
  { image: paths }: SxOptions,
  { cwd }: Io,
  { provider }: OpenedAgent,
  signal: AbortSignal,
): Promise<{ content: readonly UserBlock[]; changes: readonly string[] }> {
  const content: UserBlock[] = [];
  const changes: string[] = [];
  // One after the other: a large one takes much memory.
  for (const path of paths) {
    const { mediaType, data, change } = await readImage(path, cwd, await provider.readImageLimits?.(), signal);
    content.push({ type: "image", mediaType, data });
    if (change !== undefined) changes.push(`--image ${path}: ${change}`);
  }
  return { content: [...content, { type: "text", text: prompt }], changes };
}

async function readImage(
  path: string,
  cwd: string,
  limits: ImageLimits | undefined,
  signal: AbortSignal,
): Promise<ImageFile> {
  const [{ readImageFile }, { resolve }] = await Promise.all([import("./files/image-file.js"), import("node:path")]);
  try {
    return await readImageFile(resolve(cwd, path), { shown: "it", limits, signal });
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("bad_input", ExitCode.badInput, `--image ${path}: ${why}`, { cause });
  }
}

/** Writes `--output-last-message`. An answer that cannot be kept there is still the answer, but the run has failed. */
async function keepAnswer(end: TurnEnd, options: SxOptions, io: Io, secrets: KnownSecrets): Promise<TurnEnd> {
  const path = options["output-last-message"];
  if (path === undefined || end.status !== "success") return end;
  const { resolve } = await import("node:path");
  try {
    await writeFileAtomic(resolve(io.cwd, path), `${secrets.redact(end.text)}\n`);
    return end;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `--output-last-message ${path}: ${why}`;
    return { ...end, status: "error", failure: { code: "bad_input", message, exitCode: ExitCode.badInput } };
  }
}

/** The end of a run that failed outside the agent. */
function notBegun(error: unknown, signal: AbortSignal): TurnEnd {
  const failure = describeFailure(signal.aborted ? signal.reason : error, Date.now());
  return {
    status: failure.cancelled === true ? "cancelled" : "error",
    text: "",
    failure,
    stopReason: undefined,
    turns: 0,
    usage: NO_USAGE,
    costUsd: undefined,
    answeredBy: undefined,
    denials: [],
    partial: undefined,
    takenBack: false,
  };
}

async function openOutput(format: OutputFormat, options: SxOptions, io: Io, sessionId: string): Promise<AnswerOutput> {
  if (format === "text") return new (await import("./answer-text.js")).TextAnswer(options, io);
  return new (await import("./answer-json.js")).JsonAnswer(format, options, io, sessionId);
}
