import { describe, expect, it } from "vitest";
import { createCredentialSource, sourceNames } from "../../src/credentials/sources.js";

describe("createCredentialSource", () => {
  it.each(["ftp", "", "constructor", "tcp"])("refuses the name %j and lists those there are", async (name) => {
    const creating = createCredentialSource(name, { settings: {}, home: "/home/me", env: {}, now: () => 0 });
    await expect(creating).rejects.toMatchObject({
      code: "configuration",
      message: `CODEX_TOKEN_SOURCE is ${JSON.stringify(name)}; there is: ${sourceNames().join(", ")}`,
    });
  });
});
