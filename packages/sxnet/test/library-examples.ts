import { createProvider, type Provider, ProviderError, runTools, type Tool } from "@scorpiox/sxnet";

/** The examples of docs/library.md, so that they compile and run; the page holds these regions word for word. */

export async function stream(
  accessToken: string,
  accountId: string,
  write: (text: string) => void,
  signal: AbortSignal,
  baseUrl: string,
) {
  // #region stream
  const provider = await createProvider("codex", {
    settings: { CODEX_BASE_URL: baseUrl }, // the keys of scorpiox-env.txt
    getCredential: async ({ rejected }) => {
      // `rejected` is the credential that the service has just refused: fetch another one, or throw.
      if (rejected !== undefined) throw new Error("log in again");
      return { accessToken, accountId };
    },
  });

  const turn = provider.stream(
    {
      model: "gpt-5.5",
      system: "Answer in one sentence.",
      messages: [{ role: "user", content: [{ type: "text", text: "What is a monad?" }] }],
      thinking: { effort: "low" },
      sessionId: "the same for the whole conversation",
    },
    { signal },
  );
  for await (const event of turn) {
    if (event.type === "text_delta") write(event.text);
  }
  const { message, stopReason, usage } = await turn.result();
  // #endregion
  await provider.close();
  return { message, stopReason, usage };
}

export async function failures(provider: Provider, write: (text: string) => void) {
  const request = { model: "gpt-5.5", messages: [] };
  // #region errors
  try {
    await provider.stream(request).result();
  } catch (error) {
    if (!ProviderError.is(error)) throw error; // for example the reason of the signal
    if (error.code === "usage_limit" && error.resetsAtMs !== undefined) {
      write(`used up until ${new Date(error.resetsAtMs).toISOString()}`);
    } else {
      write(`${error.code}: ${error.message}`); // one line, made for people
    }
  }
  // #endregion
}

export async function tools(provider: Provider, files: ReadonlyMap<string, string>, write: (text: string) => void) {
  // #region tools
  const readFile: Tool = {
    name: "read_file",
    description: "Reads a text file of the project.",
    inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
    readOnly: true, // may run beside other calls of this kind
    run: async ({ path }) => files.get(String(path)) ?? `there is no file ${String(path)}`,
  };

  const run = runTools(
    provider,
    { model: "gpt-5.5", messages: [{ role: "user", content: [{ type: "text", text: "What does a.txt say?" }] }] },
    { tools: [readFile], approve: () => ({ allowed: true }), maxSteps: 10 },
  );
  for await (const event of run) {
    if (event.type === "text_delta") write(event.text);
    if (event.type === "tool_end") write(`[${event.call.name}: ${event.output.status ?? "ok"}]`);
  }
  const { ended, messages, usage } = await run.result();
  // #endregion
  return { ended, messages, usage };
}
