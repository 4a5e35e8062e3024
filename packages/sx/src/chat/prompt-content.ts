import type { ImageLimits, UserBlock } from "@scorpiox/sxnet";
import type { SxTool } from "../tools/tool-context.js";
import { findMentions } from "../ui/editor/file-mention.js";

export interface PromptSources {
  /** Real path of the working folder. */
  readonly cwd: string;
  readonly home: string;
  readonly tools: readonly SxTool[];
  readonly signal: AbortSignal;
  /** What the provider takes of an image; `undefined` where it does not tell. */
  readonly readImageLimits: () => Promise<ImageLimits | undefined>;
}

/** More files than this are not looked at; the model can read them by itself. */
const MAX_MENTIONS = 12;
/** A file that is longer as the `read` tool tells it is only named. */
const MAX_FILE_CHARS = 16_000;
const MAX_ALL_CHARS = 64_000;
/** Opens the block that holds what the prompt names. */
const FILES_HEAD = "Files that the prompt names:";
const IMAGE = /\.(?:png|jpe?g|gif|webp)$/i;

/**
 * What is sent for a prompt: its text, the images that stand in it, and what its `@` mentions name. Files are read with
 * the model's own `read` tool, so that the same places stay closed and the model may edit what it was shown; long files
 * and folders are the model's to read. @throws FileFailure for an image that cannot be sent
 */
export async function readPromptContent(
  text: string,
  images: readonly { readonly path: string }[],
  sources: PromptSources,
): Promise<readonly UserBlock[]> {
  const mentioned = [...new Set(findMentions(text).map(({ path }) => path))].slice(0, MAX_MENTIONS);
  const paths = [...images.map(({ path }) => path), ...mentioned.filter((path) => IMAGE.test(path))];
  const blocks: UserBlock[] = [{ type: "text", text }];
  for (const path of new Set(paths)) blocks.push(await readImage(path, sources));
  const files = await readMentions(
    mentioned.filter((path) => !IMAGE.test(path)),
    sources,
  );
  if (files !== "") blocks.push({ type: "text", text: files });
  return blocks;
}

/** What a person said in a prompt, without the files that go along. */
export function promptText(content: readonly UserBlock[]): string {
  return content
    .flatMap((block) => (block.type === "text" && !block.text.startsWith(FILES_HEAD) ? [block.text] : []))
    .join("\n\n");
}

async function readImage(given: string, { cwd, home, signal, readImageLimits }: PromptSources): Promise<UserBlock> {
  const [{ readImageFile }, { absolutePath }] = await Promise.all([
    import("../files/image-file.js"),
    import("../files/workspace-path.js"),
  ]);
  const { mediaType, data } = await readImageFile(absolutePath(cwd, home, given), {
    shown: given,
    limits: await readImageLimits(),
    signal,
  });
  return { type: "image", mediaType, data };
}

/** One text for all files: what each holds, or why it is not here. A word that names nothing is no mention. */
async function readMentions(paths: readonly string[], { cwd, home, tools, signal }: PromptSources): Promise<string> {
  const read = tools.find(({ name }) => name === "read");
  if (read === undefined || paths.length === 0) return "";
  const [{ absolutePath, plainName }, { stat }] = await Promise.all([
    import("../files/workspace-path.js"),
    import("node:fs/promises"),
  ]);
  const parts: string[] = [];
  let chars = 0;
  for (const [index, path] of paths.entries()) {
    const info = await stat(absolutePath(cwd, home, path)).catch(() => undefined);
    // `@someone`, `@param`: a word of the prompt and nothing more.
    if (info === undefined) continue;
    const name = plainName(path);
    const isLarge = !info.isFile() || info.size > MAX_FILE_CHARS || chars + info.size > MAX_ALL_CHARS;
    if (isLarge) {
      parts.push(`${name} ${info.isDirectory() ? "is a folder" : "is not included"}: look at it with your tools.`);
      continue;
    }
    const output = await read.run({ path }, { signal, toolUseId: `mention-${index}` });
    const { content, status } = typeof output === "string" ? textOutput(output) : output;
    const told = content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
    chars += told.length;
    const isGood = status === undefined || status === "ok";
    parts.push(isGood ? `${name}, as the read tool gives it:\n${told}` : `${name} was not read: ${told}`);
  }
  return parts.length === 0 ? "" : `${FILES_HEAD}\n\n${parts.join("\n\n")}`;
}

function textOutput(text: string) {
  return { content: [{ type: "text", text }], status: "ok" } as const;
}
