import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type InputEvent, keyId } from "../../../src/ui/keys/key.js";
import { KeyParser } from "../../../src/ui/keys/key-parser.js";

const ESC = "\u001b";

/** What each event is, in one word; typed text in quotes. */
function shown(events: readonly InputEvent[]): string {
  return events
    .map((event) => {
      if (event.type === "key") return event.key.text === undefined ? keyId(event.key) : `"${event.key.text}"`;
      if (event.type === "paste") return `paste(${event.text})`;
      return event.type;
    })
    .join(" ");
}

function read(text: string): string {
  const parser = new KeyParser();
  return shown([...parser.push(Buffer.from(text)), ...parser.flush()]);
}

const everywhere: [string, string][] = [
  ["a", '"a"'],
  ["A", '"A"'],
  [" ", '" "'],
  ["é世👩", '"é" "世" "👩"'],
  ["\r", "enter"],
  ["\n", "ctrl+j"],
  ["\t", "tab"],
  ["\u007f", "backspace"],
  ["\u0008", "ctrl+h"],
  ["\u0000", "ctrl+space"],
  ["\u0001", "ctrl+a"],
  ["\u0003", "ctrl+c"],
  ["\u001a", "ctrl+z"],
  ["\u001c", "ctrl+\\"],
  ["\u001f", "ctrl+_"],
  [ESC, "escape"],
  [ESC + ESC, "escape escape"],
  [`${ESC}b`, "alt+b"],
  [`${ESC}B`, "alt+shift+b"],
  [`${ESC}/`, "alt+/"],
  [`${ESC}\r`, "alt+enter"],
  [`${ESC}\u007f`, "alt+backspace"],
  [`${ESC}[A`, "up"],
  [`${ESC}[Z`, "shift+tab"],
  [`${ESC}[3~`, "delete"],
  [`${ESC}[5~${ESC}[6~`, "pageup pagedown"],
];
const xterm: [string, string][] = [
  [`${ESC}OA${ESC}OB${ESC}OC${ESC}OD`, "up down right left"],
  [`${ESC}[H${ESC}[F`, "home end"],
  [`${ESC}OP${ESC}OS${ESC}[15~${ESC}[24~`, "f1 f4 f5 f12"],
  [`${ESC}[1;5C`, "ctrl+right"],
  [`${ESC}[1;3D`, "alt+left"],
  [`${ESC}[1;2A`, "shift+up"],
  [`${ESC}[1;6F`, "ctrl+shift+end"],
  [`${ESC}[3;5~`, "ctrl+delete"],
  [`${ESC}[27;2;13~`, "shift+enter"],
  [`${ESC}[27;5;13~`, "ctrl+enter"],
  [`${ESC}[27;6;95~`, "ctrl+_"],
  [`${ESC}[27;5;99~`, "ctrl+c"],
  [`${ESC}[27;2;65~`, '"A"'],
  [`${ESC}OM${ESC}Oj${ESC}Ou`, 'enter "*" "5"'],
];
const kitty: [string, string][] = [
  [`${ESC}[27u`, "escape"],
  [`${ESC}[13;2u`, "shift+enter"],
  [`${ESC}[13;3u`, "alt+enter"],
  [`${ESC}[9;2u`, "shift+tab"],
  [`${ESC}[127;5u`, "ctrl+backspace"],
  [`${ESC}[99;5u`, "ctrl+c"],
  [`${ESC}[99;69u`, "ctrl+c"],
  [`${ESC}[122;6u`, "ctrl+shift+z"],
  [`${ESC}[97;3u`, "alt+a"],
  [`${ESC}[97u`, '"a"'],
  [`${ESC}[97;2u`, '"A"'],
  [`${ESC}[97:65;2u`, '"A"'],
  [`${ESC}[97;65u`, '"A"'],
  [`${ESC}[49:33;2u`, '"!"'],
  [`${ESC}[45:95;6u`, "ctrl+_"],
  [`${ESC}[45;6u`, "ctrl+shift+-"],
  [`${ESC}[1089::99;5u`, "ctrl+c"],
  [`${ESC}[97;1;228u`, '"ä"'],
  [`${ESC}[57400u`, '"1"'],
  [`${ESC}[57414u`, "enter"],
  [`${ESC}[57419;5u`, "ctrl+up"],
  [`${ESC}[57376u`, "f13"],
  [`${ESC}[97;1:3u`, ""],
  [`${ESC}[97;1:2u`, '"a"'],
  [`${ESC}[1;1:3A`, ""],
  [`${ESC}[1;5:1A`, "ctrl+up"],
  [`${ESC}[97;9u`, ""],
  [`${ESC}[57441;2u`, ""],
  [`${ESC}[57358u`, ""],
];
const tables: Record<string, [string, string][]> = {
  xterm,
  kitty,
  iTerm2: [
    [`${ESC}[1;9D`, "alt+left"],
    [`${ESC}[1;10C`, "alt+shift+right"],
    [`${ESC}${ESC}[D`, "alt+left"],
    [`${ESC}f`, "alt+f"],
    [`${ESC}[13;2u`, "shift+enter"],
    [`${ESC}[1;4A`, "alt+shift+up"],
  ],
  "Windows Terminal": [
    ["\u0008", "ctrl+h"],
    [`${ESC}[1;5D`, "ctrl+left"],
    [`${ESC}[1;2H`, "shift+home"],
    [`${ESC}[13;28;13;1;16;1_`, ""],
    [`${ESC}[3;2~`, "shift+delete"],
  ],
  tmux: [
    [`${ESC}[1~${ESC}[4~`, "home end"],
    [`${ESC}OH${ESC}OF`, "home end"],
    [`${ESC}[1;3C`, "alt+right"],
    [`${ESC}[27;2;13~`, "shift+enter"],
    [`${ESC}[13;2u`, "shift+enter"],
  ],
  "Linux console": [
    [`${ESC}[[A${ESC}[[B${ESC}[[C${ESC}[[D${ESC}[[E`, "f1 f2 f3 f4 f5"],
    [`${ESC}[17~${ESC}[25~${ESC}[34~`, "f6 f13 f20"],
    [`${ESC}[1~${ESC}[2~${ESC}[4~`, "home insert end"],
    [`${ESC}[G`, ""],
  ],
  screen: [
    [`${ESC}[1~${ESC}[4~`, "home end"],
    [`${ESC}OA`, "up"],
    [`${ESC}[23~`, "f11"],
  ],
  rxvt: [
    [`${ESC}[7~${ESC}[8~`, "home end"],
    [`${ESC}[a${ESC}Oa`, "shift+up ctrl+up"],
    [`${ESC}[3^${ESC}[3@`, "ctrl+delete ctrl+shift+delete"],
    [`${ESC}${ESC}[A`, "alt+up"],
  ],
};

describe.each(Object.entries({ everywhere, ...tables }))("%s", (_terminal, rows) => {
  test.each(rows.map(([bytes, keys]) => ({ bytes: JSON.stringify(bytes), raw: bytes, keys })))(
    "$bytes is $keys",
    ({ raw, keys }) => {
      // Behind it a letter: nothing of the sequence may be left.
      expect(read(raw)).toBe(keys);
      if (!raw.endsWith(ESC)) expect(read(`${raw}z`)).toBe(`${keys} "z"`.trim());
    },
  );
});

test.each([
  ["focus", `${ESC}[I${ESC}[O`, "focus focus"],
  ["cursor position", `${ESC}[12;40R`, "cursor"],
  ["cursor position in the first row", `${ESC}[1;5R`, "cursor"],
  ["device attributes", `${ESC}[?65;1;9c${ESC}[>0;276;0c`, "answer answer"],
  ["keyboard flags", `${ESC}[?1u`, "answer"],
  ["a mode", `${ESC}[?2026;2$y`, "answer"],
  ["name and version", `${ESC}P>|XTerm(380)${ESC}\\`, "answer"],
  ["background", `${ESC}]11;rgb:1e1e/1e1e/2e2e${ESC}\\`, "color"],
  ["background, ended by BEL", `${ESC}]11;rgb:ff/ff/ff\u0007`, "color"],
  ["another command", `${ESC}]52;c;aGk=\u0007`, "answer"],
  ["light or dark", `${ESC}[?997;1n`, "scheme"],
  ["mouse", `${ESC}[<0;10;20M${ESC}[<0;10;20m`, ""],
  ["oldest mouse", `${ESC}[M !!`, ""],
  ["unknown", `${ESC}[?1;2;3q${ESC}[999~${ESC}[12;34;56x`, ""],
  ["too long", `${ESC}[${"1;".repeat(500)}A`, ""],
  ["no sequence after all", `${ESC}[12\r`, "enter"],
  ["a string that a key ends", `${ESC}]11;rgb\u0003`, "ctrl+c"],
  ["end of a paste without its start", `${ESC}[201~`, ""],
])("%s: recognised, never typed", (_name, bytes, events) => {
  expect(read(`${bytes}z`)).toBe(`${events} "z"`.trim());
});

test.each([
  [`${ESC}]11;rgb:1e1e/1e1e/2e2e${ESC}\\`, { type: "color", of: "background", red: 30, green: 30, blue: 46 }],
  [`${ESC}]10;rgb:f/8/0\u0007`, { type: "color", of: "foreground", red: 255, green: 136, blue: 0 }],
  [`${ESC}]11;rgba:ffff/0000/8080/ffff\u0007`, { type: "color", of: "background", red: 255, green: 0, blue: 128 }],
  [`${ESC}]11;#102030\u0007`, { type: "color", of: "background", red: 16, green: 32, blue: 48 }],
  [`${ESC}[12;40R`, { type: "cursor", row: 12, column: 40 }],
  [`${ESC}[?997;2n`, { type: "scheme", isDark: false }],
  [`${ESC}[?2026;2$y`, { type: "answer", about: "mode", values: [2026, 2] }],
])("%j says %j", (bytes, event) => {
  expect(new KeyParser().push(Buffer.from(bytes))).toEqual([event]);
});

describe("a paste", () => {
  const paste = (text: string): string => `${ESC}[200~${text}${ESC}[201~`;

  test("is text, whatever stands in it", () => {
    expect(read(paste(`a\r\n${ESC}[A\u0003${ESC}`))).toBe(`paste(a\r\n${ESC}[A\u0003${ESC})`);
  });

  test("is bounded", () => {
    const parser = new KeyParser({ maxPasteChars: 5 });
    const events = [`${ESC}[200~abc`, "defgh", `i${ESC}[20`, "1~z"].flatMap((part) => parser.push(Buffer.from(part)));
    expect(events[0]).toEqual({ type: "paste", text: "abcde", droppedChars: 4 });
    expect(shown(events)).toBe('paste(abcde) "z"');
  });

  test("that is cut in the middle of a character keeps none of it", () => {
    const parser = new KeyParser({ maxPasteChars: 2 });
    expect(shown(parser.push(Buffer.from(paste("a👩"))))).toBe("paste(a)");
  });

  test("whose end is lost can be ended", () => {
    const parser = new KeyParser();
    expect(parser.push(Buffer.from(`${ESC}[200~abc${ESC}[20`))).toEqual([]);
    expect([parser.isInPaste, parser.isPending]).toEqual([true, false]);
    expect(parser.flush()).toEqual([]);
    expect(shown(parser.endPaste())).toBe(`paste(abc${ESC}[20)`);
    expect(shown(parser.push(Buffer.from("x")))).toBe('"x"');
  });
});

describe("flush", () => {
  test.each([
    ["nothing open", "a", ""],
    ["ESC", ESC, "escape"],
    ["two", ESC + ESC, "escape escape"],
    ["Alt and a bracket that opens a string", `${ESC}]`, "alt+]"],
    ["ESC in a string", `${ESC}]11;rgb${ESC}`, "escape"],
    ["a sequence in its middle", `${ESC}[1;5`, ""],
    ["a sequence at its start", `${ESC}[`, ""],
  ])("%s", (_name, bytes, keys) => {
    const parser = new KeyParser();
    parser.push(Buffer.from(bytes));
    expect(parser.isPending).toBe(keys !== "");
    expect(shown(parser.flush())).toBe(keys);
    expect(parser.isPending).toBe(false);
  });

  test("a sequence that comes slowly is still one", () => {
    const parser = new KeyParser();
    const events = [`${ESC}[`, "1;", "5C"].flatMap((part) => [...parser.push(Buffer.from(part)), ...parser.flush()]);
    expect(shown(events)).toBe("ctrl+right");
  });
});

const pieces = fc.constantFrom(
  ...Object.values({ everywhere, ...tables }).flatMap((rows) => rows.map(([bytes]) => bytes)),
  `${ESC}[200~`,
  `${ESC}[201~`,
  `${ESC}]11;rgb:ff/ff/ff`,
  `${ESC}\\`,
  `${ESC}P`,
  `${ESC}[M`,
  "\u0007",
  "[",
  "O",
  "1;",
  "世",
  "👩‍👩‍👧",
);
const streams = fc
  .array(
    fc.oneof(
      pieces.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat(parts));

test("however the bytes are cut, the events are the same, and none types a control character", () => {
  fc.assert(
    fc.property(streams, fc.array(fc.nat({ max: 8 }), { maxLength: 200 }), (bytes, cuts) => {
      const whole = new KeyParser({ maxPasteChars: 10 });
      const expected = [...whole.push(bytes), ...whole.flush(), ...whole.endPaste()];
      const cut = new KeyParser({ maxPasteChars: 10 });
      const events: InputEvent[] = [];
      let at = 0;
      for (const length of cuts) {
        events.push(...cut.push(bytes.subarray(at, at + length)));
        at += length;
      }
      events.push(...cut.push(bytes.subarray(at)), ...cut.flush(), ...cut.endPaste());
      expect(events).toEqual(expected);
      const typed = expected.flatMap((event) => (event.type === "key" ? [event.key.text ?? ""] : []));
      expect(typed.join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
    { numRuns: 500 },
  );
});
