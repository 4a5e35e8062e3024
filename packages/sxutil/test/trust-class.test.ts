import { describe, expect, it } from "vitest";
import { findKey } from "../src/keys.js";
import { judgeProjectValue, maySendSecret, type ProjectVerdict } from "../src/trust-class.js";

describe("judgeProjectValue", () => {
  it.each<[key: string, value: string, lower: string | undefined, untrusted: ProjectVerdict, trusted: ProjectVerdict]>([
    ["MODEL", "opus", "sonnet", "use", "use"],
    ["PROVIDER", "codex", "scorpiox", "use", "use"],
    ["ACTIVE_PROFILE", "work", undefined, "use", "use"],
    ["OPENAI_API_KEY", "k", undefined, "use", "use"],
    ["CODEX_TOKEN_SOURCE", "local", "local", "use", "use"],
    ["CODEX_TOKEN_SOURCE", "ssh", "local", "untrusted", "use"],
    ["CODEX_TOKEN_SOURCE", "local", "ssh", "untrusted", "use"],
    ["CODEX_BASE_URL", "http://x", undefined, "untrusted", "use"],
    ["CODEX_BASE_URL", "https://chatgpt.com/backend-api/codex", undefined, "use", "use"],
    ["CODEX_BASE_URL", "https://chatgpt.com/backend-api/codex", "http://mine", "untrusted", "use"],
    ["CODEX_BASE_URL", "", "http://mine", "untrusted", "use"],
    ["CODEX_BASE_URL", "", "", "use", "use"],
    ["SX_CA_FILE", "/x", undefined, "never", "never"],
    ["SX_CA_FILE", "/x", "/x", "use", "use"],
    ["SX_ALLOW", "Bash", undefined, "never", "never"],
    ["TOOL_BASH", "0", "1", "use", "use"],
    ["TOOL_BASH", "1", "0", "never", "never"],
    ["TOOL_BASH", "", "0", "never", "never"],
    ["SX_APPROVAL_MODE", "plan", "ask", "use", "use"],
    ["SX_APPROVAL_MODE", "plan", undefined, "use", "use"],
    ["SX_APPROVAL_MODE", "ask", undefined, "never", "never"],
    ["SX_APPROVAL_MODE", "ask", "edits", "use", "use"],
    ["SX_APPROVAL_MODE", "all", "ask", "never", "never"],
    ["SX_APPROVAL_MODE", "ask", "plan", "never", "never"],
    ["SX_APPROVAL_MODE", "ask", "nonsense", "never", "never"],
    ["CODEX_SSH_STRICT", "accept-new", "yes", "never", "never"],
    ["PRICE_OUTPUT", "0", undefined, "never", "never"],
  ])("%s=%s over %s", (name, value, lower, untrusted, trusted) => {
    const spec = findKey(name);
    if (spec === undefined) throw new Error(name);
    expect(judgeProjectValue(spec, value, lower, false)).toBe(untrusted);
    expect(judgeProjectValue(spec, value, lower, true)).toBe(trusted);
  });
});

describe("maySendSecret", () => {
  const user = { fromProject: false, fromCommandLine: false };
  const typed = { fromProject: false, fromCommandLine: true };
  const project = { fromProject: true, fromCommandLine: false };
  const [userHost, projectHost] = [{ fromProject: false }, { fromProject: true }];
  it.each([
    ["anyone's to the provider's own host", project, [], true],
    ["the user's to the user's host", user, [userHost], true],
    ["the user's to a project's host", user, [projectHost], false],
    ["one typed for this run to a project's host", typed, [projectHost], true],
    ["a project's to the user's host", project, [userHost], false],
    ["a project's to its own host", project, [projectHost], true],
    ["the user's to two hosts, one of them a project's", user, [userHost, projectHost], false],
  ])("%s", (_name, secret, overrides, expected) => {
    expect(maySendSecret(secret, overrides)).toBe(expected);
  });
});
