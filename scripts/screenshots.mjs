// Draws docs/images/*.svg from real runs: the built `sx` in a pseudo-terminal, answers from the simulator, what the
// terminal shows turned into text with its colours. `pnpm build && node scripts/screenshots.mjs`.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const fromSx = createRequire(join(root, "packages/sx/package.json"));
const pty = fromSx("@lydell/node-pty");
const { Terminal } = fromSx("@xterm/headless");

const COLUMNS = 92;
const LIMIT_MS = 30_000;
const SAMPLE = `export function total(items) {
  let sum = 0;
  for (const item of items) sum += item.price;
  return sum;
}
`;

const SCENES = [
  {
    name: "answer",
    rows: 31,
    turns: [
      {
        reply: [
          { thinking: "They want to know the difference. A short table and an example will do." },
          {
            text: '## `Promise.all` and `Promise.allSettled`\n\nBoth wait for **several promises at once**; they differ in what a *failure* does.\n\n| | rejects | gives |\n| --- | --- | --- |\n| `all` | with the first failure | the values |\n| `allSettled` | never | a status for each |\n\n```ts\nconst results = await Promise.allSettled(urls.map(load));\nfor (const result of results) {\n  if (result.status === "rejected") report(result.reason); // the others go on\n}\n```\n\n1. Use `all` when one failure makes the rest useless.\n2. Use `allSettled` when every outcome counts.\n\nMore in the [reference](https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Promise).',
          },
        ],
      },
    ],
    async play(person) {
      person.type("how does Promise.all differ from allSettled?\r");
      await person.see("More in the reference");
      await person.see("cached");
    },
  },
  {
    name: "approval",
    rows: 34,
    turns: [
      { reply: [{ text: "I look at the code first." }, { tool_use: { name: "read", input: { path: "total.js" } } }] },
      {
        reply: [
          { text: "The quantity is missing from the sum." },
          {
            tool_use: {
              name: "edit",
              input: {
                path: "total.js",
                edits: [{ old_string: "sum += item.price;", new_string: "sum += item.price * item.quantity;" }],
              },
            },
          },
        ],
      },
      { times: "any", reply: [{ text: "Done." }] },
    ],
    async play(person) {
      person.type("the total ignores quantities, mend it\r");
      await person.see("item.quantity");
      await person.see("once");
    },
  },
  {
    name: "commands",
    rows: 24,
    turns: [{ times: "any", reply: [{ text: "Hello. What are we working on?" }] }],
    async play(person) {
      person.type("hello\r");
      await person.see("cached");
      person.type("/");
      await person.see("/help");
    },
  },
];

class Person {
  constructor(env, cwd, rows) {
    this.terminal = new Terminal({ cols: COLUMNS, rows, allowProposedApi: true });
    this.watchers = new Set();
    this.pty = pty.spawn(process.execPath, [join(root, "packages/sx/dist/bin.cjs")], {
      name: "xterm-256color",
      cols: COLUMNS,
      rows,
      cwd,
      env,
    });
    this.pty.onData((data) =>
      this.terminal.write(data, () => {
        for (const watch of this.watchers) watch();
      }),
    );
    this.ended = new Promise((resolve) => this.pty.onExit(resolve));
  }

  type(keys) {
    this.pty.write(keys);
  }

  text() {
    const { buffer, rows } = this.terminal;
    return Array.from({ length: rows }, (_, row) => lineOf(buffer.active, row)?.translateToString(true) ?? "").join(
      "\n",
    );
  }

  see(words) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.watchers.delete(watch);
        settle(value);
      };
      const watch = () => this.text().includes(words) && done(resolve);
      const timer = setTimeout(() => done(reject, new Error(`"${words}" was not shown:\n${this.text()}`)), LIMIT_MS);
      this.watchers.add(watch);
      watch();
    });
  }

  async leave() {
    this.pty.kill("SIGTERM");
    await this.ended;
  }
}

function lineOf(buffer, row) {
  return buffer.getLine(buffer.baseY + row);
}

const CELL = { width: 8.4, height: 18 };
const PADDING = 16;
/** The sixteen colours as a dark terminal has them. */
const PALETTE =
  "#2e3440 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #d7dae0 #7f8794 #ff7b86 #b5e890 #ffd68a #84c7ff #dd9ff2 #7fdbe6 #ffffff".split(
    " ",
  );

/** The screen as SVG: one text element for each run of cells that look the same. */
function drawSvg(terminal, title) {
  const last = terminal.rows - 1;
  const width = COLUMNS * CELL.width + 2 * PADDING;
  const height = (last + 1) * CELL.height + 2 * PADDING;
  const parts = [];
  for (let row = 0; row <= last; row += 1) {
    for (const run of runsOf(lineOf(terminal.buffer.active, row))) {
      if (run.text.trim() === "") continue;
      const x = (PADDING + run.column * CELL.width).toFixed(1);
      const y = (PADDING + row * CELL.height + 13).toFixed(1);
      const length = (run.cells * CELL.width).toFixed(1);
      parts.push(`<text x="${x}" y="${y}" textLength="${length}" ${run.style}>${escapeXml(run.text)}</text>`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" role="img" aria-label="${escapeXml(title)}">
<rect width="100%" height="100%" rx="8" fill="#1e222a"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#d7dae0">
${parts.join("\n")}
</g>
</svg>
`;
}

function runsOf(line) {
  const runs = [];
  for (let column = 0; column < COLUMNS; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const text = cell.getChars() || " ";
    const before = runs.at(-1);
    if (before?.style === style) {
      before.text += text;
      before.cells += cell.getWidth();
    } else runs.push({ style, text, column, cells: cell.getWidth() });
  }
  // Blanks at either end of a run would be dropped or stretched.
  return runs.map(({ text, column, cells, style }) => {
    const trimmed = text.trim();
    const before = text.length - text.trimStart().length;
    return { style, text: trimmed, column: column + before, cells: cells - (text.length - trimmed.length) };
  });
}

function styleOf(cell) {
  return [
    cell.isFgPalette() ? `fill="${PALETTE[cell.getFgColor()] ?? "#d7dae0"}"` : "",
    cell.isBold() ? 'font-weight="bold"' : "",
    cell.isItalic() ? 'font-style="italic"' : "",
    cell.isDim() ? 'opacity="0.6"' : "",
    cell.isUnderline() ? 'text-decoration="underline"' : cell.isStrikethrough() ? 'text-decoration="line-through"' : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function escapeXml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** What the simulator sets for a command that it starts, so that sx asks it and nobody else. */
function simulated(script) {
  const child = spawn(
    process.execPath,
    [
      join(root, "packages/sim/dist/bin.cjs"),
      "--script",
      script,
      "--",
      process.execPath,
      "-e",
      "console.log(JSON.stringify(process.env)); process.stdin.resume()",
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  return new Promise((resolve, reject) => {
    let text = "";
    child.on("error", reject);
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve({ child, env: JSON.parse(text.slice(0, text.indexOf("\n"))) });
    });
  });
}

const images = join(root, "docs/images");
mkdirSync(images, { recursive: true });
for (const scene of SCENES) {
  const work = mkdtempSync(join(tmpdir(), "sx-screenshots-"));
  // In the home, so that the screen shows it as ~/shop.
  const home = join(work, "home");
  const project = join(home, "shop");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "total.js"), SAMPLE);
  const script = join(work, "script.json");
  writeFileSync(script, JSON.stringify({ turns: scene.turns }));
  const { child, env } = await simulated(script);
  const person = new Person(
    { ...env, HOME: home, TERM: "xterm-256color", PROVIDER: "anthropic", MODEL: "sonnet", SX_NOTIFY: "off" },
    project,
    scene.rows,
  );
  try {
    await person.see("> ");
    await scene.play(person);
    const svg = drawSvg(person.terminal, `sx in a terminal: ${scene.name}`);
    writeFileSync(join(images, `${scene.name}.svg`), svg);
    process.stdout.write(`docs/images/${scene.name}.svg\n`);
  } finally {
    await person.leave();
    person.terminal.dispose();
    child.stdin.end();
    child.kill();
    rmSync(work, { recursive: true, force: true });
  }
}
process.exit(0);
