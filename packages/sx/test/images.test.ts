import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drawing, noise, TWO_FRAMES } from "./files/sample-images.js";
import { linesOf, makePlace, openSim, runSx } from "./harness.js";

/** Every provider, over every wire format that it speaks. */
const WAYS: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
  ["codex, classic", { PROVIDER: "codex", MODEL: "gpt-5.4" }],
  ["codex, lite", { PROVIDER: "codex", MODEL: "gpt-5.6-terra" }],
  ["claude_code", { PROVIDER: "claude_code" }],
  ["anthropic", { PROVIDER: "anthropic" }],
  ["gemini 3", { PROVIDER: "gemini", MODEL: "gemini-3.8-flash" }],
  ["gemini 2.5", { PROVIDER: "gemini", MODEL: "gemini-2.5-flash" }],
  ["openai, Chat Completions", { PROVIDER: "openai", OPENAI_API: "chat", MODEL: "gpt-4.1" }],
  ["openai, Responses", { PROVIDER: "openai", OPENAI_API: "responses", MODEL: "gpt-4.1" }],
  ["scorpiox, in the process", { PROVIDER: "scorpiox", ROUTER_URL: "" }],
  ["scorpiox, at an address", { PROVIDER: "scorpiox" }],
];

const ANSWER = { reply: [{ text: "A drawing." }] };
const VIEW = { reply: [{ tool_use: { name: "view_image", input: { path: "b.png" } } }] };

/** Base64 of every image of a request, in order. */
function imagesOf(request: { readonly messages: readonly object[] }): readonly string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
    if (type === "image" && typeof data === "string") found.push(data);
    else for (const each of Object.values(value)) walk(each);
  };
  walk(request.messages);
  return found;
}

describe.each(WAYS)("%s", (_name, env) => {
  test("--image and view_image arrive byte for byte, and stay in the conversation", async () => {
    const place = await makePlace();
    const [a, b] = [drawing(30, 20).png(), drawing(20, 30).png()];
    await writeFile(join(place.project, "a.png"), a);
    await writeFile(join(place.project, "b.png"), b);
    const sim = await openSim({ turns: [VIEW, ANSWER] });
    const all = { ...sim.env, ...env };
    const outcome = await runSx(["-p", "--image", "a.png", "what is it?"], { place, env: all, stdin: "" });
    expect(outcome).toMatchObject({ code: 0, stdout: "A drawing.\n" });
    expect(sim.violations).toEqual([]);
    const seen = sim.requests.map(imagesOf);
    expect(seen).toEqual([[a.toString("base64")], [a.toString("base64"), b.toString("base64")]]);
  });

  test("a large image is made to fit, and the run says so", async () => {
    const place = await makePlace();
    await writeFile(join(place.project, "wide.png"), drawing(9000, 90).png());
    const sim = await openSim({ turns: [ANSWER] });
    const argv = ["-p", "--image", "wide.png", "what is it?"];
    const outcome = await runSx(argv, { place, env: { ...sim.env, ...env }, stdin: "" });
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.stderr).toMatch(/--image wide\.png: scaled from 9000x90 to (2048|3072|8000)x\d\d\b/);
    const [[data = ""] = []] = sim.requests.map(imagesOf);
    expect(Buffer.from(data, "base64").readUInt32BE(16)).toBeLessThanOrEqual(8000);
  });
});

test("what the provider does not take is converted: a GIF for Gemini", async () => {
  const place = await makePlace();
  await writeFile(join(place.project, "a.gif"), TWO_FRAMES);
  const sim = await openSim({ turns: [ANSWER] });
  const env = { ...sim.env, PROVIDER: "gemini" };
  const outcome = await runSx(["-p", "--image", "a.gif", "what is it?", "--json"], { place, env, stdin: "" });
  expect(outcome.code).toBe(0);
  expect(linesOf(outcome.stdout).find(({ type }) => type === "error")).toMatchObject({
    severity: "warning",
    code: "image",
  });
  expect(sim.requests[0]?.messages[0]?.content[0]).toMatchObject({ mediaType: "image/png" });
});

test.each([
  ["a.svg", Buffer.from("<svg >"), "--image a.svg: it is an SVG drawing: read it as text, or save it as PNG first"],
  ["a.png", drawing(90, 90).png().subarray(0, 20), "--image a.png: it begins like image/png but its header is damaged"],
  ["none.png", undefined, "--image none.png: it does not exist"],
])("%s cannot be sent: exit 42, nothing sent", async (name, bytes, words) => {
  const place = await makePlace();
  if (bytes !== undefined) await writeFile(join(place.project, name), bytes);
  const sim = await openSim({ turns: [ANSWER] });
  const outcome = await runSx(["-p", "--image", name, "q"], { place, env: sim.env, stdin: "" });
  expect(outcome).toMatchObject({ code: 42, stdout: "" });
  expect(outcome.stderr).toContain(words);
  expect(sim.requests).toHaveLength(0);
});

describe("a model that cannot see", () => {
  const blind = ["--provider", "codex", "-m", "gpt-5.3-codex-spark"];

  test("is not asked about an image of the prompt", async () => {
    const place = await makePlace();
    await writeFile(join(place.project, "a.png"), drawing(3, 3).png());
    const sim = await openSim({ turns: [ANSWER] });
    const outcome = await runSx([...blind, "-p", "--image", "a.png", "q"], { place, env: sim.env, stdin: "" });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain("gpt-5.3-codex-spark cannot see images; choose a model that can");
    expect(sim.requests).toHaveLength(0);
  });

  test("goes on with a conversation that holds images, and another sees them again", async () => {
    const place = await makePlace();
    const a = drawing(3, 3).png();
    await writeFile(join(place.project, "a.png"), a);
    const sim = await openSim({ turns: [ANSWER, ANSWER, ANSWER] });
    const options = { place, env: sim.env, stdin: "" };
    expect((await runSx(["-p", "--image", "a.png", "q"], options)).code).toBe(0);
    expect((await runSx([...blind, "-p", "-c", "and now?"], options)).code).toBe(0);
    expect((await runSx(["-p", "-c", "--provider", "anthropic", "and now?"], options)).code).toBe(0);
    const seen = sim.requests.map((request) => imagesOf(request).length);
    expect(seen).toEqual([1, 0, 1]);
    expect(JSON.stringify(sim.requests[1]?.messages)).toContain(
      "[image omitted: gpt-5.3-codex-spark cannot see images]",
    );
  });

  test("is told so in place of what a tool shows", async () => {
    const place = await makePlace();
    await writeFile(join(place.project, "b.png"), drawing(3, 3).png());
    const sim = await openSim({
      turns: [VIEW, { expect: { toolResults: [{ contains: "cannot see images]" }] }, ...ANSWER }],
    });
    const outcome = await runSx([...blind, "-p", "look at b.png"], { place, env: sim.env, stdin: "" });
    expect(outcome).toMatchObject({ code: 0, stdout: "A drawing.\n" });
    expect(sim.violations).toEqual([]);
  });
});

test("an image too heavy for any provider is made lighter, and the file stays as it was", async () => {
  const place = await makePlace();
  const path = join(place.project, "heavy.png");
  const bytes = noise(1700, 1700).png();
  await writeFile(path, bytes);
  const sim = await openSim({ turns: [ANSWER] });
  const outcome = await runSx(["-p", "--image", "heavy.png", "q"], { place, env: sim.env, stdin: "" });
  expect(outcome.stderr).toMatch(
    /--image heavy\.png: made \S+ MB from \S+ MB, converted from image\/png to image\/jpeg/,
  );
  expect((await readFile(path)).equals(bytes)).toBe(true);
});
