import { expect, test } from "vitest";
import { Keyboard } from "../../src/chat/keyboard.js";
import { keyId } from "../../src/ui/keys/key.js";

function idsOf(bytes: readonly number[], isTypedAhead: boolean): readonly string[] {
  const ids: string[] = [];
  const keyboard = new Keyboard((events) => {
    for (const event of events) if (event.type === "key") ids.push(keyId(event.key));
  });
  keyboard.push(Uint8Array.from(bytes), isTypedAhead);
  keyboard.dispose();
  return ids;
}

test.each([
  { name: "Enter", byte: 0x0a, ahead: "enter" },
  { name: "Ctrl+D", byte: 0x00, ahead: "ctrl+d" },
])("$name typed before the terminal hands over every key is still that key", ({ byte, ahead }) => {
  expect(idsOf([byte], true)).toEqual([ahead]);
  expect(idsOf([byte], false)).not.toEqual([ahead]);
});
