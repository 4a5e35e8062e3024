import { readdir, readFile, readlink } from "node:fs/promises";

/** One living process. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** 0 where the system does not tell. */
  readonly sessionId: number;
  /** Tells a process from a later one with the same number; compared, never read. */
  readonly startedAt: string;
}

/** What is known of the processes of this machine; one table is one look. */
export interface ProcessTable {
  readonly entries: readonly ProcessEntry[];
  /** True when the environment that the process was started with holds `marker`. */
  carries(pid: number, marker: string): Promise<boolean>;
  /** True when the process writes into the file or named pipe at `path`, also after that was removed. */
  writesTo(pid: number, path: string): Promise<boolean>;
  /** The command line, for people; at most 200 characters; empty when it is not to be had. */
  describe(pid: number): Promise<string>;
}

/** Files under /proc that are open at one time; the limit on open files may be low. */
const LANES = 16;

/**
 * Looks at every process once: through /proc, else through `ps`. Undefined where neither can be had, or where the
 * answer took longer than `timeoutMs`. Zombies are left out: they are dead. Never throws.
 */
export async function readProcessTable(timeoutMs: number): Promise<ProcessTable | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  try {
    return await Promise.race([readProc().then((table) => table ?? readPs(timeoutMs)), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `work` over all items, a few at a time. */
export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next++];
      if (item !== undefined) await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}

async function readProc(): Promise<ProcessTable | undefined> {
  let names: string[];
  try {
    names = await readdir("/proc");
  } catch {
    return undefined; // No /proc on this system.
  }
  const entries: ProcessEntry[] = [];
  await inLanes(names.filter(isNumber), async (pid) => {
    const entry = parseStat(await readSmall(`/proc/${pid}/stat`));
    if (entry !== undefined) entries.push(entry);
  });
  // An unmounted /proc is an empty folder; this process at least must be in it.
  if (entries.length === 0) return undefined;
  return {
    entries,
    carries: async (pid, marker) => (await readSmall(`/proc/${pid}/environ`)).includes(marker),
    writesTo: async (pid, path) => {
      const targets = await Promise.all([1, 2].map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
      return targets.some((target) => target === path || target === `${path} (deleted)`);
    },
    describe: async (pid) => (await readSmall(`/proc/${pid}/cmdline`)).replaceAll("\0", " ").trim().slice(0, 200),
  };
}

function isNumber(name: string): boolean {
  return /^[1-9][0-9]*$/.test(name);
}

/** Bytes as latin-1: only ASCII is compared, and a command line may hold anything. Empty when it cannot be read. */
async function readSmall(path: string): Promise<string> {
  // Other people's processes, and those that have ended since: nothing to say about either.
  return readFile(path, "latin1").catch(() => "");
}

/**
 * Source: proc(5), "/proc/pid/stat": pid (comm) state ppid pgrp session ... field 22 starttime, read 2026-11-20. The
 * name may hold spaces and brackets, so fields are counted from the last bracket.
 */
export function parseStat(text: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parentPid, groupId, sessionId] = fields;
  const pid = Number.parseInt(text, 10);
  if (Number.isNaN(pid) || state === undefined || state === "Z" || state === "X") return undefined;
  return {
    pid,
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startedAt: fields[19] ?? "",
  };
}

/** The columns asked of `ps`; the date has five words, and the environment follows the command. */
const PS_COLUMNS = ["pid=", "ppid=", "pgid=", "stat=", "lstart=", "command="];
const PS_LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s(.*)$/;

/**
 * macOS has no /proc. `e` appends the environment for the user's own processes, except for programs that the system
 * protects; those are found through their group only.
 */
export async function readPs(timeoutMs: number): Promise<ProcessTable | undefined> {
  const { execFile } = await import("node:child_process");
  const text = await new Promise<string>((resolve) => {
    const args = ["axeww", ...PS_COLUMNS.flatMap((column) => ["-o", column])];
    const options = { timeout: timeoutMs, maxBuffer: 64 << 20, env: { LC_ALL: "C", PATH: "/bin:/usr/bin" } };
    execFile("ps", args, options, (_error, stdout) => resolve(stdout));
  });
  const entries: ProcessEntry[] = [];
  const commands = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [, pid, parentPid, groupId, state, startedAt, command] = PS_LINE.exec(line) ?? [];
    if (pid === undefined || state === undefined || state.startsWith("Z")) continue;
    entries.push({
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: Number(groupId),
      sessionId: 0,
      startedAt: startedAt ?? "",
    });
    commands.set(Number(pid), command ?? "");
  }
  if (entries.length === 0) return undefined;
  return {
    entries,
    carries: (pid, marker) => Promise.resolve(commands.get(pid)?.includes(marker) ?? false),
    writesTo: () => Promise.resolve(false),
    // The environment follows without a border, so only the first words are sure to be the command.
    describe: (pid) => Promise.resolve((commands.get(pid) ?? "").split(" ").slice(0, 2).join(" ").slice(0, 200)),
  };
}
