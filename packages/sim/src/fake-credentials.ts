import type { CodexAuthFile } from "./fake-auth.js";

/** Credential files of one simulator. */
export interface FakeCredentials {
  /** Keys that name them. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Writes made-up credentials into a folder of their own (0700, files 0600), where clients can find them. */
export async function writeFakeCredentials(auth: CodexAuthFile): Promise<FakeCredentials> {
  const [{ mkdtemp, rm, writeFile }, { tmpdir }, path] = await Promise.all([
    import("node:fs/promises"),
    import("node:os"),
    import("node:path"),
  ]);
  const folder = await mkdtemp(path.join(tmpdir(), "scorpiox-sim-"));
  const file = path.join(folder, "auth.json");
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(file, `${JSON.stringify(auth, null, 2)}\n`, {
      mode: 0o600,
      flag: "wx",
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { env: { CODEX_CREDENTIALS_FILE: file, CODEX_TOKEN_SOURCE: "local" }, remove };
}
