import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { type ScaledImage, scaleHere, type ScaleJob } from "./image-scale-thread.js";

/** The package that scales images. It is optional: without it images over a limit are refused. */
export const IMAGE_LIBRARY = "@silvia-odwyer/photon-node";

/** Longest that one image may take. 100 megapixels take up to half of it on a slow machine. */
const TIMEOUT_MS = 60_000;

/** Where the library is, found from this program and never from the working folder; `undefined`: it is not there. */
export function findImageLibrary(): string | undefined {
  try {
    return createRequire(__filename).resolve(IMAGE_LIBRARY);
  } catch {
    // Optional packages may be left out by whoever installs.
    return undefined;
  }
}

/**
 * Scales an image in a thread of its own, with the library at this path: images are hostile data, and a thread can be
 * ended whatever it does. Its memory goes with it: up to 25 bytes for each pixel.
 * @throws Error when it is damaged, needs too long, or does not fit however small; the signal's reason.
 */
export async function scaleImage(
  library: string,
  job: ScaleJob,
  { signal, timeoutMs = TIMEOUT_MS }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {},
): Promise<ScaledImage> {
  signal?.throwIfAborted();
  const program = `"use strict";
    const { parentPort, workerData } = require("node:worker_threads");
    const scaleHere = ${scaleHere.toString()};
    parentPort.postMessage(scaleHere(require(workerData.library), workerData.job));`;
  const worker = new Worker(program, {
    eval: true,
    workerData: { library, job },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 128 },
    // What the library writes when it fails is for nobody.
    stdout: true,
    stderr: true,
  });
  let timer: NodeJS.Timeout | undefined;
  let leave = (): void => undefined;
  try {
    return await new Promise<ScaledImage>((resolve, reject) => {
      leave = () => reject(signal?.reason);
      signal?.addEventListener("abort", leave, { once: true });
      timer = setTimeout(() => reject(new Error(`it needs longer than ${timeoutMs / 1000} s`)), timeoutMs);
      worker.once("message", resolve);
      worker.once("error", (cause) => reject(new Error("it is damaged, or too large for the memory", { cause })));
      worker.once("exit", () => reject(new Error("it ended without a result")));
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
    await worker.terminate();
  }
}
