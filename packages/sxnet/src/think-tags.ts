/**
 * Reasoning that a server leaves inside the text, between `<think>` and `</think>`, because it was started without a
 * reasoning parser. The tags count only at the very beginning of an answer: further on they are what the model says.
 */

export interface TaggedPiece {
  readonly type: "text" | "thinking";
  readonly text: string;
}

const OPEN = "<think>";
const CLOSE = "</think>";
/** More white space than this is not waited on. */
const MAX_HELD_CHARS = 1024;

type Place = "start" | "opened" | "thinking" | "closed" | "text";

/** Text goes in by pieces, cut anywhere, also inside a tag. White space around the tags is dropped. */
export class ThinkTags {
  #place: Place = "start";
  #held = "";

  /** Never an empty piece. */
  push(text: string): readonly TaggedPiece[] {
    if (this.#place === "text") return pieces("text", text);
    this.#held += text;
    const out: TaggedPiece[] = [];
    // Each round moves on to a later place.
    while (this.#step(out));
    return out;
  }

  /** From here on there are no tags: the reasoning came by other ways. */
  stop(): readonly TaggedPiece[] {
    const rest = this.end();
    this.#place = "text";
    return rest;
  }

  /** What was held back, when nothing follows. */
  end(): readonly TaggedPiece[] {
    const held = this.#held;
    this.#held = "";
    if (this.#place === "start") return pieces("text", held);
    return this.#place === "thinking" ? pieces("thinking", held.trimEnd()) : [];
  }

  /** True when the place has changed and the rest is to be looked at again. */
  #step(out: TaggedPiece[]): boolean {
    switch (this.#place) {
      case "start":
        return this.#start();
      case "opened":
        return this.#skipSpace("thinking");
      case "closed":
        return this.#skipSpace("text");
      case "thinking":
        return this.#think(out);
      case "text":
        out.push(...pieces("text", this.#held));
        this.#held = "";
        return false;
    }
  }

  #start(): boolean {
    const text = this.#held.trimStart();
    if (text.startsWith(OPEN)) {
      this.#held = text.slice(OPEN.length);
      this.#place = "opened";
      return true;
    }
    if (OPEN.startsWith(text) && this.#held.length <= MAX_HELD_CHARS) return false;
    this.#place = "text";
    return true;
  }

  #skipSpace(next: Place): boolean {
    this.#held = this.#held.trimStart();
    if (this.#held === "") return false;
    this.#place = next;
    return true;
  }

  #think(out: TaggedPiece[]): boolean {
    const at = this.#held.indexOf(CLOSE);
    if (at !== -1) {
      out.push(...pieces("thinking", this.#held.slice(0, at).trimEnd()));
      this.#held = this.#held.slice(at + CLOSE.length);
      this.#place = "closed";
      return true;
    }
    const certain = this.#held.slice(0, this.#held.length - halfTagChars(this.#held)).trimEnd();
    const end = this.#held.length - certain.length > MAX_HELD_CHARS ? this.#held.length : certain.length;
    out.push(...pieces("thinking", this.#held.slice(0, end)));
    this.#held = this.#held.slice(end);
    return false;
  }
}

/** How much of the end may be the beginning of the closing tag. */
function halfTagChars(text: string): number {
  for (let chars = Math.min(CLOSE.length - 1, text.length); chars > 0; chars -= 1) {
    if (text.endsWith(CLOSE.slice(0, chars))) return chars;
  }
  return 0;
}

function pieces(type: TaggedPiece["type"], text: string): readonly TaggedPiece[] {
  return text === "" ? [] : [{ type, text }];
}
