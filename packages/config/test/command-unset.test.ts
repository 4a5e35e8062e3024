import { expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

it("removes a key from every file of the tier and says what counts now", async () => {
  const command = new SampleCommand({
    "~/.claude/scorpiox-env.txt": "MODEL=a\r\n# keep\r\n",
    "~/.scorpiox/scorpiox-env.txt": "TOOLS=1\nMODEL=b",
    "./scorpiox-env.txt": "MODEL=c\n",
  });
  expect(await command.run(["unset", "MODEL"])).toEqual({
    code: 0,
    stdout: "",
    stderr:
      "MODEL removed from ~/.claude/scorpiox-env.txt\nMODEL removed from ~/.scorpiox/scorpiox-env.txt\n" +
      "note: MODEL is now c (project tier, ~/project/scorpiox-env.txt line 1)\n",
  });
  expect(command.text("~/.claude/scorpiox-env.txt")).toBe("# keep\r\n");
  expect(command.text("~/.scorpiox/scorpiox-env.txt")).toBe("TOOLS=1");
  expect(command.text("./scorpiox-env.txt")).toBe("MODEL=c\n");
});

it("removes what is no key any more, and bears what is not there", async () => {
  const command = new SampleCommand({ "./scorpiox-env.txt": "OLD_KEY=1\nMODEL=x\n" });
  expect((await command.run(["unset", "OLD_KEY", "--tier", "project"])).code).toBe(0);
  expect(command.text("./scorpiox-env.txt")).toBe("MODEL=x\n");
  expect(await command.run(["unset", "OLD_KEY"])).toMatchObject({
    code: 0,
    stderr: "OLD_KEY is not set in the user tier\n",
  });
});

it("refuses what can be no key, and a broken file", async () => {
  expect((await new SampleCommand().run(["unset", "a b"])).code).toBe(2);
  const command = new SampleCommand({ "~/.scorpiox/scorpiox-env.txt": "MODEL=x\nwhat" });
  expect((await command.run(["unset", "MODEL"])).code).toBe(52);
  expect(command.text("~/.scorpiox/scorpiox-env.txt")).toBe("MODEL=x\nwhat");
});
