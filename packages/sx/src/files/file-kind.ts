/** How files of a kind begin. The first row that fits wins. Source: file(1), its magic of each format. */
const KINDS: readonly (readonly [kind: string, magic: string, offset?: number])[] = [
  ["PNG image", "89504e470d0a1a0a"],
  ["JPEG image", "ffd8ff"],
  ["GIF image", "47494638"],
  ["WebP image", "57454250", 8],
  ["BMP image", "424d"],
  ["icon", "00000100"],
  ["TIFF image", "49492a00"],
  ["TIFF image", "4d4d002a"],
  ["PDF document", "255044462d"],
  ["zip archive (also jar, docx, xlsx, wheel)", "504b0304"],
  ["gzip data", "1f8b"],
  ["bzip2 data", "425a68"],
  ["xz data", "fd377a585a00"],
  ["zstd data", "28b52ffd"],
  ["7z archive", "377abcaf271c"],
  ["tar archive", "7573746172", 257],
  ["ELF program or library", "7f454c46"],
  ["Mach-O program or library", "cffaedfe"],
  ["Java class", "cafebabe"],
  ["WebAssembly module", "0061736d"],
  ["Windows program", "4d5a"],
  ["SQLite database", "53514c69746520666f726d6174203300"],
  ["MP4 video", "66747970", 4],
  ["Ogg media", "4f676753"],
  ["MP3 audio", "494433"],
  ["WAV audio or AVI video", "52494646"],
  ["font", "774f4632"],
  ["font", "0001000000"],
  ["UTF-16 text", "fffe"],
  ["UTF-16 text", "feff"],
];

/** What kind of binary file begins with these bytes, in words; `binary data` when that is not known. */
export function describeBinary(head: Buffer): string {
  for (const [kind, magic, offset = 0] of KINDS) {
    if (head.subarray(offset, offset + magic.length / 2).toString("hex") === magic) return kind;
  }
  return "binary data";
}
