import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasSshd, isRoot, LOGIN_ATTEMPT, makeKey } from "./ssh/ssh-server.js";
import { readKnown, SshWorld, TOKEN } from "./ssh/ssh-world.js";

describe.skipIf(!hasSshd)("the host key", () => {
  let world: SshWorld;
  let stranger: string;

  beforeAll(async () => {
    world = new SshWorld();
    await world.open();
    stranger = (await makeKey(join(world.folder, "stranger"))).line;
  });
  afterAll(() => world.close());

  describe.each([
    ["yes", {}],
    ["ask without a terminal", { CODEX_SSH_STRICT: "ask" }],
    ["accept-new", { CODEX_SSH_STRICT: "accept-new" }],
  ] as const)("with CODEX_SSH_STRICT=%s", (_name, settings) => {
    it("is refused before any login when it has changed", async () => {
      const server = await world.serve();
      const known = `# mine\n[127.0.0.1]:${server.port} ${stranger}\n`;
      const home = world.makeHome({ known });
      const error = await world.failBeforeLogin({
        server,
        home,
        settings: { ...settings, CODEX_SSH_PASS: world.account.password },
      });
      expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
      expect(error.message).toContain(`has changed: it shows ssh-ed25519 ${world.key("ed25519").fingerprint}`);
      expect(error.message).toContain("~/.ssh/known_hosts line 2");
      expect(error.message).toContain(`ssh-keygen -R '[127.0.0.1]:${server.port}'`);
      expect(readKnown(home)).toBe(known);
    });

    it("is refused before any login when it is revoked", async () => {
      const server = await world.serve();
      const known = `${world.knows(server)}@revoked * ${world.key("ed25519").line}\n`;
      const error = await world.failBeforeLogin({ server, known, settings });
      expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
      expect(error.message).toContain("is revoked (~/.ssh/known_hosts line 2)");
    });

    it("is refused before any login when the host is known by another type of key", async () => {
      const server = await world.serve(["ed25519"]);
      const error = await world.failBeforeLogin({ server, known: world.knows(server, "ecdsa"), settings });
      expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
      expect(error.message).toContain("is known by its ecdsa-sha2-nistp256 key, but shows only ssh-ed25519 SHA256:");
    });

    it("is refused before any login when another file knows the host by another type of key", async () => {
      const server = await world.serve(["ed25519"]);
      const home = world.makeHome({});
      writeFileSync(join(home, ".ssh/known_hosts2"), world.knows(server, "ecdsa"));
      const error = await world.failBeforeLogin({ server, home, settings });
      expect(error.message).toContain("is known by its ecdsa-sha2-nistp256 key");
      expect(() => readKnown(home)).toThrow("ENOENT");
    });

    it("is refused without a connection when known_hosts cannot be read", async () => {
      const server = await world.serve();
      const home = world.makeHome({});
      mkdirSync(join(home, ".ssh/known_hosts"));
      const error = await world.fail({ server, home, settings });
      expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
      expect(error.message).toContain("~/.ssh/known_hosts cannot be used: it is not a regular file");
      expect(server.log()).not.toContain("Connection from");
    });
  });

  it.each([
    ["yes", {}],
    ["ask without a terminal", { CODEX_SSH_STRICT: "ask" }],
  ] as const)("is refused before any login when it is unknown (%s)", async (_name, settings) => {
    const server = await world.serve();
    const error = await world.failBeforeLogin({ server, settings });
    expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
    expect(error.message).toContain(`is unknown: ssh-ed25519 ${world.key("ed25519").fingerprint}`);
    expect(error.message).toContain("CODEX_SSH_HOST_KEY");
  });

  it("is refused where others may write to known_hosts", async () => {
    const server = await world.serve();
    const home = world.makeHome({ known: world.knows(server) });
    chmodSync(join(home, ".ssh/known_hosts"), 0o666);
    expect((await world.fail({ server, home })).message).toContain("everybody may write to it");
  });

  it("is looked at anew as soon as known_hosts is mended", async () => {
    const server = await world.serve();
    const home = world.makeHome({ known: `[127.0.0.1]:${server.port} ${stranger}\n` });
    expect((await world.failBeforeLogin({ server, home })).message).toContain("has changed");
    writeFileSync(join(home, ".ssh/known_hosts"), world.knows(server));
    expect((await world.get({ server, home })).accessToken).toBe(TOKEN);
  });

  it.each(["ecdsa", "rsa"] as const)(
    "is asked for as %s from a server with all types when that is known",
    async (type) => {
      const server = await world.serve(["ed25519", "ecdsa", "rsa"]);
      const credential = await world.get({ server, known: world.knows(server, type) });
      expect(credential.accessToken).toBe(TOKEN);
    },
  );

  it("is found under a hashed name", async () => {
    const server = await world.serve();
    const home = world.makeHome({ known: "", config: "Host *\n  HashKnownHosts yes\n" });
    const settings = { CODEX_SSH_STRICT: "accept-new" };
    await world.get({ server, home, settings });
    expect(readKnown(home)).toMatch(/^\|1\|/u);
    await world.get({ server, home, settings: { CODEX_SSH_KNOWN_HOSTS: join(home, ".ssh/known_hosts") } });
  });

  describe("pinned", () => {
    it.each(["ed25519", "ecdsa", "rsa"] as const)(
      "is accepted when it is the %s one, whatever is known",
      async (type) => {
        const server = await world.serve(["ed25519", "ecdsa", "rsa"]);
        const home = world.makeHome({});
        const settings = { CODEX_SSH_HOST_KEY: world.key(type).fingerprint };
        expect((await world.get({ server, home, settings })).accessToken).toBe(TOKEN);
        expect(() => readKnown(home)).toThrow("ENOENT");
      },
    );

    it("is refused before any login when none of the server's is it, also where known_hosts would do", async () => {
      const server = await world.serve(["ed25519", "rsa"]);
      const settings = { CODEX_SSH_HOST_KEY: world.key("ecdsa").fingerprint, CODEX_SSH_STRICT: "accept-new" };
      const error = await world.failBeforeLogin({ server, known: world.knows(server), settings });
      expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
      expect(error.message).toContain(`pins (${world.key("ecdsa").fingerprint})`);
      for (const type of ["ed25519", "rsa"] as const) expect(error.message).toContain(world.key(type).fingerprint);
    });

    it("is refused when it is revoked all the same", async () => {
      const server = await world.serve();
      const known = `@revoked * ${world.key("ed25519").line}\n`;
      const settings = { CODEX_SSH_HOST_KEY: world.key("ed25519").fingerprint };
      expect((await world.failBeforeLogin({ server, known, settings })).message).toContain("is revoked");
    });
  });

  describe("accept-new", () => {
    const settings = { CODEX_SSH_STRICT: "accept-new" };

    it("keeps a new host, says so, and holds it to its key from then on", async () => {
      const server = await world.serve(["ed25519", "rsa"]);
      const home = world.makeHome({ known: `other ${stranger}` });
      const credential = await world.get({ server, home, settings });
      expect(credential.warnings).toEqual([
        expect.stringContaining(`is new: its host key ssh-ed25519 ${world.key("ed25519").fingerprint} is kept in`),
      ]);
      expect(readKnown(home)).toBe(`other ${stranger}\n${world.knows(server)}`);
      const again = await world.get({ server, home, settings: { CODEX_SSH_STRICT: "yes" } });
      expect(again.warnings).toEqual([]);
      expect(readKnown(home)).toBe(`other ${stranger}\n${world.knows(server)}`);
    });

    it("makes the folder and the file for this user alone", async () => {
      const server = await world.serve();
      const home = world.makeHome({});
      const path = join(home, "new", "known_hosts");
      await world.get({ server, home, settings: { ...settings, CODEX_SSH_KNOWN_HOSTS: path } });
      const { statSync } = await import("node:fs");
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(home, "new")).mode & 0o777).toBe(0o700);
    });

    it("takes no host for new while a line cannot be read", async () => {
      const server = await world.serve();
      const error = await world.failBeforeLogin({ server, known: "[127.0.0.1]:22 ssh-ed25519 AAA\n", settings });
      expect(error.message).toContain("~/.ssh/known_hosts line 1 cannot be read");
    });

    it("is overruled by a stricter SSH configuration", async () => {
      const server = await world.serve();
      const error = await world.failBeforeLogin({ server, config: "StrictHostKeyChecking yes\n", settings });
      expect(error.message).toContain("is unknown");
    });
  });

  describe("ask", () => {
    const settings = { CODEX_SSH_STRICT: "ask" };

    it.each(["yes", "YES ", "the fingerprint"])("is accepted and kept for the answer %j", async (answer) => {
      const server = await world.serve();
      const home = world.makeHome({});
      const asked: string[] = [];
      const given = answer === "the fingerprint" ? world.key("ed25519").fingerprint : answer;
      const ask = async ({ text }: { text: string }) => {
        asked.push(text);
        return given;
      };
      expect((await world.get({ server, home, settings, ask })).accessToken).toBe(TOKEN);
      expect(asked).toEqual([expect.stringContaining(`is unknown: ssh-ed25519 ${world.key("ed25519").fingerprint}`)]);
      expect(readKnown(home)).toBe(world.knows(server));
    });

    it.each(["y", "no", "", "SHA256:no", undefined])("is refused for the answer %j", async (answer) => {
      const server = await world.serve();
      const error = await world.failBeforeLogin({ server, settings, ask: async () => answer });
      expect(error).toMatchObject({ code: "host_key", exitCode: 62 });
    });

    it("does not count the time that a person takes", async () => {
      const server = await world.serve();
      const ask = async () => {
        await new Promise((resolve) => setTimeout(resolve, 900));
        return "yes";
      };
      const limits = { handshakeMs: 800, totalMs: 800 };
      expect((await world.get({ server, settings, ask, limits })).accessToken).toBe(TOKEN);
    });
  });

  it("never leads to a login over a cipher that Terrapin can be used against", async () => {
    const server = await world.serve(["ed25519"], ["Ciphers chacha20-poly1305@openssh.com"]);
    const error = await world.failBeforeLogin({ server, known: world.knows(server) });
    expect(error).toMatchObject({ code: "network", exitCode: 58 });
    expect(error.message).toContain("no safe algorithm");
  });

  it.skipIf(!isRoot)("is refused where known_hosts belongs to somebody else", async () => {
    const { chownSync } = await import("node:fs");
    const server = await world.serve();
    const home = world.makeHome({ known: world.knows(server) });
    chownSync(join(home, ".ssh/known_hosts"), 12_345, 12_345);
    expect((await world.fail({ server, home })).message).toContain("belongs to another user (id 12345)");
  });

  it("is the one thing between a server and a login: the log tells them apart", async () => {
    const server = await world.serve();
    await world.get({ server, known: world.knows(server) });
    expect(server.log()).toMatch(LOGIN_ATTEMPT);
    writeFileSync(join(world.folder, "log"), server.log());
  });
});
