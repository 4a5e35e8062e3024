import type { InputEvent, Key } from "./key.js";
import {
  codedKey,
  controlKey,
  FINAL_KEYS,
  KEYPAD_KEYS,
  namedKey,
  parseModifiers,
  parseXtermModifiers,
  TILDE_KEYS,
  typedKey,
} from "./key-sequences.js";
import { PasteReader } from "./paste-reader.js";
import { parseSequence, readAnswer, readCommandAnswer, type Sequence } from "./terminal-answers.js";

/** Characters of a sequence that are looked at; the rest of a longer one is swallowed. */
const MAX_PARAMETERS = 128;
const MAX_STRING = 1024;
const STRING_STARTS = "]PX^_";

/**
 * Bytes of a terminal to events, as they come: however they are cut, the events are the same. A sequence that nobody
 * knows is swallowed whole and never becomes text. It holds no timer: whether an ESC that is the last byte was the key
 * is the caller's to decide, by `flush` when nothing came after it for a while.
 */
export class KeyParser {
  // A byte order mark in the middle of typing is a character like others.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #maxPasteChars: number;
  #state: "ground" | "escape" | "csi" | "ss3" | "linux" | "mouse" | "string" | "string-escape" = "ground";
  /** An ESC before the one that began this. */
  #alt = false;
  #parameters = "";
  /** The character after ESC that began a string. */
  #kind = "";
  #body = "";
  #mouseLeft = 0;
  #paste: PasteReader | undefined;

  /** A paste is kept up to `maxPasteChars`; what is beyond is counted and dropped. */
  constructor({ maxPasteChars = 4_000_000 }: { readonly maxPasteChars?: number } = {}) {
    this.#maxPasteChars = maxPasteChars;
  }

  /** Whether `flush` would bring something: the last bytes may be a key or the start of a sequence. */
  get isPending(): boolean {
    if (this.#paste !== undefined) return false;
    const { length } = this.#body;
    return this.#state === "escape" || this.#state === "string-escape" || (this.#state === "string" && length === 0);
  }

  /** Whether a paste has begun and not ended. One whose end was lost can be closed with `endPaste`. */
  get isInPaste(): boolean {
    return this.#paste !== undefined;
  }

  push(bytes: Uint8Array): readonly InputEvent[] {
    const events: InputEvent[] = [];
    const text = this.#decoder.decode(bytes, { stream: true });
    for (let at = 0; at < text.length;) {
      if (this.#paste !== undefined) {
        const end = this.#paste.push(text.slice(at));
        if (end === undefined) break;
        at += end;
        events.push(...this.endPaste());
        continue;
      }
      const code = text.codePointAt(at) ?? 0;
      const character = String.fromCodePoint(code);
      at += character.length;
      this.#next(character, code, events);
    }
    return events;
  }

  /** Nothing came for a while: what may be a key is one. A sequence that was begun in earnest is waited for. */
  flush(): readonly InputEvent[] {
    if (!this.isPending) return [];
    const events: InputEvent[] = [];
    if (this.#state === "string") emit(events, typedKey(this.#kind, true));
    else {
      if (this.#alt) emit(events, namedKey("escape"));
      emit(events, namedKey("escape"));
    }
    this.#reset();
    return events;
  }

  /** Ends the paste that is being read with what there is of it. */
  endPaste(): readonly InputEvent[] {
    const paste = this.#paste;
    this.#paste = undefined;
    return paste === undefined ? [] : [{ type: "paste", text: paste.text(), droppedChars: paste.droppedChars }];
  }

  #next(character: string, code: number, events: InputEvent[]): void {
    switch (this.#state) {
      case "ground":
        return this.#ground(character, code, events);
      case "escape":
        return this.#escape(character, code, events);
      case "csi":
      case "ss3":
        return this.#sequence(character, code, events);
      case "linux": {
        const name = { A: "f1", B: "f2", C: "f3", D: "f4", E: "f5" }[character];
        this.#end(events, name === undefined ? undefined : namedKey(name));
        return undefined;
      }
      case "mouse":
        this.#mouseLeft -= 1;
        if (this.#mouseLeft === 0) this.#reset();
        return undefined;
      case "string":
        return this.#string(character, code, events);
      case "string-escape":
        if (character === "\\") return this.#endString(events);
        this.#begin("escape");
        return this.#escape(character, code, events);
    }
  }

  #ground(character: string, code: number, events: InputEvent[]): void {
    if (code === 0x1b) this.#begin("escape");
    else if (code < 0x20 || code === 0x7f) emit(events, controlKey(code, false));
    else if (code > 0x9f || code < 0x7f) emit(events, typedKey(character));
  }

  #escape(character: string, code: number, events: InputEvent[]): void {
    if (code === 0x1b) {
      if (this.#alt) emit(events, namedKey("escape"));
      this.#alt = true;
      return;
    }
    if (character === "[") return this.#begin("csi", this.#alt);
    if (character === "O") return this.#begin("ss3", this.#alt);
    // A pair of ESC counts as Alt only before the sequence of a key; otherwise the first was the Esc key.
    if (this.#alt) emit(events, namedKey("escape"));
    if (STRING_STARTS.includes(character)) {
      this.#begin("string");
      this.#kind = character;
    } else {
      this.#reset();
      if (code < 0x20 || code === 0x7f) emit(events, controlKey(code, true));
      else if (code > 0x9f || code < 0x7f) emit(events, typedKey(character, true));
    }
  }

  #sequence(character: string, code: number, events: InputEvent[]): void {
    if (code >= 0x20 && code <= 0x3f && !(this.#state === "ss3" && code === 0x20)) {
      if (this.#parameters.length < MAX_PARAMETERS) this.#parameters += character;
    } else if (code < 0x20 || code > 0x7e) {
      this.#reset();
      this.#ground(character, code, events);
    } else if (this.#state === "ss3") this.#endSs3(character, events);
    else if (character === "[" && this.#parameters === "") this.#begin("linux");
    else if (character === "M" && this.#parameters === "") {
      // The oldest mouse report, from a program that left it on: three characters follow.
      this.#begin("mouse");
      this.#mouseLeft = 3;
    } else this.#endCsi(character, events);
  }

  #endSs3(final: string, events: InputEvent[]): void {
    const held = parseXtermModifiers(this.#parameters === "" ? undefined : Number(this.#parameters.split(";").at(-1)));
    const alt = held.alt || this.#alt;
    const keypad = KEYPAD_KEYS[final];
    const arrow = /^[a-d]$/.test(final) ? FINAL_KEYS[final.toUpperCase()] : undefined;
    const name = FINAL_KEYS[final];
    if (name !== undefined) this.#end(events, namedKey(name, { ...held, alt }));
    else if (arrow !== undefined) this.#end(events, namedKey(arrow, { ctrl: true, alt }));
    else if (keypad?.length === 1 && !held.ctrl) this.#end(events, typedKey(keypad, alt));
    else this.#end(events, keypad === undefined ? undefined : namedKey(keypad, { ...held, alt }));
  }

  #endCsi(final: string, events: InputEvent[]): void {
    const sequence = this.#parameters.length < MAX_PARAMETERS ? parseSequence(this.#parameters, final) : undefined;
    if (sequence === undefined) return this.#end(events, undefined);
    const answer = readAnswer(sequence);
    if (answer !== undefined) {
      events.push(answer);
      return this.#reset();
    }
    const plain = sequence.prefix === "" && sequence.intermediate === "";
    if (plain && final === "~" && sequence.numbers[0]?.[0] === 200) {
      this.#reset();
      this.#paste = new PasteReader(this.#maxPasteChars);
      return undefined;
    }
    const key = plain ? readKey(sequence) : undefined;
    return this.#end(events, key !== undefined && this.#alt ? { ...key, alt: true } : key);
  }

  #string(character: string, code: number, events: InputEvent[]): void {
    if (code === 0x07 || code === 0x9c) return this.#endString(events);
    if (code === 0x1b) this.#state = "string-escape";
    else if (code === 0x18 || code === 0x1a) this.#reset();
    else if (code < 0x20) {
      // Nothing that a terminal says holds these: it was no string, and the person wants out of it.
      this.#reset();
      emit(events, controlKey(code, false));
    } else if (this.#body.length < MAX_STRING) this.#body += character;
    return undefined;
  }

  #endString(events: InputEvent[]): void {
    const isCommand = this.#kind === "]" && this.#body.length < MAX_STRING;
    events.push(isCommand ? readCommandAnswer(this.#body) : { type: "answer", about: "text", values: [] });
    this.#reset();
  }

  #end(events: InputEvent[], key: Key | undefined): void {
    if (key !== undefined) emit(events, key);
    this.#reset();
  }

  #begin(state: "escape" | "csi" | "ss3" | "linux" | "mouse" | "string", alt = false): void {
    this.#reset();
    this.#state = state;
    this.#alt = alt;
  }

  #reset(): void {
    this.#state = "ground";
    this.#alt = false;
    this.#parameters = "";
    this.#body = "";
    this.#kind = "";
  }
}

/** The key of a `CSI` sequence without prefix. A release of a key is none. */
function readKey({ numbers, final }: Sequence): Key | undefined {
  const [first = [], second = [], third = []] = numbers;
  if (second[1] === 3) return undefined;
  if (final === "u") {
    const text = third.flatMap((point) => (point === undefined ? [] : [point]));
    const held = parseModifiers(second[0]);
    return codedKey({ code: first[0] ?? 1, shifted: first[1], base: first[2], held, text, isCharacter: false });
  }
  const held = parseXtermModifiers(second[0]);
  if (final === "~" && first[0] === 27) return codedKey({ code: third[0] ?? -1, held, isCharacter: true });
  const named = TILDE_KEYS[first[0] ?? 0];
  if (final === "~") return named === undefined ? undefined : namedKey(named, held);
  // rxvt: the last character tells which keys are held.
  if (final === "^" || final === "@")
    return named === undefined ? undefined : namedKey(named, { ctrl: true, shift: final === "@" });
  if (final === "Z") return namedKey("tab", { ...held, shift: true });
  if (/^[a-d]$/.test(final)) return namedKey(FINAL_KEYS[final.toUpperCase()] ?? "", { shift: true });
  const name = FINAL_KEYS[final];
  if (name === undefined) return undefined;
  return namedKey(name, numbers.length === 1 ? parseXtermModifiers(first[0]) : held);
}

function emit(events: InputEvent[], key: Key): void {
  events.push({ type: "key", key });
}
