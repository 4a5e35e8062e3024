import { expect, test } from "vitest";
import { splitCommand } from "../../src/chat/external-editor.js";

test.each([
  ["", []],
  ["vim", ["vim"]],
  ["code --wait  -n", ["code", "--wait", "-n"]],
  ["'/opt/my editor/bin' -f", ["/opt/my editor/bin", "-f"]],
  ['"/opt/my \\"own\\" editor" x', ['/opt/my "own" editor', "x"]],
  ["my\\ editor --a=\"b c\"'d'", ["my editor", "--a=b cd"]],
  ["vim; rm -rf $HOME `x` | y", ["vim;", "rm", "-rf", "$HOME", "`x`", "|", "y"]],
])("%j", (line, words) => {
  expect(splitCommand(line)).toEqual(words);
});
