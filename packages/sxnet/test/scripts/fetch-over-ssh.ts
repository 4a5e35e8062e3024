import { createSshSource } from "../../src/credentials/source-ssh.js";

/** Prints the access token that the SSH source gives for the settings in argv; what it cannot do goes to stderr. */
interface Job {
  readonly settings: Readonly<Record<string, string>>;
  readonly home: string;
  readonly nowMs: number;
}

async function main(): Promise<void> {
  const { settings, home, nowMs } = JSON.parse(process.argv[2] ?? "") as Job;
  const source = createSshSource({ settings, home, env: process.env, now: () => nowMs });
  const { accessToken } = await source.get();
  process.stdout.write(accessToken);
}

main().catch((error: Error) => {
  process.stderr.write(error.message);
  process.exitCode = 1;
});
