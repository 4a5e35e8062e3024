import { basename } from "node:path";
import { addAbortSignal } from "node:stream";
import {
  canonicalValue,
  checkValue,
  ConfigurationError,
  displayPath,
  ExitCode,
  type Io,
  isSecret,
  judgeProjectValue,
  type KeySpec,
  readConfiguration,
  setKey,
  UsageError,
} from "@scorpiox/sxutil";
import type { ConfigOptions } from "./args.js";
import { knownKey } from "./known-key.js";
import { keepOutOfGit } from "./secret-in-project.js";
import { jsonValue, shownValue } from "./shown-value.js";
import { type TargetFile, targetFile } from "./target-file.js";
import { writeConfigurationFile } from "./write-file.js";

const MAX_STDIN_CHARS = 1024 * 1024;

/**
 * Writes one key to one file, and tells when another place still wins. Nothing goes to stdout but what `--json` asks for.
 * @throws UsageError for an unknown key or one that the file may not hold; ConfigurationError for a wrong value or a
 * broken file, which is left alone.
 */
export async function setValue(key: string, given: string, options: ConfigOptions, io: Io): Promise<number> {
  const spec = knownKey(key);
  const target = targetFile(key, options, io);
  const value = given === "-" ? await readStdin(io) : given;
  const problem = checkValue(spec, value);
  if (problem !== undefined) throw new ConfigurationError(problem);
  if (target.inProject) await refuseInProject(spec, value, target, options, io);
  const { written } = await writeConfigurationFile(
    { ...target, access: accessOf(spec, target) },
    (text) => setKey(text, key, value),
    io,
  );
  const place = `${displayPath(target.path, io.home)} (${target.tier} tier)`;
  const pair = `${key}=${shownValue(key, value, false)}`;
  const note = findNote(key, target, io);
  if (options.json) {
    const { tier, path } = target;
    const document = {
      key,
      value: jsonValue(key, value),
      tier,
      path,
      written,
      counts: note === undefined,
      note: note ?? null,
    };
    io.stdout.write(`${JSON.stringify(document)}\n`);
    return ExitCode.ok;
  }
  io.stderr.write(written ? `${pair} written to ${place}\n` : `${pair} is in ${place} already\n`);
  if (note !== undefined) io.stderr.write(`note: ${note}\n`);
  return ExitCode.ok;
}

function accessOf(spec: KeySpec, { tier, inProject }: TargetFile): "private" | "shared" | "secret" {
  if (isSecret(spec)) return "secret";
  return inProject || tier === "global" ? "shared" : "private";
}

/** What a project file should not hold is refused here, rather than ignored later. */
async function refuseInProject(
  spec: KeySpec,
  value: string,
  target: TargetFile,
  options: ConfigOptions,
  io: Io,
): Promise<void> {
  if (isSecret(spec)) await keepOutOfGit(spec.name, target.path, options.ignore === true, io);
  const below = readConfiguration({
    env: io.env,
    cwd: io.cwd,
    home: io.home,
    only: ["default", "global", "user"],
    lenient: true,
  });
  const verdict = judgeProjectValue(spec, canonicalValue(spec, value, io.home), below.value(spec.name), true);
  if (verdict === "never") {
    throw new UsageError(`no project file may set ${spec.name} to that: it would weaken a guard; use --tier user`);
  }
}

/** Why the value that was just written does not count, if it does not. */
function findNote(key: string, target: TargetFile, io: Io): string | undefined {
  const configuration = readConfiguration({ env: io.env, cwd: io.cwd, home: io.home, lenient: true });
  const ignored = configuration.ignored.find((setting) => setting.key === key && setting.path === target.path);
  if (ignored?.reason === "untrusted")
    return `${key} is ignored there until the project is trusted, because the file has keys of somebody else; look at them with scorpiox-config trust`;
  if (ignored !== undefined) return configuration.warnings.find((warning) => warning.includes(key));
  const resolved = configuration.resolve(key);
  if (resolved === undefined || resolved.path === target.path) return undefined;
  if (resolved.shadows.some((shadow) => shadow.path === target.path)) {
    const winner = `${shownValue(key, resolved.value, false)} ${configuration.describe(key)}`;
    return `${key} stays ${winner}, which wins over the ${target.tier} tier`;
  }
  return `that profile is not active; scorpiox-config profile use ${basename(target.path, ".txt")} makes it so`;
}

async function readStdin(io: Io): Promise<string> {
  if (io.stdin.isTTY === true) throw new UsageError("VALUE is -, but stdin is the terminal; pipe the value in");
  let text = "";
  addAbortSignal(io.signal, io.stdin);
  io.stdin.setEncoding("utf8");
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.length > MAX_STDIN_CHARS) throw new UsageError("stdin holds more than 1 MiB; that is no value");
  }
  return text.replace(/\r?\n$/, "");
}
