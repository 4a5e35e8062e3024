/** The sample project of `sx demo`: a price calculator with one bug and the test that shows it. */
export const DEMO_FILES: Readonly<Record<string, string>> = {
  "package.json": `{
  "name": "corner-shop",
  "version": "1.0.0",
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  "src/cart.js": `/** Total of a cart in cents. Ten or more of one article cost 5 % less. */
export function total(lines) {
  let sum = 0;
  for (const { cents, quantity } of lines) {
    const discount = quantity > 10 ? 0.05 : 0;
    sum += cents * quantity * (1 - discount);
  }
  return Math.round(sum);
}
`,
  "test/cart.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { total } from "../src/cart.js";

test("an empty cart costs nothing", () => assert.equal(total([]), 0));
test("a few articles cost their price", () => assert.equal(total([{ cents: 250, quantity: 3 }]), 750));
test("ten of one article cost 5 % less", () => assert.equal(total([{ cents: 100, quantity: 10 }]), 950));
`,
};

export const DEMO_PROMPT = "The tests of this project fail. Find out why, fix it, and show that they pass.";
