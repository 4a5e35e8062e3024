import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { KEYS } from "@scorpiox/sxutil";
import { expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

/** Files to make up, four a round; `scripts/config-fuzz.mjs` asks for 100,000. */
const FILES = Number(process.env["SX_FUZZ_FILES"] ?? 400);
const SEED = Number(process.env["SX_FUZZ_SEED"] ?? 1);
/** Far above what any round takes: a hang, not slowness, goes over it. */
const ROUND_MS = 20_000;

const NAMES = [
  "~/.scorpiox/scorpiox-env.txt",
  "./scorpiox-env.txt",
  "./scorpiox-env/w.txt",
  "~/.scorpiox/trust.json",
] as const;

const COMMANDS = [
  ["check"],
  ["check", "--json"],
  ["list", "--show-origin", "--all"],
  ["list", "--json"],
  ["get", "MODEL"],
  ["trust"],
  ["trust", "--list"],
  ["trust", "--yes", "--json"],
  ["profile", "list"],
  ["profile", "show", "w"],
  ["set", "MODEL", "x"],
  ["set", "ROUTER_URL", "http://r", "--tier", "project"],
  ["unset", "MODEL", "--tier", "project"],
] as const;

it(
  `${FILES} files of any content crash nothing, hang nothing, and steer no terminal`,
  { timeout: 3_600_000 },
  async () => {
    const random = new Random(SEED);
    const command = new SampleCommand();
    for (const name of NAMES) mkdirSync(dirname(command.path(name)), { recursive: true });
    for (let round = 0; round * NAMES.length < FILES; round++) {
      for (const name of NAMES) {
        if (random.below(8) === 0) rmSync(command.path(name), { force: true });
        else
          writeFileSync(command.path(name), name.endsWith(".json") ? trustFile(random, command.cwd) : envFile(random));
      }
      const argv = random.pick(COMMANDS);
      const startedMs = performance.now();
      // Anything but a Failure is thrown by `run`.
      const ran = await command.run(argv, random.below(2) === 0 ? { env: { ACTIVE_PROFILE: "w" } } : {});
      const what = `seed ${SEED}, round ${round}, ${argv.join(" ")}`;
      expect([0, 1, 2, 52, 55], `${what}: ${ran.stderr.slice(0, 300)}`).toContain(ran.code);
      expect(performance.now() - startedMs, what).toBeLessThan(ROUND_MS);
      if (argv.includes("--json" as never)) JSON.parse(ran.stdout === "" ? "{}" : ran.stdout);
      else expect(`${ran.stdout}${ran.stderr}`, what).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    }
  },
);

/** mulberry32: small, and the same everywhere. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const ODD = [
  "",
  "=",
  "=x",
  "KEY",
  "export A=1",
  "#",
  "  ",
  "\u0000",
  "\u001b[2J",
  "\u202e",
  "\uFEFF",
  "__proto__=1",
  "'",
  '"',
  "MODEL='",
  "A".repeat(300),
  "é=1",
  "MODEL = 'a' # no comment",
  "constructor=1",
] as const;

const VALUES = [
  "",
  "1",
  "x",
  "codex",
  "ssh",
  "http://h",
  "https://[",
  "http://a\u0430.b/",
  "~/x",
  "../../x",
  "w",
  "a b",
  "'q'",
  "\u001b]52;c;x\u0007",
  "\u202eabc",
  "9".repeat(400),
  "\ud83d\ude00",
  "\r",
  "on",
] as const;

function envFile(random: Random): Buffer {
  const lines = Array.from({ length: random.below(12) }, () => {
    if (random.below(5) === 0) return random.pick(ODD);
    return `${random.pick(KEYS).name}=${random.pick(VALUES)}`;
  });
  const eol = random.pick(["\n", "\n", "\r\n"]);
  const bytes = Buffer.from(lines.join(eol) + random.pick(["", eol]), "utf8");
  return random.below(6) === 0 ? damaged(bytes, random) : bytes;
}

function trustFile(random: Random, root: string): Buffer {
  const inner = random.pick([
    {},
    [],
    null,
    1,
    { hash: 1, allowed: {} },
    { hash: "sha256:0", allowed: { ROUTER_URL: "http://x" } },
    { hash: "sha256:0", allowed: { ROUTER_URL: 1 } },
    { hash: "\u001b[2J", allowed: { "\u202e": "\u001b" } },
  ]);
  const project = random.pick([{}, null, [], { "scorpiox-env.txt": inner }, { "../x": inner, "": inner }]);
  const projects = { [random.pick([root, "/gone", "", "\u001b[2J", "relative", "/dev/null"])]: project };
  const text = JSON.stringify({
    version: random.pick([1, 1, 1, 2, "1"]),
    projects: random.pick([projects, projects, [], 7]),
  });
  const bytes = Buffer.from(text, "utf8");
  return random.below(4) === 0 ? damaged(bytes, random) : bytes;
}

/** Bytes changed, cut or doubled. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = random.below(4); count >= 0 && copy.length > 0; count--)
    copy[random.below(copy.length)] = random.below(256);
  return random.pick([copy, copy.subarray(0, random.below(copy.length + 1)), Buffer.concat([copy, copy])]);
}
