import { expect, test } from "vitest";
import { KnownSecrets } from "../src/known-secrets.js";

const SECRET = "sk-abcabcabd-0123456789";

test("a secret is hidden wherever it is cut", () => {
  const text = `the key is ${SECRET}, and sk-abcabc is none; sk`;
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 1) {
      const stream = new KnownSecrets([SECRET]).stream();
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)].map((piece) =>
        stream.push(piece),
      );
      expect([...pieces, stream.flush()].join("")).toBe("the key is [redacted], and sk-abcabc is none; sk");
    }
  }
});

test("without secrets nothing is held back", () => {
  expect(new KnownSecrets().stream().push("text")).toBe("text");
});
