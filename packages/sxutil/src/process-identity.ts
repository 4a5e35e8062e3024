import { readFileSync, readlinkSync, statSync } from "node:fs";

/**
 * One life of one process. The number alone is reused by the system; number, start time and scope together are not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; letters and digits only. */
  readonly start: string;
  /** The boot and the process namespace in which `pid` means something; letters, digits and `-` only. */
  readonly scope: string;
}

/** `unknown`: it lives, or lived, where this process cannot look (another host, container or boot). */
export type ProcessState = "alive" | "dead" | "unknown";

let self: Promise<ProcessIdentity | undefined> | undefined;

/** Who this process is; asked once. Undefined where the system tells it neither through /proc nor through `ps`. */
export function readOwnIdentity(): Promise<ProcessIdentity | undefined> {
  self ??= findOwnIdentity();
  return self;
}

async function findOwnIdentity(): Promise<ProcessIdentity | undefined> {
  return readIdentityFromProc() ?? (await readIdentityFromPs());
}

/** Whether the process is still running. A zombie counts as dead: it holds nothing any more. */
export async function readProcessState(identity: ProcessIdentity): Promise<ProcessState> {
  const own = await readOwnIdentity();
  if (own === undefined || identity.scope !== own.scope) return "unknown";
  if (identity.pid === own.pid) return identity.start === own.start ? "alive" : "dead";
  const fromProc = readStateFromProc(identity);
  return fromProc ?? (await readStateFromPs(identity));
}

/**
 * Fields of /proc/PID/stat: the name in parentheses may itself hold blanks and parentheses, so the line is split after
 * its last `)`. Then 0 is the state and 19 the start time in clock ticks since boot.
 * Source: proc_pid_stat(5), read 2026-11-20.
 */
function parseStat(text: string): { readonly pid: number; readonly state: string; readonly start: string } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const pid = Number.parseInt(text, 10);
  const [state] = fields;
  const start = fields[19];
  if (!Number.isSafeInteger(pid) || state === undefined || start === undefined) return undefined;
  return { pid, state, start };
}

function readIdentityFromProc(): ProcessIdentity | undefined {
  try {
    const stat = parseStat(readFileSync("/proc/self/stat", "latin1"));
    if (stat === undefined) return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").replace(/[^0-9a-f]/gu, "");
    const namespace = readlinkSync("/proc/self/ns/pid").replace(/\D/gu, "");
    return { pid: stat.pid, start: stat.start, scope: `${boot.slice(0, 16)}-${namespace}` };
  } catch {
    // No /proc, or one that keeps these to itself: the caller asks `ps`.
    return undefined;
  }
}

function readStateFromProc(identity: ProcessIdentity): ProcessState | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${identity.pid}/stat`, "latin1"));
    if (stat === undefined) return "unknown";
    return stat.start === identity.start && !"ZXx".includes(stat.state) ? "alive" : "dead";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return "dead";
    if (code !== "ENOENT") return "unknown";
    if (!exists("/proc/self/stat")) return undefined;
    // A /proc mounted with hidepid shows nobody else's processes; then absence proves nothing.
    return exists("/proc/1") ? "dead" : "unknown";
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

const PS_SELF = 'ps -o pid= -o lstart= -p "$PPID"; sysctl -n kern.bootsessionuuid 2>/dev/null || uname -n';

/**
 * The same without /proc (macOS, the BSDs): the shell's parent is this process.
 * @internal exported for its test, which runs where `ps` exists.
 */
export async function readIdentityFromPs(): Promise<ProcessIdentity | undefined> {
  const [line = "", boot = ""] = (await runShell(PS_SELF)).trim().split("\n");
  const match = /^\s*(\d+)\s+(\S.*)$/u.exec(line);
  if (match === null) return undefined;
  return { pid: Number(match[1]), start: squeeze(match[2] ?? ""), scope: `ps-${squeeze(boot).slice(0, 40)}` };
}

/** @internal exported for its test. */
export async function readStateFromPs(identity: ProcessIdentity): Promise<ProcessState> {
  // The last word shows that `ps` works, so that its silence about the other process means something.
  const answer = await runShell(
    `ps -o stat= -o lstart= -p ${identity.pid}; ps -o pid= -p "$PPID" >/dev/null && echo works`,
  );
  if (!answer.trimEnd().endsWith("works")) return "unknown";
  const match = /^(\S+)\s+(\S[^\n]*)\n/u.exec(answer.trimStart());
  return match !== null && squeeze(match[2] ?? "") === identity.start && !match[1]?.startsWith("Z") ? "alive" : "dead";
}

function squeeze(text: string): string {
  return text.replace(/[^A-Za-z0-9]/gu, "");
}

/** Standard output of a small shell line with a fixed environment; empty when it cannot be run. */
async function runShell(line: string): Promise<string> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    const options = { env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" }, timeout: 5_000 };
    execFile("/bin/sh", ["-c", line], options, (_error, stdout) => {
      resolve(stdout);
    });
  });
}
