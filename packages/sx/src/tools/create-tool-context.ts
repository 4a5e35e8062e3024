import { isAbsolute, join } from "node:path";
import type { Settings } from "@scorpiox/sxnet";
import { cacheFolder, globalFolder, type Io, scorpioxHome } from "@scorpiox/sxutil";
import { fileAccess } from "../files/file-access.js";
import { ShellJobs } from "../shell/shell-jobs.js";
import { buildToolEnvironment } from "../shell/tool-environment.js";
import { UndoStore } from "../undo/undo-store.js";
import { TodoList } from "./todo-list.js";
import type { ToolContext } from "./tool-context.js";

/** What a run knows before its tools exist. */
export interface ToolSurroundings extends Pick<ToolContext, "workspace" | "scratch" | "askUser" | "onOutput"> {
  /** Told what the person should know, a line at a time. */
  readonly warn?: ((line: string) => void) | undefined;
  readonly io: Pick<Io, "env" | "home">;
  readonly settings: Settings;
}

/** What the tools of one run share. The caller awaits `jobs.endAll()` before sx is over. */
export function createToolContext({
  workspace,
  scratch,
  io,
  settings,
  warn,
  askUser,
  onOutput,
}: ToolSurroundings): ToolContext {
  const context: ToolContext = {
    workspace,
    scratch,
    env: buildToolEnvironment(io.env),
    home: io.home,
    credentialPaths: credentialPaths(io, settings),
    jobs: new ShellJobs(),
    todo: new TodoList(),
    askUser,
    onOutput,
    undo: new UndoStore({ workspace, warn, hidden: () => fileAccess(context).hidden(workspace) }),
  };
  return context;
}

/** Settings that name a file with a credential in it. */
const FILE_KEYS = [
  "CODEX_CREDENTIALS_FILE",
  "CLAUDE_CODE_CREDENTIALS_FILE",
  "CODEX_SSH_KEY",
  "CLAUDE_CODE_SSH_KEY",
  "SX_CLIENT_KEY",
];

/**
 * Where this user's credentials are by the settings and by the whole environment: commands see only a part of it, and
 * that part names none of these places. Our own folders count whole: logins, kept access tokens, settings with keys,
 * and the compiled code that the next start runs.
 */
function credentialPaths({ env, home }: Pick<Io, "env" | "home">, settings: Settings): readonly string[] {
  const own = [scorpioxHome(env, home), join(home, ".scorpiox"), cacheFolder(env, home), globalFolder(env)];
  const named = [...FILE_KEYS.map((key) => settings[key]), env["GNUPGHOME"]];
  const codex = env["CODEX_HOME"];
  if (codex !== undefined) named.push(join(codex, "auth.json"));
  const claude = env["CLAUDE_CONFIG_DIR"];
  if (claude !== undefined) named.push(join(claude, ".credentials.json"));
  return [...own, ...named.filter((path) => path !== undefined).filter(isAbsolute)];
}
