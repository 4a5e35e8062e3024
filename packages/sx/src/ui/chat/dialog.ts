import type { ToolUseBlock } from "@scorpiox/sxnet";
import type { Choice } from "../../chat/slash-command.js";
import type { SxTool } from "../../tools/tool-context.js";

/** A question to the person, in the place of the editor. One at a time. */
export type Dialog =
  | {
      readonly kind: "approval";
      readonly call: ToolUseBlock;
      readonly tool: SxTool;
      /** Real path of the folder in which it would happen. */
      readonly cwd: string;
      /** What "always" would allow from now on, in words for people. Absent: that choice is not offered. */
      readonly rule?: string | undefined;
    }
  | {
      readonly kind: "pick";
      readonly title: string;
      readonly choices: readonly Choice[];
      /** The value that holds now. */
      readonly current?: string | undefined;
    }
  | { readonly kind: "confirm"; readonly question: string }
  /** A question of the model: one of its options, or a text of the person's own. */
  | { readonly kind: "ask"; readonly question: string; readonly choices: readonly Choice[] };

/** What the person said; Esc and Ctrl+C are the answer that changes nothing. */
export type DialogAnswer =
  | {
      readonly kind: "approval";
      readonly choice: "once" | "always" | "no";
      /** Only with `no`, when the person said why. */
      readonly reason?: string;
    }
  | { readonly kind: "pick"; readonly value: string | undefined }
  | { readonly kind: "confirm"; readonly yes: boolean }
  /** `undefined`: not answered. */
  | { readonly kind: "ask"; readonly value: string | undefined };
