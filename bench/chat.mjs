// node bench/chat.mjs [--runs N]: the chat at a terminal. Prompt painted, first key shown, key echo,
// Enter to request, then an answer of 2,000 pieces and 40 KB: bytes to the terminal, CPU, memory, CPU at rest. The floor is
// the least a Node program does for the same (floor-chat.cjs). Medians; read the ratios.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pacedAnswer, startModel } from "./model-server.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SX = join(HERE, "../packages/sx/dist/bin.cjs");
const { spawn } = createRequire(join(HERE, "../packages/sx/package.json"))("@lydell/node-pty");
const runsAt = process.argv.indexOf("--runs");
const RUNS = runsAt === -1 ? 7 : Number(process.argv[runsAt + 1]);
const PIECES = 2000;
const QUIET_MS = 400;

const work = mkdtempSync(join(tmpdir(), "sx-bench-chat-"));
const home = join(work, "home");
const folder = join(work, "project");
mkdirSync(home);
mkdirSync(folder);
const claims = { exp: 4_102_444_800, "https://api.openai.com/auth": { chatgpt_account_id: "bench" } };
const accessToken = ["{}", JSON.stringify(claims), "signature"]
  .map((part) => Buffer.from(part).toString("base64url"))
  .join(".");
const credentials = join(home, "auth.json");
writeFileSync(credentials, JSON.stringify({ tokens: { access_token: accessToken, account_id: "bench" } }), {
  mode: 0o600,
});

const text = markdown(PIECES * 20);
const pieces = Array.from({ length: PIECES }, (_, index) => text.slice(index * 20, (index + 1) * 20));
const model = await startModel();
const env = {
  PATH: process.env.PATH,
  HOME: home,
  TERM: "xterm-256color",
  PROVIDER: "codex",
  MODEL: "gpt-5.5",
  CODEX_BASE_URL: model.url,
  CODEX_CREDENTIALS_FILE: credentials,
};
const CASES = [
  { name: "floor", args: [join(HERE, "floor-chat.cjs"), `${model.url}/responses`] },
  { name: "sx", args: [SX] },
];

/** Headings, paragraphs, lists and code, as answers are. */
function markdown(chars) {
  let out = "";
  for (let part = 1; out.length < chars; part += 1) {
    out += `## Part ${part}\n\nThe **rule** in \`src/cart.js\` says that ten articles or more are cheaper, and the code compares with the wrong sign, which is why one test fails and the others pass.\n\n- first point of part ${part}\n- second point, with *weight*\n\n\`\`\`js\nconst total = items.reduce((sum, item) => sum + item.price, 0);\n\`\`\`\n\n`;
  }
  return `${out.slice(0, chars - 12)}\n\nENDMARKER`.slice(0, chars);
}

async function run({ args }) {
  model.play([pacedAnswer(pieces, 12)]);
  const startNs = process.hrtime.bigint();
  const pty = spawn(process.execPath, args, { cols: 120, rows: 40, cwd: folder, env });
  const sinceMs = (ns) => ms(process.hrtime.bigint() - ns);
  let all = "";
  let lastNs = startNs;
  let wake = () => undefined;
  pty.onData((data) => {
    all += data;
    lastNs = process.hrtime.bigint();
    wake();
  });
  const until = async (holds, what) => {
    const endNs = process.hrtime.bigint();
    while (!holds()) {
      if (sinceMs(endNs) > 30_000) throw new Error(`${args[0]}: never ${what}: ${JSON.stringify(all.slice(-400))}`);
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  };
  const quiet = () => until(() => sinceMs(lastNs) > QUIET_MS, "quiet");
  const press = async (keys, shown) => {
    const from = all.length;
    const ns = process.hrtime.bigint();
    pty.write(keys);
    await until(() => all.slice(from).includes(shown), `shown ${shown}`);
    return sinceMs(ns);
  };
  await until(() => all.includes("> "), "a prompt");
  const promptMs = sinceMs(startNs);
  await press("k", "k");
  const firstKeyMs = sinceMs(startNs);
  pty.write("\u007f");
  await quiet();
  const echoes = [];
  for (const key of "qwz") {
    echoes.push(await press(key, key));
    await quiet();
  }
  pty.write("\u007f\u007f\u007f");
  await quiet();
  pty.write("tell me");
  await quiet();
  const from = all.length;
  const cpuBefore = cpuMs(pty.pid);
  const enterNs = process.hrtime.bigint();
  pty.write("\r");
  await until(() => model.requests().length > 0, "a request");
  const enterMs = ms(model.requests()[0].arrivedNs - enterNs);
  await until(() => all.slice(from).includes("ENDMARKER"), "the end of the answer");
  await quiet();
  const bytes = Buffer.byteLength(all.slice(from));
  const answerCpuMs = cpuMs(pty.pid) - cpuBefore;
  const restBefore = cpuMs(pty.pid);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const restCpuMs = cpuMs(pty.pid) - restBefore;
  const peakMb = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pty.pid}/status`, "utf8"))?.[1]) / 1024;
  const ended = new Promise((resolve) => pty.onExit(resolve));
  pty.write("\u0004\u0003");
  const timer = setTimeout(() => pty.kill("SIGKILL"), 3000);
  await ended;
  clearTimeout(timer);
  const clears = (all.match(/\u001b\[[23]J/g) ?? []).length;
  return {
    promptMs,
    firstKeyMs,
    echoMs: median(echoes),
    enterMs,
    bytesRatio: bytes / Buffer.byteLength(text),
    answerCpuMs,
    restCpuMs,
    peakMb,
    clears,
  };
}

/** User and system time of a process, in milliseconds, as Linux counts it (10 ms steps). */
function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const ms = (ns) => Number(ns) / 1e6;

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const results = new Map(CASES.map(({ name }) => [name, []]));
try {
  for (let round = 0; round <= RUNS; round += 1) {
    for (const entry of round % 2 === 0 ? CASES : CASES.toReversed()) {
      const figures = await run(entry);
      if (round > 0) results.get(entry.name).push(figures);
    }
  }
} finally {
  model.close();
  rmSync(work, { recursive: true, force: true });
}
const FIGURES = [
  ["promptMs", "prompt painted, ms"],
  ["firstKeyMs", "first key shown, ms"],
  ["echoMs", "key to screen, ms"],
  ["enterMs", "Enter to request, ms"],
  ["bytesRatio", "bytes to the terminal a byte of text"],
  ["answerCpuMs", "CPU of a 40 KB answer, ms"],
  ["restCpuMs", "CPU in a second at rest, ms"],
  ["peakMb", "peak memory, MB"],
  ["clears", "screen clears"],
];
const of = (name, key) => median(results.get(name).map((row) => row[key]));
const lines = [
  `node ${process.version}, ${process.platform} ${process.arch}, ${RUNS} runs, medians, 120 x 40 cells`,
  "",
  "| figure | floor | sx | ratio |",
  "| --- | ---: | ---: | ---: |",
];
for (const [key, title] of FIGURES) {
  const [floor, sx] = [of("floor", key), of("sx", key)];
  lines.push(
    `| ${title} | ${floor.toFixed(1)} | ${sx.toFixed(1)} | ${floor > 0 ? `${(sx / floor).toFixed(2)}x` : ""} |`,
  );
}
process.stdout.write(`${lines.join("\n")}\n`);
