import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CredentialError } from "../../src/credentials/credential-error.js";
import type { CredentialRequest, CredentialSource, SourcedCredential } from "../../src/credentials/source.js";
import { expectNothingLeft } from "../leaks.js";
import { jwt } from "./logins.js";

const HOUR_MS = 3_600_000;

export interface SourceSurroundings {
  /** An empty folder, gone when the test is over. */
  readonly home: string;
  /** The clock to use: it moves only when the contract says so. */
  readonly now: () => number;
}

/** A source, and the hand that fills what it reads. */
export interface SourceUnderTest {
  readonly source: CredentialSource;
  /** From now on this login is there, with these tokens in it. */
  put(login: { readonly accessToken: string; readonly accountId: string }): Promise<void>;
  /** From now on there is nothing that could be used. */
  remove(): Promise<void>;
  /** Whether what it reads names an account. Default: yes. */
  readonly namesAccount?: boolean | undefined;
  /** What no message may show besides the tokens. */
  readonly secrets: readonly string[];
}

/** What holds for every source, whatever it reads. `open` is called once for each test. */
export function describeSource(
  name: string,
  open: (surroundings: SourceSurroundings) => Promise<SourceUnderTest>,
): void {
  describe(`the ${name} source, as every source,`, () => {
    async function start() {
      const home = await mkdtemp(join(tmpdir(), "sx-source-"));
      onTestFinished(() => rm(home, { recursive: true, force: true }));
      const clock = { nowMs: Date.parse("2026-11-21T00:00:00Z") };
      const subject = await open({ home, now: () => clock.nowMs });
      return new Contract(subject, clock);
    }

    it("gives a credential, its account, its end, and says where it is from", async () => {
      const contract = await start();
      const accessToken = await contract.putToken(HOUR_MS);
      const found = await contract.get();
      const expiresAtMs = contract.clock.nowMs + HOUR_MS;
      const { source } = contract;
      expect(found).toMatchObject({ accessToken, expiresAtMs, source, warnings: [] });
      expect(found.accountId).toBe(contract.accountId);
      expect(found.path).not.toBe("");
      expect(await contract.get()).toMatchObject({ accessToken, expiresAtMs });
    });

    it("honours minTtlMs", async () => {
      const contract = await start();
      const accessToken = await contract.putToken(HOUR_MS);
      expect(await contract.get({ minTtlMs: HOUR_MS })).toMatchObject({ accessToken });
      await contract.expectError({ minTtlMs: HOUR_MS + 1 }, "ttl_too_short", 60);
      expect(await contract.get()).toMatchObject({ accessToken });
    });

    it("never hands out again what was refused, and takes the next", async () => {
      const contract = await start();
      const refused = { accessToken: await contract.putToken(HOUR_MS) };
      expect(await contract.get()).toMatchObject(refused);
      await contract.expectError({ rejected: refused }, "login_needed", 41);
      await contract.expectError({ rejected: refused }, "login_needed", 41);
      const accessToken = await contract.putToken(2 * HOUR_MS);
      contract.clock.nowMs += 120_000;
      expect(await contract.get({ rejected: refused })).toMatchObject({ accessToken });
      expect(await contract.get({ rejected: refused })).toMatchObject({ accessToken });
      expect(await contract.get()).toMatchObject({ accessToken });
    });

    it("hands out nothing that is over", async () => {
      const contract = await start();
      await contract.putToken(0);
      await contract.expectError({}, "login_needed", 41);
    });

    it("sees that a token has come to its end", async () => {
      const contract = await start();
      await contract.putToken(HOUR_MS);
      await contract.get();
      contract.clock.nowMs += HOUR_MS;
      await contract.expectError({}, "login_needed", 41);
    });

    it("fails with one plain line when there is nothing", async () => {
      const contract = await start();
      await contract.remove();
      await contract.expectError({});
    });

    it("rejects with the signal's reason, and leaves nothing behind", async () => {
      const contract = await start();
      await contract.putToken(HOUR_MS);
      const controller = new AbortController();
      await expectNothingLeft(controller.signal, async () => {
        await contract.get({ signal: controller.signal });
      });
      await contract.putToken(2 * HOUR_MS);
      contract.clock.nowMs += HOUR_MS;
      await expectNothingLeft(controller.signal, async () => {
        const getting = expect(contract.get({ signal: controller.signal })).rejects.toBe("enough");
        controller.abort("enough");
        await getting;
        await expect(contract.get({ signal: controller.signal })).rejects.toBe("enough");
      });
      expect((await contract.get()).accountId).toBe(contract.accountId);
    });
  });
}

class Contract {
  readonly clock: { nowMs: number };
  readonly accountId: string | undefined;
  readonly source: string;
  readonly #subject: SourceUnderTest;
  readonly #secrets: string[];

  constructor(subject: SourceUnderTest, clock: { nowMs: number }) {
    this.#subject = subject;
    this.accountId = subject.namesAccount === false ? undefined : "acc-1";
    this.source = subject.source.name;
    this.clock = clock;
    this.#secrets = [...subject.secrets];
  }

  /** @returns the new access token */
  async putToken(lifetimeMs: number): Promise<string> {
    const accessToken = jwt({ exp: (this.clock.nowMs + lifetimeMs) / 1000 });
    this.#secrets.push(accessToken);
    await this.#subject.put({ accessToken, accountId: "acc-1" });
    return accessToken;
  }

  remove(): Promise<void> {
    return this.#subject.remove();
  }

  get(request?: CredentialRequest): Promise<SourcedCredential> {
    return this.#subject.source.get(request);
  }

  async expectError(request: CredentialRequest, code?: string, exitCode?: number): Promise<void> {
    const error = await this.get(request).then(
      () => undefined,
      (reason: unknown) => reason as CredentialError,
    );
    expect(error?.name).toBe("CredentialError");
    expect(error?.message).toMatch(/^[^\r\n]+[^.\r\n]$/u);
    if (code !== undefined) expect({ code: error?.code, exitCode: error?.exitCode }).toEqual({ code, exitCode });
    const shown = `${String(error)} ${JSON.stringify(error)} ${error?.stack ?? ""} ${String(error?.cause)}`;
    for (const secret of this.#secrets) expect(shown).not.toContain(secret);
  }
}
