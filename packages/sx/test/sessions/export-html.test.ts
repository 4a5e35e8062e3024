import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Entry, EntryBody } from "../../src/sessions/entry.js";
import { exportHtml } from "../../src/sessions/export-html.js";
import { buildView } from "../../src/sessions/session-view.js";
import { makePlace } from "../harness.js";

const BROWSER = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const HOSTILE = [
  `<script>document.title="owned"</script>`,
  `"><img src=x onerror='document.title="owned"'>`,
  `</code></pre></details></main><svg onload=document.title="owned">`,
  `</style><script>document.title="owned"</script>`,
  `<!-- --!><iframe srcdoc="<script>parent.document.title='owned'</script>">`,
  "[x](javascript:document.title='owned') [y](JaVa\tScript:alert(1)) [z](data:text/html,<script>alert(1)</script>)",
  '[a](vbscript:x) ![i](http://127.0.0.1:1/beacon.png) ![j](javascript:alert(1)) <http://x.test/"onclick=alert(1)>',
  '[ref]: javascript:alert(1) \'title\'\n\n[ref] [t](https://x.test/ "a\\" onclick=\\"alert(1)")',
  '```js" onmouseover=alert(1) x="\n</code></pre><script>alert(1)</script>\n```',
  "`<b>` &lt;script&gt; &#x6a;avascript: \u0000\u001b[31m\u202e\ud800",
  "| <td onclick=alert(1)> | b |\n| --- | --- |\n| <script>alert(1)</script> | c |",
];

function entries(...bodies: readonly EntryBody[]): readonly Entry[] {
  const header: EntryBody = {
    kind: "header",
    id: "i",
    cwd: HOSTILE.join("/"),
    project: "p",
    program: "sx",
    title: HOSTILE.join(" "),
    provider: HOSTILE[0] ?? "",
    model: HOSTILE[1] ?? "",
  };
  return [header, ...bodies].map((body, n) => ({ ...body, n, timeMs: 1_790_000_000_000 + n }));
}

/** Hostile text in every place that text can be in. */
function hostileSession(): readonly Entry[] {
  const hunk = { oldStart: 1, oldLines: 1, newStart: 1, newLines: 1 };
  return entries(
    ...HOSTILE.flatMap((text): EntryBody[] => [
      {
        kind: "user",
        content: [
          { type: "text", text },
          { type: "image", mediaType: `image/png"${text}`, data: text },
        ],
      },
      {
        kind: "assistant",
        provider: text,
        model: text,
        content: [
          { type: "text", text },
          { type: "thinking", text },
          {
            type: "tool_use",
            id: "1",
            name: text,
            input: { [text]: text, command: text, path: `a.${text}`, content: text },
          },
          { type: "tool_use", id: "2", name: text, input: {}, inputError: text, rawInput: text },
          { type: "tool_use", id: "3", name: text, input: { path: text } },
        ],
        partial: true,
      },
      {
        kind: "tool_result",
        call: 0,
        result: { type: "tool_result", toolUseId: "1", content: [{ type: "text", text }] },
        outcome: { status: text as "ok", durationMs: 1 },
      },
      {
        kind: "tool_result",
        call: 2,
        result: {
          type: "tool_result",
          toolUseId: "3",
          content: [{ type: "image", mediaType: "image/png", data: "x' onload='" }],
        },
        outcome: { status: "ok", diff: [{ ...hunk, lines: [`+${text}`, `-${text}`, ` ${text}`] }] },
      },
      { kind: "mode", mode: text },
      { kind: "note", text },
    ]),
  );
}

/** Every tag of a page with its attributes. Reads as strictly as we write: anything else fails. */
function tagsOf(page: string): readonly { readonly name: string; readonly attributes: ReadonlyMap<string, string> }[] {
  const style = /<style>[^<]*<\/style>/.exec(page);
  expect(style).not.toBeNull();
  const body = page.replace(/<style>[^<]*<\/style>/, "");
  return (body.match(/<[^>]*>?/g) ?? []).map((tag) => {
    const match = /^<\/?([a-z][a-z0-9-]*|!doctype)((?: [a-z-]+(?:="[^"<>]*")?)*)>$/.exec(tag);
    if (match === null) throw new Error(`not a tag of ours: ${tag}`);
    const attributes = [...(match[2] ?? "").matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)];
    return { name: match[1] ?? "", attributes: new Map(attributes.map(([, name = "", value = ""]) => [name, value])) };
  });
}

const TAGS = new Set(
  "!doctype html head meta title style body header h1 h2 h3 h4 h5 h6 dl dt dd main section footer p b i em strong del a ul ol li blockquote table thead tbody tr th td pre code span div details summary img br hr".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "html lang charset http-equiv content name class open href rel src alt align start".split(" "),
);

describe("a page of a hostile session", () => {
  test("holds our tags and no others, and nothing in them that runs or leads away", async () => {
    const page = await exportHtml(buildView("i", hostileSession()));
    for (const { name, attributes } of tagsOf(page)) {
      expect(TAGS, name).toContain(name);
      for (const [attribute, value] of attributes) {
        expect(ATTRIBUTES, `${attribute}="${value}"`).toContain(attribute);
        if (attribute === "href") expect(value).toMatch(/^(https?|mailto):/);
        if (attribute === "src") expect(value).toMatch(/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/);
        if (attribute === "class") expect(value).toMatch(/^[a-z0-9_ -]+$/i);
      }
    }
    expect(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.exec(page)).toBeNull();
    for (const text of ["document.title", "onerror", "owned"]) expect(page).toContain(text);
  });

  test("allows itself nothing: no script, no address, only its own style", async () => {
    const page = await exportHtml(buildView("i", hostileSession()));
    const policy = tagsOf(page).find(({ attributes }) => attributes.get("http-equiv") === "Content-Security-Policy");
    const rules = policy?.attributes.get("content")?.split("; ") ?? [];
    expect(rules).toEqual([
      "default-src 'none'",
      expect.stringMatching(/^style-src 'sha256-[A-Za-z0-9+/=]{44}'$/),
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    // Before anything that it has to hold for.
    expect(page.indexOf("Content-Security-Policy")).toBeLessThan(page.indexOf("<title>"));
    const { createHash } = await import("node:crypto");
    const style = /<style>([^<]*)<\/style>/.exec(page)?.[1] ?? "";
    expect(rules[1]).toContain(createHash("sha256").update(style).digest("base64"));
  });

  test.skipIf(BROWSER === undefined)(
    "a real browser runs none of it, applies the style, and finds our structure (skipped: needs chromium)",
    async () => {
      const { home } = await makePlace();
      const path = join(home, "page.html");
      await writeFile(path, await exportHtml(buildView("i", hostileSession())));
      const argv = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(home, "browser")}`];
      const { stdout } = await promisify(execFile)(BROWSER ?? "", [...argv, "--dump-dom", `file://${path}`], {
        maxBuffer: 64 * 1024 * 1024,
        timeout: 50_000,
      });
      expect(stdout).not.toContain("<title>owned</title>");
      expect(stdout).not.toMatch(/<(script|iframe|svg|form|input|object|embed|link|base)\b/i);
      // Nothing was closed from inside: every section still stands in main.
      const [, main = ""] = /<main>([\s\S]*)<\/main>/.exec(stdout) ?? [];
      expect(main.match(/<section/g)).toHaveLength(HOSTILE.length * 2);
    },
  );
});

describe("a page", () => {
  const page = (...bodies: EntryBody[]): Promise<string> => exportHtml(buildView("i", entries(...bodies)));
  const says = (text: string): EntryBody => ({
    kind: "assistant",
    provider: "p",
    model: "m",
    content: [{ type: "text", text }],
  });

  test.each([
    { name: "code is coloured", text: "```ts\nconst a = 1;\n```", has: `<span class="hljs-keyword">const</span>` },
    { name: "code of an unknown language is plain", text: "```nope\na < b\n```", has: "<code>a &lt; b</code>" },
    {
      name: "links to the web stay",
      text: "[a](https://example.org/?a=1&b=2)",
      has: `href="https://example.org/?a=1&amp;b=2"`,
    },
    { name: "other links are their text", text: "see [a](src/a.ts)", has: "<p>see a</p>" },
    { name: "an image is its description", text: "![chart](https://x.test/a.png)", has: "<em>[image: chart]</em>" },
    { name: "a list of things to do", text: "- [x] done", has: "☑" },
    { name: "tables", text: "| a |\n| --- |\n| b |", has: "<td>b</td>" },
  ])("$name", async ({ text, has }) => {
    expect(await page(says(text))).toContain(has);
  });

  test("an image of the conversation is in it", async () => {
    const data = Buffer.from("not really a picture").toString("base64");
    const image: EntryBody = { kind: "user", content: [{ type: "image", mediaType: "image/png", data }] };
    expect(await page(image)).toContain(`<img alt="" src="data:image/png;base64,${data}">`);
  });

  test("a change is shown by its lines, opened", async () => {
    const html = await page(
      {
        kind: "assistant",
        provider: "p",
        model: "m",
        content: [{ type: "tool_use", id: "1", name: "edit", input: { path: "a.ts" } }],
      },
      {
        kind: "tool_result",
        call: 0,
        result: { type: "tool_result", toolUseId: "1", content: [] },
        outcome: { status: "ok", diff: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ["-a", "+b"] }] },
      },
    );
    expect(html).toContain("<details open><summary><b>edit</b><code>a.ts</code>");
    expect(html).toContain(`<span class="del">-a</span><span class="add">+b</span>`);
  });

  test.each([
    { name: "nested without end", text: ">".repeat(20_000) },
    { name: "many open brackets", text: "[".repeat(20_000) },
    { name: "many stars", text: "*a ".repeat(20_000) },
    { name: "very long", text: "# x\n".repeat(100_000) },
    { name: "a very long line of code", text: `\`\`\`js\n${"a+".repeat(100_000)}\n\`\`\`` },
  ])("a text that is $name is still shown, in bounded time", async ({ text }) => {
    expect((await page(says(text))).length).toBeGreaterThan(text.length / 4);
  });
});
