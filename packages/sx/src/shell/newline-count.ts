const NEWLINE = 10;

/**
 * How many newlines are in `bytes`. Four bytes at a time: a command that prints gigabytes is counted exactly, and one
 * comparison a byte would cost more than reading them.
 */
export function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  let at = 0;
  const aligned = Math.min(bytes.length, (4 - (bytes.byteOffset & 3)) & 3);
  for (; at < aligned; at++) if (bytes[at] === NEWLINE) count++;
  if (bytes.length - at < 4) {
    for (; at < bytes.length; at++) if (bytes[at] === NEWLINE) count++;
    return count;
  }
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >>> 2);
  for (let index = 0; index < words.length; index++) {
    // Bytes that are newlines become zero; then the top bit of each byte says whether it is not.
    const word = (words[index] ?? 0) ^ 0x0a0a0a0a;
    const zero = ~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f);
    if (zero !== 0) count += Math.imul(zero >>> 7, 0x01010101) >>> 24;
  }
  for (at += words.length * 4; at < bytes.length; at++) if (bytes[at] === NEWLINE) count++;
  return count;
}
