import { describe, expect, test } from "vitest";
import { buildToolEnvironment } from "../../src/shell/tool-environment.js";

describe("what passes", () => {
  test.each([
    ["HOME", "/home/u"],
    ["LANG", "tr_TR.UTF-8"],
    ["LC_COLLATE", "C"],
    ["TZ", "Pacific/Apia"],
    ["TMPDIR", "/var/tmp"],
    ["XDG_RUNTIME_DIR", "/run/user/1000"],
    ["CARGO_HOME", "/opt/cargo"],
    ["JAVA_HOME", "/opt/java"],
    ["VIRTUAL_ENV", "/w/.venv"],
    ["NODE_ENV", "test"],
    ["CI", "true"],
    ["SSL_CERT_FILE", "/etc/ca.pem"],
    ["NODE_EXTRA_CA_CERTS", "/etc/ca.pem"],
    ["https_proxy", "http://user:password@proxy:3128"],
    ["NO_PROXY", "localhost"],
    ["GOPROXY", "https://proxy.example"],
    ["DOCKER_HOST", "ssh://user@host"],
  ])("%s", (name, value) => {
    expect(buildToolEnvironment({ [name]: value })[name]).toBe(value);
  });
});

describe("what stays behind", () => {
  test.each([
    ["ANTHROPIC_API_KEY", "sk-ant-x"],
    ["OPENAI_API_KEY", "sk-x"],
    ["CODEX_SSH_PASS", "hunter2"],
    ["TOKEN_HTTP_API_KEY", "x"],
    ["GITHUB_TOKEN", "ghp_x"],
    ["AWS_SECRET_ACCESS_KEY", "x"],
    ["LC_API_KEY", "x"],
    ["LC_TOKEN", "x"],
    ["LC_PASSWORD", "x"],
    ["SSH_AUTH_SOCK", "/tmp/agent"],
    ["BASH_ENV", "/w/evil.sh"],
    ["ENV", "/w/evil.sh"],
    ["LD_PRELOAD", "/w/evil.so"],
    ["NODE_OPTIONS", "--require /w/evil.js"],
    ["BASH_FUNC_ls%%", "() { evil; }"],
    ["PROMPT_COMMAND", "evil"],
    ["GIT_SSH_COMMAND", "evil"],
    ["GIT_DIR", "/elsewhere"],
    ["PYTHONSTARTUP", "/w/evil.py"],
    ["PROVIDER", "codex"],
    ["SOMETHING_NEW", "x"],
    ["PIP_INDEX_URL", "https://user:password@index.example/simple"],
    ["GOPROXY", "https://sometoken@proxy.example,direct"],
  ])("%s", (name, value) => {
    expect(buildToolEnvironment({ [name]: value })).not.toHaveProperty([name]);
  });
});

test("nothing waits for a key", () => {
  const env = buildToolEnvironment({ TERM: "xterm-256color", PAGER: "less", EDITOR: "vim", GIT_TERMINAL_PROMPT: "1" });
  expect(env).toMatchObject({
    TERM: "dumb",
    PAGER: "cat",
    GIT_PAGER: "cat",
    EDITOR: "true",
    GIT_EDITOR: "true",
    GIT_TERMINAL_PROMPT: "0",
    SSH_ASKPASS: "/bin/false",
    SSH_ASKPASS_REQUIRE: "never",
    DEBIAN_FRONTEND: "noninteractive",
  });
});

test.each([
  ["absolute folders keep their order", "/b:/a", "/b:/a"],
  ["empty and relative entries go", ":.:/usr/bin::node_modules/.bin:../x:/bin:", "/usr/bin:/bin"],
  ["nothing usable", ".::bin", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"],
  ["no PATH", undefined, "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"],
])("PATH: %s", (_name, given, wanted) => {
  expect(buildToolEnvironment({ PATH: given })["PATH"]).toBe(wanted);
});

test("an empty variable is still one", () => {
  expect(buildToolEnvironment({ LANG: "", HOME: undefined })).toMatchObject({ LANG: "" });
  expect(buildToolEnvironment({ HOME: undefined })).not.toHaveProperty("HOME");
});
