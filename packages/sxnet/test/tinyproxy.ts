import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A proxy as companies run it, not one of ours; without it some tests are skipped. */
export const hasTinyproxy = spawnSync("tinyproxy", ["-v"]).status === 0;

export interface Tinyproxy {
  /** `127.0.0.1:port`. */
  readonly place: string;
  /** `host:port` of every CONNECT, in order. */
  targets(): readonly string[];
}

/** Runs for one test. `login`: what it wants to be told before it connects anywhere. */
export async function startTinyproxy(login?: { readonly user: string; readonly password: string }): Promise<Tinyproxy> {
  const folder = mkdtempSync(join(tmpdir(), "sxnet-tinyproxy-"));
  const log = join(folder, "log");
  const port = await freePort();
  const auth = login === undefined ? [] : [`BasicAuth ${login.user} ${login.password}`];
  const lines = [`Port ${port}`, "Listen 127.0.0.1", "Timeout 60", `LogFile "${log}"`, "LogLevel Connect", ...auth];
  writeFileSync(join(folder, "config"), `${lines.join("\n")}\n`);
  const child = spawn("tinyproxy", ["-d", "-c", join(folder, "config")], { stdio: "ignore" });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error("tinyproxy ended");
  }
  return {
    place: `127.0.0.1:${port}`,
    targets: () => [...readFileSync(log, "utf8").matchAll(/Request \(.*\): CONNECT (\S+) /g)].map(([, to]) => to ?? ""),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    // It has not begun to listen yet.
    return false;
  } finally {
    socket.destroy();
  }
}
