/** How services say that a conversation does not fit. Source: their recorded and reported answers, read 2026-11-20. */
const OVERFLOW: readonly RegExp[] = [
  /context length (is|of)|maximum context|context[ _]window|context size/i,
  /maximum prompt length is/i,
  /reduce the length of the (messages|prompt|conversation)/i,
  /greater than the context length|exceeded? (the )?(max(imum)? )?context length/i,
  /prompt (is )?too long/i,
  /too large for model with \d+ maximum context/i,
  /exceeded model token limit/i,
  /prompt token count of \d+ exceeds the limit of \d+|input tokens? exceeds? the limit/i,
  /^Request too large for .*tokens per min/i,
];

/** Whether a refusal says so, in the words of any service or server: they speak several wire formats with one voice. */
export function saysTooLong(message: string): boolean {
  return OVERFLOW.some((words) => words.test(message));
}
