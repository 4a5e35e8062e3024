import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import {
  type ProcessIdentity,
  readIdentityFromPs,
  readOwnIdentity,
  readProcessState,
  readStateFromPs,
} from "../src/process-identity.js";

const hasPs = spawnSync("ps", ["-o", "pid=,lstart="]).status === 0;

async function ownIdentity(): Promise<ProcessIdentity> {
  const own = await readOwnIdentity();
  if (own === undefined) throw new Error("this system does not tell who a process is");
  return own;
}

describe("readProcessState", () => {
  it("knows itself", async () => {
    const own = await ownIdentity();
    expect(own.pid).toBe(process.pid);
    expect(await readProcessState(own)).toBe("alive");
  });

  it("takes another life of the same number for dead", async () => {
    const own = await ownIdentity();
    expect(await readProcessState({ ...own, start: `${own.start}1` })).toBe("dead");
    expect(await readProcessState({ ...own, pid: process.ppid, start: "1" })).toBe("dead");
  });

  it("does not judge another scope", async () => {
    expect(await readProcessState({ ...(await ownIdentity()), scope: "elsewhere" })).toBe("unknown");
  });

  it.skipIf(!existsSync("/proc/self/stat"))(
    "takes a zombie and a gone process for dead (skipped without /proc)",
    async () => {
      const own = await ownIdentity();
      // The shell becomes `sleep`, which never collects its child: the child stays a zombie.
      const parent = spawn("/bin/sh", ["-c", "true & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      const stat = await vi.waitFor(() => {
        const text = readFileSync(`/proc/${pid}/stat`, "latin1");
        expect(text).toContain(") Z ");
        return text;
      });
      const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
      expect(await readProcessState({ pid, start, scope: own.scope })).toBe("dead");
      parent.kill("SIGKILL");
      await once(parent, "exit");
      expect(await readProcessState({ ...own, pid: parent.pid ?? 0 })).toBe("dead");
    },
  );
});

describe.skipIf(!hasPs)("without /proc, through ps (skipped without ps)", () => {
  it("knows itself, other lives and the dead", async () => {
    const own = await readIdentityFromPs();
    if (own === undefined) throw new Error("ps did not say who this is");
    expect(own.pid).toBe(process.pid);
    expect(await readStateFromPs(own)).toBe("alive");
    expect(await readStateFromPs({ ...own, start: "FriJan11200000" })).toBe("dead");
    const child = spawn("true");
    await once(child, "exit");
    expect(await readStateFromPs({ ...own, pid: child.pid ?? 0 })).toBe("dead");
  });
});
