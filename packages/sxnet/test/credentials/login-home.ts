import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { SourceOptions } from "../../src/credentials/source.js";
import { serve } from "../loopback.js";
import { jwt } from "./logins.js";

/** What a small authority answers to the n-th request, counted from 1; `refreshToken` is what it was sent. */
export type Answering = (n: number, refreshToken: string) => Answer | Promise<Answer>;
export interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

/** A home with our own login in it, and an authority that answers as it is told. */
export class LoginHome {
  readonly sent: string[] = [];
  readonly file: string;

  static async start(answering: Answering): Promise<LoginHome> {
    const home = await realpath(await mkdtemp(join(tmpdir(), "sx-login-")));
    onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
    const sent: string[] = [];
    const server = await serve(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const { refresh_token: refreshToken } = JSON.parse(text) as { readonly refresh_token: string };
      sent.push(refreshToken);
      const { status = 200, body } = await answering(sent.length, refreshToken);
      response.statusCode = status;
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    return new LoginHome(home, server.origin, sent);
  }

  private constructor(
    readonly home: string,
    readonly origin: string,
    sent: string[],
  ) {
    this.sent = sent;
    this.file = join(home, ".scorpiox", "codex-auth.json");
  }

  options(more: Partial<SourceOptions> = {}): SourceOptions {
    return { settings: { CODEX_OAUTH_URL: this.origin }, home: this.home, env: {}, now: Date.now, ...more };
  }

  async put(login: unknown, path = this.file): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, typeof login === "string" ? login : JSON.stringify(login), { mode: 0o600 });
  }

  async read(): Promise<ReturnType<typeof login>> {
    return JSON.parse(await readFile(this.file, "utf8")) as ReturnType<typeof login>;
  }
}

/** A login whose tokens are told apart by `name`, and end in so many seconds. */
export function login(name: string, leftS: number, accountId = "acc-1") {
  const nowS = Math.floor(Date.now() / 1000);
  const claims = { exp: nowS + leftS, jti: name, "https://api.openai.com/auth": { chatgpt_account_id: accountId } };
  return {
    auth_mode: "chatgpt",
    tokens: { access_token: jwt(claims), refresh_token: `rt-${name}`, account_id: accountId },
    last_refresh: new Date((nowS - 864_000) * 1000).toISOString(),
  };
}

/** The tokens of such a login, as an authority answers. */
export function tokens(name: string, leftS = 3600, accountId = "acc-1") {
  const { access_token, refresh_token } = login(name, leftS, accountId).tokens;
  return { access_token, refresh_token, expires_in: leftS };
}
