import { expect, test } from "vitest";
import { colorTheme, readable, rowsOf } from "./rows.js";

function colored(text: string): string {
  return rowsOf(text, 500, colorTheme).map(readable).join("⏎");
}

const LINK = "⟨underline⟩⟨bright-blue⟩";
const END = "⟨/color⟩⟨/underline⟩⟨/link⟩";
function place(url: string): string {
  return `⟨dim⟩ (${url})⟨/bold⟩`;
}

test.each([
  { name: "strong", text: "**a**", shown: "⟨bold⟩a⟨/bold⟩" },
  { name: "emphasis", text: "*a* _b_", shown: "⟨italic⟩a⟨/italic⟩ ⟨italic⟩b⟨/italic⟩" },
  { name: "struck", text: "~~a~~ ~b~", shown: "⟨strike⟩a⟨/strike⟩ ~b~" },
  { name: "code", text: "`a` ``b`c``", shown: "⟨cyan⟩a⟨/color⟩ ⟨cyan⟩b`c⟨/color⟩" },
  { name: "code is not markup", text: "`*a* &lt;`", shown: "⟨cyan⟩*a* &lt;⟨/color⟩" },
  { name: "a break", text: "a<br>b<BR />c", shown: "a⏎b⏎c" },
  { name: "a link", text: "[a](https://b.c)", shown: `⟨link https://b.c⟩${LINK}a${END}${place("https://b.c")}` },
  {
    name: "a link that says where it leads",
    text: "[https://b.c](https://b.c)",
    shown: `⟨link https://b.c⟩${LINK}https://b.c${END}`,
  },
  {
    name: "a link that says so without the scheme",
    text: "[b.c](https://b.c)",
    shown: `⟨link https://b.c⟩${LINK}b.c${END}`,
  },
  {
    name: "a link that lies",
    text: "[https://good.org](https://bad.org)",
    shown: `⟨link https://bad.org⟩${LINK}https://good.org${END}${place("https://bad.org")}`,
  },
  { name: "an address", text: "<a@b.c>", shown: `⟨link mailto:a@b.c⟩${LINK}a@b.c${END}` },
  { name: "a bare URL", text: "www.b.c/d.", shown: `⟨link http://www.b.c/d⟩${LINK}www.b.c/d${END}.` },
  { name: "a file", text: "[a](file:///b)", shown: `⟨link file:///b⟩${LINK}a${END}${place("file:///b")}` },
  { name: "a script", text: "[a](javascript:b)", shown: "a⟨dim⟩ (javascript:b)⟨/bold⟩" },
  { name: "another program", text: "[a](vscode://b)", shown: "a⟨dim⟩ (vscode://b)⟨/bold⟩" },
  { name: "a place in the project", text: "[a](src/b.ts)", shown: "a⟨dim⟩ (src/b.ts)⟨/bold⟩" },
  { name: "no place", text: "[a]()", shown: "a" },
  {
    name: "an image",
    text: "![a](https://b.c/d.png)",
    shown: `⟨link https://b.c/d.png⟩${LINK.replace("⟨bright-blue⟩", "⟨bright-blue⟩⟨italic⟩")}a⟨/italic⟩${END}${place("https://b.c/d.png")}`,
  },
  {
    name: "an image in the text",
    text: "![a](data:image/png;base64,AAAA)",
    shown: "⟨italic⟩a⟨/italic⟩⟨dim⟩ (data:image/png;base64,AAAA)⟨/bold⟩",
  },
  { name: "an image without words", text: "![](b.png)", shown: "⟨dim⟩b.png⟨/bold⟩" },
  {
    name: "an image without words, elsewhere",
    text: "![](https://b.c)",
    shown: "⟨link https://b.c⟩⟨dim⟩https://b.c⟨/bold⟩⟨/link⟩",
  },
  {
    name: "a name in another script",
    text: "<https://аpple.com/>",
    shown: `⟨link https://xn--pple-43d.com/⟩${LINK}https://аpple.com/${END}${place("https://xn--pple-43d.com/")}`,
  },
  {
    name: "a reference is shown as it is",
    text: "[a][1]\n\n[1]: https://b.c",
    shown: `[a][1]⏎⏎[1]: ⟨link https://b.c⟩${LINK}https://b.c${END}`,
  },
  { name: "character references", text: "&lt;&amp;&#65;&#x42;&nbsp;&unknown;&copy", shown: "<&AB &unknown;&copy" },
  {
    name: "references to what is unseen",
    text: "&#27;[31m &#x202e;a &#0; &#xe0041; &#13; &#xd800;",
    shown: "&#27;[31m &#x202e;a &#0; &#xe0041; &#13; &#xd800;",
  },
  {
    name: "the same in a link",
    text: "[a&#27;](https://b.c/&#27;]8;;x)",
    shown: `⟨link https://b.c/&#27;]8;;x⟩${LINK}a&#27;${END}${place("https://b.c/&#27;]8;;x")}`,
  },
  { name: "controls of the model", text: "a\u001b[31mb\u001b]8;;http://c\u0007d\u009b1m\u0007e", shown: "abde" },
  {
    name: "a title ends no link",
    text: '[a](https://b.c "d")',
    shown: `⟨link https://b.c⟩${LINK}a${END}${place("https://b.c")}`,
  },
])("$name", ({ text, shown }) => {
  expect(colored(text)).toBe(shown);
});

test("a picture inside a URL is not shown at any length", () => {
  const [row = ""] = rowsOf(`![a](data:image/png;base64,${"A".repeat(1500)})`, 500);
  expect(row).toMatch(/^\*?a\*? \(data:image\/png;base64,A{100,}…\)$/);
});

test.each(["*a ", "_a ", "**a ", "[", "![", "[a](", "<", "`a``", "!", "a@", "~~a ", "&", "\\", "<a "])(
  "%j again and again is text",
  (unit) => {
    const rows = rowsOf(unit.repeat(1000), 500);
    expect(rows.length).toBeGreaterThan(0);
  },
);

test("a text of little but emphasis stays as it is: the lexer would take the square of it", () => {
  expect(colored("**a** ".repeat(100).trim())).toContain("⟨bold⟩");
  expect(colored("**a** ".repeat(300).trim())).not.toContain("⟨bold⟩");
  expect(colored("snake_case_name ".repeat(100).trim() + " **a**")).toContain("⟨bold⟩");
});
