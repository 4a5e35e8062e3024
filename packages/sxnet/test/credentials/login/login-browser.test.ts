import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { type BrowserLoginOptions, logInByBrowser } from "../../../src/credentials/login/login-browser.js";
import { GRANT, LoginServer, type Reply } from "../login-server.js";

interface Page {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/** A browser, as far as we notice it. */
async function visit(url: string | URL, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Page> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (more: string) => (text += more));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, text });
      });
    });
    sent.once("error", reject);
    sent.end();
  });
}

class Login {
  private constructor(
    readonly server: LoginServer,
    readonly done: Promise<unknown>,
    /** The login page's address. */
    readonly url: URL,
  ) {}

  static async start(options: Partial<BrowserLoginOptions> = {}, reply?: Reply): Promise<Login> {
    const server = await LoginServer.start({ "/oauth/token": [reply ?? { status: 200, body: GRANT }] });
    let done: Promise<unknown> | undefined;
    const url = await new Promise<string>((resolve, reject) => {
      done = logInByBrowser({ ...server.service(), ports: [0], onUrl: resolve, ...options });
      done.catch(reject);
    });
    return new Login(server, done ?? Promise.resolve(), new URL(url));
  }

  get state(): string {
    return this.url.searchParams.get("state") ?? "";
  }

  callback(query: Readonly<Record<string, string>>): URL {
    const url = new URL(this.url.searchParams.get("redirect_uri") ?? "");
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  path(path: string): URL {
    return new URL(path, this.callback({}));
  }

  /** Proves that whatever came before has changed nothing. */
  async finish(): Promise<void> {
    const page = await visit(this.callback({ state: this.state, code: "ac_1" }));
    expect(page).toMatchObject({ status: 302, location: "/success" });
    expect((await visit(this.path("/success"))).text).toContain("You can close this page");
    await expect(this.done).resolves.toMatchObject({ refreshToken: GRANT.refresh_token });
  }
}

describe("logInByBrowser", () => {
  it("asks with PKCE and takes the answer from the browser", async () => {
    const login = await Login.start();
    const { searchParams, pathname } = login.url;
    expect(pathname).toBe("/oauth/authorize");
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: "code",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/auth\/callback$/u) as string,
      code_challenge_method: "S256",
      scope: "openid profile email offline_access",
    });
    await login.finish();
    const form = new URLSearchParams(login.server.seen[0]?.body);
    expect(form.get("redirect_uri")).toBe(searchParams.get("redirect_uri"));
    expect(form.get("code_verifier")).toMatch(/^[\w-]{43,128}$/u);
  });

  it.each<[string, (login: Login) => Promise<Page>, number]>([
    ["a wrong state", async (login) => await visit(login.callback({ state: "x".repeat(43), code: "ac_evil" })), 400],
    ["no state", async (login) => await visit(login.callback({ code: "ac_evil" })), 400],
    ["an error with a wrong state", async (login) => await visit(login.callback({ error: "access_denied" })), 400],
    [
      "two codes",
      async (login) => await visit(`${login.callback({ state: login.state, code: "ac_1" }).href}&code=ac_evil`),
      400,
    ],
    [
      "another host name",
      async (login) => await visit(login.callback({ state: login.state, code: "ac_1" }), { host: "evil.example" }),
      421,
    ],
    [
      "another port in its host name",
      async (login) => await visit(login.callback({ state: login.state, code: "ac_1" }), { host: "127.0.0.1:1" }),
      421,
    ],
    ["a POST", async (login) => await visit(login.callback({ state: login.state, code: "ac_1" }), {}, "POST"), 405],
    [
      "somebody's script",
      async (login) =>
        await visit(login.callback({ state: login.state, code: "a" }), { origin: "https://evil.example" }),
      403,
    ],
    [
      "somebody's image",
      async (login) => await visit(login.callback({ state: login.state, code: "a" }), { "sec-fetch-mode": "no-cors" }),
      403,
    ],
    [
      "a cancel from a browser",
      async (login) => await visit(login.path("/cancel"), { "sec-fetch-mode": "navigate" }),
      403,
    ],
    ["another path", async (login) => await visit(login.path("/auth/callback/x")), 404],
  ])("refuses %s, repeats nothing of it, and waits on", async (_name, send, status) => {
    const login = await Login.start();
    const page = await send(login);
    expect(page.status).toBe(status);
    expect(page.text).not.toContain("evil");
    await login.finish();
    expect(new URLSearchParams(login.server.seen[0]?.body).get("code")).toBe("ac_1");
  });

  it("takes one answer only", async () => {
    const login = await Login.start();
    await visit(login.callback({ state: login.state, code: "ac_1" }));
    // The second one meets a listener that says no, or none any more.
    const second = await visit(login.callback({ state: login.state, code: "ac_2" })).catch(() => undefined);
    expect(second?.status ?? 410).toBe(410);
    await login.done;
    expect(login.server.seen).toHaveLength(1);
    expect(new URLSearchParams(login.server.seen[0]?.body).get("code")).toBe("ac_1");
    await expect(visit(login.path("/success"))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("ends when the person says no", async () => {
    const login = await Login.start();
    await visit(login.callback({ state: login.state, error: "access_denied", error_description: "<b>evil</b>" }));
    await expect(login.done).rejects.toMatchObject({
      code: "login_needed",
      message: "the login was refused on the page (access_denied); nothing has changed",
    });
  });

  it("ends when another program asks for the port", async () => {
    const login = await Login.start();
    await visit(login.path("/cancel"));
    await expect(login.done).rejects.toThrow("cancelled by another login");
  });

  it("takes the address that a person has copied out of a browser elsewhere", async () => {
    const typed: string[] = [];
    let wake: () => void = () => undefined;
    let bad = 0;
    async function* lines() {
      for (;;) {
        const line = typed.shift();
        if (line === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield line;
      }
    }
    const login = await Login.start({ pasted: lines(), onBadPaste: () => (bad += 1) });
    typed.push("what?", "", login.callback({ state: "wrong", code: "ac_1" }).href);
    typed.push(` ${login.callback({ state: login.state, code: "ac_1" }).href} `);
    wake();
    await login.done;
    expect(bad).toBe(2);
    expect(login.server.seen).toHaveLength(1);
  });

  it("stops listening when the time is over, and when it is aborted", async () => {
    const late = await Login.start({ limitMs: 300 });
    await expect(late.done).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringContaining("no answer from the browser within 0 s") as string,
    });
    await expect(visit(late.path("/success"))).rejects.toMatchObject({ code: "ECONNREFUSED" });

    const login = await Login.start();
    const reason = new Error("stop");
    login.server.abort.abort(reason);
    await expect(login.done).rejects.toBe(reason);
    await expect(visit(login.path("/success"))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("goes on to the next port, and names those that are taken", async () => {
    const first = await Login.start();
    const port = Number(first.callback({}).port);
    const second = await Login.start({ ports: [port, 0] });
    await second.finish();
    await expect(Login.start({ ports: [port] })).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining(`port ${port} of 127.0.0.1 is taken`) as string,
    });
    await first.finish();
  });

  it("says what the issuer has against the code", async () => {
    const login = await Login.start({}, { status: 400, body: { error: "invalid_grant" } });
    await visit(login.callback({ state: login.state, code: "ac_SECRET" }));
    await expect(login.done).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringMatching(/answered 400 \(invalid_grant\).*; start the login again$/u) as string,
    });
  });
});
