import { anyJson, CheckError, either, dictionary, isObject, list, object, oneOf, text, whole } from "./json-check.js";
import { ScriptError } from "./script-check.js";

/** First line of a recording. */
export interface RecordingHead {
  readonly type: "recording";
  readonly v: 1;
  /** Origin that answered. */
  readonly upstream: string;
}

/** Every other line: one request and its answer, both without secrets. */
export interface Exchange {
  readonly type: "exchange";
  /** Order of the requests, from 1. Lines stand in the order in which answers ended. */
  readonly n: number;
  readonly request: {
    readonly method: string;
    /** Without the query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Parsed when it was JSON, else text. */
    readonly body: unknown;
  };
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly encoding: "utf8" | "base64";
    readonly body: string;
    /** Byte length and arrival (milliseconds after the request) of each piece; none when removing secrets moved bytes. */
    readonly pieces: readonly (readonly [bytes: number, ms: number])[];
    readonly end: AnswerEnd;
  };
}

/** `open`: the client had left, and the service had not finished. `cut`: the service broke off. */
export type AnswerEnd = "complete" | "cut" | "open";

const MAX_FILE_BYTES = 512 * 1024 * 1024;
const MAX_DEPTH = 200;

const anyText = text(MAX_FILE_BYTES);
const headers = dictionary(text(200, 1), text(100_000));
const piece = list(whole(0, Number.MAX_SAFE_INTEGER), 2);

const exchange = object(
  {
    type: oneOf(["exchange"]),
    n: whole(1, Number.MAX_SAFE_INTEGER),
    request: object({ method: text(20, 1), path: text(10_000, 1), headers, body: anyJson(MAX_DEPTH) }, [
      "method",
      "path",
      "body",
    ]),
    answer: object(
      {
        status: whole(200, 599),
        headers,
        encoding: oneOf(["utf8", "base64"]),
        body: anyText,
        pieces: list(piece, 10_000_000),
        end: oneOf(["complete", "cut", "open"]),
      },
      ["status", "headers", "encoding", "body", "pieces", "end"],
    ),
  },
  ["type", "n", "request", "answer"],
);

const head = object(
  { type: oneOf(["recording"]), v: either([{ when: (v) => v === 1, check: whole(1, 1) }], "1"), upstream: text(2000) },
  ["type", "v"],
);

/**
 * Reads a recording, exchanges in the order of their requests.
 * @throws ScriptError that names the file and the line
 */
export async function readRecording(path: string): Promise<readonly Exchange[]> {
  const { readFile, stat } = await import("node:fs/promises");
  let content: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes; at most ${MAX_FILE_BYTES} are read`);
    content = await readFile(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ScriptError(`recording ${path} cannot be read: ${why}`, { cause: error });
  }
  return parseRecording(content, path);
}

/** @throws ScriptError that names `source` and the line */
export function parseRecording(content: string, source: string): readonly Exchange[] {
  const lines = content.split("\n");
  const exchanges: Exchange[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      const value: unknown = JSON.parse(line);
      const check = index === 0 ? head : exchange;
      check(value, isObject(value) ? "it" : "the line");
      if (index > 0) exchanges.push(value as Exchange);
    } catch (error) {
      const why = error instanceof CheckError ? error.message : "it is not JSON";
      throw new ScriptError(`recording ${source} line ${index + 1}: ${why}`, { cause: error });
    }
  }
  if (exchanges.length === 0) throw new ScriptError(`recording ${source} holds no exchange`);
  return exchanges.sort((a, b) => a.n - b.n);
}
