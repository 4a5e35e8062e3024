import type { SxTool, ToolContext } from "./tool-context.js";

/** The tool that shows an image file to the model. */
export function createViewImageTool(context: ToolContext): SxTool {
  return {
    name: "view_image",
    description: "Shows an image file (PNG, JPEG, GIF, WebP; at most 3.9 MB, 8000 pixels a side).",
    inputSchema: {
      type: "object",
      properties: { path: { type: "string", minLength: 1 } },
      required: ["path"],
      additionalProperties: false,
    },
    readOnly: true,
    access: "read",
    run: async (input) => {
      const [{ fileAccess }, { readImageFile }, { formatBytes }] = await Promise.all([
        import("../files/file-access.js"),
        import("../files/image-file.js"),
        import("../files/regular-file.js"),
      ]);
      const access = fileAccess(context);
      const target = await access.forReading(String(input["path"]));
      const image = await readImageFile(target.real, { shown: target.shown, judge: access.judge(target) });
      const { mediaType, width, height, bytes, data } = image;
      const text = `${target.shown}: ${mediaType}, ${width} x ${height} pixels, ${formatBytes(bytes)}`;
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
