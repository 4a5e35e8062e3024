/**
 * The names that a person most likely meant, best first, at most `count`: same start, or few typing errors. Letter case and the
 * difference between `-` and `_` do not count. Empty when nothing is near.
 */
export function nearestNames(word: string, names: Iterable<string>, count = 3): readonly string[] {
  const wanted = fold(word);
  if (wanted === "") return [];
  const allowed = wanted.length <= 3 ? 1 : wanted.length <= 7 ? 2 : 3;
  const ranked: { name: string; score: number }[] = [];
  for (const name of new Set(names)) {
    const known = fold(name);
    const distance = editDistance(wanted, known, allowed);
    // A beginning ranks behind one typing error and before two.
    const score = wanted.length >= 3 && known.startsWith(wanted) ? Math.min(distance, 1.5) : distance;
    if (score <= allowed && score < known.length) ranked.push({ name, score });
  }
  const lengthGap = (name: string): number => Math.abs(name.length - word.length);
  ranked.sort((a, b) => a.score - b.score || lengthGap(a.name) - lengthGap(b.name) || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, count).map(({ name }) => name);
}

/** `a, b or c`. */
export function joinChoices(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

function fold(name: string): string {
  return name.slice(0, 200).toLowerCase().replaceAll("_", "-");
}

/** Insertions, deletions, replacements and swaps of neighbours; anything above `limit` is only known to be above. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, at(before, column - 2) + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
