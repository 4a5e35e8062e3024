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
  let trusted = true;
  const update = { env: io.env, home: io.home, path, access, signal: io.signal } as const;
  // Under the lock of the files: the next writer must find this content trusted, or it would take it for a stranger's.
  const onWritten = async (before: string, after: string): Promise<void> => {
    trusted = await trustWriting(path, { before: before === "" ? undefined : before, after }, io);
  };
  const written = await updateEnvFile(inProject ? { ...update, onWritten } : update, change);
  return { written, trusted };
}

async function trustWriting(
  path: string,
  texts: { readonly before: string | undefined; readonly after: string },
  io: Io,
): Promise<boolean> {
  try {
    return await trustOwnWriting(io, path, texts, (text) => parseEnvFile(text, path), io.signal);
  } catch (error) {
    // The value is written; that it is not trusted is told, and `scorpiox-config trust` says what is wrong.
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}
