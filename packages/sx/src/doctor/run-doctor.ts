import { colorDecision, ExitCode, type Io, oneLine, readConfiguration, VERSION } from "@scorpiox/sxutil";
import pc from "picocolors";
import type { SxOptions } from "../args.js";
import { wantsJson } from "../command-models.js";
import { KnownSecrets } from "../known-secrets.js";
import { openWorkspace, overridesOf } from "../open-agent.js";
import { cellWidth } from "../ui/cell-width.js";
import { cleanText } from "../ui/terminal-text.js";
import { examine, guarded } from "./examine.js";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

/** `sx doctor`: every check, with the network unless `--offline`. @returns 0 when there is no error, else 1 */
export async function runDoctor(options: SxOptions, io: Io): Promise<number> {
  const cwd = await openWorkspace(io.cwd, options.cwd);
  const configuration = readConfiguration({
    env: io.env,
    cwd,
    home: io.home,
    overrides: overridesOf(options),
    lenient: true,
    ...(options.bare ? { only: ["default", "environment", "command line"] as const } : {}),
  });
  const secrets = new KnownSecrets(configuration.secrets);
  const examining: ExamineOptions = { io, cwd, configuration, secrets };
  const isJson = wantsJson(options);
  const answers = isJson ? [] : await (await import("./examine-answers.js")).examineAnswers(io);
  const { examineNetwork } = await import("./examine-network.js");
  const [here, network] = await Promise.all([
    examine(examining),
    options.offline === true
      ? [{ area: "network", level: "skipped" as const, text: "not tried (--offline)" }]
      : guarded("network", examineNetwork, examining),
  ]);
  const findings = [...here, ...answers, ...network].map((finding) => safe(finding, secrets));
  const isOk = findings.every(({ level }) => level !== "error");
  io.stdout.write(isJson ? `${JSON.stringify(documentOf(findings, isOk))}\n` : textOf(findings, options, io));
  return isOk ? ExitCode.ok : ExitCode.failure;
}

/** One line each, without secrets and without anything that a terminal would act on. */
function safe(finding: Finding, secrets: KnownSecrets): Finding {
  const clean = (text: string): string => oneLine(cleanText(secrets.redact(text)), 600);
  const { area, level, text, advice } = finding;
  return { area, level, text: clean(text), ...(advice === undefined ? {} : { advice: clean(advice) }) };
}

/** As schema/doctor.schema.json has it. */
function documentOf(findings: readonly Finding[], isOk: boolean): unknown {
  return {
    v: 1,
    type: "doctor",
    version: VERSION,
    ok: isOk,
    checks: findings.map(({ area, level, text, advice }) => ({ area, level, text, advice: advice ?? null })),
  };
}

const SIGNS = { ok: "✓", warning: "!", error: "✗", skipped: "-" } as const;

function textOf(findings: readonly Finding[], options: SxOptions, io: Io): string {
  const color = colorDecision({ flag: options.color, env: io.env, isTTY: io.stdout.isTTY === true });
  const { green, yellow, red, dim, bold } = pc.createColors(color);
  const paint = { ok: green, warning: yellow, error: red, skipped: dim };
  const width = Math.max(...findings.map(({ area }) => cellWidth(area)));
  const rows = findings.flatMap(({ area, level, text, advice }) => [
    `${paint[level](SIGNS[level])} ${bold(area.padEnd(width))}  ${text}`,
    ...(advice === undefined ? [] : [`${" ".repeat(width + 4)}${dim(`→ ${advice}`)}`]),
  ]);
  const count = (level: Finding["level"]): number => findings.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count("error"), count("warning")];
  const words = (many: number, one: string): string => `${many} ${one}${many === 1 ? "" : "s"}`;
  const end = errors + warnings === 0 ? "all is well" : `${words(errors, "error")}, ${words(warnings, "warning")}`;
  return `${[...rows, end].join("\n")}\n`;
}
