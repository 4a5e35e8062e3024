import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderError } from "../src/errors.js";
import { PartialAnswer } from "../src/partial-answer.js";
import type { ProviderSpec, Turn } from "../src/provider.js";
import { type ProviderOptions, runProvider } from "../src/run-provider.js";
import { createSseParser } from "../src/sse.js";
import type { ChatRequest, Settings, StreamEvent, TurnResult } from "../src/types.js";
import { type Answer, answering, QUICK } from "./answering.js";
import { closed, gate } from "./loopback.js";

/** An event that a fixture means, or the error that ends it. */
export type ExpectedEvent = StreamEvent | { readonly error: { readonly code: string; readonly message: string } };

export interface Fixture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly events: readonly ExpectedEvent[];
}

/** What a provider hands to its contract. `text`, `thinking`, `twoTools` and `failure` name the fixtures that show them. */
export interface ContractFixtures {
  readonly fixtures: readonly Fixture[];
  readonly request: ChatRequest;
  readonly settings: (baseUrl: string) => Settings;
  readonly text: string;
  readonly thinking: string;
  readonly twoTools: string;
  readonly failure: string;
  /** The service says why it ended before it sends the counts, so that an answer without them is still a whole one. */
  readonly countsFollowTheEnd?: boolean;
}

/** Every `<name>.sse` of `fixtures/<folder>` with its `<name>.events.json`. */
export function readFixtures(folder: string): readonly Fixture[] {
  const at = fileURLToPath(new URL(`fixtures/${folder}/`, import.meta.url));
  return readdirSync(at)
    .filter((file) => file.endsWith(".sse"))
    .map((file) => {
      const name = file.slice(0, -".sse".length);
      const events = JSON.parse(readFileSync(`${at}${name}.events.json`, "utf8")) as readonly ExpectedEvent[];
      return { name, bytes: readFileSync(`${at}${file}`), events };
    });
}

/** The events of a fixture without a socket, its bytes cut at the offsets. */
function mapBytes(
  spec: ProviderSpec,
  request: ChatRequest,
  settings: Settings,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): readonly ExpectedEvent[] {
  const mapper = spec.createMapper(request, settings);
  const parser = createSseParser();
  const events: ExpectedEvent[] = [];
  const take = (frames: ReturnType<typeof parser.push>): void => {
    for (const frame of frames) events.push(...mapper.map(frame));
  };
  try {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      take(parser.push(bytes.subarray(from, to)));
      from = to;
    }
    take(parser.end());
    if (!events.some((event) => "type" in event && event.type === "done")) events.push(...(mapper.end?.() ?? []));
  } catch (error) {
    if (!ProviderError.is(error)) throw error;
    events.push({ error: { code: error.code, message: error.message } });
  }
  return events;
}

/** What every provider owes its readers. A provider's own test is its fixtures, and what is odd about it. */
export function describeProvider(spec: ProviderSpec, contract: ContractFixtures): void {
  const { request, fixtures } = contract;
  const settings = contract.settings("http://127.0.0.1:1");
  const byName = (name: string): Fixture => {
    const found = fixtures.find((fixture) => fixture.name === name);
    if (found === undefined) throw new Error(`there is no fixture ${name}`);
    return found;
  };

  async function ask(answer: Answer, signal?: AbortSignal, options: ProviderOptions = {}) {
    const server = await answering(answer);
    const provider = runProvider(spec, {
      getCredential: () => Promise.resolve({ accessToken: "access-made-up" }),
      retry: { ...QUICK, maxRetries: 0 },
      settings: contract.settings(server.baseUrl),
      ...options,
    });
    onTestFinished(() => provider.close());
    return { server, turn: provider.stream(request, { signal }) };
  }

  describe(`${spec.name} as a provider`, () => {
    const table = fixtures.map((fixture) => [fixture.name, fixture] as const);

    it.each(table)("%s: gives its events, and its result is what they say", async (_name, { bytes, events }) => {
      const { turn } = await ask({ body: bytes });
      const seen = await readAll(turn);
      expect(seen).toEqual(events);
      const last = events.at(-1);
      if (last !== undefined && "error" in last && !("type" in last)) {
        await expect(turn.result()).rejects.toMatchObject({ ...last.error, provider: spec.name });
      } else {
        const result = await turn.result();
        expect(result).toEqual(replay(events));
        // Deltas are for the eye, but they must say the same as the record.
        expect(shown(events, "text_delta")).toBe(joined(result, "text"));
        expect(shown(events, "thinking_delta")).toBe(joined(result, "thinking"));
      }
    });

    it.each(table)("%s: the same, cut at every byte", (_name, { bytes, events }) => {
      const all = Array.from(bytes.keys());
      expect(mapBytes(spec, request, settings, bytes, all)).toEqual(events);
      for (const cut of all) expect(mapBytes(spec, request, settings, bytes, [cut]), `cut at ${cut}`).toEqual(events);
    });

    it.each(table)("%s: blocks begin, grow and end in order", (_name, { events }) => {
      expectOrder(events);
    });

    it("shows text, thinking, and two tools at once", async () => {
      const results = await Promise.all(
        [contract.text, contract.thinking, contract.twoTools].map(async (name) =>
          (await ask({ body: byName(name).bytes })).turn.result(),
        ),
      );
      const types = results.map(({ message }) => message.content.map(({ type }) => type));
      expect(types[0]).toContain("text");
      expect(types[1]).toContain("thinking");
      expect(types[2]?.filter((type) => type === "tool_use")).toHaveLength(2);
      expect(results.map(({ stopReason }) => stopReason)).toEqual(["end_turn", "end_turn", "tool_use"]);
    });

    it("ends with an error that the stream tells, and with what had arrived", async () => {
      const { turn } = await ask({ body: byName(contract.failure).bytes });
      const error = await failureOf(turn);
      expect(error.partial?.role).toBe("assistant");
      await expect(turn.result()).rejects.toBe(error);
    });

    it("never takes a stopped stream for an answer, wherever it stops", async () => {
      for (const { name, bytes, events } of fixtures) {
        const whole = replay(events);
        const calls = callsOf(whole);
        for (let end = 0; end < bytes.length; end += 1) {
          const seen = mapBytes(spec, request, settings, bytes.subarray(0, end));
          const result = replay(seen);
          const counted =
            result !== undefined && whole !== undefined && contract.countsFollowTheEnd
              ? { ...result, usage: whole.usage, rawUsage: whole.rawUsage }
              : result;
          if (result !== undefined) expect(counted, `${name} stopped at ${end}`).toEqual(whole);
          for (const event of seen) {
            if (
              "type" in event &&
              event.type === "block_end" &&
              event.block.type === "tool_use" &&
              whole !== undefined
            ) {
              expect(calls, `${name} stopped at ${end}`).toContainEqual(event.block);
            }
          }
        }
      }
    });

    it.each([true, false])("says so when a stream is cut (connection cut: %s)", async (cut) => {
      const { bytes } = byName(contract.text);
      const { turn } = await ask({ body: bytes.subarray(0, Math.floor(bytes.length * 0.6)), cut });
      const error = await failureOf(turn);
      expect(error.code).toBe(cut ? "network" : "stream_incomplete");
      expect(error.partial?.content.length).toBeGreaterThan(0);
    });

    it("ends with the signal's reason half-way, and the connection with it", async () => {
      const { bytes } = byName(contract.text);
      const stop = new AbortController();
      const { server, turn } = await ask((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      }, stop.signal);
      const reason = new Error("enough");
      const seen: StreamEvent[] = [];
      const reading = (async () => {
        for await (const event of turn) {
          seen.push(event);
          if (event.type === "text_delta") stop.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      await expect(turn.result()).rejects.toBe(reason);
      expect(seen.some(({ type }) => type === "done")).toBe(false);
      await closed(server.connections[0]);
    });

    it("ends the request when the reader leaves", async () => {
      const { bytes } = byName(contract.text);
      const sent = gate();
      const { server, turn } = await ask((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(bytes.subarray(0, Math.floor(bytes.length * 0.6)), () => sent.open());
      });
      for await (const event of turn) if (event.type === "text_delta") break;
      await sent.opened;
      await closed(server.connections[0]);
      await expect(turn.result()).rejects.toMatchObject({ name: "AbortError" });
    });
  });
}

async function readAll(turn: Turn): Promise<readonly ExpectedEvent[]> {
  const events: ExpectedEvent[] = [];
  try {
    for await (const event of turn) events.push(event);
  } catch (error) {
    if (!ProviderError.is(error)) throw error;
    events.push({ error: { code: error.code, message: error.message } });
  }
  return events;
}

async function failureOf(turn: Turn): Promise<ProviderError> {
  try {
    await turn.result();
  } catch (error) {
    if (ProviderError.is(error)) return error;
    throw error;
  }
  throw new Error("the stream ended well");
}

function isEvent(event: ExpectedEvent): event is StreamEvent {
  return "type" in event;
}

function replay(events: readonly ExpectedEvent[]): TurnResult | undefined {
  const partial = new PartialAnswer();
  for (const event of events) if (isEvent(event)) partial.add(event);
  return partial.result();
}

function callsOf(result: TurnResult | undefined): readonly unknown[] {
  return result?.message.content.filter(({ type }) => type === "tool_use") ?? [];
}

function shown(events: readonly ExpectedEvent[], type: "text_delta" | "thinking_delta"): string {
  return events.map((event) => (isEvent(event) && event.type === type ? event.text : "")).join("");
}

function joined(result: TurnResult, type: "text" | "thinking"): string {
  return result.message.content.map((block) => (block.type === type ? block.text : "")).join("");
}

/** No delta outside its block, no block twice, nothing after `done`, nothing left open by it. */
function expectOrder(events: readonly ExpectedEvent[]): void {
  const open = new Set<number>();
  const begun = new Set<number>();
  for (const [at, event] of events.entries()) {
    if (!isEvent(event)) {
      expect(at).toBe(events.length - 1);
      continue;
    }
    switch (event.type) {
      case "block_start":
        expect(begun.has(event.index)).toBe(false);
        begun.add(event.index);
        open.add(event.index);
        break;
      case "text_delta":
      case "thinking_delta":
      case "tool_input_delta":
        expect(open.has(event.index)).toBe(true);
        break;
      case "block_end":
        expect(open.delete(event.index)).toBe(true);
        break;
      case "done":
        expect(open.size).toBe(0);
        expect(at).toBe(events.length - 1);
        break;
      case "retry":
      case "limits":
      case "route":
        break;
      default:
        event satisfies never;
    }
  }
}
