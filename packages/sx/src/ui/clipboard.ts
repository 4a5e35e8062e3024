/** A longer text is not taken by the terminals that people use: base64 characters. */
const MAX_BASE64_CHARS = 74_994;

/**
 * What asks a terminal to put a text on its clipboard (OSC 52); it never answers. In tmux the request goes to tmux and
 * through it. `undefined` when the text is too long, or the terminal is known to have no clipboard.
 */
export function clipboardRequest(text: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const terminal = env["TERM"] ?? "";
  if (terminal === "" || terminal === "dumb" || terminal === "linux") return undefined;
  const data = Buffer.from(text, "utf8").toString("base64");
  if (data.length > MAX_BASE64_CHARS) return undefined;
  const request = `\u001b]52;c;${data}\u0007`;
  if (!env["TMUX"]) return request;
  return `${request}\u001bPtmux;${request.replaceAll("\u001b", "\u001b\u001b")}\u001b\\`;
}
