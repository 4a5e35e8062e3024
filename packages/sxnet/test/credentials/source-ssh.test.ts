import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleScript } from "../bundled-script.js";
import { expectNothingLeft } from "../leaks.js";
import { jwt, officialLogin } from "./logins.js";
import { freePort, hasSshd, isRoot, LOGIN_ATTEMPT, makeKey, run, type SshServer } from "./ssh/ssh-server.js";
import { NOW_MS, readKnown, SshWorld, TOKEN } from "./ssh/ssh-world.js";

/** Neither key nor agent: whatever is left must do. */
const NO_KEY = { CODEX_SSH_KEY: "" };

describe.skipIf(!hasSshd)("createSshSource", () => {
  let world: SshWorld;
  let server: SshServer;
  let known: string;

  beforeAll(async () => {
    world = new SshWorld();
    await world.open();
    server = await world.serve();
    known = world.knows(server);
  });
  afterAll(() => world.close());

  it("takes the access token, the account and the end, and nothing else", async () => {
    const home = world.makeHome({ known });
    const credential = await world.get({ server, home });
    expect(credential).toEqual({
      accessToken: TOKEN,
      accountId: "acc-file",
      expiresAtMs: NOW_MS + 86_400_000,
      raw: {},
      source: "ssh",
      path: `${world.account.user}@127.0.0.1:${server.port}`,
      warnings: [],
    });
    for (const file of readdirSync(join(home, ".cache/scorpiox/tokens"))) {
      expect(readFileSync(join(home, ".cache/scorpiox/tokens", file), "utf8")).not.toContain("rt-secret");
    }
  });

  it("connects once for a token, and again for one that was refused", async () => {
    const own = await world.serve();
    const home = world.makeHome({ known: world.knows(own) });
    const connections = (): number => own.log().match(/Accepted publickey/gu)?.length ?? 0;
    await Promise.all([world.get({ server: own, home }), world.get({ server: own, home })]);
    await world.get({ server: own, home });
    expect(connections()).toBe(1);
    const error = await world.fail({ server: own, home, request: { rejected: { accessToken: TOKEN } } });
    expect(error).toMatchObject({ code: "login_needed", exitCode: 41 });
    expect(connections()).toBe(2);
  });

  describe("logs in", () => {
    it("with a key file, also where the agent has gone", async () => {
      const credential = await world.get({ server, known, env: { SSH_AUTH_SOCK: "/nonexistent" } });
      expect(credential.accessToken).toBe(TOKEN);
    });

    it("with the agent", async () => {
      const agent = await startAgent(world.folder, [world.userKey.path]);
      try {
        const credential = await world.get({ server, known, settings: NO_KEY, env: { SSH_AUTH_SOCK: agent.socket } });
        expect(credential.accessToken).toBe(TOKEN);
      } finally {
        agent.stop();
      }
    });

    it("with the one key of a full agent that was named", async () => {
      const others = await Promise.all(
        Array.from({ length: 7 }, (_, index) => makeKey(join(world.folder, `other-${index}`))),
      );
      const locked = join(world.folder, "locked");
      await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "words", "-f", locked]);
      writeFileSync(
        join(world.account.home, ".ssh/authorized_keys"),
        `${world.userKey.line}\n${readFileSync(`${locked}.pub`, "utf8")}`,
      );
      const unlocked = join(world.folder, "unlocked");
      copyFileSync(locked, unlocked);
      chmodSync(unlocked, 0o600);
      await run("ssh-keygen", ["-p", "-P", "words", "-N", "", "-f", unlocked]);
      const agent = await startAgent(world.folder, [...others.map(({ path }) => path), unlocked]);
      try {
        const env = { SSH_AUTH_SOCK: agent.socket };
        expect((await world.get({ server, known, env, settings: { CODEX_SSH_KEY: locked } })).accessToken).toBe(TOKEN);
        // All eight are more than the server lets anybody try.
        expect((await world.fail({ server, known, env, settings: NO_KEY })).code).toBe("login_needed");
      } finally {
        agent.stop();
      }
    });

    it.each([
      ["its passphrase", { CODEX_SSH_KEY_PASS: "correct horse" }, undefined],
      ["a person who knows it", {}, "correct horse"],
    ])("with an encrypted key and %s", async (_name, settings, answer) => {
      const path = join(world.folder, `encrypted-${answer}`);
      const key = await makeKey(path, "ed25519", "correct horse");
      world.account.write(".ssh/authorized_keys", `${world.userKey.line}\n${key.line}\n`);
      const asked: unknown[] = [];
      const ask = async (question: unknown) => {
        asked.push(question);
        return answer;
      };
      const credential = await world.get({ server, known, settings: { ...settings, CODEX_SSH_KEY: path }, ask });
      expect(credential.accessToken).toBe(TOKEN);
      expect(asked).toEqual(
        answer === undefined ? [] : [{ text: expect.stringContaining("passphrase of "), secret: true }],
      );
    });

    it("with an RSA key by SHA-2", async () => {
      const key = await makeKey(join(world.folder, "user-rsa"), "rsa");
      world.account.write(".ssh/authorized_keys", `${world.userKey.line}\n${key.line}\n`);
      expect((await world.get({ server, known, settings: { CODEX_SSH_KEY: key.path } })).accessToken).toBe(TOKEN);
    });

    it.skipIf(!isRoot)("with a password, which comes last", async () => {
      const settings = { ...NO_KEY, CODEX_SSH_PASS: world.account.password };
      expect((await world.get({ server, known, settings })).accessToken).toBe(TOKEN);
    });

    it.skipIf(!isRoot)("with a password that a person types", async () => {
      const asked: string[] = [];
      const ask = async ({ text, secret }: { text: string; secret: boolean }) => {
        asked.push(`${text}${secret}`);
        return world.account.password;
      };
      expect((await world.get({ server, known, settings: NO_KEY, ask })).accessToken).toBe(TOKEN);
      expect(asked).toEqual([`password of ${world.account.user}@127.0.0.1:${server.port}: true`]);
    });

    it.skipIf(!isRoot)("with a password that the server asks for", async () => {
      const config = ["UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication yes"];
      const asking = await world.serve(["ed25519"], config);
      const settings = { ...NO_KEY, CODEX_SSH_PASS: world.account.password };
      const credential = await world.get({ server: asking, known: world.knows(asking), settings });
      expect(credential.accessToken).toBe(TOKEN);
      expect(asking.log()).toContain("Accepted keyboard-interactive");
    });

    it.skipIf(!isRoot)("with a password and then a key, where the server wants both", async () => {
      const both = await world.serve(["ed25519"], ["AuthenticationMethods password,publickey"]);
      const settings = { CODEX_SSH_PASS: world.account.password };
      expect((await world.get({ server: both, known: world.knows(both), settings })).accessToken).toBe(TOKEN);
    });
  });

  describe("does not log in", () => {
    it.skipIf(!isRoot)("with a wrong password", async () => {
      const error = await world.fail({ server, known, settings: { ...NO_KEY, CODEX_SSH_PASS: "wrong-secret" } });
      expect(error).toMatchObject({ code: "login_needed", exitCode: 41 });
      expect(error.message).toContain("refused the login (it takes publickey, password");
      expect(error.message).not.toContain("wrong-secret");
    });

    it("with a key that others may read, and names it", async () => {
      const path = join(world.folder, "open-key");
      copyFileSync(world.userKey.path, path);
      chmodSync(path, 0o644);
      const error = await world.fail({ server, known, settings: { CODEX_SSH_KEY: path } });
      expect(error).toMatchObject({ code: "login_needed", exitCode: 41 });
      expect(error.message).toContain("open-key is open to other users (mode 644)");
    });

    it.each([
      ["that does not exist", "missing", undefined, "missing does not exist"],
      ["that is none", "none", "hello\n", "none cannot be used: unknown format"],
    ])("with a key %s", async (_name, name, text, why) => {
      const path = join(world.folder, name);
      if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
      expect((await world.fail({ server, known, settings: { CODEX_SSH_KEY: path } })).message).toContain(why);
    });

    it.each([
      ["no passphrase", {}, "takes a passphrase; set CODEX_SSH_KEY_PASS"],
      ["a wrong passphrase", { CODEX_SSH_KEY_PASS: "wrong-words" }, "cannot be used: wrong passphrase"],
    ])("with an encrypted key and %s", async (name, settings, why) => {
      const path = join(world.folder, `encrypted ${name}`);
      await makeKey(path, "ed25519", "words");
      const error = await world.fail({ server, known, settings: { ...settings, CODEX_SSH_KEY: path } });
      expect(error.message).toContain(why);
      expect(error.message).not.toContain("wrong-words");
    });
  });

  describe("by the SSH configuration", () => {
    const alias = { CODEX_SSH_HOST: "build", CODEX_SSH_PORT: "22", CODEX_SSH_USER: "", CODEX_SSH_KEY: "" };

    it("finds host, port, user and key of an alias", async () => {
      const config = `Host build\n HostName 127.0.0.1\n Port ${server.port}\n User ${world.account.user}\n IdentityFile ${world.userKey.path}\n IdentitiesOnly yes\n`;
      const credential = await world.get({ server, known, config, settings: alias });
      expect(credential).toMatchObject({ accessToken: TOKEN, path: "build" });
    });

    it("goes through a jump host, each one verified, the password for the last alone", async () => {
      const [jump, target] = [await world.serve(["ecdsa"]), await world.serve(["ed25519"])];
      const config = [
        "Host build",
        " HostName 127.0.0.1",
        ` Port ${target.port}`,
        ` ProxyJump ${world.account.user}@gate`,
        "Host gate",
        " HostName 127.0.0.1",
        ` Port ${jump.port}`,
        "Host *",
        ` User ${world.account.user}`,
        ` IdentityFile ${world.userKey.path}`,
      ].join("\n");
      const both = `${world.knows(jump, "ecdsa")}${world.knows(target)}`;
      expect((await world.get({ server: target, known: both, config, settings: alias })).accessToken).toBe(TOKEN);
      expect(jump.log()).toContain("direct-tcpip");
      const unknownJump = await world.fail({ server: target, known: world.knows(target), config, settings: alias });
      expect(unknownJump).toMatchObject({ code: "host_key", exitCode: 62 });
      expect(unknownJump.message).toContain(`${world.account.user}@gate:${jump.port} is unknown`);
      const fresh = await world.serve(["ed25519"]);
      const unknownTarget = await world.failBeforeLogin({
        server: fresh,
        known: both,
        config: config.replace(String(target.port), String(fresh.port)),
        settings: { ...alias, CODEX_SSH_PASS: world.account.password },
      });
      expect(unknownTarget).toMatchObject({ code: "host_key", exitCode: 62 });
      const toJump = await world.serve(["ed25519"]);
      await world.fail({
        server: toJump,
        known: `${world.knows(toJump)}${both}`,
        config: config
          .replace(String(jump.port), String(toJump.port))
          .replace(/ IdentityFile.*/u, " IdentityFile none"),
        settings: { ...alias, CODEX_SSH_PASS: world.account.password },
      });
      expect(toJump.log()).toMatch(LOGIN_ATTEMPT);
      expect(toJump.log()).not.toContain("method password");
    });

    it("never runs a ProxyCommand", async () => {
      const home = world.makeHome({ known });
      const config = `Host build\n HostName 127.0.0.1\n ProxyCommand touch ${home}/ran\n`;
      writeFileSync(join(home, ".ssh/config"), config);
      const error = await world.fail({ server, home, settings: alias });
      expect(error).toMatchObject({ code: "configuration", exitCode: 52 });
      expect(error.message).toContain("ProxyCommand");
      expect(readdirSync(home)).not.toContain("ran");
    });
  });

  describe("reads", () => {
    it("our own login before the official client's, and CODEX_SSH_PATH before both", async () => {
      const [ours, chosen] = [1, 2].map((n) => jwt({ exp: NOW_MS / 1000 + n * 1000 }));
      const path = ".scorpiox/codex-auth.json";
      world.account.write(path, JSON.stringify({ access_token: ours, refresh_token: "rt-secret" }));
      world.account.write("some where/it's $(here).json", JSON.stringify({ access_token: chosen, expires_in: 60 }));
      expect((await world.get({ server, known })).accessToken).toBe(ours);
      const places = ["some where/it's $(here).json", "~/some where/it's $(here).json"];
      for (const place of [...places, join(world.account.home, places[0] as string)]) {
        const credential = await world.get({ server, known, settings: { CODEX_SSH_PATH: place } });
        expect(credential.accessToken).toBe(chosen);
      }
      await run("rm", [join(world.account.home, path)]);
    });

    it.skipIf(!isRoot)("past what a login script prints", async () => {
      const noisy = await world.serve(["ed25519"], ["Subsystem sftp /usr/lib/openssh/sftp-server"]);
      world.account.write(".bashrc", "echo NOISE\nhead -c 70000 /dev/zero\n");
      try {
        expect((await world.get({ server: noisy, known: world.knows(noisy) })).accessToken).toBe(TOKEN);
      } finally {
        world.account.write(".bashrc", "");
      }
    });

    it("a file that another program is just writing", async () => {
      const text = JSON.stringify(officialLogin({ accessToken: TOKEN }));
      world.account.write("torn.json", text.slice(0, 100));
      const timer = setTimeout(() => world.account.write("torn.json", text), 300);
      const credential = await world.get({ server, known, settings: { CODEX_SSH_PATH: "torn.json" } });
      clearTimeout(timer);
      expect(credential.accessToken).toBe(TOKEN);
    });

    it.each([
      [
        "no login at all",
        "",
        undefined,
        "login_needed",
        41,
        "no Codex login, neither ~/.scorpiox/codex-auth.json nor ~/.codex/auth.json",
      ],
      ["a missing file", "missing.json", undefined, "login_needed", 41, "has no file ~/missing.json"],
      ["garbage", "bad.json", "hello", "bad_input", 42, "~/bad.json is not valid JSON"],
      ["an empty file", "empty.json", "", "bad_input", 42, "~/empty.json is empty"],
      ["a file that is too large", "big.json", "x".repeat(1024 * 1024 + 1), "bad_input", 42, "it is larger than 1 MiB"],
      ["a folder", ".ssh", undefined, "bad_input", 42, "~/.ssh: it is not a regular file"],
      [
        "a token that is over",
        "old.json",
        JSON.stringify({ access_token: jwt({ exp: 1000 }) }),
        "login_needed",
        41,
        "expired at",
      ],
      ["a login without a token", "key.json", '{"OPENAI_API_KEY":"sk-1"}', "login_needed", 41, "holds an API key"],
    ])("and says what is wrong with %s", async (_name, path, text, code, exitCode, why) => {
      if (text !== undefined) world.account.write(path, text);
      const usual = join(world.account.home, ".codex");
      if (path === "") await run("mv", [usual, `${usual}-away`]);
      const error = await world.fail({ server, known, settings: { CODEX_SSH_PATH: path } });
      if (path === "") await run("mv", [`${usual}-away`, usual]);
      expect(error).toMatchObject({ code, exitCode });
      expect(error.message).toContain(why);
    });

    it("no pipe", async () => {
      await run("mkfifo", [join(world.account.home, "pipe")]);
      const error = await world.fail({ server, known, settings: { CODEX_SSH_PATH: "pipe" } });
      expect(error.message).toContain("it is not a regular file");
    });

    it("no token that does not live long enough", async () => {
      const error = await world.fail({ server, known, request: { minTtlMs: 86_400_001 } });
      expect(error).toMatchObject({ code: "ttl_too_short", exitCode: 60 });
    });

    it("nothing from a server without SFTP", async () => {
      const bare = await world.serve(["ed25519"], ["Subsystem other /bin/false"]);
      const error = await world.fail({ server: bare, known: world.knows(bare) });
      expect(error).toMatchObject({ code: "network", exitCode: 58 });
      expect(error.message).toContain("does not offer SFTP");
    });

    it("nothing from a server whose SFTP ends at once", async () => {
      const broken = await world.serve(["ed25519"], ["Subsystem sftp /bin/false"]);
      const error = await world.fail({ server: broken, known: world.knows(broken) });
      expect(error).toMatchObject({ code: "network", exitCode: 58 });
    });
  });

  describe("ends", () => {
    it("when nobody answers at the port", async () => {
      const settings = { CODEX_SSH_PORT: String(await freePort()) };
      const error = await world.fail({ server, known, settings });
      expect(error).toMatchObject({ code: "network", exitCode: 58 });
      expect(error.message).toContain("connection refused");
    });

    it("when a server says nothing, and when it is told to, without leaving anything behind", async () => {
      const silent = await listen((socket) => socket.resume());
      const settings = { CODEX_SSH_PORT: String(silent.port) };
      const controller = new AbortController();
      await expectNothingLeft(controller.signal, async () => {
        const error = await world.fail({
          server,
          settings,
          limits: { handshakeMs: 50 },
          request: { signal: controller.signal },
        });
        expect(error).toMatchObject({ code: "network", exitCode: 58 });
        expect(error.message).toContain("did not finish the SSH handshake within 0.05 s");
        const total = await world.fail({
          server,
          settings,
          limits: { totalMs: 50 },
          request: { signal: controller.signal },
        });
        expect(total.message).toContain("within 0.05 s");
        const connected = silent.next();
        const getting = world.get({ server, settings, request: { signal: controller.signal } });
        getting.catch(() => undefined);
        await connected;
        controller.abort(new Error("enough"));
        await expect(getting).rejects.toThrow("enough");
      });
      silent.close();
    });

    it.each([
      ["hangs up at once", (socket: Socket) => socket.destroy()],
      ["speaks another language", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
      ["talks without an end", (socket: Socket) => socket.write("x".repeat(100_000))],
      ["breaks off", (socket: Socket) => socket.end("SSH-2.0-Fake\r\n")],
    ])("when a server %s", async (_name, behave) => {
      const odd = await listen((socket) => {
        socket.resume();
        behave(socket);
      });
      const error = await world.fail({
        server,
        settings: { CODEX_SSH_PORT: String(odd.port) },
        limits: { handshakeMs: 3000 },
      });
      expect(error).toMatchObject({ code: "network", exitCode: 58 });
      odd.close();
    });

    it("without anything left when it has what it wants", async () => {
      const { signal } = new AbortController();
      await expectNothingLeft(signal, async () => {
        await world.get({ server, known, request: { signal } });
      });
    });
  });

  it("connects once for twenty processes, also when the answer is no", async () => {
    const script = await bundleScript("fetch-over-ssh", join(world.folder, "scripts-once"));
    const own = await world.serve();
    const home = world.makeHome({ known: world.knows(own) });
    const start = async (settings: Readonly<Record<string, string>>): Promise<string> => {
      const job = JSON.stringify({ settings: { ...world.settings(own), ...settings }, home, nowMs: NOW_MS });
      const env = { PATH: process.env["PATH"] ?? "", HOME: home };
      return run(process.execPath, [script, job], { env }).then(
        ({ stdout }) => stdout,
        ({ stderr }: { stderr: string }) => stderr,
      );
    };
    const twenty = (settings: Readonly<Record<string, string>> = {}): Promise<string[]> =>
      Promise.all(Array.from({ length: 20 }, () => start(settings)));
    const connections = (): number => own.log().match(/^Connection from/gmu)?.length ?? 0;
    expect(new Set(await twenty())).toEqual(new Set([TOKEN]));
    expect(connections()).toBe(1);
    for (const line of await twenty({ CODEX_SSH_PATH: "missing.json" }))
      expect(line).toContain("has no file ~/missing.json");
    expect(connections()).toBe(2);
  });

  it("writes a new host down once when twenty processes meet it at once", async () => {
    const fresh = await world.serve(["ed25519", "rsa"]);
    const home = world.makeHome({});
    const script = await bundleScript("fetch-over-ssh", join(world.folder, "scripts"));
    const settings = { ...world.settings(fresh), CODEX_SSH_STRICT: "accept-new" };
    const job = JSON.stringify({ settings, home, nowMs: NOW_MS });
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        // A cache of its own for each: all of them have to connect.
        const env = { PATH: process.env["PATH"] ?? "", HOME: home, XDG_CACHE_HOME: join(home, `cache-${index}`) };
        return (await run(process.execPath, [script, job], { env })).stdout;
      }),
    );
    expect(new Set(results)).toEqual(new Set([TOKEN]));
    expect(readKnown(home)).toBe(world.knows(fresh));
  });
});

async function startAgent(folder: string, keys: readonly string[]): Promise<{ socket: string; stop(): void }> {
  const socket = join(folder, `agent-${Math.random().toString(36).slice(2)}`);
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  for (const key of keys) await run("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  return { socket, stop: () => child.kill() };
}

async function listen(
  behave: (socket: Socket) => void,
): Promise<{ port: number; next(): Promise<void>; close(): void }> {
  const waiting: (() => void)[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    behave(socket);
    waiting.shift()?.();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => server.close(),
  };
}
