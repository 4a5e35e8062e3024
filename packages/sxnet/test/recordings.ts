import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { PartialAnswer } from "../src/partial-answer.js";
import type { StreamMapper } from "../src/provider.js";
import { createSseParser } from "../src/sse.js";
import type { StreamEvent, TurnResult } from "../src/types.js";

/** Recorded answers of real services. They live outside the repository; without them their tests skip loudly. */

/** An entry of the recordings' `index.json`, as far as it is read here; `Expected` is what one wire format expects. */
export interface Recording<Expected> {
  readonly id: number;
  readonly file: string;
  readonly wire: string;
  readonly kind: "sse" | "json" | "json-array-stream";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tier: "strict" | "quirk" | "http-error" | "non-stream";
  readonly expected: Expected;
}

export interface Outcome {
  readonly events: readonly StreamEvent[];
  readonly result: TurnResult | undefined;
  readonly error: unknown;
}

const folder = process.env["SX_STREAMS_DIR"] ?? fileURLToPath(new URL("../../../../shared/streams", import.meta.url));

/** Every recording of a wire format; `undefined`, with a skipped test that says so, where there are none at all. */
export function readRecordings<Expected>(wire: string): readonly Recording<Expected>[] | undefined {
  return readAllRecordings<Expected>()?.filter((entry) => entry.wire === wire);
}

/** Of all wire formats. */
export function readAllRecordings<Expected>(): readonly Recording<Expected>[] | undefined {
  if (!existsSync(`${folder}/index.json`)) {
    console.warn(`recorded streams are not at ${folder}: put them there, or set SX_STREAMS_DIR to their folder`);
    it.skip("recorded streams: set SX_STREAMS_DIR to the folder that holds their index.json", () => undefined);
    return undefined;
  }
  const index = JSON.parse(readFileSync(`${folder}/index.json`, "utf8")) as {
    readonly entries: readonly Recording<Expected>[];
  };
  return index.entries;
}

export function bytesOf({ file }: { readonly file: string }): Buffer {
  return readFileSync(`${folder}/${file}`);
}

/** As rows for `it.each`, named by their file. */
export function rowsOf<R extends { readonly file: string }>(recordings: readonly R[]): (readonly [string, R])[] {
  return recordings.map((entry) => [entry.file, entry] as const);
}

/** Every recording of a wire format is in one of the groups that are tested, and in no second one. */
export function expectEachOnce<R extends { readonly file: string }>(
  recordings: readonly R[],
  ...groups: readonly (readonly (readonly [string, R])[])[]
): void {
  const tested = groups.flat().map(([file]) => file);
  expect(tested.toSorted()).toEqual(recordings.map(({ file }) => file).toSorted());
}

/** Parser and mapper without sockets; the bytes come in pieces that end at these offsets. */
export function readBytes(mapper: StreamMapper, bytes: Uint8Array, cuts: Iterable<number> = []): Outcome {
  const parser = createSseParser();
  const partial = new PartialAnswer();
  const events: StreamEvent[] = [];
  const take = (batch: readonly StreamEvent[]): void => {
    for (const event of batch) {
      partial.add(event);
      events.push(event);
    }
  };
  try {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      for (const frame of parser.push(bytes.subarray(from, to))) take(mapper.map(frame));
      from = to;
    }
    for (const frame of parser.end()) take(mapper.map(frame));
    if (!partial.ended) take(mapper.end?.() ?? []);
  } catch (error) {
    return { events, result: partial.result(), error };
  }
  return { events, result: partial.result(), error: undefined };
}

export function* everyByte(bytes: Uint8Array): Generator<number> {
  for (let offset = 1; offset < bytes.length; offset += 1) yield offset;
}

/** The same offsets each time, on average half of `longest` apart. */
export function randomCuts(bytes: Uint8Array, seed: number, longest: number): readonly number[] {
  const random = randomFrom(seed);
  const cuts: number[] = [];
  for (let at = 1 + Math.floor(random() * longest); at < bytes.length; at += 1 + Math.floor(random() * longest)) {
    cuts.push(at);
  }
  return cuts;
}

/** A small generator of the same numbers each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The same events, framed in other ways that mean the same. */
export function otherFramings(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString().replaceAll("\r\n", "\n");
  return [
    text.replaceAll("\n", "\r\n"),
    text.replaceAll("data: ", "data:"),
    text.replaceAll("\n\n", "\n\n: a comment\n\n"),
    `\uFEFF${text}`,
  ];
}

/** The finished calls, each as JSON. */
export function callsOf(events: readonly StreamEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === "block_end" && event.block.type === "tool_use" ? [JSON.stringify(event.block)] : [],
  );
}
