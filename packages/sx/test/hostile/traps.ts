import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A port that nobody has any business with. */
export interface TrapPort {
  readonly port: number;
  /** The first line of every connection; empty for one that said nothing. */
  readonly visits: readonly string[];
}

/** Listens on 127.0.0.1 for one test, and turns every visitor away as a server that wants no second try. */
export async function listenAsTrap(): Promise<TrapPort> {
  const visits: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const at = visits.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => undefined); // the visitor may be gone already
    socket.once("data", (bytes: Buffer) => {
      visits[at] = bytes.toString("latin1").split("\r\n", 1)[0] ?? "";
      socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, visits };
}

/** Whatever a program of ours might start. */
const PROGRAMS =
  "git ssh scp rg bwrap sh bash zsh env stty tput tmux less vi nano curl wget openssl python3 node npm xdg-open open sensible-browser " +
  "pbcopy xclip wl-copy ps kill uname flock security secret-tool notify-send evil";

/** Programs that only leave their name in `mark`. */
export function layPrograms(folder: string, mark: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of PROGRAMS.split(" ")) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho "$0 $*" >> '${mark}'\n`);
    chmodSync(path, 0o755);
  }
}

/** Path and content of everything below a folder. */
export function listTree(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
    found.set(path.slice(folder.length + 1), content);
  }
  return found;
}

/** The paths that are new, gone, or have another content. */
export function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  return [...all].filter((path) => before.get(path) !== after.get(path)).sort();
}
