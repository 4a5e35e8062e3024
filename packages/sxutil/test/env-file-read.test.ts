import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvFile } from "../src/env-file-read.js";
import { ConfigurationError } from "../src/failure.js";
import { makeSampleHome } from "./sample-home.js";

const asRoot = process.getuid?.() === 0;

describe("readEnvFile", () => {
  it("gives bytes, text and entries", () => {
    const path = join(makeSampleHome({ "./scorpiox-env.txt": "\uFEFFMODEL=opus\r\n" }).cwd, "scorpiox-env.txt");
    const file = readEnvFile(path);
    expect(file).toMatchObject({
      path,
      text: "\uFEFFMODEL=opus\r\n",
      entries: [{ key: "MODEL", value: "opus", line: 1 }],
    });
    expect(Buffer.from(file?.bytes ?? [])).toEqual(Buffer.from("\uFEFFMODEL=opus\r\n"));
  });

  it("follows a link to a file", () => {
    const { cwd } = makeSampleHome({ "./real.txt": "A=1\n" });
    symlinkSync("real.txt", join(cwd, "link.txt"));
    expect(readEnvFile(join(cwd, "link.txt"))?.entries).toHaveLength(1);
  });

  it("is undefined where there is no file", () => {
    const { cwd } = makeSampleHome({ "./file": "" });
    expect(readEnvFile(join(cwd, "absent"))).toBeUndefined();
    expect(readEnvFile(join(cwd, "absent", "deeper"))).toBeUndefined();
    expect(readEnvFile(join(cwd, "file", "below"))).toBeUndefined();
    symlinkSync("nowhere", join(cwd, "dangling"));
    expect(readEnvFile(join(cwd, "dangling"))).toBeUndefined();
  });

  it.each<[name: string, make: (path: string) => void, message: string]>([
    ["a folder", (path) => mkdirSync(path), "it is a folder"],
    ["a named pipe", (path) => execFileSync("mkfifo", [path]), "it is a named pipe"],
    ["a link to a device", (path) => symlinkSync("/dev/zero", path), "it is a device"],
    ["a circle of links", (path) => symlinkSync(path, path), "its symbolic links run in a circle"],
    ["more than 32 MiB", (path) => sparse(path, 32 * 1024 * 1024 + 1), "it is larger than 32 MiB"],
    ["too long a name", () => undefined, "its name is too long"],
  ])("refuses %s at once", (name, make, message) => {
    const path = join(makeSampleHome().cwd, name === "too long a name" ? "x".repeat(300) : "scorpiox-env.txt");
    make(path);
    expect(() => readEnvFile(path, "~/file")).toThrow(new RegExp(`^cannot read ~/file: ${message}; `));
    expect(() => readEnvFile(path)).toThrow(ConfigurationError);
  });

  it("refuses a socket", async () => {
    const path = join(makeSampleHome().cwd, "s");
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      expect(() => readEnvFile(path)).toThrow(/it is a socket/);
    } finally {
      server.close();
    }
  });

  it("refuses a file that cannot be opened", () => {
    const { root, home, cwd } = makeSampleHome({ "./scorpiox-env.txt": "A=1" });
    const path = join(cwd, "scorpiox-env.txt");
    for (const folder of [root, home, cwd]) chmodSync(folder, 0o755);
    chmodSync(path, 0o000);
    // The superuser may read everything, so as root this is done in another user's name.
    if (asRoot) process.seteuid?.(65_534);
    try {
      expect(() => readEnvFile(path)).toThrow(/permission denied; correct it or remove the file$/);
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  });

  it("names the line of a broken file, and the file as it is shown", () => {
    const path = join(makeSampleHome({ "./x.txt": "A=1\nb\n" }).cwd, "x.txt");
    expect(() => readEnvFile(path, "~/x.txt")).toThrow(/^~\/x.txt line 2 has "b" and no = sign/);
  });

  it("reads the largest file that is allowed", () => {
    const path = join(makeSampleHome().cwd, "big");
    writeFileSync(path, `A=${"x".repeat(32 * 1024 * 1024 - 2)}`);
    expect(readEnvFile(path)?.entries[0]?.value).toHaveLength(32 * 1024 * 1024 - 2);
  });
});

function sparse(path: string, bytes: number): void {
  writeFileSync(path, "");
  truncateSync(path, bytes);
}
