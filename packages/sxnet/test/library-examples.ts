import {
  createProvider,
  type GetCredential,
  type Message,
  type Provider,
  ProviderError,
  runTools,
  type Settings,
  type Tool,
  type ToolDefinition,
} from "@scorpiox/sxnet";

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

export async function functionCall(settings: Settings) {
  // #region functionCall
  const openai = await createProvider("openai", { settings }); // OPENAI_API_KEY, or OPENAI_BASE_URL of another server

  const bookTable: ToolDefinition = {
    name: "book_table",
    description: "Books a table.",
    inputSchema: {
      type: "object",
      properties: { people: { type: "integer" }, day: { type: "string", description: "YYYY-MM-DD" } },
      required: ["people", "day"],
      additionalProperties: false,
    },
    strict: true, // the service holds the model to the schema, where it can
  };

  const answer = await openai
    .stream({
      model: "gpt-5.5",
      messages: [{ role: "user", content: [{ type: "text", text: "A table for four on 24 December 2026." }] }],
      tools: [bookTable],
      toolChoice: { name: "book_table" }, // or "auto", "none", "required"
      parallelTools: false, // at most one call, where the service can promise it
    })
    .result();
  const call = answer.message.content.find((block) => block.type === "tool_use");
  if (call?.inputError !== undefined) throw new Error(call.inputError); // cut off, or not JSON: never run it
  // #endregion
  await openai.close();
  return call;
}

export async function handBack(provider: Provider, ask: (question: string) => Promise<string>) {
  // #region handBack
  const askUser: ToolDefinition = {
    name: "ask_user",
    description: "Asks the user.",
    inputSchema: { type: "object", properties: { question: { type: "string" } }, required: ["question"] },
  };
  const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "Plan my day." }] }];

  let run = await runTools(provider, { model: "sonnet", messages }, { tools: [askUser] }).result();
  while (run.ended === "handed_back") {
    const answers = await Promise.all(
      run.pending.map(async (call) => ({
        type: "tool_result" as const,
        toolUseId: call.id,
        content: [{ type: "text" as const, text: await ask(String(call.input["question"])) }],
      })),
    );
    // Every call of an answer gets its result in the one message that follows it.
    const next: Message = { role: "user", content: [...run.results, ...answers] };
    run = await runTools(
      provider,
      { model: "sonnet", messages: [...run.messages, next] },
      { tools: [askUser] },
    ).result();
  }
  // #endregion
  return run;
}

export async function structured(provider: Provider, model: string, write: (text: string) => void) {
  // #region structured
  const turn = provider.stream({
    model,
    messages: [{ role: "user", content: [{ type: "text", text: "Which languages does Switzerland have?" }] }],
    responseSchema: {
      name: "languages",
      schema: {
        type: "object",
        properties: { languages: { type: "array", items: { type: "string" } } },
        required: ["languages"],
        additionalProperties: false,
      },
    },
  });
  try {
    const { output, stopReason } = await turn.result();
    if (output === undefined) write(`no answer: ${stopReason}`); // refused, or cut at its bound
    else write((output as { languages: string[] }).languages.join(", ")); // checked against the schema
  } catch (error) {
    if (!ProviderError.is(error) || error.code !== "schema_mismatch") throw error;
    write(`it does not fit: ${error.problem}`);
  }
  // #endregion
}

export async function images(provider: Provider, model: string, png: Uint8Array) {
  // #region images
  const { message } = await provider
    .stream({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", mediaType: "image/png", data: Buffer.from(png).toString("base64") },
            { type: "text", text: "What is in this picture?" },
          ],
        },
      ],
    })
    .result();
  // #endregion
  return message;
}

export async function switching(settings: Settings, getCredential: GetCredential) {
  // #region switching
  const codex = await createProvider("codex", { settings, getCredential });
  const claude = await createProvider("anthropic", { settings });

  const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "Name a prime above 100." }] }];
  messages.push((await codex.stream({ model: "gpt-5.5", messages }).result()).message);
  messages.push({ role: "user", content: [{ type: "text", text: "Is that right?" }] });
  messages.push((await claude.stream({ model: "sonnet", messages }).result()).message); // the same conversation
  // #endregion
  await Promise.all([codex.close(), claude.close()]);
  return messages;
}

export async function router(settings: Settings, getCredential: GetCredential, write: (text: string) => void) {
  // #region router
  const provider = await createProvider("router", {
    settings: { ...settings, ROUTER_ORDER: "codex,anthropic,gemini" },
    getCredential, // told which provider asks
    hasCredential: async (name) => name === "codex", // for those that sign in; the others are found by their keys
  });
  const turn = provider.stream({
    model: "sonnet", // an alias means something to each of them
    messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
  });
  for await (const event of turn) {
    if (event.type === "route") write(`[${event.provider} ${event.model}: ${event.reason}]`);
    if (event.type === "text_delta") write(event.text);
  }
  // #endregion
  await provider.close();
}
