import { expect, it } from "vitest";
import { TextTail } from "../../../src/ui/chat/text-tail.js";

it("gives the last lines that say something, and keeps no more than it must", () => {
  const tail = new TextTail();
  for (let line = 1; line <= 5_000; line += 1) tail.push(`line ${line}\n\n`);
  expect(tail.lines(2)).toEqual(["line 4999", "line 5000"]);
  tail.push("half a li");
  expect(tail.lines(2)).toEqual(["line 5000", "half a li"]);
  expect(tail.keptChars).toBeLessThanOrEqual(8_000);
});

it("never ends in half a character", () => {
  const tail = new TextTail();
  tail.push("😀".repeat(5_000) + "x");
  expect(tail.lines(1)[0]?.isWellFormed()).toBe(true);
});
