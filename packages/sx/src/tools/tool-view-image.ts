import type { ReadImageLimits, SxTool, ToolContext } from "./tool-context.js";

/** The tool that shows an image file to the model, made to fit what the provider takes. */
export function createViewImageTool(context: ToolContext, readImageLimits?: ReadImageLimits): SxTool {
  return {
    name: "view_image",
    description: "Shows an image file (PNG, JPEG, GIF, WebP). A large one is scaled down.",
    inputSchema: {
      type: "object",
      properties: { path: { type: "string", minLength: 1 } },
      required: ["path"],
      additionalProperties: false,
    },
    readOnly: true,
    access: "read",
    run: async (input, { signal }) => {
      const [{ fileAccess }, { readImageFile }, { formatBytes }] = await Promise.all([
        import("../files/file-access.js"),
        import("../files/image-file.js"),
        import("../files/regular-file.js"),
      ]);
      const access = fileAccess(context);
      const target = await access.forReading(String(input["path"]));
      const image = await readImageFile(target.real, {
        shown: target.shown,
        judge: access.judge(target),
        limits: await readImageLimits?.(),
        signal,
      });
      const { mediaType, width, height, bytes, data, change } = image;
      const changed = change === undefined ? "" : ` (${change})`;
      const text = `${target.shown}: ${mediaType}, ${width} x ${height} pixels, ${formatBytes(bytes)}${changed}`;
      return {
        content: [
          { type: "text", text },
          { type: "image", mediaType, data },
        ],
      };
    },
    summary: (input) => String(input["path"]),
  };
}
