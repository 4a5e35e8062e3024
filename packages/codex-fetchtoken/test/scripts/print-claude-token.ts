import { join } from "node:path";
import { createCredentialSource } from "@scorpiox/sxnet/credentials";

/** Prints the access token of a Claude plan, as a program that uses the library would get it. */
async function main(): Promise<void> {
  const { env, argv } = process;
  const source = await createCredentialSource("local", {
    vendor: "claude_code",
    settings: JSON.parse(argv[2] ?? "{}") as Record<string, string>,
    home: env["HOME"] ?? "",
    env,
    now: Date.now,
    refresher: { command: process.execPath, args: [join(__dirname, "refresher.cjs")] },
  });
  try {
    const { accessToken, warnings } = await source.get();
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    process.stdout.write(`${accessToken}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = (error as { readonly exitCode?: number }).exitCode ?? 1;
  }
}

void main();
