import { Ajv } from "ajv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileLedger } from "../../src/files/file-ledger.js";
import { createEditTool } from "../../src/tools/tool-edit.js";
import { createGlobTool } from "../../src/tools/tool-glob.js";
import { createGrepTool } from "../../src/tools/tool-grep.js";
import { createReadTool } from "../../src/tools/tool-read.js";
import { createViewImageTool } from "../../src/tools/tool-view-image.js";
import { createWriteTool } from "../../src/tools/tool-write.js";
import type { SxTool } from "../../src/tools/tool-context.js";
import { FileWorkspace } from "./file-workspace.js";

let space: FileWorkspace;
let tools: readonly SxTool[];
beforeEach(() => {
  space = new FileWorkspace();
  const { context } = space;
  const ledger = createFileLedger();
  tools = [
    createReadTool(context, ledger),
    createWriteTool(context, ledger),
    createEditTool(context, ledger),
    createGrepTool(context),
    createGlobTool(context),
    createViewImageTool(context),
  ];
});
afterEach(() => {
  space.remove();
});

describe("the six file tools together", () => {
  it("cost the model less than 4 KB", () => {
    const sent = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    expect(JSON.stringify(sent).length).toBeLessThan(4000);
  });

  it("have schemas that are schemas", () => {
    for (const { inputSchema } of tools) expect(new Ajv({ strict: false }).validateSchema(inputSchema)).toBe(true);
  });

  it("say truthfully which of them write", () => {
    const access = Object.fromEntries(
      tools.map((tool) => [tool.name, [tool.access, tool.readOnly === true, tool.writes !== undefined]]),
    );
    expect(access).toEqual({
      read: ["read", true, false],
      write: ["write", false, true],
      edit: ["write", false, true],
      grep: ["read", true, false],
      glob: ["read", true, false],
      view_image: ["read", true, false],
    });
  });

  it("sum a call up in one line", () => {
    const inputs: Readonly<Record<string, Record<string, unknown>>> = {
      read: { path: "a.ts", offset: 10 },
      write: { path: "a.ts", content: "x\n" },
      edit: { path: "a.ts", edits: [{}, {}] },
      grep: { pattern: "x+", path: "src", glob: "*.ts" },
      glob: { pattern: "*.ts", path: "src" },
      view_image: { path: "a.png" },
    };
    expect(tools.map((tool) => tool.summary(inputs[tool.name] ?? {}))).toEqual([
      "a.ts from line 10",
      "a.ts (1 line)",
      "a.ts (2 edits)",
      "x+ in src (*.ts)",
      "*.ts in src",
      "a.png",
    ]);
  });
});
