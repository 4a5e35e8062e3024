import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildKnownHostLine } from "../../../src/credentials/ssh/known-hosts.js";
import { addKnownHost, readKnownHosts } from "../../../src/credentials/ssh/known-hosts-file.js";
import { bundleScript } from "../../bundled-script.js";
import { run } from "./ssh-server.js";

const KEY = Buffer.from(`0000000b${Buffer.from("ssh-ed25519").toString("hex")}00000001aa`, "hex");
const KEY2 = Buffer.from(`0000000b${Buffer.from("ssh-ed25519").toString("hex")}00000001bb`, "hex");

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sx-kh-"));
  path = join(home, "known_hosts");
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const add = (name: string, key = KEY, hashed = false) => addKnownHost(path, { name, key, hashed }, { home });

describe("readKnownHosts", () => {
  it("joins files, and takes those that do not exist for empty", async () => {
    writeFileSync(path, buildKnownHostLine("a", KEY));
    const other = join(home, "other");
    writeFileSync(other, `# nothing\nbroken\n${buildKnownHostLine("b", KEY)}`);
    const hosts = await readKnownHosts([path, join(home, "none"), join(path, "below"), other], home);
    expect(hosts.lines.map(({ hosts: names, path: file, line }) => [names, file, line])).toEqual([
      ["a", path, 1],
      ["b", other, 3],
    ]);
    expect(hosts.faults).toEqual([{ path: other, line: 2, revokes: false }]);
  });

  it("follows a link", async () => {
    writeFileSync(path, buildKnownHostLine("a", KEY));
    symlinkSync(path, join(home, "link"));
    expect((await readKnownHosts([join(home, "link")], home)).lines).toHaveLength(1);
  });

  it.each([
    ["a folder", () => mkdirSync(path), "it is not a regular file"],
    ["a link in a circle", () => symlinkSync(path, path), "ELOOP"],
    [
      "a file that everybody may write to",
      () => {
        writeFileSync(path, "");
        chmodSync(path, 0o602);
      },
      "everybody may write to it",
    ],
  ])("does not take %s for empty", async (_name, make, why) => {
    make();
    const reading = readKnownHosts([path], home);
    await expect(reading).rejects.toMatchObject({
      code: "host_key",
      exitCode: 62,
      message: expect.stringContaining(`~/known_hosts cannot be used: ${why}`) as string,
    });
    await expect(add("a")).rejects.toMatchObject({ code: "host_key" });
  });

  it("does not wait for a pipe", async () => {
    await run("mkfifo", [path]);
    await expect(readKnownHosts([path], home)).rejects.toMatchObject({ code: "host_key" });
  });
});

describe("addKnownHost", () => {
  it("adds a line once, whoever asks, however often", async () => {
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => add("[a]:2222")));
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["known"]));
    expect(readFileSync(path, "utf8")).toBe(`${buildKnownHostLine("[a]:2222", KEY)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps every byte that is there, and starts a line of its own", async () => {
    writeFileSync(path, "# mine\r\nodd line", { mode: 0o644 });
    await add("a");
    expect(readFileSync(path, "utf8")).toBe(`# mine\r\nodd line\n${buildKnownHostLine("a", KEY)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it("can hide the name", async () => {
    expect((await add("secret.example", KEY, true)).kind).toBe("known");
    expect(readFileSync(path, "utf8")).toMatch(/^\|1\|[^|]+\|[^ ]+ ssh-ed25519 /u);
  });

  it("does not add what has meanwhile become known otherwise", async () => {
    appendFileSync(path, `${buildKnownHostLine("a", KEY2)}\n`);
    const before = readFileSync(path, "utf8");
    expect(await add("a")).toEqual({ kind: "changed", path, line: 1 });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("takes part of a line back when there is no room for the whole", async () => {
    const script = await bundleScript("add-known-host", join(home, "scripts"));
    const before = `#${"x".repeat(3900)}\n`;
    writeFileSync(path, before);
    // A limit on the size of files cuts a write as a full disk does: after 4096 bytes.
    const limited = 'ulimit -f 4; exec "$0" "$@"';
    const { stdout } = await run("bash", ["-c", limited, process.execPath, script, path]);
    expect(stdout).toContain("cannot check the host key");
    expect(readFileSync(path, "utf8")).toBe(before);
    expect((await run(process.execPath, [script, path])).stdout).toBe("known");
  });
});
