import pc from "picocolors";
import type { EditorTheme } from "../ui/editor/editor-view.js";

/** The editor's paints: styles and the person's own palette only, readable on any background. */
export function editorTheme(color: boolean): EditorTheme {
  const { bold, dim, inverse, cyan, underline } = pc.createColors(color);
  return { prompt: bold, placeholder: dim, chip: cyan, selected: inverse, detail: dim, match: underline };
}
