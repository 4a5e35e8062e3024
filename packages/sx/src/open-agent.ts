import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Approval, Effort, Message, Provider, ResponseSchema, ToolUseBlock } from "@scorpiox/sxnet";
import {
  type Configuration,
  ExitCode,
  Failure,
  type Io,
  readConfiguration,
  refuseUntrusted,
  UsageError,
} from "@scorpiox/sxutil";
import { Agent, type AgentOptions } from "./agent.js";
import type { ApprovalMode, SxOptions } from "./args.js";
import { Compactor } from "./compaction/compactor.js";
import { PriceList } from "./cost.js";
import { KnownSecrets } from "./known-secrets.js";
import { openProvider } from "./open-provider.js";
import { type Ask, judge } from "./permission.js";
import type { ShellJobs } from "./shell/shell-jobs.js";
import type { StreamHeader } from "./stream-json.js";
import { readTodoList, TodoList } from "./tools/todo-list.js";
import type { AskUser } from "./tools/ask-user.js";
import type { SxTool, ToolContext } from "./tools/tool-context.js";

export interface OpenAgentOptions {
  readonly options: SxOptions;
  readonly io: Io;
  /** Used when neither the command line nor the configuration names a mode. */
  readonly defaultMode: ApprovalMode;
  readonly ask?: Ask | undefined;
  /** Decides in the place of the mode and of `ask`, which it then knows by itself. */
  readonly approve?: ((call: ToolUseBlock, tool: SxTool) => Promise<Approval>) | undefined;
  /** What the person says while a turn runs. */
  readonly takeInput?: AgentOptions["takeInput"];
  /** Puts the model's questions to the person; absent where nobody can be asked. */
  readonly askUser?: AskUser | undefined;
  /** Told what running commands print, as it comes. */
  readonly onOutput?: ToolContext["onOutput"];
  /** Keys that stand above everything else, for example the simulator's address. */
  readonly overrides?: readonly (readonly [string, string])[] | undefined;
  readonly sessionId: string;
  /** The conversation to go on from, when there is one. */
  readonly history?: readonly Message[] | undefined;
  /** What the final answer of each turn is bound to. */
  readonly responseSchema?: ResponseSchema | undefined;
  /** Nobody can be asked: a project that is not trusted, and whose keys are needed, stops the run. Default: a warning. */
  readonly refuseUntrusted?: boolean | undefined;
  /** Told what the credential source warns of, each line once. */
  readonly warn?: ((line: string) => void) | undefined;
}

/** An agent with everything around it; whoever opened it closes it. */
export interface OpenedAgent {
  readonly agent: Agent;
  readonly header: StreamHeader;
  readonly configuration: Configuration;
  readonly provider: Provider;
  readonly request: AgentOptions["request"];
  /** What commands left running. */
  readonly jobs: Pick<ShellJobs, "list">;
  readonly tools: readonly SxTool[];
  /** The model's list of tasks, as of now. */
  readonly todo: TodoList;
  /** Lines for stderr: what was ignored, what looks wrong. */
  readonly warnings: readonly string[];
  /** All that must never be shown; it grows with each credential. */
  readonly secrets: KnownSecrets;
  /** Ends connections and background jobs, removes the scratch folder. */
  close(): Promise<void>;
}

/**
 * Reads the configuration and puts provider, credentials, tools and prompt together. Nothing is sent yet.
 * @throws Failure
 */
export async function openAgent(opening: OpenAgentOptions): Promise<OpenedAgent> {
  const { options, io } = opening;
  const workspace = await openWorkspace(io.cwd, options.cwd);
  const configuration = readAgentConfiguration(opening, workspace);
  const settings = configuration.settings();
  if (opening.refuseUntrusted) {
    refuseUntrusted(configuration, { provider: settings["PROVIDER"] ?? "scorpiox", home: io.home });
  }
  const secrets = new KnownSecrets(configuration.secrets);
  const scratch = new Scratch();
  const { createToolContext } = await import("./tools/create-tool-context.js");
  const context = createToolContext({
    workspace,
    scratch: () => scratch.open(),
    io,
    settings,
    warn: opening.warn,
    askUser: opening.askUser,
    onOutput: opening.onOutput,
  });
  const todo = context.todo ?? new TodoList();
  todo.replace(readTodoList(opening.history ?? []));
  const { createTools } = await import("./tools/tools.js");
  const tools = await createTools(context, settings, async () => agent.provider.readImageLimits?.());
  const mode =
    options["approval-mode"] ?? (settings["SX_APPROVAL_MODE"] as ApprovalMode | undefined) ?? opening.defaultMode;
  const provider = await openProvider({ configuration, settings, io, secrets, warn: opening.warn });
  const model = settings["MODEL"] ?? "sonnet";
  const request = {
    model,
    system: await systemPrompt(workspace, tools.length > 0, options.bare === true),
    sessionId: opening.sessionId,
    ...(options.effort === undefined ? {} : { thinking: { effort: options.effort satisfies Effort } }),
    ...(opening.responseSchema === undefined ? {} : { responseSchema: opening.responseSchema }),
  };
  const agent = new Agent({
    provider,
    request,
    tools,
    approve: opening.approve ?? ((call, tool) => judge(mode, call, tool, workspace, opening.ask)),
    takeInput: opening.takeInput,
    maxTurns: options["max-turns"],
    maxCostUsd: options["max-cost"],
    prices: new PriceList(settings),
    undo: context.undo,
    compactor: new Compactor({ settings, system: request.system, tools, pinned: () => [todo.asText()] }),
    history: opening.history,
  });
  return {
    agent,
    todo,
    tools,
    secrets,
    configuration,
    provider,
    request,
    jobs: context.jobs,
    warnings: configuration.warnings,
    header: {
      sessionId: opening.sessionId,
      provider: provider.name,
      model,
      cwd: workspace,
      tools: tools.map(({ name }) => name),
      approvalMode: mode,
      resumed: opening.history !== undefined,
    },
    async close() {
      await agent.close();
      await context.undo?.close();
      await context.jobs.endAll();
      await scratch.remove();
    },
  };
}

/** The configuration as the command line lays over it. @throws Failure, UsageError */
export function readAgentConfiguration(
  { options, io, overrides = [] }: Pick<OpenAgentOptions, "options" | "io" | "overrides">,
  workspace: string,
): Configuration {
  return readConfiguration({
    env: io.env,
    cwd: workspace,
    home: io.home,
    overrides: [...overridesOf(options), ...overrides],
    ...(options.bare ? { only: ["default", "environment", "command line"] as const } : {}),
  });
}

/**
 * The real path of the folder to work in: `given`, from `cwd`.
 * @throws Failure `bad_input`
 */
export async function openWorkspace(cwd: string, given: string | undefined): Promise<string> {
  const path = resolve(cwd, given ?? ".");
  try {
    const real = await realpath(path);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    throw new Failure(
      "bad_input",
      ExitCode.badInput,
      `the working folder ${path} cannot be opened; choose one with --cwd`,
      { cause },
    );
  }
  throw new Failure("bad_input", ExitCode.badInput, `--cwd ${path} is not a folder`);
}

/** What the command line sets, above every file and the environment. */
export function overridesOf(options: SxOptions): readonly (readonly [string, string])[] {
  const pairs = options.set.map((pair): readonly [string, string] => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError("-e needs KEY=VALUE");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  if (options.provider !== undefined) pairs.push(["PROVIDER", options.provider]);
  if (options.model !== undefined) pairs.push(["MODEL", options.model]);
  return pairs;
}

async function systemPrompt(workspace: string, hasTools: boolean, bare: boolean): Promise<string> {
  const [{ buildSystemPrompt }, { findProjectInstructions }, { readGitBranch }, { release, platform }] =
    await Promise.all([
      import("./system-prompt.js"),
      import("./project-instructions.js"),
      import("./git-head.js"),
      import("node:os"),
    ]);
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, "0");
  return buildSystemPrompt({
    workspace,
    platform: `${platform()} ${release()}`,
    date: `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`,
    branch: readGitBranch(workspace),
    instructions: bare ? undefined : findProjectInstructions(workspace),
    hasTools,
  });
}

/** The folder for large results of this run. */
class Scratch {
  #path: Promise<string> | undefined;

  open(): Promise<string> {
    this.#path ??= (async () => {
      const [{ mkdtemp }, { tmpdir }, { join }] = await Promise.all([
        import("node:fs/promises"),
        import("node:os"),
        import("node:path"),
      ]);
      return mkdtemp(join(tmpdir(), "sx-"));
    })();
    return this.#path;
  }

  async remove(): Promise<void> {
    if (this.#path === undefined) return;
    const { rm } = await import("node:fs/promises");
    const path = await this.#path.catch(() => undefined);
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  }
}
