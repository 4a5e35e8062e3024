/**
 * What an eye does not see, or takes for something else: control, format and unassigned characters, line separators,
 * spaces other than the plain one, and whatever is drawn as nothing: joiners, fillers, variation selectors.
 */
const UNSEEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}|\u2800/gu;

/** Parts of Hangul syllables that do not stand in one: a vowel or a final by itself takes no cell. */
const LOOSE_JAMO =
  /[\u1100-\u115e\ua960-\ua97c](?![\u1161-\u1175])|(?<![\u1100-\u1112])[\u1161-\u11a7\ud7b0-\ud7c6]|(?<![\u1100-\u1112][\u1161-\u1175])[\u11a8-\u11ff\ud7cb-\ud7fb]/gu;

/** Marks stacked higher than anybody writes them: terminals drop them, or draw them over other rows. */
const STACKED = /(?<=\p{M}{4})\p{M}/gu;

/** A run of spaces longer than this may push something out of sight. */
const LONG_RUN = / {24,}/g;
const MANY_EMPTY_LINES = /\n(?:[ \t]*\n){4,}/g;

/**
 * A text as it must be shown before somebody agrees to it: nothing is hidden, reordered, out of sight or cut. Unseen
 * characters become `\u{202e}`, so do marks stacked high on one letter, and Cyrillic and Greek letters inside Latin
 * words; a tab is an arrow, long runs of nothing are counted.
 */
export function visibleText(text: string): string {
  return text
    .replace(LONG_RUN, (run) => `⟨${run.length} spaces⟩`)
    .replace(MANY_EMPTY_LINES, (run) => `\n⟨${run.split("\n").length - 2} empty lines⟩\n`)
    .replaceAll("\t", "⇥ ")
    .replace(UNSEEN, escaped)
    .replace(LOOSE_JAMO, escaped)
    .replace(STACKED, escaped)
    .replace(/[\p{L}\p{M}\p{N}_]+/gu, (word) =>
      /\p{Script=Latin}/u.test(word) ? word.replace(/[\p{Script=Cyrillic}\p{Script=Greek}]/gu, escaped) : word,
    );
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
