import { formatManPage, KEYS } from "@scorpiox/sxutil";
import { CONFIG } from "./args.js";

/** The man page as troff, keys and all; `man/scorpiox-config.1` holds exactly this text. */
export function manPage(): string {
  return formatManPage(CONFIG, {
    source: "scorpiox code",
    sections: [
      {
        title: "KEYS",
        text: ["Every key may also be set in the environment, under the same name."],
        rows: KEYS.map(({ name, help, class: keyClass }) => ({ term: name, help: `${help} (${keyClass})` })),
      },
      {
        title: "EXIT STATUS",
        rows: [
          { term: "0", help: "Done." },
          { term: "1", help: "get: the key is not set. Else something could not be written, or was not wanted." },
          { term: "2", help: "The command line is wrong, or asks for what is refused." },
          { term: "52", help: "A file or value is wrong; check: something was found." },
          { term: "55", help: "trust: nothing was allowed." },
          { term: "61", help: "Somebody else is writing, for too long." },
        ],
      },
      {
        title: "FILES",
        rows: [
          { term: "~/.scorpiox/scorpiox-env.txt", help: "The settings of this user." },
          { term: "~/.scorpiox/scorpiox-env/NAME.txt", help: "A profile." },
          { term: "~/.scorpiox/trust.json", help: "What projects were allowed, by place and content." },
          { term: "scorpiox-env.txt", help: "The settings of a project, in its root, .claude or .scorpiox." },
          { term: "/etc/scorpiox/scorpiox-env.txt", help: "The settings of this machine." },
        ],
      },
    ],
  });
}
