import { formatManPage } from "@scorpiox/sxutil";
import { FETCHTOKEN } from "./args.js";

/** The man page as troff; `man/scorpiox-codex-fetchtoken.1` holds exactly this text. */
export function manPage(): string {
  return formatManPage(FETCHTOKEN, {
    source: "scorpiox code",
    sections: [
      {
        title: "EXIT STATUS",
        rows: [
          { term: "0", help: "Done; of status: a token can be had." },
          { term: "1", help: "Something unexpected happened, or a file could not be written." },
          { term: "2", help: "The command line is wrong, or login would replace a login without --force." },
          { term: "41", help: "There is no login, or it is refused: a person must log in." },
          { term: "42", help: "The credential file cannot be used, or is not safe to read." },
          { term: "52", help: "A setting is wrong; the message names it." },
          { term: "57", help: "The service asks for patience; the message says how long." },
          { term: "58", help: "Network, proxy or TLS: try again later." },
          { term: "60", help: "The token would not live for --min-ttl." },
          { term: "61", help: "Another process held the lock for too long." },
          { term: "62", help: "The SSH host key is unknown, changed or revoked." },
          { term: "124", help: "--timeout was reached." },
        ],
      },
      {
        title: "ENVIRONMENT",
        text: [
          "Every key of scorpiox-env.txt may be set in the environment, under the same name. Those that matter most here:",
        ],
        rows: [
          { term: "CODEX_TOKEN_SOURCE", help: "local, remote or ssh: where the access token comes from." },
          { term: "CODEX_CREDENTIALS_FILE", help: "The credential file of the local source." },
          { term: "CODEX_SHARE_LOGIN", help: "1: refresh the file of the official client as well." },
          { term: "CODEX_REMOTE_URL, TOKEN_HTTP_API_KEY", help: "The token server, and the key for it." },
          { term: "CODEX_SSH_HOST", help: "The machine whose credential file is read." },
          { term: "SCORPIOX_HOME", help: "Our own folder, in place of ~/.scorpiox." },
          { term: "HTTPS_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS", help: "How the network is reached." },
        ],
      },
      {
        title: "FILES",
        rows: [
          { term: "~/.scorpiox/codex-auth.json", help: "Our own login." },
          { term: "~/.scorpiox/accounts/NAME.json", help: "The login of login --name NAME." },
          { term: "~/.codex/auth.json", help: "The login of the official client; read when there is no other." },
          { term: "~/.scorpiox/scorpiox-env.txt", help: "The settings of this user." },
        ],
      },
    ],
  });
}
