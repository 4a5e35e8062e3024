import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ToolOutput } from "@scorpiox/sxnet";
import { ShellJobs } from "../../src/shell/shell-jobs.js";
import type { SxTool, ToolContext } from "../../src/tools/tool-context.js";

/** A workspace in a temp folder, beside a home folder of its own: `<base>/work` and `<base>/home`. */
export class FileWorkspace {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), "sx-files-")));
  readonly root = join(this.base, "work");
  readonly home = join(this.base, "home");
  readonly context: ToolContext;

  constructor(files: Readonly<Record<string, string | Buffer>> = {}) {
    mkdirSync(this.root);
    mkdirSync(this.home);
    this.context = {
      workspace: this.root,
      env: { HOME: this.home, PATH: "/usr/bin:/bin" },
      home: this.home,
      credentialPaths: [join(this.home, ".scorpiox")],
      jobs: new ShellJobs(),
      scratch: async () => join(this.base, "scratch"),
    };
    for (const [name, content] of Object.entries(files)) this.put(name, content);
  }

  /** Writes a file, with its folders; `name` is relative to the workspace. Returns its absolute path. */
  put(name: string, content: string | Buffer = ""): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** Runs a tool the way the loop does: a throw is its message. */
export async function call(
  tool: SxTool,
  input: Readonly<Record<string, unknown>>,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ text: string; output?: ToolOutput; error?: unknown }> {
  try {
    const output = await tool.run(input, { signal, toolUseId: "call-1" });
    if (typeof output === "string") return { text: output };
    const first = output.content[0];
    return { text: first?.type === "text" ? first.text : "", output };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), error };
  }
}
