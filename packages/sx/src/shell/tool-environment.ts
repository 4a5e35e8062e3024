/**
 * What a command of the model may see of the environment. Everything is listed: an unknown name stays behind, so a
 * key that somebody exports tomorrow is safe today.
 */

/** Names that pass, in groups; each group has one reason. */
const PASSED: readonly { readonly why: string; readonly names: string }[] = [
  { why: "who and where the user is", names: "HOME USER LOGNAME SHELL HOSTNAME" },
  { why: "language and time, so that output looks as it does for the user", names: "LANG LANGUAGE TZ TZDIR" },
  { why: "where temporary files and a program's own folders go", names: "TMPDIR TMP TEMP" },
  {
    why: "the folders of the XDG base directory specification; rootless containers need the runtime one",
    names:
      "XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_BIN_HOME XDG_RUNTIME_DIR XDG_CONFIG_DIRS XDG_DATA_DIRS",
  },
  {
    why: "where toolchains live; without them another version is found, or none",
    names:
      "CARGO_HOME CARGO_TARGET_DIR RUSTUP_HOME RUSTUP_TOOLCHAIN GOPATH GOROOT GOBIN GOCACHE GOMODCACHE GOFLAGS GOPROXY GOPRIVATE " +
      "GONOPROXY GONOSUMDB GOSUMDB GOTOOLCHAIN CGO_ENABLED JAVA_HOME JDK_HOME MAVEN_HOME M2_HOME GRADLE_HOME GRADLE_USER_HOME " +
      "SDKMAN_DIR ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK_HOME NVM_DIR NVM_BIN FNM_DIR VOLTA_HOME PNPM_HOME COREPACK_HOME " +
      "BUN_INSTALL DENO_DIR DENO_INSTALL NODE_PATH PYENV_ROOT PYENV_VERSION VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_EXE " +
      "PYTHONPATH PYTHONUSERBASE PIPX_HOME POETRY_HOME PIP_CACHE_DIR PIP_INDEX_URL UV_CACHE_DIR UV_INDEX_URL RBENV_ROOT RBENV_VERSION " +
      "GEM_HOME GEM_PATH BUNDLE_PATH ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR MISE_CONFIG_DIR DOTNET_ROOT NUGET_PACKAGES COMPOSER_HOME " +
      "STACK_ROOT GHCUP_INSTALL_BASE_PREFIX OPAMROOT OPAM_SWITCH_PREFIX CAML_LD_LIBRARY_PATH HOMEBREW_PREFIX HOMEBREW_CELLAR " +
      "HOMEBREW_REPOSITORY NIX_PATH NIX_PROFILES CUDA_HOME CUDA_PATH",
  },
  {
    why: "how the user builds",
    names:
      "CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS MAKEFLAGS PKG_CONFIG_PATH CMAKE_PREFIX_PATH CMAKE_GENERATOR LD_LIBRARY_PATH " +
      "LIBRARY_PATH CPATH NODE_ENV RUSTFLAGS CUDA_VISIBLE_DEVICES SOURCE_DATE_EPOCH",
  },
  { why: "a CI job stays one, and programs then ask nothing; never set where it was not", names: "CI" },
  { why: "which container engine is meant", names: "DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG CONTAINER_HOST" },
  {
    why: "private certificate authorities; without them every download fails behind a company's proxy",
    names:
      "SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO PIP_CERT CARGO_HTTP_CAINFO " +
      "AWS_CA_BUNDLE NIX_SSL_CERT_FILE",
  },
  {
    why: "an outer sx finds its own again through this mark, also inside an inner sx",
    names: "SX_JOB",
  },
];

/** The way out to the network. These may hold a proxy's password, as nothing else can carry it. */
const PROXIES = new Set("HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY".split(" "));

/** Families of which every name passes. */
const PASSED_PREFIXES = ["LC_"];

/** Whatever a list says, such a name never passes. */
const SECRET_NAME = /(?:^|_)(?:API_?)?KEYS?(?:_|$)|TOKEN|SECRET|PASS|CREDENTIAL|(?:^|_)AUTH(?:_|$)|COOKIE/i;

/** `scheme://user:password@host`, or `https://token@host`; the user alone of `ssh://user@host` is no secret. */
const URL_WITH_PASSWORD = /:\/\/[^/?#@\s]*:[^/?#@\s]+@|https?:\/\/[^/?#@\s]+@/i;

/**
 * Nothing may wait for an answer or page through its output: there is nobody to press a key. `EDITOR=true` lets
 * `git commit --amend` and `git rebase` keep the text they propose, and `git commit` without a message fail.
 */
const FIXED: Readonly<Record<string, string>> = {
  TERM: "dumb",
  PAGER: "cat",
  GIT_PAGER: "cat",
  EDITOR: "true",
  VISUAL: "true",
  GIT_EDITOR: "true",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "/bin/false",
  SSH_ASKPASS: "/bin/false",
  SSH_ASKPASS_REQUIRE: "never",
  DEBIAN_FRONTEND: "noninteractive",
};

/** Where programs are when PATH names no usable folder. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** PATH without its empty and relative entries: those mean the current folder, which a repository fills. */
function absolutePathEntries(path: string | undefined): readonly string[] {
  return (path ?? "").split(":").filter((entry) => entry.startsWith("/"));
}

/**
 * The environment of every command of the model, from the full one: an allow-list, a PATH of absolute folders, and
 * settings that keep programs from asking. Credentials never pass, whatever they are called. The result is new.
 */
export function buildToolEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const passed = new Set(PASSED.flatMap((group) => group.names.split(" ")));
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || SECRET_NAME.test(name)) continue;
    if (PROXIES.has(name.toUpperCase())) result[name] = value;
    else if (passed.has(name) || PASSED_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      if (!URL_WITH_PASSWORD.test(value)) result[name] = value;
    }
  }
  const path = absolutePathEntries(env["PATH"]).join(":");
  return { ...result, ...FIXED, PATH: path === "" ? DEFAULT_PATH : path };
}
