import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Io, scorpioxHome, writeFileAtomic } from "@scorpiox/sxutil";
import { isSecretId } from "./setup-questions.js";
import type { WizardState } from "./wizard.js";

const MAX_CHARS = 100_000;

/** Where an unfinished setup is kept. */
function draftPath({ env, home }: Pick<Io, "env" | "home">): string {
  return join(scorpioxHome(env, home), "wizard-draft.json");
}

/** The setup that was left unfinished; `undefined` when there is none, or nothing that can be gone on with. */
export async function readDraft(io: Io): Promise<WizardState | undefined> {
  try {
    return parseDraft(await readFile(draftPath(io), "utf8"));
  } catch {
    // A draft saves some typing, and is worth no error.
    return undefined;
  }
}

/** Keeps the answers so far, without secrets: those are asked for again. Without any answer nothing is kept. */
export async function keepDraft(state: WizardState, io: Io): Promise<boolean> {
  const text = formatDraft(state);
  if (text === undefined) return false;
  const path = draftPath(io);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, text, { mode: 0o600 });
  return true;
}

export async function dropDraft(io: Io): Promise<void> {
  await rm(draftPath(io), { force: true });
}

export function formatDraft({ answers, settled }: WizardState): string | undefined {
  const kept = settled.filter((id) => !isSecretId(id));
  if (kept.length === 0) return undefined;
  const draft = { version: 1, settled: kept, answers: Object.fromEntries(kept.map((id) => [id, answers[id] ?? ""])) };
  return `${JSON.stringify(draft, null, 2)}\n`;
}

export function parseDraft(text: string): WizardState | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const draft = JSON.parse(text) as { version?: unknown; settled?: unknown; answers?: unknown } | null;
  if (draft === null || draft.version !== 1 || !Array.isArray(draft.settled)) return undefined;
  const given = Object.entries(draft.answers ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  const answers = Object.fromEntries(given.filter(([id]) => !isSecretId(id)));
  const settled = draft.settled.filter((id): id is string => typeof id === "string" && Object.hasOwn(answers, id));
  return settled.length === 0 ? undefined : { answers, settled };
}
