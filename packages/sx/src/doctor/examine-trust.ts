import { displayPath, inspectProject, type ProjectFile } from "@scorpiox/sxutil";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

const WORDS: Readonly<Record<ProjectFile["state"], string>> = {
  trusted: "trusted",
  harmless: "needs no trust",
  new: "not trusted",
  changed: "changed since it was trusted",
  broken: "broken",
};

/** Whether the files of this project may redirect anything. */
export function examineTrust({ io, cwd }: ExamineOptions): readonly Finding[] {
  const area = "trust";
  const { root, files } = inspectProject({ env: io.env, home: io.home, cwd });
  if (files.length === 0) return [{ area, level: "ok", text: "this project has no settings of its own" }];
  return files.map(({ path, state }): Finding => {
    const text = `${displayPath(path, io.home)} is ${WORDS[state]}`.replace("is needs", "needs");
    if (state === "trusted" || state === "harmless") return { area, level: "ok", text };
    if (state === "broken")
      return { area, level: "warning", text, advice: `correct it in ${displayPath(root, io.home)}` };
    return {
      area,
      level: "warning",
      text: `${text}: what redirects in it does not count`,
      advice: "scorpiox-config trust shows it and asks",
    };
  });
}
