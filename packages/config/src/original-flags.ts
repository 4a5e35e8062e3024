/** The flags that an older program of this name had in the place of commands, and what each stands for now. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "--get": ["get"],
  "--set": ["set"],
  "--dump": ["list"],
  "--files": ["list", "--files"],
  "--verbose": ["list", "--all", "--show-origin"],
};

/**
 * The command line in its present form. Only a line whose first argument is one of the old flags is rewritten; what
 * follows stays as it is. `--json` alone is `list`, `--json KEY` is `get KEY`.
 */
export function readOriginalFlags(argv: readonly string[]): readonly string[] {
  const [first = "", ...rest] = argv;
  const words = Object.hasOwn(WORDS, first) ? WORDS[first] : undefined;
  if (words !== undefined) return [...words, ...rest];
  if (first === "--json") {
    const [key, ...more] = rest;
    if (key !== undefined && /^[A-Z][A-Z0-9_]*$/.test(key)) return ["get", key, "--json", ...more];
    if (key === undefined || (key.startsWith("-") && !more.some((word) => /^[a-z]/.test(word)))) {
      return ["list", "--json", ...rest];
    }
  }
  // `--level user --set KEY VALUE`: the place may stand first.
  const at = argv.findIndex((word) => Object.hasOwn(WORDS, word));
  const known = at === -1 ? undefined : WORDS[argv[at] ?? ""];
  const before = argv.slice(0, at);
  if (known === undefined || !before.every((word, index) => isPlace(word, before[index - 1]))) return argv;
  return [...known, ...argv.slice(at + 1), ...before];
}

function isPlace(word: string, previous: string | undefined): boolean {
  return /^--(?:level|tier|show-source|json|reveal)(?:=|$)/.test(word) || /^--(?:level|tier)$/.test(previous ?? "");
}
