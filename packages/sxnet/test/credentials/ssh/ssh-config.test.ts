import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSshConfig, readSshConfig } from "../../../src/credentials/ssh/ssh-config.js";

const SSH = "/usr/bin/ssh";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sx-sshc-"));
  mkdirSync(join(home, ".ssh"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

describe.each([
  ["with OpenSSH", SSH],
  ["with the small reader", undefined],
])("findSshConfig %s", (_name, ssh) => {
  const find = (host: string, text?: string) => {
    if (text !== undefined) writeFileSync(join(home, ".ssh/config"), text);
    return findSshConfig(host, { home, env: {}, ssh });
  };
  const whereItIs = it.skipIf(ssh !== undefined && !existsSync(ssh));

  whereItIs("has what is usual where nothing is said", async () => {
    const config = await find("a.example");
    expect(config).toMatchObject({ hostName: "a.example", port: 22, identitiesOnly: false, strict: false });
    expect(config.identityFiles).toContain(join(home, ".ssh/id_ed25519"));
    expect(config.userKnownHosts).toEqual([join(home, ".ssh/known_hosts"), join(home, ".ssh/known_hosts2")]);
    expect(config.systemKnownHosts).toContain("/etc/ssh/ssh_known_hosts");
    for (const key of ["proxyJump", "hostKeyAlias", "identityAgent"]) expect(config).not.toHaveProperty(key);
  });

  whereItIs("takes the first value of the patterns that match, and all identity files", async () => {
    const config = await find(
      "build.corp",
      `
# of the office
Host *.corp !other.corp
  HostName %h.example
  Port=2222
  User "me"
  IdentityFile ~/.ssh/%h-%r
  IdentityFile /keys/two
  IdentitiesOnly yes
  ProxyJump gate
  HostKeyAlias build
  UserKnownHostsFile ~/known /etc/known
  StrictHostKeyChecking yes
  IdentityAgent ~/agent
  HashKnownHosts yes
Host other.corp
  User wrong
Host *
  Port 1
  User nobody
`,
    );
    expect(config).toMatchObject({
      hostName: "build.corp.example",
      port: 2222,
      user: "me",
      identityFiles: [join(home, ".ssh/build.corp.example-me"), "/keys/two"],
      identitiesOnly: true,
      proxyJump: "gate",
      hostKeyAlias: "build",
      strict: true,
      identityAgent: expect.stringMatching(/\/agent$/u) as string,
      hashKnownHosts: true,
    });
    expect(config.userKnownHosts[1]).toBe("/etc/known");
    expect((await find("other.corp")).user).toBe("wrong");
  });

  whereItIs("never runs a ProxyCommand, and takes none for one", async () => {
    const finding = find("a", `Host a\n ProxyCommand touch ${home}/ran\n`);
    await expect(finding).rejects.toMatchObject({ code: "configuration", exitCode: 52 });
    await expect(finding).rejects.toThrow("the SSH configuration has a ProxyCommand for a;");
    expect(existsSync(join(home, "ran"))).toBe(false);
    expect((await find("b", "ProxyCommand none\nProxyJump none\n")).hostName).toBe("b");
  });

  whereItIs("does not overlook keys that are revoked elsewhere", async () => {
    await expect(find("a", "RevokedHostKeys /etc/revoked\n")).rejects.toThrow("RevokedHostKeys");
  });
});

describe("findSshConfig", () => {
  it.skipIf(!existsSync(SSH))("says which line OpenSSH does not understand", async () => {
    writeFileSync(join(home, ".ssh/config"), "Nonsense yes\n");
    const finding = findSshConfig("a", { home, env: {}, ssh: SSH });
    await expect(finding).rejects.toMatchObject({ code: "configuration" });
    await expect(finding).rejects.toThrow("ssh does not understand its configuration");
  });

  it.skipIf(!existsSync(SSH))("ends with the signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(findSshConfig("a", { home, env: {}, ssh: SSH, signal })).rejects.toThrow("enough");
    await expect(findSshConfig("a", { home, env: {}, ssh: undefined, signal })).rejects.toThrow("enough");
  });
});

describe("readSshConfig", () => {
  it.each([
    ["Host a\nPort 1\nHost b\nPort 2", "b", "2"],
    ["Port 3\nHost a\nPort 1", "a", "3"],
    ["Match all\nPort 1\nHost a\nPort 2", "a", "2"],
    ["HOST A\nPORT 1", "a", "1"],
    ["host a\r\nport 1\r\n", "a", "1"],
    ["Host a\n\tPort\t=\t1", "a", "1"],
    ["Host b\nPort 1", "a", undefined],
    ["", "a", undefined],
  ])("of %j for %s has the port %s", (text, host, port) => {
    expect(readSshConfig(text, host).get("port")?.[0]).toBe(port);
  });
});
