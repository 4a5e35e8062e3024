import { existsSync, readFileSync } from "node:fs";
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
    this.put(".scorpiox/codex-auth.json", login);
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
