import { type KeySpec, TOKEN_SOURCE_SPELLINGS, TOKEN_SOURCES } from "./key-spec.js";

const REMOTE = { key: "CLAUDE_CODE_TOKEN_SOURCE", value: "remote" } as const;
const SSH = { key: "CLAUDE_CODE_TOKEN_SOURCE", value: "ssh" } as const;

/** The keys of `PROVIDER=claude_code`. */
export const CLAUDE_CODE_KEYS: readonly KeySpec[] = [
  {
    name: "CLAUDE_CODE_TOKEN_SOURCE",
    kind: "text",
    class: "redirects",
    default: "local",
    choices: TOKEN_SOURCES,
    spellings: TOKEN_SOURCE_SPELLINGS,
    provider: "claude_code",
    help: "where the access token comes from",
  },
  {
    name: "CLAUDE_CODE_CREDENTIALS_FILE",
    kind: "path",
    class: "redirects",
    builtIn: "~/.claude/.credentials.json",
    provider: "claude_code",
    help: "credential file of the local source",
  },
  {
    name: "CLAUDE_CODE_REMOTE_URL",
    kind: "url",
    class: "redirects",
    provider: "claude_code",
    when: REMOTE,
    help: "token server of the remote source",
  },
  {
    name: "CLAUDE_CODE_SSH_HOST",
    kind: "text",
    class: "redirects",
    provider: "claude_code",
    when: SSH,
    help: "machine whose credential file is read",
  },
  {
    name: "CLAUDE_CODE_SSH_USER",
    kind: "text",
    class: "redirects",
    provider: "claude_code",
    when: SSH,
    help: "user on that machine",
  },
  {
    name: "CLAUDE_CODE_SSH_PORT",
    kind: "integer",
    class: "redirects",
    default: "22",
    min: 1,
    max: 65_535,
    provider: "claude_code",
    when: SSH,
    help: "port of its SSH server",
  },
  {
    name: "CLAUDE_CODE_SSH_PASS",
    kind: "text",
    class: "secret",
    sentTo: ["CLAUDE_CODE_SSH_HOST"],
    provider: "claude_code",
    when: SSH,
    help: "password, where no key or agent serves",
  },
  {
    name: "CLAUDE_CODE_API_URL",
    kind: "url",
    class: "redirects",
    builtIn: "https://api.anthropic.com/v1/messages",
    provider: "claude_code",
    help: "endpoint",
  },
  {
    name: "CLAUDE_CODE_SYSTEM_PREFIX",
    kind: "text",
    class: "harmless",
    provider: "claude_code",
    help: "text to put before the system prompt; none is sent otherwise",
  },
];
