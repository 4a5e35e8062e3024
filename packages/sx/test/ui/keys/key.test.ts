import { expect, test } from "vitest";
import { isDarkColor, keyId } from "../../../src/ui/keys/key.js";

test.each([
  [{ name: "a", ctrl: true, alt: true, shift: true }, "ctrl+alt+shift+a"],
  [{ name: "up", ctrl: false, alt: false, shift: false }, "up"],
])("%j is %s", (key, id) => {
  expect(keyId(key)).toBe(id);
});

test.each([
  [{ red: 0, green: 0, blue: 0 }, true],
  [{ red: 30, green: 30, blue: 46 }, true],
  [{ red: 255, green: 255, blue: 255 }, false],
  [{ red: 253, green: 246, blue: 227 }, false],
])("%j: dark is %s", (color, isDark) => {
  expect(isDarkColor(color)).toBe(isDark);
});
