import { type Script, type Sim, type SimOptions, startSim, type Turn } from "../src/index.js";
import { type Got, send } from "./client.js";

export const API_KEY = "test-goog-key";
/** One whose calls have ids and whose signatures are asked for, and one of the generation before. */
export const THIRD = "gemini-3.6-flash";
export const SECOND = "gemini-2.5-flash";

export type Json = Readonly<Record<string, unknown>>;

export function said(text: string): Json {
  return { role: "user", parts: [{ text }] };
}

/** A request for an answer that shows its reasoning, with `extra` laid over it. */
export function geminiBody(text: string, extra: Json = {}): Json {
  return {
    contents: [said(text)],
    systemInstruction: { parts: [{ text: "You are a test." }] },
    tools: [{ functionDeclarations: [{ name: "bash", parameters: { type: "OBJECT", properties: {} } }] }],
    generationConfig: { thinkingConfig: { includeThoughts: true } },
    ...extra,
  };
}

export function fromUser(...parts: readonly unknown[]): Json {
  return { role: "user", parts };
}

export function fromModel(...parts: readonly unknown[]): Json {
  return { role: "model", parts };
}

export function call(name = "bash", extra: Json = {}): Json {
  return { functionCall: { name, args: {}, ...extra } };
}

/** What stands in for the signature of a call that another service made. */
export const SKIP = { thoughtSignature: "skip_thought_signature_validator" };
export const CALL = { ...call(), ...SKIP };
export const RESPONSE = { functionResponse: { name: "bash", response: { output: "done" } } };

/** A request with these contents. */
export function turns(...contents: readonly Json[]): Json {
  return geminiBody("", { contents });
}

export interface Call {
  readonly model?: string;
  /** Default `:streamGenerateContent?alt=sse`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function generate(sim: Pick<Sim, "url">, body: unknown, call: Call = {}): Promise<Got> {
  const { model = THIRD, method = ":streamGenerateContent?alt=sse", headers } = call;
  return ask(sim, "POST", `/v1beta/models/${model}${method}`, body, headers);
}

export async function ask(
  sim: Pick<Sim, "url">,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = { "x-goog-api-key": API_KEY },
): Promise<Got> {
  return send(`${sim.url}${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** The answer of one turn to one request. */
export async function answerOf(turn: Turn, call: Call = {}, body: unknown = geminiBody("hi")): Promise<Got> {
  return withSim({ turns: [turn] }, (sim) => generate(sim, body, call));
}

export async function withSim<T>(
  script: Script,
  use: (sim: Sim) => Promise<T>,
  options: Omit<SimOptions, "script"> = {},
): Promise<T> {
  const sim = await startSim({ script, seed: "t", now: () => 1_800_000_000_000, ...options });
  try {
    return await use(sim);
  } finally {
    await sim.close();
  }
}

export interface Candidate {
  readonly content?: { readonly parts?: readonly Part[]; readonly role?: string };
  readonly finishReason?: string;
  readonly finishMessage?: string;
  readonly continuationToken?: string;
  readonly index?: number;
}

export interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: { readonly name: string; readonly args: unknown; readonly id?: string };
}

export interface Chunk {
  readonly candidates?: readonly Candidate[];
  readonly promptFeedback?: unknown;
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
  readonly modelVersion?: string;
  readonly responseId?: string;
  readonly error?: { readonly code: number; readonly status: string; readonly message: string };
}

/** The responses of a stream of events. Every line has to end as Google's do. */
export function chunksOf(body: string): readonly Chunk[] {
  return body.split("\r\n\r\n").flatMap((event) => {
    if (!event.startsWith("data: ")) return [];
    return [JSON.parse(event.slice("data: ".length)) as Chunk];
  });
}

export function partsOf(chunks: readonly Chunk[]): readonly Part[] {
  return chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
}

export function lastCandidate(chunks: readonly Chunk[]): Candidate | undefined {
  return chunks.at(-1)?.candidates?.[0];
}
