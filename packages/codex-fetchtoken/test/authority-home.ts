import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type Authority, type AuthorityOptions, startAuthority } from "@scorpiox/sim";
import { onTestFinished } from "vitest";
import { SampleHome } from "./sample-home.js";

/** A home with a login of an authority that runs for this test. */
export class AuthorityHome extends SampleHome {
  readonly file = join(this.home, ".scorpiox", "codex-auth.json");

  static async start(options: AuthorityOptions = {}): Promise<AuthorityHome> {
    const authority = await startAuthority(options);
    onTestFinished(() => authority.close());
    return new AuthorityHome(authority);
  }

  private constructor(readonly authority: Authority) {
    super({ CODEX_OAUTH_URL: authority.url });
  }

  /** Our own login, with an access token of that life; negative: over already. */
  signIn(accessTokenLifeMs = -1000): string {
    const login = this.authority.signIn({ accessTokenLifeMs });
    // By a rename, as nobody may ever see a half of it.
    renameSync(this.put(".scorpiox/new.json", login), this.file);
    return login.tokens.access_token;
  }

  /** A login of ten days ago, whose access token has that much of its ten days left. */
  signInLongAgo(leftMs: number): string {
    const clockSkewMs = leftMs - 10 * 86_400_000;
    this.authority.configure({ clockSkewMs });
    const login = this.authority.signIn();
    this.authority.configure({ clockSkewMs: 0 });
    const then = new Date(Date.now() + clockSkewMs).toISOString();
    this.put(".scorpiox/codex-auth.json", { ...login, last_refresh: then });
    return login.tokens.access_token;
  }

  read(): SavedLogin {
    return JSON.parse(readFileSync(this.file, "utf8")) as SavedLogin;
  }

  hasMarker(): boolean {
    return existsSync(`${this.file}.refused`);
  }
}

export interface SavedLogin {
  readonly tokens: { readonly access_token: string; readonly refresh_token: string; readonly account_id: string };
  readonly last_refresh: string;
}
