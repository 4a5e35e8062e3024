// pnpm bench [--runs N]: start-up, one answer, a long stream, a tool loop, size. Runs are interleaved case by case, the
// first round is not counted, every figure is a median; read the ratios, the milliseconds belong to the machine.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callAnswer, startModel, textAnswer } from "./model-server.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SX = join(HERE, "../packages/sx/dist/bin.cjs");
const FLOOR = join(HERE, "floor-agent.cjs");
const STEPS = 50;
const DELTAS = 20_000;
const runsAt = process.argv.indexOf("--runs");
const RUNS = runsAt === -1 ? 11 : Number(process.argv[runsAt + 1]);

const work = mkdtempSync(join(tmpdir(), "sx-bench-"));
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

const model = await startModel();
const env = {
  PATH: process.env.PATH,
  HOME: home,
  PROVIDER: "codex",
  MODEL: "gpt-5.5",
  CODEX_BASE_URL: model.url,
  CODEX_CREDENTIALS_FILE: credentials,
};
const sx = (...args) => [SX, ...args];
const once = sx("-p", "hi", "--approval-mode", "all");
const floor = [FLOOR, `${model.url}/responses`];
const short = [textAnswer(1, 20)];
const long = [textAnswer(DELTAS, 20)];
const quarter = [textAnswer(DELTAS / 4, 20)];
const loop = [
  ...Array.from({ length: STEPS }, (_, index) => callAnswer(index, `echo step-${index}`)),
  textAnswer(1, 20),
];

const CASES = [
  { name: "node -e 0", args: ["-e", "0"] },
  { name: "sx --version", args: sx("--version"), floor: "node -e 0" },
  { name: "sx --help", args: sx("--help"), floor: "node -e 0" },
  { name: "floor: one answer", args: floor, answers: short },
  { name: "sx -p: one answer", args: once, answers: short, floor: "floor: one answer" },
  { name: `floor: ${DELTAS / 4} deltas`, args: floor, answers: quarter },
  { name: `sx -p: ${DELTAS / 4} deltas`, args: once, answers: quarter, floor: `floor: ${DELTAS / 4} deltas` },
  { name: `floor: ${DELTAS} deltas`, args: floor, answers: long },
  { name: `sx -p: ${DELTAS} deltas`, args: once, answers: long, floor: `floor: ${DELTAS} deltas` },
  { name: `floor: ${STEPS} tool steps`, args: floor, answers: loop },
  { name: `sx -p: ${STEPS} tool steps`, args: once, answers: loop, floor: `floor: ${STEPS} tool steps` },
];

function run({ args, answers }) {
  if (answers) model.play(answers);
  const report = join(work, "report.json");
  return new Promise((resolve, reject) => {
    const startNs = process.hrtime.bigint();
    const child = spawn(process.execPath, ["-r", join(HERE, "report-usage.cjs"), ...args], {
      cwd: folder,
      env: { ...env, BENCH_REPORT: report },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stdout.resume();
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const endNs = process.hrtime.bigint();
      if (code !== 0) return reject(new Error(`${args.join(" ")} ended with ${code}: ${errors}`));
      const requests = answers ? model.requests() : [];
      const steps = requests.slice(1).map((row, index) => ms(row.arrivedNs - requests[index].endNs));
      resolve({
        wallMs: ms(endNs - startNs),
        ...JSON.parse(readFileSync(report, "utf8")),
        firstRequestMs: requests.length > 0 ? ms(requests[0].arrivedNs - startNs) : undefined,
        exitLagMs: requests.length > 0 ? ms(endNs - requests.at(-1).endNs) : undefined,
        firstBodyBytes: requests[0]?.bytes,
        growthBytes:
          requests.length > 2 ? (requests.at(-1).bytes - requests[1].bytes) / (requests.length - 2) : undefined,
        stepMs: steps.length > 0 ? median(steps) : undefined,
      });
    });
  });
}

const ms = (ns) => Number(ns) / 1e6;

function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted.length === 0 ? undefined : sorted[Math.floor(sorted.length / 2)];
}

function size(path) {
  return readdirSync(path, { withFileTypes: true, recursive: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath ?? entry.path, entry.name)).size : 0),
    0,
  );
}

const results = new Map(CASES.map(({ name }) => [name, []]));
try {
  for (let round = 0; round <= RUNS; round += 1) {
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${RUNS}`);
    const order = round % 2 === 0 ? CASES : CASES.toReversed();
    for (const entry of order) {
      const figures = await run(entry);
      if (round > 0) results.get(entry.name).push(figures);
    }
  }
} finally {
  model.close();
  rmSync(work, { recursive: true, force: true });
}
if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");

const FIGURES = [
  ["wallMs", "wall ms"],
  ["firstRequestMs", "first request ms"],
  ["exitLagMs", "exit lag ms"],
  ["cpuMs", "CPU ms"],
  ["peakMb", "peak MB"],
  ["stepMs", "ms a step"],
  ["firstBodyBytes", "first body B"],
  ["growthBytes", "growth B a step"],
];
const medians = new Map(
  [...results].map(([name, rows]) => [
    name,
    Object.fromEntries(FIGURES.map(([key]) => [key, median(rows.map((row) => row[key]))])),
  ]),
);
const cell = (value) => (value === undefined ? "" : value >= 100 ? Math.round(value).toString() : value.toFixed(1));
const lines = [
  `node ${process.version}, ${process.platform} ${process.arch}, ${RUNS} runs, medians; in brackets the ratio to the floor of the same session`,
  "",
  `| case | ${FIGURES.map(([, title]) => title).join(" | ")} |`,
  `| --- | ${FIGURES.map(() => "---:").join(" | ")} |`,
];
for (const { name, floor: against } of CASES) {
  const mine = medians.get(name);
  const base = against === undefined ? undefined : medians.get(against);
  const cells = FIGURES.map(([key]) => {
    const ratio =
      base?.[key] === undefined || mine[key] === undefined ? "" : ` (${(mine[key] / base[key]).toFixed(2)}x)`;
    return `${cell(mine[key])}${ratio}`;
  });
  lines.push(`| ${name} | ${cells.join(" | ")} |`);
}
const perDelta = (who) =>
  ((medians.get(`${who}: ${DELTAS} deltas`).cpuMs - medians.get(`${who}: ${DELTAS / 4} deltas`).cpuMs) * 1000) /
  (DELTAS * 0.75);
const dist = join(HERE, "../packages/sx/dist");
lines.push(
  "",
  `CPU a delta: sx ${perDelta("sx -p").toFixed(1)} us, floor ${perDelta("floor").toFixed(1)} us (from ${DELTAS / 4} to ${DELTAS} deltas)`,
  `installed size of sx: ${(size(dist) / 1024).toFixed(0)} KB in ${readdirSync(dist).length} files, no dependencies`,
);
process.stdout.write(`${lines.join("\n")}\n`);
