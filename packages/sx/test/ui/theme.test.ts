import { expect, test } from "vitest";
import { createTheme, type PaintName, type Theme, type ThemeOptions } from "../../src/ui/theme.js";

const BACKGROUNDS = ["dark", "light", "unknown"] as const;

function themeOf(options: Partial<ThemeOptions> = {}): Theme {
  return createTheme({ color: true, background: "unknown", hyperlinks: true, ...options });
}

function paintNames(theme: Theme): PaintName[] {
  return Object.entries(theme).flatMap(([name, value]) =>
    typeof value === "function" && name !== "hyperlink" ? [name as PaintName] : [],
  );
}

test.each(BACKGROUNDS)("on a background that is %s only the 16 colours are used, and each is closed", (background) => {
  const theme = themeOf({ background });
  for (const name of paintNames(theme)) {
    const codes = [...theme[name]("x").matchAll(/\u001b\[(\d+)m/g)].map(([, code]) => Number(code));
    expect(codes.length, name).toBeGreaterThanOrEqual(2);
    for (const code of codes) {
      expect([1, 2, 3, 4, 9, 22, 23, 24, 29, 39].includes(code) || isBasicColor(code), `${name} ${code}`).toBe(true);
    }
    expect(theme[name]("x"), name).toMatch(/x(?:\u001b\[(?:22|23|24|29|39)m)+$/);
  }
});

test.each([
  { background: "light" as const, unreadable: [33, 36, 37, 93, 96, 97] },
  { background: "dark" as const, unreadable: [30, 34, 90] },
  { background: "unknown" as const, unreadable: [30, 34, 37, 90, 97] },
])("on a background that is $background nothing is hard to read", ({ background, unreadable }) => {
  const theme = themeOf({ background });
  for (const name of paintNames(theme)) {
    for (const code of unreadable) expect(theme[name]("x"), name).not.toContain(`\u001b[${code}m`);
  }
});

test("without colours texts stay as they are", () => {
  const theme = themeOf({ color: false });
  expect(theme.isColored).toBe(false);
  for (const name of paintNames(theme)) expect(theme[name]("x")).toBe("x");
});

test.each([
  { name: "a link", hyperlinks: true, url: "https://a.b/", link: "\u001b]8;;https://a.b/\u001b\\x\u001b]8;;\u001b\\" },
  { name: "links are off", hyperlinks: false, url: "https://a.b/", link: "x" },
  { name: "a URL that ends the sequence", hyperlinks: true, url: "https://a.b/\u001b\\", link: "x" },
  { name: "a URL with a bell", hyperlinks: true, url: "https://a.b/\u0007", link: "x" },
  { name: "a URL with other scripts", hyperlinks: true, url: "https://ä.b/", link: "x" },
  { name: "no URL", hyperlinks: true, url: "", link: "x" },
])("$name", ({ hyperlinks, url, link }) => {
  expect(themeOf({ color: false, hyperlinks }).hyperlink("x", url)).toBe(link);
});

function isBasicColor(code: number): boolean {
  return (code >= 30 && code <= 37) || (code >= 90 && code <= 97);
}
