import { expect, test } from "vitest";
import { KeyParser } from "../../../src/ui/keys/key-parser.js";
import { TypedAhead } from "../../../src/ui/keys/typed-ahead.js";

test("what was typed before anybody read is read later, characters cut in two too", () => {
  const ahead = new TypedAhead();
  const buffer = Buffer.from("h\u00e9");
  for (const byte of buffer) {
    const chunk = Uint8Array.of(byte);
    ahead.add(chunk);
    // The stream uses its memory again.
    chunk.fill(0);
  }
  const parser = new KeyParser();
  const events = ahead.take().flatMap((chunk) => parser.push(chunk));
  expect(events.map((event) => (event.type === "key" ? event.key.text : ""))).toEqual(["h", "é"]);
  expect(ahead.take()).toEqual([]);
});

test("keeps no more than its limit", () => {
  const ahead = new TypedAhead(5);
  ahead.add(Buffer.from("abc"));
  ahead.add(Buffer.from("defg"));
  expect(Buffer.concat(ahead.take()).toString()).toBe("abcde");
  expect(ahead.droppedBytes).toBe(2);
});
