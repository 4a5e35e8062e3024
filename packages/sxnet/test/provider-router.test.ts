import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderError, type ProviderErrorCode } from "../src/errors.js";
import type { Provider, ProviderSpec } from "../src/provider.js";
import { createRouter, type RouterParts } from "../src/provider-router.js";
import { type ProviderOptions, runProvider } from "../src/run-provider.js";
import type { StreamEvent } from "../src/types.js";
import { type Answer, answering, collect, HELLO, QUICK } from "./answering.js";

const REQUEST = { ...HELLO, model: "sonnet" };

const start = (text: string): readonly StreamEvent[] => [
  { type: "block_start", index: 0, block: { type: "text", text: "" } },
  { type: "text_delta", index: 0, text },
  { type: "block_end", index: 0, block: { type: "text", text } },
];
const DONE: StreamEvent = {
  type: "done",
  stopReason: "end_turn",
  rawStopReason: "end",
  usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  rawUsage: null,
};

/** A made-up service: the body's words are the answer, a status is an error of that code, `!` breaks after the start. */
async function service(name: string, answers: readonly Answer[], rest: Partial<ProviderSpec> = {}) {
  const server = await answering(...answers);
  const table = { note: "", contextTokens: 1, efforts: [], images: true };
  const spec: ProviderSpec = {
    name,
    usesCredential: false,
    models: {
      provider: name,
      aliases: { sonnet: `${name}-1` },
      models: [{ id: `${name}-1`, ...table }],
      passes: new RegExp(`^${name}-`),
      unlisted: table,
    },
    images: { mediaTypes: [], maxBytes: 0, maxEdgePixels: 0, longerEdges: "scaled" },
    buildRequest: ({ model }) => ({ method: "POST", url: server.baseUrl, headers: {}, body: model }),
    createMapper: () => ({
      map: ({ data }) => {
        if (data === "broken") throw new ProviderError("server_error", `${name} broke`);
        return data === "!" ? start("half") : [...start(data), DONE];
      },
    }),
    readError: ({ status, body }) =>
      new ProviderError(body as ProviderErrorCode, `${name} answered ${status}`, { status }),
    ...rest,
  };
  return { spec, server };
}

type Service = Awaited<ReturnType<typeof service>>;

async function router(services: readonly Service[], options: ProviderOptions = {}): Promise<Provider> {
  const parts: RouterParts = {
    services: Object.fromEntries(
      services.map(({ spec }) => [
        spec.name,
        {
          load: () => Promise.resolve(spec),
          ...(spec.usesCredential ? {} : { setUpBy: [`${spec.name.toUpperCase()}_KEY`] }),
        },
      ]),
    ),
    run: runProvider,
  };
  const settings = Object.fromEntries(services.map(({ spec }) => [`${spec.name.toUpperCase()}_KEY`, "k"]));
  const provider = await createRouter(
    { retry: QUICK, ...options, settings: { ...settings, ...options.settings } },
    parts,
  );
  onTestFinished(() => provider.close());
  return provider;
}

const says = (text: string): Answer => ({ body: `data: ${text}\n\n` });
const fails = (code: ProviderErrorCode, status = 429): Answer => ({ status, body: code });
const routes = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === "route" ? [[event.provider, event.model, event.reason]] : []));
const textOf = (events: readonly StreamEvent[]) =>
  events.map((event) => (event.type === "text_delta" ? event.text : "")).join("");

describe("the choice", () => {
  it("is the first that is set up, and is told before anything is sent", async () => {
    const one = await service("one", [says("1")]);
    const two = await service("two", [says("2")]);
    const provider = await router([one, two], { settings: { ONE_KEY: "" } });
    const { events, error } = await collect(provider.stream(REQUEST));
    expect(error).toBeUndefined();
    expect(events[0]).toEqual({
      type: "route",
      provider: "two",
      model: "two-1",
      reason: "first of ROUTER_ORDER that is set up",
    });
    expect(textOf(events)).toBe("2");
    expect(two.server.requests.map(({ body }) => body)).toEqual(["two-1"]);
    expect(one.server.requests).toHaveLength(0);
  });

  it("follows ROUTER_ORDER", async () => {
    const services = [await service("one", [says("1")]), await service("two", [says("2")])];
    const provider = await router(services, { settings: { ROUTER_ORDER: " two , one" } });
    expect(textOf((await collect(provider.stream(REQUEST))).events)).toBe("2");
  });

  it("asks the host about credentials that are not settings", async () => {
    const one = await service("one", [says("1")], { usesCredential: true });
    const two = await service("two", [says("2")], { usesCredential: true });
    const asked: string[] = [];
    const provider = await router([one, two], {
      hasCredential: (name) => Promise.resolve(name === "two"),
      getCredential: ({ provider: whose }) => {
        asked.push(whose);
        return Promise.resolve({ accessToken: "a" });
      },
    });
    expect(textOf((await collect(provider.stream(REQUEST))).events)).toBe("2");
    expect(asked).toEqual(["two"]);
  });

  it("passes over who does not know the model, and says so", async () => {
    const services = [await service("one", [says("1")]), await service("two", [says("2")])];
    const provider = await router(services);
    const { events } = await collect(provider.stream({ ...REQUEST, model: "two-9" }));
    expect(routes(events)).toEqual([["two", "two-9", "one does not know this model"]]);
    const { error } = await collect(provider.stream({ ...REQUEST, model: "sonet" }));
    expect(error).toMatchObject({ code: "model_unavailable", message: expect.stringContaining("sonnet") as string });
  });

  it("does not take a setting that cannot be used for an unknown model", async () => {
    const wrong = new ProviderError("configuration", "ONE_URL is wrong", { key: "ONE_URL" });
    const resolve = (): never => {
      throw wrong;
    };
    const services = [await service("one", [says("1")], { resolve }), await service("two", [says("2")])];
    const { events, error } = await collect((await router(services)).stream(REQUEST));
    expect(error).toMatchObject({ code: "configuration", key: "ONE_URL", provider: "one" });
    expect(events).toEqual([]);
  });

  it("is left at once on abort, also while the host looks for a credential and does not come back", async () => {
    const one = await service("one", [says("1")], { usesCredential: true });
    const controller = new AbortController();
    const provider = await router([one], {
      hasCredential: () => {
        queueMicrotask(() => controller.abort(new Error("enough")));
        return new Promise<boolean>(() => undefined);
      },
    });
    const { error } = await collect(provider.stream(REQUEST, { signal: controller.signal }));
    expect(error).toMatchObject({ message: "enough" });
  });

  it("without anything set up is one error, before any request; with a login meanwhile it works", async () => {
    const one = await service("one", [says("1")], { usesCredential: true });
    let loggedIn = false;
    const provider = await router([one], {
      hasCredential: () => Promise.resolve(loggedIn),
      getCredential: () => Promise.resolve({ accessToken: "a" }),
    });
    expect((await collect(provider.stream(REQUEST))).error).toMatchObject({
      code: "auth_missing",
      provider: "scorpiox",
      message: "no provider of ROUTER_ORDER has a credential (one)",
    });
    loggedIn = true;
    expect(textOf((await collect(provider.stream(REQUEST))).events)).toBe("1");
  });

  it.each(["three", "one,,three", ",", "constructor"])("refuses ROUTER_ORDER %j", async (value) => {
    const provider = await router([await service("one", [says("1")])], { settings: { ROUTER_ORDER: value } });
    expect((await collect(provider.stream(REQUEST))).error).toMatchObject({
      code: "configuration",
      key: "ROUTER_ORDER",
    });
  });
});

describe("a failure before the first event", () => {
  it.each<ProviderErrorCode>(["usage_limit", "quota_exhausted", "rate_limited", "overloaded", "server_error"])(
    "%s: the next one answers, at once, and stays",
    async (code) => {
      const one = await service("one", [fails(code), says("1")]);
      const two = await service("two", [says("2"), says("2 again")]);
      const provider = await router([one, two]);
      const { events } = await collect(provider.stream(REQUEST));
      expect(routes(events)).toEqual([
        ["one", "one-1", "first of ROUTER_ORDER that is set up"],
        ["two", "two-1", `one failed (${code})`],
      ]);
      expect(textOf(events)).toBe("2");
      expect(one.server.requests).toHaveLength(1);
      expect(routes((await collect(provider.stream(REQUEST))).events)).toEqual([["two", "two-1", "it answered last"]]);
    },
  );

  it("on the network as well", async () => {
    const one = await service("one", [(response) => void response.destroy()]);
    const two = await service("two", [says("2")]);
    expect(textOf((await collect((await router([one, two])).stream(REQUEST))).events)).toBe("2");
  });

  it.each<ProviderErrorCode>(["invalid_request", "auth_rejected", "context_too_long", "content_refused", "forbidden"])(
    "%s is for a person to mend: nobody else is asked",
    async (code) => {
      const one = await service("one", [fails(code, 400)]);
      const two = await service("two", [says("2")]);
      const { error } = await collect((await router([one, two])).stream(REQUEST));
      expect(error).toMatchObject({ code, provider: "one" });
      expect(two.server.requests).toHaveLength(0);
    },
  );

  it("of all: all are tried again after a wait, then one error names each", async () => {
    const one = await service("one", [fails("usage_limit")]);
    const two = await service("two", [fails("overloaded", 503), fails("overloaded", 503), says("2")]);
    const { events } = await collect((await router([one, two])).stream(REQUEST));
    expect(events.filter(({ type }) => type === "retry")).toHaveLength(2);
    expect(textOf(events)).toBe("2");
    const three = await service("three", [fails("usage_limit")]);
    const { error } = await collect((await router([one, three])).stream(REQUEST));
    expect(error).toMatchObject({
      code: "usage_limit",
      message: "no provider answered: one answered 429; three answered 429",
    });
  });

  it("of a single one is its own, after its own retries", async () => {
    const one = await service("one", [fails("overloaded", 503), fails("overloaded", 503), says("1")]);
    const { events } = await collect((await router([one])).stream(REQUEST));
    expect(textOf(events)).toBe("1");
    expect(routes(events)).toHaveLength(1);
  });
});

it("after the first event nobody else answers: half an answer is not continued by another", async () => {
  const one = await service("one", [{ body: "data: !\n\ndata: broken\n\n" }]);
  const two = await service("two", [says("2")]);
  const { events, error } = await collect((await router([one, two])).stream(REQUEST));
  expect(textOf(events)).toBe("half");
  expect(error).toMatchObject({ code: "server_error", provider: "one" });
  expect(ProviderError.is(error) && error.partial?.content).toHaveLength(1);
  expect(two.server.requests).toHaveLength(0);
});

it("an abort is the signal's reason, not a reason to go on", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const one = await service("one", [() => stop.abort(reason)]);
  const two = await service("two", [says("2")]);
  const { error } = await collect((await router([one, two])).stream(REQUEST, { signal: stop.signal }));
  expect(error).toBe(reason);
  expect(two.server.requests).toHaveLength(0);
});

it("a reader who leaves after the end still has the whole answer", async () => {
  const turn = (await router([await service("one", [says("1")])])).stream(REQUEST);
  for await (const { type } of turn) if (type === "done") break;
  expect((await turn.result()).message.content).toEqual([{ type: "text", text: "1" }]);
});

describe("limits of images", () => {
  const images = (rest: Partial<ProviderSpec["images"]>): Partial<ProviderSpec> => ({
    images: {
      mediaTypes: ["image/png", "image/gif"],
      maxBytes: 100,
      maxEdgePixels: 50,
      longerEdges: "scaled",
      ...rest,
    },
  });
  const refusing = images({ maxEdgePixels: 80, longerEdges: "refused", maxImages: 9 });
  const light = images({ mediaTypes: ["image/png"], maxBytes: 10, maxTotalBytes: 20 });

  it.each([
    ["of one are its own", [light], light.images],
    [
      "of several are what all take; who scales refuses no edge",
      [light, refusing],
      {
        mediaTypes: ["image/png"],
        maxBytes: 10,
        maxEdgePixels: 80,
        longerEdges: "refused",
        maxTotalBytes: 20,
        maxImages: 9,
      },
    ],
  ])("%s", async (_name, specs, expected) => {
    const services = await Promise.all(specs.map((spec, at) => service(`s${at}`, [], spec)));
    const provider = await router(services);
    expect(await provider.readImageLimits?.()).toEqual(expected);
  });

  it("count those alone that are set up, or all as long as nobody is", async () => {
    const services = [await service("a", [], light), await service("b", [], refusing)];
    const onlyB = await router(services, { settings: { A_KEY: "" } });
    expect(await onlyB.readImageLimits?.()).toEqual(refusing.images);
    const none = await router(services, { settings: { A_KEY: "", B_KEY: "" } });
    expect(await none.readImageLimits?.()).toMatchObject({ maxBytes: 10 });
  });
});
