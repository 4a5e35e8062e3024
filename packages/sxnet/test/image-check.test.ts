import { expect, it } from "vitest";
import { checkImages } from "../src/image-check.js";
import type { ImageBlock, Message } from "../src/types.js";

const LIMITS = { mediaTypes: ["image/png"], maxBytes: 6, maxEdgePixels: 100 };
const SEEING = { id: "m1", note: "", contextTokens: 1, efforts: [], images: true };
const OPTIONS = { provider: "p", seeing: "m1" };

const image = (data = "AAAA", mediaType = "image/png"): ImageBlock => ({ type: "image", mediaType, data });
const places: [string, (block: ImageBlock) => Message][] = [
  ["said", (block) => ({ role: "user", content: [block] })],
  ["in a result", (block) => ({ role: "user", content: [{ type: "tool_result", toolUseId: "c", content: [block] }] })],
];

it.each(places)("%s: passes what is taken", (_name, place) => {
  expect(() => checkImages({ model: "m1", messages: [place(image())] }, SEEING, LIMITS, OPTIONS)).not.toThrow();
});

it.each(places)("%s: refuses what is not, before anything is sent", (_name, place) => {
  const check = (block: ImageBlock, model = SEEING): void =>
    checkImages({ model: "m1", messages: [place(block)] }, model, LIMITS, OPTIONS);
  expect(() => check(image(), { ...SEEING, id: "m2", images: false })).toThrow(
    expect.objectContaining({
      code: "invalid_request",
      message: "m2 cannot see images; choose a model that can, for example m1",
    }),
  );
  expect(() => check(image("AAAA", "image/gif"))).toThrow(
    expect.objectContaining({ message: 'p does not take images of type "image/gif"; it takes image/png' }),
  );
  expect(() => check(image("A".repeat(12)))).toThrow(expect.objectContaining({ code: "request_too_large" }));
});

it("looks at a message once", () => {
  let reads = 0;
  const message = new Proxy<Message>(
    { role: "user", content: [image()] },
    {
      get(target, key) {
        reads += key === "content" ? 1 : 0;
        return Reflect.get(target, key) as unknown;
      },
    },
  );
  for (let step = 0; step < 5; step += 1) {
    checkImages({ model: "m1", messages: [message] }, SEEING, LIMITS, OPTIONS);
  }
  expect(reads).toBe(1);
});
