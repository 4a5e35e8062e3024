import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProviderError } from "../src/errors.js";
import { PartialAnswer } from "../src/partial-answer.js";
import type { Provider } from "../src/provider.js";
import { takeBatches } from "../src/event-reader.js";
import { runTools } from "../src/run-tools.js";
import type { Approve, Tool } from "../src/tool.js";
import type { RunToolsOptions, ToolLoopEvent } from "../src/tool-loop.js";
import type { ChatRequest, Message, ToolResultBlock, ToolUseBlock } from "../src/types.js";
import { type Answer, answering, callItem, codexAt, itemsAnswer, QUICK, sse, textAnswer } from "./answering.js";
import { expectNothingLeft } from "./leaks.js";
import { gate } from "./loopback.js";

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);
const warnings: string[] = [];
const noteWarning = (warning: Error): void => void warnings.push(warning.name);

beforeEach(() => {
  unhandled.length = 0;
  warnings.length = 0;
  process.on("unhandledRejection", noteUnhandled).on("warning", noteWarning);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", noteUnhandled).off("warning", noteWarning);
  expect({ unhandled, warnings }).toEqual({ unhandled: [], warnings: [] });
});

const ASK: Message = { role: "user", content: [{ type: "text", text: "Go" }] };
const REQUEST: Omit<ChatRequest, "tools"> = { model: "gpt-5.5", messages: [ASK] };
const SCHEMA = { type: "object", properties: { path: { type: "string" } }, required: ["path"] } as const;

function tool(name: string, run?: Tool["run"], rest: Partial<Tool> = {}): Tool {
  return { name, description: name, inputSchema: SCHEMA, ...(run === undefined ? {} : { run }), ...rest };
}

const echo = tool("echo", (input) => Promise.resolve(`saw ${String(input["path"])}`));
const calls = (...items: Readonly<Record<string, unknown>>[]): Answer => ({ body: itemsAnswer(items) });
const DONE: Answer = { body: textAnswer("Done.") };

async function start(answers: readonly Answer[], options: Partial<RunToolsOptions>, request = REQUEST) {
  const server = await answering(...answers);
  const provider = await codexAt(server, { retry: { maxRetries: 0 } });
  return { server, provider, run: runTools(provider, request, { tools: [echo], retry: QUICK, ...options }) };
}

async function drain(source: AsyncIterable<ToolLoopEvent>): Promise<ToolLoopEvent[]> {
  const events: ToolLoopEvent[] = [];
  for await (const event of source) events.push(event);
  return events;
}

function resultsIn(messages: readonly Message[]): readonly ToolResultBlock[] {
  return messages.flatMap(({ content }) => content.flatMap((block) => (block.type === "tool_result" ? [block] : [])));
}

function textOf(result: ToolResultBlock | undefined): string {
  return result?.content.map((part) => (part.type === "text" ? part.text : part.mediaType)).join("") ?? "";
}

function expectSendable(messages: readonly Message[]): void {
  for (const [at, message] of messages.entries()) {
    const open = message.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
    const next = messages[at + 1];
    const answered = next === undefined ? [] : resultsIn([next]).map(({ toolUseId }) => toolUseId);
    if (open.length > 0) expect(answered).toEqual(open);
  }
}

describe("runTools", () => {
  it("runs the calls, sends the results, and again, until nothing is called", async () => {
    const { server, run } = await start(
      [calls(callItem("c1", "echo", { path: "a" })), calls(callItem("c2", "echo", { path: "b" })), DONE],
      {},
    );
    const events = await drain(run);
    const result = await run.result();
    expect(result).toMatchObject({ ended: "answered", stopReason: "end_turn", steps: 3, pending: [], results: [] });
    expect(result.message.content).toEqual([{ type: "text", text: "Done." }]);
    expect(result.usage).toEqual({
      inputTokens: 30,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 15,
      reasoningTokens: 0,
    });
    expect(result.messages).toBe(run.messages);
    expect(resultsIn(run.messages).map(textOf)).toEqual(["saw a", "saw b"]);
    expect(run.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expectSendable(run.messages);
    expect(events.map(({ type }) => type).filter((type) => /^(step|tool)_(start|end)$/.test(type))).toEqual(
      [...[1, 2].map(() => ["step_start", "step_end", "tool_start", "tool_end"]), ["step_start", "step_end"]].flat(),
    );
    expect(server.requests).toHaveLength(3);
    const [first, second] = server.requests.map(({ body }) => body.slice(0, body.indexOf(',"tools"') - 1));
    expect(second?.startsWith(first ?? "?")).toBe(true);
  });

  it("changes neither the request nor its messages", async () => {
    const messages = Object.freeze([ASK]);
    const { run } = await start([calls(callItem("c", "echo", { path: "a" })), DONE], {}, { ...REQUEST, messages });
    await run.result();
    expect(messages).toEqual([ASK]);
  });

  it("gives batches too, and singles of any other source", async () => {
    const { run } = await start([DONE], {});
    const batches: (readonly ToolLoopEvent[])[] = [];
    for await (const batch of takeBatches(run)) batches.push(batch);
    expect(batches.map((batch) => batch.length)).toEqual([1, 4, 1]);
    async function* other() {
      yield 1;
      yield 2;
    }
    const singles: (readonly number[])[] = [];
    for await (const batch of takeBatches(other())) singles.push(batch);
    expect(singles).toEqual([[1], [2]]);
  });

  it("goes on after a pause, without a message of ours between", async () => {
    const pause = itemsAnswer([{ type: "message", content: [{ text: "Working" }] }], { end_turn: false });
    const { server, run } = await start([{ body: pause }, DONE], {});
    expect(await run.result()).toMatchObject({ ended: "answered", steps: 2 });
    expect(run.messages.map(({ role }) => role)).toEqual(["user", "assistant", "assistant"]);
    expect(server.requests).toHaveLength(2);
    const endless = await start([{ body: pause }], {});
    expect(await endless.run.result()).toMatchObject({ ended: "stuck", stopReason: "pause", steps: 16 });
    const capped = await start([{ body: pause }], { maxSteps: 3 });
    expect(await capped.run.result()).toMatchObject({ ended: "max_steps", stopReason: "pause", steps: 3 });
  });
});

describe("calls of one answer", () => {
  it("run side by side where they only read, and alone where they do not, with results in the model's order", async () => {
    const running = new Set<string>();
    const seen: string[] = [];
    const both = gate();
    const make = (name: string, readOnly: boolean) =>
      tool(
        name,
        async (input) => {
          const id = `${name}:${String(input["path"])}`;
          running.add(id);
          seen.push([...running].join("+"));
          if (readOnly && running.size === 2) both.open();
          // Two readers wait for each other: they could not end one after the other.
          if (readOnly) await both.opened;
          else await new Promise((resolve) => setImmediate(resolve));
          running.delete(id);
          return id;
        },
        { readOnly },
      );
    const { run } = await start(
      [
        calls(
          callItem("1", "read", { path: "a" }),
          callItem("2", "read", { path: "b" }),
          callItem("3", "write", { path: "c" }),
          callItem("4", "write", { path: "d" }),
          callItem("5", "read", { path: "e" }),
        ),
        DONE,
      ],
      { tools: [make("read", true), make("write", false)] },
    );
    await run.result();
    expect(seen).toEqual(["read:a", "read:a+read:b", "write:c", "write:d", "read:e"]);
    expect(resultsIn(run.messages).map(({ toolUseId }) => toolUseId)).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("are reported as they end, and answered in order", async () => {
    const slow = gate();
    const reader = tool(
      "read",
      async (input) => {
        if (input["path"] === "slow") await slow.opened;
        else slow.open();
        return String(input["path"]);
      },
      { readOnly: true },
    );
    const { run } = await start(
      [calls(callItem("1", "read", { path: "slow" }), callItem("2", "read", { path: "fast" })), DONE],
      { tools: [reader] },
    );
    const ends = (await drain(run)).flatMap((event) => (event.type === "tool_end" ? [event.call.id] : []));
    expect(ends).toEqual(["2", "1"]);
    expect(resultsIn(run.messages).map(textOf)).toEqual(["slow", "fast"]);
  });

  it("that share an id get ids of their own, and each its own result", async () => {
    const { run } = await start(
      [calls(callItem("same", "echo", { path: "a" }), callItem("same", "echo", { path: "b" })), DONE],
      {},
    );
    await run.result();
    expect(resultsIn(run.messages).map((result) => [result.toolUseId, textOf(result)])).toEqual([
      ["same", "saw a"],
      ["same_2", "saw b"],
    ]);
  });

  it("of many readers with listeners of their own bring no warning about listeners", async () => {
    const watching = tool(
      "read",
      (_input, { signal }) => {
        for (let count = 0; count < 3; count += 1) signal.addEventListener("abort", () => undefined);
        return Promise.resolve("x");
      },
      { readOnly: true },
    );
    const items = Array.from({ length: 20 }, (_, index) => callItem(`c${index}`, "read", { path: "a" }));
    const { signal } = new AbortController();
    const { run } = await start([calls(...items), DONE], { tools: [watching], signal });
    await run.result();
    expect(resultsIn(run.messages)).toHaveLength(20);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

interface RefusalRow {
  readonly item: Readonly<Record<string, unknown>>;
  readonly status: string;
  readonly says: RegExp;
  readonly tools?: readonly Tool[];
  readonly approve?: Approve;
}

const REFUSALS: Readonly<Record<string, RefusalRow>> = {
  "an unknown tool": {
    item: callItem("c", "ehco", {}),
    status: "error",
    says: /there is no tool "ehco"; the tools are: echo/,
  },
  "a missing field": { item: callItem("c", "echo", {}), status: "error", says: /nothing was run:.*echo.*path/ },
  "a field of the wrong type": {
    item: callItem("c", "echo", { path: 7 }),
    status: "error",
    says: /nothing was run:.*path: .*string/,
  },
  "a field that does not exist": {
    item: callItem("c", "echo", { path: "a", pth: "b" }),
    tools: [{ ...echo, inputSchema: { ...SCHEMA, additionalProperties: false } }],
    status: "error",
    says: /nothing was run:.*pth/,
  },
  "a wrong field deep inside": {
    item: callItem("c", "echo", { edits: [{ text: 1 }] }),
    tools: [
      {
        ...echo,
        inputSchema: {
          type: "object",
          properties: { edits: { type: "array", items: { type: "object", properties: { text: { type: "string" } } } } },
        },
      },
    ],
    status: "error",
    says: /edits\/0\/text/,
  },
  "broken arguments": {
    item: callItem("c", "echo", '{"path":"a'),
    status: "error",
    says: /nothing was run: .*not valid JSON/,
  },
  "cut arguments": {
    item: { ...callItem("c", "echo", '{"path":"a"}'), status: "incomplete" },
    status: "error",
    says: /nothing was run: .*cut off/,
  },
  "a schema that cannot be used": {
    item: callItem("c", "echo", { path: "a" }),
    tools: [{ ...echo, inputSchema: { $ref: "#/nowhere" } }],
    status: "error",
    says: /the schema of echo cannot be used/,
  },
  "what is not allowed": {
    item: callItem("c", "echo", { path: "a" }),
    approve: () => ({ allowed: false, reason: "not this file" }),
    status: "denied",
    says: /^not this file$/,
  },
};

describe("nothing is run for", () => {
  it.each(Object.entries(REFUSALS))(
    "%s; the model is told",
    async (_name, { item, tools = [echo], approve, status, says }) => {
      const ran = vi.fn(() => Promise.resolve("ran"));
      const watched = tools.map((each) => ({ ...each, run: ran }));
      const { run } = await start([calls(item), DONE], { tools: watched, approve });
      const events = await drain(run);
      expect(ran).not.toHaveBeenCalled();
      const [result] = resultsIn(run.messages);
      expect(result?.isError).toBe(true);
      expect(textOf(result)).toMatch(says);
      const end = events.find((event) => event.type === "tool_end");
      expect(end?.type === "tool_end" && end.output.status).toBe(status);
      expect((await run.result()).ended).toBe("answered");
    },
  );
});

describe("approval", () => {
  it("is asked for each usable call, in order, one at a time", async () => {
    const asked: string[] = [];
    const approve: Approve = async (call) => {
      asked.push(`${call.id}?`);
      await new Promise((resolve) => setImmediate(resolve));
      asked.push(`${call.id}!`);
      return { allowed: true };
    };
    const reader = { ...echo, readOnly: true };
    const { run } = await start(
      [
        calls(
          callItem("1", "echo", { path: "a" }),
          callItem("2", "echo", { wrong: 1 }),
          callItem("3", "echo", { path: "b" }),
        ),
        DONE,
      ],
      { tools: [reader], approve },
    );
    await run.result();
    expect(asked).toEqual(["1?", "1!", "3?", "3!"]);
  });

  it("that throws ends the run, and the conversation can still be sent", async () => {
    const own = new Error("nobody to ask");
    const approve: Approve = () => {
      throw own;
    };
    const { run } = await start([calls(callItem("c", "echo", { path: "a" }))], { approve });
    await expect(run.result()).rejects.toBe(own);
    expectSendable(run.messages);
  });
});

describe("a tool's end", () => {
  it.each<[name: string, run: NonNullable<Tool["run"]>, text: string, isError: boolean | undefined]>([
    ["a string", () => Promise.resolve("words"), "words", undefined],
    ["content", () => Promise.resolve({ content: [{ type: "text", text: "words" }] }), "words", undefined],
    [
      "an image",
      () => Promise.resolve({ content: [{ type: "image", mediaType: "image/png", data: "AA" }] }),
      "image/png",
      undefined,
    ],
    ["a failure", () => Promise.resolve({ content: [{ type: "text", text: "no" }], status: "timeout" }), "no", true],
    ["a rejection", () => Promise.reject(new Error("broke")), "broke", true],
    [
      "a throw",
      () => {
        throw new Error("broke at once");
      },
      "broke at once",
      true,
    ],
    // eslint-disable-next-line typescript/prefer-promise-reject-errors -- tools of other people do that
    ["a rejection without an error", () => Promise.reject("just words"), "just words", true],
  ])("in %s reaches the model", async (_name, run, text, isError) => {
    const started = await start([calls(callItem("c", "it", { path: "a" })), DONE], { tools: [tool("it", run)] });
    expect((await started.run.result()).ended).toBe("answered");
    const [result] = resultsIn(started.run.messages);
    expect(textOf(result)).toBe(text);
    expect(result?.isError).toBe(isError);
  });

  it("carries the details to the reader and not to the model", async () => {
    const output = {
      content: [{ type: "text", text: "x" }],
      exitCode: 3,
      truncated: true,
      details: { diff: "d" },
    } as const;
    const { server, run } = await start([calls(callItem("c", "it", { path: "a" })), DONE], {
      tools: [tool("it", () => Promise.resolve(output))],
    });
    const end = (await drain(run)).find((event) => event.type === "tool_end");
    expect(end).toMatchObject({ output, durationMs: expect.any(Number) });
    expect(server.requests[1]?.body).not.toContain("diff");
  });
});

describe("the loop ends", () => {
  const again = callItem("c", "echo", { path: "a" });

  it("at maxSteps, with every call answered", async () => {
    const ran = vi.fn(() => Promise.resolve("x"));
    const { server, run } = await start([calls(again)], { tools: [tool("echo", ran)], maxSteps: 2 });
    expect(await run.result()).toMatchObject({ ended: "max_steps", steps: 2 });
    expect(server.requests).toHaveLength(2);
    expect(ran).toHaveBeenCalledTimes(1);
    expectSendable(run.messages);
    expect(textOf(resultsIn(run.messages).at(-1))).toBe("not run: the limit of this session was reached");
  });

  it("when stopAfter says so", async () => {
    const { server, run } = await start([calls(again)], { stopAfter: ({ usage }) => usage.outputTokens === 5 });
    expect(await run.result()).toMatchObject({ ended: "stopped", steps: 1 });
    expect(server.requests).toHaveLength(1);
    expectSendable(run.messages);
  });

  it("when the same broken call comes twice", async () => {
    const broken = callItem("c", "echo", '{"path":"a');
    const { server, run } = await start([calls(broken)], {});
    expect(await run.result()).toMatchObject({ ended: "stuck", steps: 2 });
    expect(server.requests).toHaveLength(2);
    expectSendable(run.messages);
  });

  it("not when two broken calls differ, or a good one came between", async () => {
    const broken = (raw: string) => calls(callItem("c", "echo", raw));
    const { run } = await start([broken('{"a'), broken('{"b'), calls(again), broken('{"b'), DONE], {});
    expect(await run.result()).toMatchObject({ ended: "answered", steps: 5 });
  });

  it("not with the first unusable call of a provider that keeps no raw arguments", async () => {
    const provider = scripted([
      [{ type: "tool_use", id: "c", name: "echo", input: {}, inputError: "cut" }],
      [{ type: "text", text: "Done." }],
    ]);
    expect(await runTools(provider, REQUEST, { tools: [echo] }).result()).toMatchObject({ ended: "answered" });
  });

  it("when a tool has no run: its calls are handed back, the others have run", async () => {
    const { run } = await start(
      [calls(callItem("1", "mine", { path: "a" }), callItem("2", "echo", { path: "b" }), callItem("3", "mine", {}))],
      { tools: [echo, tool("mine")] },
    );
    const { ended, pending, results, messages } = await run.result();
    expect(ended).toBe("handed_back");
    expect(pending.map(({ id }) => id)).toEqual(["1", "3"]);
    expect(results.map((result) => [result.toolUseId, textOf(result)])).toEqual([["2", "saw b"]]);
    expect(messages.at(-1)?.role).toBe("assistant");
  });
});

describe("an answer that is cut", () => {
  const HALF = [
    sse({ type: "response.output_item.done", output_index: 0, item: callItem("c", "echo", { path: "never" }) }),
    sse({ type: "response.output_text.delta", output_index: 1, delta: "Hel" }),
  ].join("");

  it("is thrown away and asked for again; nothing of it is run", async () => {
    const ran = vi.fn(() => Promise.resolve("x"));
    const { server, run } = await start([{ body: HALF, cut: true }, { body: HALF }, DONE], {
      tools: [tool("echo", ran)],
    });
    const events = await drain(run);
    const discarded = events.filter((event) => event.type === "answer_discarded");
    expect(discarded).toMatchObject([
      { attempt: 1, error: { code: "network" } },
      {
        attempt: 2,
        error: { code: "stream_incomplete" },
        partial: { content: [{ type: "tool_use" }, { text: "Hel" }] },
      },
    ]);
    expect(ran).not.toHaveBeenCalled();
    expect(await run.result()).toMatchObject({ ended: "answered", steps: 1 });
    expect(run.messages).toHaveLength(2);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });

  it.each([
    [undefined, 3],
    [0, 1],
    [1, 2],
  ])("with maxDiscarded %s is asked for so often", async (maxDiscarded, requests) => {
    const { server, run } = await start([{ body: HALF }], { maxDiscarded });
    await expect(run.result()).rejects.toMatchObject({ code: "stream_incomplete", partial: { role: "assistant" } });
    expect(server.requests).toHaveLength(requests);
    expect(run.messages).toEqual([ASK]);
  });

  it("by an error that repeating does not heal is not asked for again", async () => {
    const failed = sse({ type: "error", code: "context_length_exceeded", message: "Too long" });
    const { server, run } = await start([{ body: HALF + failed }], {});
    await expect(run.result()).rejects.toMatchObject({ code: "context_too_long" });
    expect(server.requests).toHaveLength(1);
  });

  it("can be aborted during the wait", async () => {
    const controller = new AbortController();
    const { run } = await start([{ body: HALF }], {
      signal: controller.signal,
      retry: { baseDelayMs: 60_000 },
      random: () => 0.9,
    });
    const reading = (async () => {
      for await (const event of run) if (event.type === "answer_discarded") controller.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("abort", () => {
  const reason = new Error("enough");
  const three = calls(
    callItem("1", "echo", { path: "a" }),
    callItem("2", "wait", { path: "b" }),
    callItem("3", "echo", { path: "c" }),
  );

  it.each<[name: string, run: (stop: () => void) => NonNullable<Tool["run"]>, text: string]>([
    [
      "that the tool follows",
      (stop) =>
        (_input, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("stopped by signal")), { once: true });
            stop();
          }),
      "cancelled before it ended",
    ],
    [
      "that the tool ends with words of its own",
      (stop) =>
        (_input, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve("half of it"), { once: true });
            stop();
          }),
      "half of it",
    ],
    [
      "that the tool ignores",
      (stop) => () => {
        stop();
        return new Promise(() => undefined);
      },
      "cancelled; the tool did not stop in time",
    ],
    [
      "that comes just before the tool ends",
      (stop) => () => {
        stop();
        return Promise.resolve("whole");
      },
      "whole",
    ],
  ])("%s: every call has a result, and nothing stays behind", async (_name, run, text) => {
    const controller = new AbortController();
    const wait = tool(
      "wait",
      run(() => controller.abort(reason)),
    );
    const started = await start([three], { tools: [echo, wait], signal: controller.signal, cancelGraceMs: 5 });
    await expectNothingLeft(controller.signal, async () => {
      await expect(started.run.result()).rejects.toBe(reason);
      await started.provider.close();
    });
    expectSendable(started.run.messages);
    expect(resultsIn(started.run.messages).map(textOf)).toEqual(["saw a", text, "not run: the turn was cancelled"]);
    expect(started.server.requests).toHaveLength(1);
  });

  it("while approval is asked does not wait for the answer", async () => {
    const controller = new AbortController();
    const approve: Approve = (call) => {
      if (call.id === "1") return { allowed: true };
      controller.abort(reason);
      return new Promise(() => undefined);
    };
    const { run } = await start([three], {
      tools: [echo, tool("wait", () => Promise.resolve("x"))],
      approve,
      signal: controller.signal,
    });
    await expect(run.result()).rejects.toBe(reason);
    expect(resultsIn(run.messages).map(textOf)).toEqual([
      "saw a",
      "not run: the turn was cancelled",
      "not run: the turn was cancelled",
    ]);
  });

  it("while a later approval is asked: what was approved before it is not run", async () => {
    const controller = new AbortController();
    const ran = vi.fn(() => Promise.resolve("x"));
    const reader = tool("read", ran, { readOnly: true });
    const approve: Approve = (call) => {
      if (call.id === "2") controller.abort(reason);
      return { allowed: true };
    };
    const { run } = await start([calls(callItem("1", "read", { path: "a" }), callItem("2", "read", { path: "b" }))], {
      tools: [reader],
      approve,
      signal: controller.signal,
    });
    await expect(run.result()).rejects.toBe(reason);
    expect(ran).not.toHaveBeenCalled();
    expectSendable(run.messages);
  });

  it("by the reader at tool_start: the tool is not run any more", async () => {
    const controller = new AbortController();
    const ran = vi.fn(() => Promise.resolve("x"));
    const { run } = await start([calls(callItem("1", "echo", { path: "a" }))], {
      tools: [tool("echo", ran)],
      signal: controller.signal,
    });
    const reading = (async () => {
      for await (const event of run) if (event.type === "tool_start") controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    expect(ran).not.toHaveBeenCalled();
    expect(resultsIn(run.messages).map(textOf)).toEqual(["not run: the turn was cancelled"]);
  });

  it("before the start runs and sends nothing", async () => {
    const { server, run } = await start([DONE], { signal: AbortSignal.abort(reason) });
    await expect(run.result()).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
    expect(run.messages).toEqual([ASK]);
  });
});

describe("a reader who leaves", () => {
  it.each(["step_end", "tool_start", "tool_end"] as const)(
    "at %s leaves a conversation that can be sent",
    async (type) => {
      const stopped = vi.fn();
      const reader = tool(
        "wait",
        (input, { signal }) =>
          input["path"] === "quick"
            ? Promise.resolve("quick")
            : new Promise((resolve) => {
                signal.addEventListener("abort", () => (stopped(), resolve("stopped")), { once: true });
              }),
        { readOnly: true },
      );
      const { signal } = new AbortController();
      const { provider, run } = await start(
        [calls(callItem("1", "wait", { path: "quick" }), callItem("2", "wait", { path: "slow" }))],
        { tools: [reader], signal },
      );
      await expectNothingLeft(signal, async () => {
        for await (const event of run) if (event.type === type) break;
        await provider.close();
      });
      expectSendable(run.messages);
      expect(resultsIn(run.messages)).toHaveLength(2);
      // What runs is stopped and waited for.
      expect(stopped).toHaveBeenCalledTimes(type === "tool_end" ? 1 : 0);
      if (type === "tool_end") expect(resultsIn(run.messages).map(textOf)).toEqual(["quick", "stopped"]);
    },
  );
});

it("costs nothing for the tools of an answer without calls", async () => {
  const provider = scripted([[{ type: "text", text: "Hi" }]]);
  const getter = vi.fn();
  const lazy = Object.defineProperty({ ...echo }, "run", { get: getter });
  await runTools(provider, REQUEST, { tools: [lazy] }).result();
  expect(getter).not.toHaveBeenCalled();
});

/** A provider whose answers are these blocks; for what no wire format of ours can say. */
function scripted(
  answers: readonly (readonly (ToolUseBlock | { readonly type: "text"; readonly text: string })[])[],
): Provider {
  let next = 0;
  const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 };
  return {
    name: "scripted",
    close: () => Promise.resolve(),
    stream() {
      const blocks = answers[next++] ?? [];
      const partial = new PartialAnswer();
      const done = { type: "done", stopReason: "end_turn", rawStopReason: "end", usage, rawUsage: null } as const;
      const events = [...blocks.map((block, index) => ({ type: "block_end", index, block }) as const), done];
      return {
        async *[Symbol.asyncIterator]() {
          for (const event of events) {
            partial.add(event);
            yield event;
          }
        },
        result: () => {
          const result = partial.result();
          return result === undefined
            ? Promise.reject(new ProviderError("protocol", "unread"))
            : Promise.resolve(result);
        },
      };
    },
  };
}

describe("what the user says meanwhile", () => {
  const said = (text: string) => [{ type: "text", text } as const];

  it("goes with the next request, behind the results, once", async () => {
    const inputs = [said("look at b too"), [], said("never asked for")];
    const { server, run } = await start(
      [calls(callItem("c1", "echo", { path: "a" })), calls(callItem("c2", "echo", { path: "b" })), DONE],
      { takeInput: () => inputs.shift() ?? [] },
    );
    const events = await drain(run);
    const types = events.map(({ type }) => type);
    const at = types.indexOf("user_input");
    expect(types.slice(at - 1, at + 2)).toEqual(["tool_end", "user_input", "step_start"]);
    expect(types.filter((type) => type === "user_input")).toHaveLength(1);
    expect(run.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(run.messages[3]).toEqual({ role: "user", content: said("look at b too") });
    expectSendable(run.messages);
    const second = JSON.stringify(server.requests[1]?.body);
    expect(second.indexOf("saw a")).toBeLessThan(second.indexOf("look at b too"));
    expect(inputs).toHaveLength(1);
  });

  it("stays with the caller when the answer needs no further request, and after an abort", async () => {
    const asked = vi.fn(() => said("late"));
    const { run } = await start([DONE], { takeInput: asked });
    await drain(run);
    expect(asked).not.toHaveBeenCalled();
    const controller = new AbortController();
    const stop = tool("stop", () => {
      controller.abort(new Error("enough"));
      return Promise.resolve("stopped");
    });
    const aborted = await start([calls(callItem("c1", "stop", { path: "a" }))], {
      tools: [stop],
      signal: controller.signal,
      takeInput: asked,
    });
    await expect(drain(aborted.run)).rejects.toThrow("enough");
    expect(asked).not.toHaveBeenCalled();
    expectSendable(aborted.run.messages);
  });
});

describe("a conversation that is revised", () => {
  const SHORT: Message = { role: "user", content: [{ type: "text", text: "In short" }] };

  it("is asked for before each request, and what comes back is sent and kept", async () => {
    const asked: string[] = [];
    const { server, run } = await start([calls(callItem("c1", "echo", { path: "a" })), DONE], {
      revise: ({ messages, step, refused }) => {
        asked.push(`${step} ${messages.length} ${refused?.code ?? ""}`);
        return Promise.resolve(step === 2 ? { messages: [SHORT], note: "shorter" } : undefined);
      },
    });
    const events = await drain(run);
    expect(asked).toEqual(["1 1 ", "2 3 "]);
    expect(events.filter(({ type }) => type === "messages_revised")).toEqual([
      { type: "messages_revised", before: 3, revision: { messages: [SHORT], note: "shorter" } },
    ]);
    expect(run.messages).toHaveLength(2);
    expect(run.messages[0]).toBe(SHORT);
    expect(JSON.stringify(server.requests.at(-1)?.body)).not.toContain("Go");
  });

  it.each([
    { name: "once more, revised", revisions: 1, expected: "answered" },
    { name: "not without a revision", revisions: 0, expected: "context_too_long" },
  ])("what the service finds too long is asked $name", async ({ revisions, expected }) => {
    const tooLong: Answer = { status: 400, body: '{"error":{"code":"context_length_exceeded","message":"too long"}}' };
    const refusals: string[] = [];
    const { run } = await start([tooLong, revisions > 0 ? DONE : tooLong], {
      revise: ({ refused }) => {
        if (refused !== undefined) refusals.push(refused.code);
        return Promise.resolve(refused === undefined || revisions === 0 ? undefined : { messages: [SHORT] });
      },
    });
    const ended = await run.result().then(
      (result) => result.ended,
      (error: unknown) => (ProviderError.is(error) ? error.code : "other"),
    );
    expect([ended, refusals]).toEqual([expected, ["context_too_long"]]);
  });

  it("twice too long is the end", async () => {
    const tooLong: Answer = { status: 400, body: '{"error":{"code":"context_length_exceeded","message":"too long"}}' };
    const { run } = await start([tooLong, tooLong, DONE], {
      revise: ({ refused }) => Promise.resolve(refused === undefined ? undefined : { messages: [SHORT] }),
    });
    await expect(run.result()).rejects.toMatchObject({ code: "context_too_long" });
  });
});
