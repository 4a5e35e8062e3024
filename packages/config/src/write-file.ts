import {
  ConfigurationError,
  type EnvFileUpdate,
  type Io,
  parseEnvFile,
  trustOwnWriting,
  updateEnvFile,
} from "@scorpiox/sxutil";

export interface Written {
  /** False: the file was so already. */
  readonly written: boolean;
  /** Whether what the file says counts, as far as trust goes. */
  readonly trusted: boolean;
}

/**
 * Changes one configuration file. In a project, what is written for the person who runs this is trusted at once,
 * unless somebody else's keys wait in the file.
 * @throws ConfigurationError, Failure: see `updateEnvFile`
 */
export async function writeConfigurationFile(
  { path, inProject, access }: { path: string; inProject: boolean; access: EnvFileUpdate["access"] },
  change: (text: string) => string,
  io: Io,
): Promise<Written> {
  let texts: { before: string | undefined; after: string } | undefined;
  const update = { env: io.env, home: io.home, path, access, signal: io.signal } as const;
  const written = await updateEnvFile(update, (text) => {
    const after = change(text);
    texts = { before: text === "" ? undefined : text, after };
    return after;
  });
  if (!inProject || !written || texts === undefined) return { written, trusted: true };
  const parse = (text: string) => parseEnvFile(text, path);
  try {
    return { written, trusted: await trustOwnWriting(io, path, texts, parse, io.signal) };
  } catch (error) {
    // The value is written; that it is not trusted is told, and `scorpiox-config trust` says what is wrong.
    if (error instanceof ConfigurationError) return { written, trusted: false };
    throw error;
  }
}
