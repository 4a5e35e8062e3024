import { sendSignal } from "./process-signal.js";
import { inLanes, type ProcessEntry, type ProcessTable, readProcessTable } from "./process-table.js";

/** How the processes of one command are told from all others. */
export interface ProcessTree {
  /** The shell, leader of its own session and group. */
  readonly leaderPid: number;
  /** The shell has ended: once nothing is left in its group, the system may give its number to a stranger. */
  readonly leaderGone?: boolean;
  /** In the environment of whatever the shell starts. Long and random: a match is proof. */
  readonly marker: string;
  /** The named pipe that the output goes through, when there is one: it betrays a process that shed the rest. */
  readonly pipePath?: string | undefined;
}

/** A process that belongs to a command, as people are told of it. */
export interface TreeMember {
  readonly pid: number;
  /** Empty when unknown; may hold anything that a process puts into its command line. */
  readonly command: string;
}

/** What was left of a tree after everything was tried. */
export interface TreeEnd {
  readonly survivors: readonly TreeMember[];
  /** False when the processes of this machine could not be looked at, so that `survivors` says nothing. */
  readonly verified: boolean;
}

/** A look at all processes that takes longer says nothing any more. */
const LOOK_TIMEOUT_MS = 1_500;
/** After KILL; what is still there then sits in the kernel or belongs to somebody else. */
const KILL_WAIT_MS = 1_000;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

/** Whether anything is left in the leader's group, zombies included. One system call. */
export function groupExists(tree: ProcessTree): boolean {
  return sendSignal(-tree.leaderPid, 0) !== "gone";
}

/**
 * Everything that belongs to the tree and lives: by session, group, marker, open pipe, and as a child of such a
 * process. Undefined when processes cannot be listed here. Never throws.
 */
export async function findMembers(tree: ProcessTree): Promise<readonly TreeMember[] | undefined> {
  const table = await readProcessTable(LOOK_TIMEOUT_MS);
  return table === undefined ? undefined : describeAll(table, await membersIn(table, tree));
}

/** `known` names processes that were members before: one that is about to end has lost all that showed it. */
async function membersIn(
  table: ProcessTable,
  tree: ProcessTree,
  known: ReadonlySet<string> = new Set(),
): Promise<readonly ProcessEntry[]> {
  const stranger = tree.leaderGone === true && table.entries.some(({ pid }) => pid === tree.leaderPid);
  const found = new Map<number, ProcessEntry>();
  await inLanes(table.entries, async (entry) => {
    const related =
      known.has(nameOf(entry)) ||
      (!stranger && (entry.sessionId === tree.leaderPid || entry.groupId === tree.leaderPid)) ||
      (await table.carries(entry.pid, tree.marker)) ||
      (tree.pipePath !== undefined && (await table.writesTo(entry.pid, tree.pipePath)));
    if (related) found.set(entry.pid, entry);
  });
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const entry of table.entries) if (found.has(entry.parentPid)) found.set(entry.pid, entry);
  }
  return [...found.values()].sort((a, b) => a.pid - b.pid);
}

/** Unlike a bare number, never given to another process. */
function nameOf({ pid, startedAt }: ProcessEntry): string {
  return `${pid} ${startedAt}`;
}

function describeAll(table: ProcessTable, members: readonly ProcessEntry[]): Promise<TreeMember[]> {
  return Promise.all(members.map(async ({ pid }) => ({ pid, command: await table.describe(pid) })));
}

/**
 * Ends the whole tree: TERM to the group and to every member outside of it, KILL after `graceMs`, then looks until
 * nobody is found twice in a row. Bounded by `graceMs` plus a second and the looks themselves. `changed` may settle
 * early, to look again at once when the pipe closes. Never throws.
 */
export async function endTree(tree: ProcessTree, graceMs: number, changed?: Promise<unknown>): Promise<TreeEnd> {
  const known = new Set<string>();
  const end = await sweep(tree, known, "SIGTERM", graceMs, changed);
  return end.verified && end.survivors.length === 0 ? end : sweep(tree, known, "SIGKILL", KILL_WAIT_MS);
}

async function sweep(
  tree: ProcessTree,
  known: Set<string>,
  signal: "SIGTERM" | "SIGKILL",
  limitMs: number,
  changed?: Promise<unknown>,
): Promise<TreeEnd> {
  // The group at once and whole: a fork bomb cannot outrun one system call.
  let wholeGroup = tree.leaderGone !== true;
  if (wholeGroup) sendSignal(-tree.leaderPid, signal);
  const deadline = performance.now() + limitMs;
  let pauseMs = FIRST_PAUSE_MS;
  let emptyLooks = 0;
  let wake = changed;
  for (;;) {
    const table = await readProcessTable(LOOK_TIMEOUT_MS);
    const overtime = performance.now() >= deadline;
    if (table === undefined) {
      // The group is all that is left to go by here.
      if (!wholeGroup) sendSignal(-tree.leaderPid, signal);
      wholeGroup = true;
      if (overtime || !groupExists(tree)) return { survivors: [], verified: false };
    } else {
      const members = await membersIn(table, tree, known);
      emptyLooks = members.length === 0 ? emptyLooks + 1 : 0;
      // A process that forked while the list was read may have been missed, so one empty look is not enough.
      if (emptyLooks === 2) return { survivors: [], verified: true };
      if (emptyLooks === 1) continue;
      for (const entry of members) {
        // TERM is said once to each, as a second one often means "at once"; KILL is said for as long as somebody is there.
        const told = known.has(nameOf(entry)) || (wholeGroup && entry.groupId === tree.leaderPid);
        if (signal === "SIGKILL" || !told) sendSignal(entry.pid, signal);
        known.add(nameOf(entry));
      }
      if (overtime) return { survivors: await describeAll(table, members), verified: true };
    }
    if (await pause(Math.max(1, Math.min(pauseMs, deadline - performance.now())), wake)) wake = undefined;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}

/** True when `wake` settled first. Leaves no timer behind. */
async function pause(ms: number, wake: Promise<unknown> | undefined): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const slept = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const woken = wake?.then(
    () => true,
    () => true,
  );
  try {
    return await (woken === undefined ? slept : Promise.race([slept, woken]));
  } finally {
    clearTimeout(timer);
  }
}
