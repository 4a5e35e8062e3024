import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty home folder in a temp place, gone when the test is over. */
export class SampleHome {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), "sx-fetchtoken-")));
  /** What the command sees of the environment. */
  readonly env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.env = { HOME: this.home, SCORPIOX_GLOBAL_DIR: join(this.home, "global"), ...env };
    onTestFinished(() => rmSync(this.home, { recursive: true, force: true }));
  }

  put(name: string, value: unknown): string {
    const path = join(this.home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value), { mode: 0o600 });
    return path;
  }

  /** The official client's login, with a token that ends then. */
  logIn(expiresAtMs: number): string {
    const accessToken = jwt({ exp: expiresAtMs / 1000 });
    this.put(".codex/auth.json", {
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { id_token: jwt({}), access_token: accessToken, refresh_token: "rt-secret", account_id: "acc-1" },
    });
    return accessToken;
  }
}

function jwt(claims: Readonly<Record<string, unknown>>): string {
  return [{ alg: "RS256" }, claims, "s"]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
}
