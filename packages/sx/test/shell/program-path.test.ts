import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProgram } from "../../src/shell/program-path.js";

let base: string;
const at = (...parts: string[]): string => join(base, ...parts);

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "sx-path-")));
  for (const folder of ["work/bin", "work-tools", "good", "folders/tool", "linked"])
    await mkdir(at(folder), { recursive: true });
  for (const file of ["work/bin/tool", "work-tools/tool", "good/tool", "good/plain"])
    await writeFile(at(file), "#!/bin/sh\n");
  for (const file of ["work/bin/tool", "work-tools/tool", "good/tool"]) await chmod(at(file), 0o755);
  await symlink(at("work/bin/tool"), at("linked/tool"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

test.each([
  ["the first that fits", "tool", ["good", "work-tools"], "good/tool"],
  ["nothing from the workspace", "tool", ["work/bin", "good"], "good/tool"],
  ["nothing that links into the workspace", "tool", ["linked", "good"], "good/tool"],
  ["a folder whose name only begins alike", "tool", ["work-tools"], "work-tools/tool"],
  ["a folder is no program", "tool", ["folders", "good"], "good/tool"],
  ["what cannot be run is no program", "plain", ["good"], undefined],
  ["nothing", "absent", ["good"], undefined],
])("%s", async (_name, program, folders, wanted) => {
  const path = folders.map((folder) => at(folder)).join(":");
  const found = await findProgram(program, path, at("work"));
  expect(found).toBe(wanted === undefined ? undefined : at(wanted));
});

test("relative and empty entries are not looked at", async () => {
  expect(await findProgram("package.json", ":.:./", "/nowhere")).toBeUndefined();
  expect(await findProgram("sh", ":.:/bin", "/nowhere")).toBe("/bin/sh");
});
