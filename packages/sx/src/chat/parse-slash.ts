/** What a prompt that somebody sent is. */
export type Typed =
  | { readonly kind: "prompt"; readonly text: string }
  /** `~`: wait with it until the turn is over. */
  | { readonly kind: "later"; readonly text: string }
  /** `!`: a command line of the person's own. */
  | { readonly kind: "shell"; readonly command: string }
  | { readonly kind: "slash"; readonly name: string; readonly argument: string };

/**
 * A first sign decides: `/name argument` is a command, `!line` a command line, `~text` waits. `//` is a slash that is
 * none, and a first word with a second slash in it (`/usr/bin`) is a path, so both are prompts; `~/notes` is a path too.
 */
export function parseTyped(text: string): Typed {
  const trimmed = text.trim();
  if (trimmed.startsWith("//")) return { kind: "prompt", text: trimmed.slice(1) };
  const [, name = "", argument = ""] = /^\/([^\s/]+)(?=\s|$)\s*([^]*)$/.exec(trimmed) ?? [];
  if (name !== "") return { kind: "slash", name, argument: argument.trim() };
  if (trimmed.startsWith("!") && trimmed.slice(1).trim() !== "") {
    return { kind: "shell", command: trimmed.slice(1).trim() };
  }
  if (/^~(?!\/)\s*\S/.test(trimmed)) return { kind: "later", text: trimmed.slice(1).trim() };
  return { kind: "prompt", text };
}
