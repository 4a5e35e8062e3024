import { displayPath } from "@scorpiox/sxutil";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

/** The files of the cascade, and what is wrong in them. */
export function examineConfiguration({ configuration, io }: ExamineOptions): readonly Finding[] {
  const found = configuration.files.filter((file) => file.found);
  const files = found.map(({ path }) => displayPath(path, io.home)).join(", ");
  const text = found.length === 0 ? "no file; environment and defaults hold" : files;
  const profile = configuration.value("ACTIVE_PROFILE");
  return [
    { area: "configuration", level: "ok", text },
    ...(profile
      ? [{ area: "profile", level: "ok" as const, text: `${profile} ${configuration.describe("ACTIVE_PROFILE")}` }]
      : []),
    ...configuration.warnings.map((warning): Finding => ({ area: "configuration", level: "warning", text: warning })),
    ...configuration.duplicates.map(({ key, path, lines }): Finding => ({
      area: "configuration",
      level: "warning",
      text: `${key} stands ${lines.length} times in ${displayPath(path ?? "", io.home)}, lines ${lines.join(", ")}`,
      advice: "the last one counts; remove the others",
    })),
  ];
}
