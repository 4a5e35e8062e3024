import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findImageLibrary, scaleImage } from "../../src/files/image-scale.js";
import type { ScaleJob } from "../../src/files/image-scale-thread.js";
import { drawing } from "./sample-images.js";

const JOB: ScaleJob = {
  bytes: drawing(20, 20).png(),
  maxBytes: 1_000_000,
  maxEdgePixels: 10,
  forms: ["image/png", "image/jpeg"],
  isPhotograph: false,
  orientation: 1,
};

/** A library that is not the real one: what a decoder may do with a hostile image. */
function library(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sx-library-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "library.cjs");
  writeFileSync(path, program);
  return path;
}

const decoding = (code: string): string =>
  library(`exports.PhotonImage = { new_from_byteslice() { ${code} } }; exports.resize = () => {};`);

describe("scaleImage", () => {
  it("works with the library that is found", async () => {
    expect(await scaleImage(findImageLibrary() ?? "", JOB)).toMatchObject({ width: 10, height: 10 });
  });

  it("is not held up by an image that never ends", async () => {
    await expect(scaleImage(decoding("for (;;);"), JOB, { timeoutMs: 200 })).rejects.toThrow(
      "it needs longer than 0.2 s",
    );
  });

  it("leaves an image that never ends when it is aborted", async () => {
    const controller = new AbortController();
    const work = scaleImage(decoding("for (;;);"), JOB, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error("enough")));
    await expect(work).rejects.toThrow("enough");
    await expect(scaleImage("", JOB, { signal: controller.signal })).rejects.toThrow("enough");
  });

  it.each([
    ["throws", "throw new Error('x')", "it is damaged, or too large for the memory"],
    ["eats the memory of its thread", "const all = []; for (;;) all.push([...'x'.repeat(1e5)])", "too large"],
    ["ends the thread", "process.exit(0)", "it ended without a result"],
  ])("survives a decoder that %s", async (_name, code, words) => {
    await expect(scaleImage(decoding(code), JOB)).rejects.toThrow(words);
  });

  it("hands nothing of the environment to the thread", async () => {
    const path = decoding("throw new Error(Object.keys(process.env).join())");
    await expect(scaleImage(path, JOB)).rejects.toMatchObject({ cause: { message: "" } });
  });
});
