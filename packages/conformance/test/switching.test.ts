import type { Script, Sim } from "@scorpiox/sim";
import {
  type AssistantMessage,
  type ChatRequest,
  type ContentBlock,
  createProvider,
  type ImageBlock,
  type Message,
  type Provider,
  type ToolDefinition,
  type ToolResultBlock,
} from "@scorpiox/sxnet";
import { describe, expect, it, onTestFinished } from "vitest";
import { ALL_WAYS, openSim, type Way } from "./every-provider.js";

/**
 * One conversation, carried from provider to provider in the middle of its turns. The simulator refuses what the
 * services refuse. What one service gave for itself alone reaches no other, and comes back to the one that gave it.
 */

const IMAGE: ImageBlock = {
  type: "image",
  mediaType: "image/png",
  data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
};
const TOOLS: readonly ToolDefinition[] = ["read", "list"].map((name) => ({
  name,
  description: `${name} something`,
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
}));

const text = (words: string) => ({ type: "text", text: words }) as const;
const call = (id: string, name = "read") => ({ type: "tool_use", id, name, input: { path: id } }) as const;
const result = (toolUseId: string, ...content: ToolResultBlock["content"]): ToolResultBlock => ({
  type: "tool_result",
  toolUseId,
  content,
});
const user = (...content: Extract<Message, { role: "user" }>["content"]): Message => ({ role: "user", content });
const said = (...content: AssistantMessage["content"]): Message => ({ role: "assistant", content });

/** Forms that services give: safe, with separators, long, of one character, not of ASCII, and none. */
const IDS = ["toolu_01", "call_a|fc_b", "functions.read:0", "0", `call_${"x".repeat(90)}`, "é/ü", "call|fc", ""];

/** What a conversation may hold that was interrupted, resumed, and taken over from somewhere else. */
const PAST: readonly Message[] = [
  user(text("Look at this: \ud83d and \ude00, and 😀."), text(""), IMAGE),
  said(
    { type: "thinking", text: "unsigned thought" },
    text(""),
    { type: "thinking", text: "", opaque: { provider: "nobody", model: "m", data: { signature: "of-nobody-at-all" } } },
    text("All at once."),
    ...IDS.map((id) => call(id)),
  ),
  user(
    text("By the way:"),
    ...IDS.slice(2).map((id) => result(id, text(`result of ${id}`))),
    result("toolu_01", IMAGE, text("an icon")),
    { ...result("stray", text("the result of no call")) },
    { ...result("call_a|fc_b", text("no such file"), IMAGE), isError: true },
  ),
  // Two calls of one id, as some servers name them, and no result for the second.
  said(call("same"), call("same", "list")),
  user(result("same", text("first of the same"))),
  // An answer that was cut while it wrote a call, and a turn that was interrupted before its results.
  said(text("I was about to "), {
    type: "tool_use",
    id: "cut",
    name: "read",
    input: {},
    inputError: "cut off",
    rawInput: '{"pa',
  }),
  user(text("")),
  said(text("  \n"), call("interrupted")),
  user(text("Stop. Go on.")),
  said(),
  user(text("And now?")),
  said({ type: "thinking", text: "only a thought" }),
  user(text("Well?"), result("read-by-nobody", text("x"))),
  said(text("Ends in white space. \n")),
  user({ ...result("nothing") }, text("Once more.")),
];

const REPLY: Script["turns"][number]["reply"] = [
  { thinking: "the thought before {{step}}" },
  { text: "answer {{step}}" },
  { tool_use: { name: "read", input: { path: "a" } } },
  { tool_use: { name: "list", input: { path: "b" } } },
];
const SCRIPT: Script = { turns: [{ times: "any", reply: REPLY }] };

/** The results of an answer's calls: text and an image, and a failure; or nothing at all when it is interrupted. */
function answerCalls(message: AssistantMessage, marker: string): Message {
  const ids = message.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
  return user(
    ...ids.map((id, index): ToolResultBlock =>
      index === 0
        ? result(id, text(`${marker} text`), IMAGE)
        : { ...result(id, text(`${marker} failed`)), isError: true },
    ),
  );
}

async function ask(provider: Provider, way: Way, messages: readonly Message[]): Promise<AssistantMessage> {
  const request: ChatRequest = {
    model: way.model,
    system: "You are a test.",
    messages,
    tools: TOOLS,
    thinking: { effort: "low" },
    sessionId: "session-made-up",
  };
  return (await provider.stream(request).result()).message;
}

/** What only the service that made it can read: every long text in the opaque data of these blocks. */
function secretsOf(blocks: readonly ContentBlock[]): readonly string[] {
  return blocks.flatMap((block) => ("opaque" in block ? longTexts(block.opaque?.data) : []));
}

/** Names of fields and kinds are short, signatures are not. */
function longTexts(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length > 20 ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(longTexts);
}

const thoughtsOf = (message: AssistantMessage): readonly string[] =>
  message.content.flatMap((block) => (block.type === "thinking" && block.text !== "" ? [block.text] : []));

/** Half of a pair is not JSON to many services, and stands only escaped in it; whole characters go through. */
function expectWholeCharacters(sim: Sim): void {
  for (const { body } of sim.requests) {
    expect(/\\ud[89a-f]/i.test(body)).toBe(false);
    expect(body).toContain("😀");
  }
}

/** The body of the newest request, and what it says of the results, in order. */
function newest(sim: Sim): { readonly body: string; readonly results: readonly string[] } {
  const seen = sim.requests.at(-1);
  return { body: seen?.body ?? "", results: seen?.toolResults.map(({ text: words }) => words) ?? [] };
}

describe.each(ALL_WAYS.map((way) => [way.name, way] as const))("from %s", (_name, first) => {
  it.each(ALL_WAYS.map((way) => [way.name, way] as const))("to %s and back", async (_other, second) => {
    const { sim, open } = await openSim(SCRIPT);
    const [one, two] = [await open(first), await open(second)];
    const messages: Message[] = [...PAST];

    const own = await ask(one, first, messages);
    messages.push(own, answerCalls(own, "one"));
    expect(newest(sim).body).not.toContain("of-nobody-at-all");

    // The other one takes over while calls are answered.
    const foreign = await ask(two, second, messages);
    const { body, results } = newest(sim);
    expect(results).toEqual([expect.stringContaining("one text"), expect.stringContaining("one failed")]);
    const isSame = first === second;
    const isPrivate = [...secretsOf(own.content), ...(isSame ? [] : thoughtsOf(own))];
    for (const secret of isPrivate) expect(body.includes(secret), secret).toBe(isSame);

    // Back again, after the user said something while calls were open, and once more with nothing in between.
    messages.push(foreign, user(text("Never mind.")));
    const again = await ask(one, first, messages);
    const back = newest(sim).body;
    // A thought that carries nothing is not wanted back.
    const wanted = own.content.some(({ type, opaque }) => type === "thinking" && opaque !== undefined);
    expect(wanted).toBe(first.provider !== "gemini");
    for (const secret of [...secretsOf(own.content), ...(wanted ? thoughtsOf(own) : [])]) {
      expect(back.includes(secret), `back with ${secret}`).toBe(true);
    }
    for (const secret of secretsOf(foreign.content)) expect(back.includes(secret), secret).toBe(isSame);

    messages.push(again, answerCalls(again, "three"));
    await ask(one, first, messages);
    for (const secret of secretsOf(again.content)) expect(newest(sim).body).toContain(secret);
    expect(newest(sim).body).toContain("answer 1");
    expect(newest(sim).body).toContain("answer 2");
    expectWholeCharacters(sim);
    expect(sim.problems()).toEqual([]);
  });
});

it("goes on through every provider, one after the other, in any order", async () => {
  const { sim, open } = await openSim(SCRIPT);
  const providers = new Map<string, Provider>();
  const messages: Message[] = [...PAST];
  /** Whose each secret is. */
  const owners = new Map<string, string>();
  // The same order in every run: each step a stride away from the last, and another stride each round.
  for (let step = 0; step < 6 * ALL_WAYS.length; step += 1) {
    const stride = 1 + Math.floor(step / ALL_WAYS.length);
    const way = ALL_WAYS[(step * stride) % ALL_WAYS.length];
    if (way === undefined) throw new Error("there is no such way");
    const provider = providers.get(way.name) ?? (await open(way));
    providers.set(way.name, provider);
    const message = await ask(provider, way, messages);
    const { body } = newest(sim);
    // Which of them a service wants back is its own affair; that it gets no other's is ours.
    const own = `${provider.name} ${way.model}`;
    for (const [secret, owner] of owners) if (owner !== own) expect(body.includes(secret), owner).toBe(false);
    for (const secret of secretsOf(message.content)) owners.set(secret, own);
    messages.push(message);
    if (step % 3 !== 2) messages.push(answerCalls(message, `step ${step}`));
    if (step % 2 === 1) messages.push(user(text(`user ${step}`)));
  }
  expect(owners.size).toBeGreaterThan(60);
  expectWholeCharacters(sim);
  expect(sim.problems()).toEqual([]);
});

it("goes on while the router moves from one that fails to the next, and back", async () => {
  const answer = { reply: REPLY };
  const busy = { status: "overloaded" } as const;
  const turns = [answer, busy, answer, busy, busy, answer, busy, answer];
  const { sim } = await openSim({ turns });
  const router = await createProvider("scorpiox", {
    settings: { ...sim.env, ROUTER_ORDER: "codex,anthropic,gemini" },
    hasCredential: async () => true,
    getCredential: async () => ({ accessToken: "made-up" }),
  });
  onTestFinished(() => router.close());
  const messages: Message[] = [...PAST];
  const seen: string[] = [];
  const owners = new Map<string, string>();
  for (let step = 0; step < 4; step += 1) {
    const request: ChatRequest = { model: "sonnet", messages, tools: TOOLS, thinking: { effort: "low" } };
    const turn = router.stream(request);
    for await (const event of turn) if (event.type === "route") seen.push(event.provider);
    const { message } = await turn.result();
    const { body, results } = newest(sim);
    const own = seen.at(-1) ?? "";
    if (step > 0) expect(results).toHaveLength(2);
    for (const [secret, owner] of owners) expect(body.includes(secret), `${owner} to ${own}`).toBe(owner === own);
    for (const secret of secretsOf(message.content)) owners.set(secret, own);
    messages.push(message, answerCalls(message, `step ${step}`));
  }
  // The one that answered last is asked first, the others follow in their order.
  expect(seen).toEqual(["codex", "codex", "anthropic", "anthropic", "codex", "gemini", "gemini", "codex"]);
  expect(sim.problems()).toEqual([]);
});
