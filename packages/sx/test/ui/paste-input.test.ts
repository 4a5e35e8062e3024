import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { PasteInput } from "../../src/ui/paste-input.js";

/** What comes out as keys, with each paste shown as ⟨…⟩. */
async function keysOf(chunks: readonly (string | Buffer)[]): Promise<string> {
  const input = new PasteInput(new PassThrough(), (text) => `⟨${text.replaceAll("\n", "/")}⟩`);
  let keys = "";
  input.on("data", (piece: string) => {
    keys += piece;
  });
  const ended = new Promise((resolve) => input.on("end", resolve));
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await ended;
  return keys;
}

describe("PasteInput", () => {
  test.each([
    { name: "keys pass", chunks: ["ab\r\u0003"], keys: "ab\r\u0003" },
    { name: "a lone escape is a key at once", chunks: ["a\u001b", "b"], keys: "a\u001bb" },
    { name: "arrows pass", chunks: ["\u001b[A\u001b[200D"], keys: "\u001b[A\u001b[200D" },
    { name: "lines of a paste", chunks: ["x\u001b[200~one\rtwo\r\nthree\u001b[201~y\r"], keys: "x⟨one/two/three⟩y\r" },
    { name: "two pastes", chunks: ["\u001b[200~a\u001b[201~\u001b[200~b\u001b[201~"], keys: "⟨a⟩⟨b⟩" },
    { name: "an empty one", chunks: ["\u001b[200~\u001b[201~"], keys: "⟨⟩" },
    { name: "controls in a paste", chunks: ["\u001b[200~a\u0003\u001b[2Jb\u0004\u001b[201~"], keys: "⟨ab⟩" },
  ])("$name", async ({ chunks, keys }) => {
    expect(await keysOf(chunks)).toBe(keys);
  });

  test("cut anywhere, also inside a character", async () => {
    const bytes = Buffer.from("k\u001b[200~é日\r\nz\u001b[201~k");
    for (let at = 3; at < bytes.length; at += 1) {
      expect(await keysOf([bytes.subarray(0, at), bytes.subarray(at)])).toBe("k⟨é日/z⟩k");
    }
  });
});
