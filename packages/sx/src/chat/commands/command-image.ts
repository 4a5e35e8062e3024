import { ExitCode, Failure } from "@scorpiox/sxutil";
import type { SlashCommand } from "../slash-command.js";

export const image: SlashCommand = {
  name: "image",
  summary: "put an image into the prompt",
  argument: "<path>",
  changesState: false,
  run: async (chat, argument) => {
    if (argument === "") throw new Failure("bad_input", ExitCode.badInput, "say which one: /image PATH");
    const [{ checkImageFile }, { absolutePath }, { formatMention }] = await Promise.all([
      import("../../files/image-file.js"),
      import("../../files/workspace-path.js"),
      import("../../ui/editor/file-mention.js"),
    ]);
    const path = absolutePath(chat.cwd, chat.io.home, argument);
    // What cannot be sent is said now, not when the prompt is written.
    await checkImageFile(path, { shown: argument, limits: await chat.provider.readImageLimits?.() });
    chat.fill(`${formatMention(path)} `);
  },
};
