import { describe, expect, it } from "vitest";
import { KEYS } from "../src/key-table.js";
import { canonicalValue, checkValue, findKey, nearestKeys, parseBoolean, splitList, suggestKeys } from "../src/keys.js";

const key = (name: string) => {
  const spec = findKey(name);
  if (spec === undefined) throw new Error(`no key ${name}`);
  return spec;
};

describe("the table of keys", () => {
  it("names every key once, within the grammar", () => {
    const names = KEYS.map((spec) => spec.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
  });

  it.each(KEYS.map((spec) => [spec.name, spec] as const))("%s makes sense", (_name, spec) => {
    expect(spec.help).toMatch(/^[^.\n]{5,100}[^.]$/);
    if (spec.default !== undefined) {
      expect(checkValue(spec, spec.default)).toBeUndefined();
      expect(canonicalValue(spec, spec.default, "/h")).toBe(spec.default);
      expect(spec.builtIn).toBeUndefined();
    }
    for (const value of spec.strictness ?? []) expect(checkValue(spec, value)).toBeUndefined();
    for (const word of Object.values(spec.spellings ?? {})) expect(spec.choices).toContain(word);
    for (const endpoint of spec.sentTo ?? []) expect(key(endpoint).class).toBe("redirects");
    if (spec.when !== undefined) expect(key(spec.when.key).choices).toContain(spec.when.value);
    if (spec.class === "secret") expect(spec.sentTo, "a secret says where it goes").toBeDefined();
    if (/_(KEY|PASS)$/.test(spec.name) && spec.kind === "text" && !spec.name.endsWith("HOST_KEY")) {
      expect(spec.class).toBe("secret");
    }
    if (spec.kind === "url") expect(spec.class, "an address can send things elsewhere").toBe("redirects");
  });

  it.each([
    ["PROVIDER", "scorpiox"],
    ["MODEL", "sonnet"],
    ["CODEX_TOKEN_SOURCE", "local"],
    ["CODEX_REMOTE_URL", "https://token.scorpiox.net/codex"],
    ["CODEX_SSH_PORT", "22"],
    ["CODEX_SSH_STRICT", "yes"],
    ["ROUTER_ORDER", "codex,claude_code,anthropic,gemini,openai"],
  ])("has %s by default as %s", (name, value) => {
    expect(key(name).default).toBe(value);
  });
});

describe("findKey and nearestKeys", () => {
  it("knows names exactly", () => {
    expect(findKey("MODEL")?.name).toBe("MODEL");
    for (const name of ["model", "MODEL ", "", "constructor", "__proto__"]) expect(findKey(name)).toBeUndefined();
  });

  it("finds what was meant", () => {
    expect(nearestKeys("MODLE")[0]).toBe("MODEL");
    expect(nearestKeys("CODEX_TOKEN_SORCE")[0]).toBe("CODEX_TOKEN_SOURCE");
    expect(nearestKeys("model")[0]).toBe("MODEL");
    expect(nearestKeys("NOTHING_LIKE_ANY_OF_THEM")).toEqual([]);
    expect(suggestKeys("OPENAI_BASE_ULR")).toMatch(/^; did you mean OPENAI_BASE_URL/);
    expect(suggestKeys("NOTHING_LIKE_ANY_OF_THEM")).toBe("");
  });
});

describe("checkValue", () => {
  it("says what is there, where, and what is allowed", () => {
    const place = "(user tier, ~/.claude/scorpiox-env.txt line 4)";
    expect(checkValue(key("CODEX_TOKEN_SOURCE"), "ftp", place)).toBe(
      'CODEX_TOKEN_SOURCE is "ftp" (user tier, ~/.claude/scorpiox-env.txt line 4); choose local, remote or ssh',
    );
  });

  it.each<[name: string, good: readonly string[], bad: readonly string[]]>([
    ["PROVIDER", ["codex", "router", "scorpiox"], ["Codex", "constructor", "codex "]],
    ["CODEX_TOKEN_SOURCE", ["local", "remote", "ssh", "http"], ["tcp", "toString"]],
    ["TOOLS", ["1", "0", "true", "False", "yes", "NO", "on", "off"], ["2", "y", "enabled", " 1"]],
    [
      "CODEX_SSH_PORT",
      ["22", "1", "65535"],
      ["0", "65536", "22.0", "-1", "0x16", "1e3", "22 ", "99999999999999999999"],
    ],
    ["THINKING_BUDGET", ["1000", "128000"], ["999", "128001"]],
    ["PRICE_INPUT", ["0", "1.25", "0.000001"], ["-1", "1,25", "1e3", ".5", "$1", "NaN"]],
    ["ROUTER_ORDER", ["codex", "openai, gemini", "codex,,"], ["codex,foo", "codex openai"]],
    ["CODEX_CREDENTIALS_FILE", ["/a/b", "~/a"], ["a/b", "./a", "~user/a", "~"]],
    ["MODEL", ["x/y:z", "gpt-5.5", "é"], ["a\u001bb", "a\nb", "a\u0085b", "a\u007fb"]],
    [
      "OPENAI_BASE_URL",
      ["http://127.0.0.1:8080", "https://h/v1", "https://h/v1/", "http://[::1]:9/x", "HTTP://h"],
      [
        "h",
        "h:80",
        "ftp://h",
        "http://",
        "https://h?x=1",
        "https://h/#x",
        "https://u:p@h/",
        "http://h:99999",
        "http:/h",
        "http://h\\x",
        "http:// h",
      ],
    ],
  ])("%s", (name, good, bad) => {
    for (const value of good) expect(checkValue(key(name), value), value).toBeUndefined();
    for (const value of bad) expect(checkValue(key(name), value), value).toMatch(new RegExp(`^${name} is .+; .+`));
  });

  it("accepts an empty value for every key", () => {
    for (const spec of KEYS) expect(checkValue(spec, "")).toBeUndefined();
  });

  it("never shows a secret, nor a password in an address", () => {
    expect(checkValue(key("OPENAI_API_KEY"), "SECRET\u001b")).toBe(
      "OPENAI_API_KEY is not usable; leave out the control characters",
    );
    expect(checkValue(key("OPENAI_BASE_URL"), "https://me:SECRET@h/")).not.toContain("SECRET");
    expect(checkValue(key("OPENAI_BASE_URL"), "me:SECRET@h")).not.toContain("SECRET");
  });

  it("shows control characters as text and cuts long values", () => {
    const message = checkValue(key("PROVIDER"), `\u001b[2J${"x".repeat(10_000)}`) ?? "";
    expect(message).toContain("\\u001b");
    expect(message.length).toBeLessThan(300);
  });
});

describe("canonicalValue", () => {
  it.each([
    ["TOOLS", "Yes", "1"],
    ["TOOLS", "off", "0"],
    ["TOOLS", "maybe", "maybe"],
    ["CODEX_TOKEN_SOURCE", "http", "remote"],
    ["CODEX_TOKEN_SOURCE", "toString", "toString"],
    ["CODEX_CREDENTIALS_FILE", "~/a b", "/h/a b"],
    ["ROUTER_ORDER", " openai , codex,", "openai,codex"],
    ["SX_ALLOW", "a, b", "a, b"],
    ["MODEL", "~/x", "~/x"],
  ])("%s %j is %j", (name, value, expected) => {
    expect(canonicalValue(key(name), value, "/h/")).toBe(expected);
  });
});

it("reads booleans and lists", () => {
  expect([parseBoolean("ON"), parseBoolean("0"), parseBoolean("")]).toEqual([true, false, undefined]);
  expect(splitList(" a,,b ,")).toEqual(["a", "b"]);
});
