import { expect, it } from "vitest";
import { createMarkdownStream } from "../../../src/ui/markdown/markdown-stream.js";
import type { Theme } from "../../../src/ui/theme.js";
import { callOf, COLORED, PLAIN, STATE, TerminalHarness, ViewHarness } from "./chat-harness.js";

const WORDS = "the parser reads a line and keeps what it may still need so that nothing is read twice".split(" ");

/** A long answer with all that answers have, the same at each run. */
function longAnswer(chars: number): string {
  let text = "";
  for (let section = 1; text.length < chars; section += 1) {
    const words = (count: number): string =>
      Array.from({ length: count }, (_, index) => WORDS[(section * 7 + index * 5) % WORDS.length]).join(" ");
    text += `## Section ${section}: ${words(4)}\n\n${words(45)} **${words(3)}** ${words(30)} \`value${section}\`.\n\n`;
    text += `${words(60)}\n\n- ${words(8)}\n- ${words(14)}\n- *${words(3)}* ${words(6)}\n\n`;
    text += `\`\`\`ts\nexport function part${section}(text: string): number {\n  // ${words(6)}\n`;
    text += `  const found = text.indexOf("section ${section}");\n  return found < 0 ? ${section} : found;\n}\n\`\`\`\n\n`;
  }
  return text.slice(0, chars);
}

function deltasOf(text: string, count: number): readonly string[] {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, index) => text.slice(index * size, (index + 1) * size));
}

/** Streams an answer; `paint` is called after each delta with the time that has passed. */
async function stream(harness: ViewHarness, deltas: readonly string[], paint: (index: number) => Promise<void>) {
  const { view } = harness;
  view.setBusy({ sinceMs: harness.nowMs });
  view.show([
    { type: "step_start", step: 1 },
    { type: "block_start", index: 0, block: { type: "text", text: "" } },
  ]);
  for (const [index, text] of deltas.entries()) {
    harness.nowMs += 2.5;
    view.show([{ type: "text_delta", index: 0, text }]);
    await paint(index);
  }
  view.show([{ type: "block_end", index: 0, block: { type: "text", text: deltas.join("") } }]);
  view.setBusy(undefined);
}

/** What must stand on the screen, row by row. */
function expectedRows(text: string, columns: number): readonly string[] {
  const markdown = createMarkdownStream({ columns: columns - 1, theme: PLAIN });
  markdown.push(text);
  markdown.end();
  return markdown.takeFinished();
}

it.each([
  { name: "every 13 deltas, as at 30 frames a second", every: 13 },
  { name: "after each delta", every: 1 },
])("shows a 40 KB answer once and in order, painting $name", async ({ every }) => {
  const text = longAnswer(40_000);
  const harness = new ViewHarness();
  const screen = new TerminalHarness(harness.view, { columns: 80, rows: 24 });
  harness.view.setStatus(STATE);
  await stream(harness, deltasOf(text, 2_000), async (index) => {
    if (index % every === 0) await screen.paint();
  });
  await screen.paint();
  const all = screen.terminal.all();
  const answer = expectedRows(text, 80);
  expect(all.slice(0, answer.length)).toEqual(answer);
  expect(all.slice(answer.length)).toEqual(["", expect.stringContaining("gpt-5.2-codex"), ">"]);
});

it.each([
  { look: "plain", theme: PLAIN, most: 1.4 },
  { look: "colors", theme: COLORED, most: 1.6 },
])("writes at most $most times its text for a 40 KB answer, $look", async ({ theme, most }) => {
  const text = longAnswer(40_000);
  const harness = new ViewHarness({ theme });
  const screen = new TerminalHarness(harness.view, { columns: 80, rows: 24 });
  harness.view.setStatus(STATE);
  await stream(harness, deltasOf(text, 2_000), async (index) => {
    if (index % 13 === 0) await screen.paint();
  });
  await screen.paint();
  expect(screen.bytes / Buffer.byteLength(text)).toBeLessThan(most);
});

it("keeps an answer in order through changes of size in its middle, and leaves no row behind", async () => {
  const text = longAnswer(8_000);
  const harness = new ViewHarness();
  const screen = new TerminalHarness(harness.view, { columns: 80, rows: 24 });
  harness.view.setStatus(STATE);
  const sizes = [
    { columns: 50, rows: 24 },
    { columns: 50, rows: 10 },
    { columns: 120, rows: 30 },
    { columns: 80, rows: 24 },
  ];
  await stream(harness, deltasOf(text, 400), async (index) => {
    if (index % 5 !== 0) return;
    const size = index > 0 && index % 75 === 0 ? sizes[index / 75 - 1] : undefined;
    if (size !== undefined) screen.resize(size);
    await screen.paint();
  });
  await screen.paint();
  // A terminal that becomes narrower breaks rows anywhere.
  const letters = (rows: readonly string[]): string => rows.join("").replaceAll(/[^A-Za-z0-9]+/g, "");
  const all = screen.terminal.all();
  expect(all.slice(-3)).toEqual(["", expect.stringContaining("gpt-5.2-codex"), ">"]);
  expect(letters(all.slice(0, -3))).toBe(letters(expectedRows(text, 80)));
});

/** Counts the characters that are painted: work that no clock need measure. */
function countingTheme(): { readonly theme: Theme; count(): number } {
  let count = 0;
  const paints = Object.entries(PLAIN).map(([name, value]) => [
    name,
    typeof value === "function" && name !== "hyperlink"
      ? (text: string) => {
          count += text.length + 1;
          return text;
        }
      : value,
  ]);
  return { theme: { ...(Object.fromEntries(paints) as Theme), isColored: true }, count: () => count };
}

async function paintedPerChar(kind: "text" | "thinking" | "progress", chars: number): Promise<number> {
  const { theme, count } = countingTheme();
  const harness = new ViewHarness({ theme, showThinking: "shown" });
  const { view } = harness;
  const call = callOf("bash", { command: "make" });
  if (kind === "progress") view.show([{ type: "tool_start", call }]);
  for (const text of deltasOf(longAnswer(chars), chars / 20)) {
    if (kind === "progress") view.showProgress(call, text);
    else if (kind === "text") view.show([{ type: "text_delta", index: 0, text }]);
    else view.show([{ type: "thinking_delta", index: 0, text }]);
    view.takeFinished({ columns: 80, rows: 24 });
    view.live({ columns: 80, rows: 24 });
  }
  return count() / chars;
}

it.each(["text", "thinking", "progress"] as const)("costs no more for each delta as it grows: %s", async (kind) => {
  const [short, long] = [await paintedPerChar(kind, 10_000), await paintedPerChar(kind, 80_000)];
  expect(long).toBeLessThan(short * 1.3);
});

it("keeps drawing cheap for an answer, a thought and an output of one line", () => {
  const { theme, count } = countingTheme();
  const harness = new ViewHarness({ theme, showThinking: "shown" });
  const { view } = harness;
  const size = { columns: 80, rows: 24 };
  const frame = (): number => {
    const before = count();
    view.takeFinished(size);
    view.live(size);
    return count() - before;
  };
  for (let step = 0; step < 500; step += 1) {
    view.show([{ type: "thinking_delta", index: 0, text: "word ".repeat(20) }]);
    frame();
  }
  expect(frame()).toBeLessThan(6_000);
});
