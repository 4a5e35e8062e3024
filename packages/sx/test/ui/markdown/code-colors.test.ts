import { describe, expect, test } from "vitest";
import { beginCode, type CodeState, colorLine } from "../../../src/ui/markdown/code-colors.js";
import type { Line } from "../../../src/ui/markdown/spans.js";

/** In words, as in `⟨keyword⟩const⟨/⟩ a`. */
function shown(line: Line): string {
  return line
    .map(({ text, style: { paints } }) => (paints.length === 0 ? text : `⟨${paints.join(" ")}⟩${text}⟨/⟩`))
    .join("");
}

function colored(language: string, text: string): readonly string[] {
  let state = beginCode(language);
  return text.split("\n").map((source) => {
    const { line, next } = colorLine(state, source);
    state = next;
    return shown(line);
  });
}

/** The look of every character, line ends aside. */
function looks(lines: readonly Line[]): readonly string[] {
  return lines.flatMap((line) =>
    line.flatMap(({ text, style }) => Array.from(text, (character) => `${character} ${style.paints.join(" ")}`)),
  );
}

const SAMPLES: Readonly<Record<string, string>> = {
  bash: '#!/bin/bash\n# a comment\nfor f in *.ts; do\n  echo "the $f\n  and ${#f} more" # end\ndone\ncat <<EOF\nhello $USER\nEOF\nexit 0',
  c: '/* two\n lines */\n#include <stdio.h>\n#define A(x) (x + 1)\nint main(void) {\n  const char *s = "a\\n";\n  return 0x1f; // end\n}',
  cpp: '// a\ntemplate <typename T>\nclass A : public B {\n public:\n  auto f() -> int { return R"(raw\n text)"[0]; }\n};\n/* b\n */ namespace n {}',
  css: "/* two\n lines */\na:hover, .b > #c {\n  color: #fff;\n  margin: 0 1px;\n}\n@media (min-width: 10px) {\n  b { x: y }\n}",
  diff: "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n same",
  dockerfile: "# a comment\nFROM node:20 AS build\nENV A=b\nCOPY . /app\nEXPOSE 80",
  go: 'package main\n\nimport "fmt"\n\n/* two\n lines */\nfunc (a *A) f(x int) error {\n\ts := `raw\n text`\n\treturn nil // end\n}',
  ini: "; a comment\n[section]\nkey = value\nnumber = 12\ntext = \"a\"\nmore = '''a\nb'''\nyes = true",
  java: '/**\n * @param x of it\n */\n@Override\npublic class A extends B {\n  private int f(String x) { return 1; } // end\n  String t = """\n    text\n    """;\n}',
  javascript:
    "const a = `x ${b +\n  1} y\nmore` + 'z'; /* c1\n c2 */ function f(x) { return /re+/g; }\nclass A extends B {\n  m() { return this.x; }\n}",
  json: '{\n  "a": [1, true, null],\n  "b": "c",\n  "d": { "e": -1.5e3 }\n}',
  kotlin:
    '/* two\n lines */\nclass A(val x: Int) : B() {\n  fun f(): String = """raw\n  $x text"""\n  @C val y = 1 // end\n}',
  markdown:
    "# a heading\n\nsome **strong** and *other* text with `code`\n\n- an item\n- [a link](http://a.b)\n\n```\nfenced\n```\n> a quote",
  python:
    'def f(a, *b):\n    """two\n    lines"""\n    return f"{a} b" + \'c\'  # end\n\n@decorator\nclass A(B):\n    x = None',
  ruby: '# a comment\nclass A < B\n  def f(x)\n    "a #{x}\n b"\n  end\nend\n=begin\nmore\n=end',
  rust: '/* two\n lines */\n#[derive(Debug)]\nfn f<T>(x: &str) -> Option<u8> {\n    let s = r#"raw"#;\n    Some(1_000u8) // end\n}',
  sql: "-- a comment\nSELECT a, COUNT(*) FROM b\nWHERE c = 'two\nlines' AND d > 1 /* x\n y */\nORDER BY a;",
  swift:
    '/* two\n lines */\nstruct A: B {\n  let s = """\n  text \\(x)\n  """\n  func f(_ x: Int) -> String? { return nil } // end\n}',
  typescript:
    "interface A<T> {\n  readonly b: string;\n}\n/** two\n lines */\nexport const f = async (x: number): Promise<void> => {\n  await g(`a ${x}\n b`); // end\n};",
  xml: '<?xml version="1.0"?>\n<!-- two\n lines -->\n<a b="c"\n   d="e">\n  text &amp; more\n  <![CDATA[x\n y]]>\n</a>',
  yaml: "# a comment\na: 1\nb:\n  - c: true\n    d: 'e'\n  - \"f\"\nlist: [1, two]",
};

describe.each(Object.entries(SAMPLES))("%s", (language, text) => {
  test("is coloured line by line as it is whole", () => {
    const lines: Line[] = [];
    let state = beginCode(language);
    for (const source of text.split("\n")) {
      const { line, next } = colorLine(state, source);
      lines.push(line);
      state = next;
    }
    const whole = looks([colorLine(beginCode(language), text).line]);
    expect(looks(lines)).toEqual(whole);
    expect(whole.some((look) => !look.endsWith(" "))).toBe(true);
  });

  test("keeps every character", () => {
    const lines = colored(language, text).map((line) => line.replace(/⟨[^⟩]*⟩/g, ""));
    expect(lines.join("\n")).toBe(text);
  });
});

test.each([
  ["sh", "bash"],
  ["console", "bash"],
  ["js", "javascript"],
  ["TSX", "typescript"],
  ["html", "xml"],
  ["toml", "ini"],
  ["yml", "yaml"],
  ["docker", "dockerfile"],
  ["c++", "cpp"],
  ["py", "python"],
  ["rs", "rust"],
  ["kt", "kotlin"],
])("%s is %s", (name, grammar) => {
  expect(beginCode(name)?.grammar).toBe(grammar);
});

test.each(["", "text", "brainfuck", "__proto__", "constructor"])("%j stays plain", (name) => {
  expect(beginCode(name)).toBeUndefined();
  expect(colored(name, "const a = 1;")).toEqual(["const a = 1;"]);
});

test("what is open is closed where it ends, however many lines later", () => {
  expect(colored("ts", "/* a\nb\n\nc */ let d;\nconst e = `f ${g +\n1} h`; let i;")).toEqual([
    "⟨comment⟩/* a⟨/⟩",
    "⟨comment⟩b⟨/⟩",
    "",
    "⟨comment⟩c */⟨/⟩ ⟨keyword⟩let⟨/⟩ d;",
    "⟨keyword⟩const⟨/⟩ e = ⟨string⟩`f ⟨/⟩${g +",
    "⟨number⟩1⟨/⟩}⟨string⟩ h`⟨/⟩; ⟨keyword⟩let⟨/⟩ i;",
  ]);
});

// Where a grammar looks for several lines with one expression, it does not find them.
test.each([
  {
    name: "a macro that goes on",
    language: "c",
    text: "#define A \\\n  (1)",
    rows: ["⟨accent⟩#⟨/⟩⟨keyword⟩define⟨/⟩⟨accent⟩ A ⟨/⟩⟨accent⟩\\⟨/⟩", "  (⟨number⟩1⟨/⟩)"],
  },
  { name: "a raw string", language: "rust", text: 'r#"a\nb"#;', rows: ['r#⟨string⟩"a⟨/⟩', '⟨string⟩b"⟨/⟩#;'] },
  {
    name: "a here-document",
    language: "ruby",
    text: "x(<<~E)\n  a\nE\n1",
    rows: ["x(<<~E)", "  a", "E", "⟨number⟩1⟨/⟩"],
  },
])("$name is coloured as other lines are", ({ language, text, rows }) => {
  expect(colored(language, text).map((row) => row.replace(/⟨(?:attribute|title|type)⟩(\w+)⟨\/⟩/g, "$1"))).toEqual(rows);
});

test("a state may be gone on from twice", () => {
  const { next } = colorLine(beginCode("ts"), "/* a");
  expect(shown(colorLine(next, "b */ let c;").line)).toBe("⟨comment⟩b */⟨/⟩ ⟨keyword⟩let⟨/⟩ c;");
  expect(shown(colorLine(next, "let d;").line)).toBe("⟨comment⟩let d;⟨/⟩");
  expect(shown(colorLine(next, "b */ let c;").line)).toBe("⟨comment⟩b */⟨/⟩ ⟨keyword⟩let⟨/⟩ c;");
});

test("two blocks that are coloured in turns do not disturb each other", () => {
  let one = beginCode("python");
  let other = beginCode("ts");
  const step = (state: CodeState | undefined, text: string): [string, CodeState | undefined] => {
    const { line, next } = colorLine(state, text);
    return [shown(line), next];
  };
  let row: string;
  [, one] = step(one, '"""a');
  [, other] = step(other, "`a");
  [row, one] = step(one, "def b");
  expect(row).toBe("⟨string⟩def b⟨/⟩");
  [row, other] = step(other, "let b` + 1");
  expect(row).toBe("⟨string⟩let b`⟨/⟩ + ⟨number⟩1⟨/⟩");
  [row] = step(one, '""" + 1');
  expect(row).toBe('⟨string⟩"""⟨/⟩ + ⟨number⟩1⟨/⟩');
});

test("what is kept of a block does not grow with its lines", () => {
  let state = beginCode("ts");
  for (let lines = 0; lines < 300; lines += 1) {
    for (const text of ["`${ f(", ") } ` + `", "`", "/* a", "b", "*/"]) state = colorLine(state, text).next;
  }
  for (let lines = 0; lines < 300; lines += 1) state = colorLine(state, lines === 0 ? "/* a" : "b").next;
  let depth = 0;
  for (let mode: unknown = state?.open; mode !== null && mode !== undefined; mode = Object.getPrototypeOf(mode))
    depth += 1;
  expect(depth).toBeGreaterThan(0);
  expect(depth).toBeLessThan(6);
});

test("over a bound text is plain", () => {
  const line = `const a = "${"x".repeat(1000)}";`;
  expect(colored("ts", `${line}\nconst b = 1;`)).toEqual([line, "⟨keyword⟩const⟨/⟩ b = ⟨number⟩1⟨/⟩;"]);
  let state = beginCode("ts");
  for (let lines = 0; lines < 1000; lines += 1) state = colorLine(state, "x".repeat(400)).next;
  expect(shown(colorLine(state, "const c = 1;").line)).toBe("const c = 1;");
  expect(colored("ts", `${"`${".repeat(100)}\nconst d = 1;`).at(-1)).toBe("const d = 1;");
});
