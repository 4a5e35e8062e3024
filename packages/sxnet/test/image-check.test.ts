import { describe, expect, it } from "vitest";
import { checkImages } from "../src/image-check.js";
import type { ImageLimits } from "../src/provider.js";
import type { ChatRequest, ImageBlock, Message } from "../src/types.js";

const LIMITS: ImageLimits = {
  mediaTypes: ["image/png"],
  maxBytes: 60,
  maxEdgePixels: 100,
  longerEdges: "refused",
};
const SEEING = { id: "m1", note: "", contextTokens: 1, efforts: [], images: true };
const BLIND = { ...SEEING, id: "m2", images: false };
const OPTIONS = { provider: "p", seeing: "m1" };

const image = (data = "AAAA", mediaType = "image/png"): ImageBlock => ({ type: "image", mediaType, data });
const said = (...blocks: readonly ImageBlock[]): Message => ({ role: "user", content: blocks });
const shown = (block: ImageBlock): Message => ({
  role: "user",
  content: [{ type: "tool_result", toolUseId: "c", content: [{ type: "text", text: "a.png" }, block] }],
});
const answer: Message = { role: "assistant", content: [{ type: "text", text: "I see." }] };
const next: Message = { role: "user", content: [{ type: "text", text: "go on" }] };

/** A PNG as far as anybody reads who decodes nothing. */
function png(width: number, height: number): ImageBlock {
  const bytes = Buffer.from("89504e470d0a1a0a0000000d4948445200000000000000000802000000", "hex");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return image(bytes.toString("base64"));
}

function check(messages: readonly Message[], model = SEEING, limits = LIMITS): ChatRequest {
  return checkImages({ model: model.id, messages }, model, limits, OPTIONS);
}

function note(request: ChatRequest, at = 0): unknown {
  const block = request.messages[at]?.content.at(-1);
  const inner = block?.type === "tool_result" ? block.content.at(-1) : block;
  return inner?.type === "text" ? inner.text : inner?.type;
}

const FAULTS: readonly [name: string, block: ImageBlock, model: typeof SEEING, message: string, noted: string][] = [
  [
    "a model without eyes",
    image(),
    BLIND,
    "m2 cannot see images; choose a model that can, for example m1",
    "[image omitted: m2 cannot see images]",
  ],
  [
    "another type",
    image("AAAA", "image/gif"),
    SEEING,
    'p does not take images of type "image/gif"; it takes image/png',
    '[image omitted: p does not take images of type "image/gif"]',
  ],
  [
    "too many bytes",
    image("A".repeat(2_000_000)),
    SEEING,
    "an image has 1.5 MB, and p takes at most 0.0 MB; send a smaller one",
    "[image omitted: it has 1.5 MB, and p takes at most 0.0 MB]",
  ],
  [
    "too long an edge",
    png(20, 101),
    SEEING,
    "an image has 101 pixels on its longest edge, and p takes at most 100; send a smaller one",
    "[image omitted: it has 101 pixels on its longest edge, and p takes at most 100]",
  ],
];

describe("one image", () => {
  it.each([
    ["said", [said(image())]],
    ["of a tool", [shown(png(100, 100))]],
    ["said earlier", [said(image()), answer, next]],
  ])("that is taken: %s: the request is the same object", (_name, messages) => {
    const request = { model: "m1", messages };
    expect(checkImages(request, SEEING, LIMITS, OPTIONS)).toBe(request);
  });

  it.each(FAULTS)("%s: an error in the newest message", (_name, block, model, message) => {
    expect(() => check([next, answer, said(block)], model)).toThrow(
      expect.objectContaining({ message, provider: "p" }),
    );
  });

  it.each(FAULTS)(
    "%s: a note where the user showed it earlier, or a tool did",
    (_name, block, model, _message, noted) => {
      expect(note(check([said(block), answer, next], model))).toBe(noted);
      expect(note(check([said(block), next], model))).toBe(noted);
      expect(note(check([shown(block), answer, next], model))).toBe(noted);
      expect(note(check([next, answer, shown(block)], model), 2)).toBe(noted);
    },
  );

  it("with a long edge is sent where the service scales", () => {
    expect(note(check([said(png(20, 101))], SEEING, { ...LIMITS, longerEdges: "scaled" }))).toBe("image");
  });
});

describe("notes", () => {
  it("leave the conversation as it was, and every other message the same object", () => {
    const messages = [said(image()), answer, next];
    const before = structuredClone(messages);
    const sent = check(messages, BLIND).messages;
    expect(messages).toEqual(before);
    expect(sent.slice(1)).toEqual(messages.slice(1));
    expect(sent[1]).toBe(answer);
    // For a model that sees, it is the image again.
    expect(check(messages).messages).toBe(messages);
  });

  it("are the same message object with each step, and another one for another model", () => {
    const first = said(image());
    const [once] = check([first, answer, next], BLIND).messages;
    expect(check([first, answer, next, answer, next], BLIND).messages[0]).toBe(once);
    expect(check([first, answer, next], { ...BLIND, id: "m3" }).messages[0]).not.toBe(once);
  });

  it("keep the text beside the image, in its order", () => {
    const [sent] = check([shown(image()), answer, next], BLIND).messages;
    expect(sent?.content).toEqual([
      {
        type: "tool_result",
        toolUseId: "c",
        content: [
          { type: "text", text: "a.png" },
          { type: "text", text: "[image omitted: m2 cannot see images]" },
        ],
      },
    ]);
  });
});

describe("many images", () => {
  /** Which of the messages, oldest first, still hold their image. */
  const kept = (count: number, limits: Partial<ImageLimits>): string => {
    const messages = Array.from({ length: count }, () => [shown(png(50, 50)), answer]).flat();
    const sent = check([...messages, next], SEEING, { ...LIMITS, ...limits });
    return Array.from({ length: count }, (_, at) => (note(sent, 2 * at) === "image" ? "x" : ".")).join("");
  };

  it.each([
    [4, "xxxx"],
    [5, "...xx"],
    [6, "...xxx"],
    [7, "...xxxx"],
    [8, "......xx"],
  ])("%i where 4 are taken: the oldest give way, half of all at once", (count, expected) => {
    expect(kept(count, { maxImages: 4 })).toBe(expected);
    // 29 bytes each, as base64 counts them 30.
    expect(kept(count, { maxTotalBytes: 120 })).toBe(expected);
  });

  it("at once in the newest message are an error", () => {
    const five = said(...Array.from({ length: 5 }, () => png(5, 5)));
    expect(() => check([five], SEEING, { ...LIMITS, maxImages: 4 })).toThrow(
      "5 images at once, and p takes 4; send fewer",
    );
    expect(() => check([five], SEEING, { ...LIMITS, maxTotalBytes: 120 })).toThrow(
      /^the images have 0\.0 MB, and p takes/,
    );
    // The ones before them give way first.
    const limits = { ...LIMITS, maxImages: 5 };
    expect(note(check([shown(image()), answer, five], SEEING, limits))).toMatch(/no more images/);
  });

  it("are held to a shorter edge where the service does so", () => {
    const crowd = { images: 2, maxEdgePixels: 60 };
    const old = [shown(png(70, 10)), answer, shown(png(50, 10)), answer];
    expect(note(check([...old, next], SEEING, { ...LIMITS, crowd }))).toBe("image");
    const sent = check([...old, shown(png(60, 10)), answer, next], SEEING, { ...LIMITS, crowd });
    expect([0, 2, 4].map((at) => note(sent, at))).toEqual([
      "[image omitted: p takes at most 60 pixels a side when there are more than 2 images]",
      "image",
      "image",
    ]);
    expect(() => check([...old, said(png(61, 10))], SEEING, { ...LIMITS, crowd })).toThrow(/61 pixels/);
  });
});

it("looks at a message once", () => {
  let reads = 0;
  const message = new Proxy<Message>(shown(image()), {
    get(target, key) {
      reads += key === "content" ? 1 : 0;
      return Reflect.get(target, key) as unknown;
    },
  });
  for (let step = 0; step < 5; step += 1) check([message, answer, next]);
  expect(reads).toBe(1);
});
