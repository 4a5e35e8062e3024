import { type Check, CheckError, isObject, object, oneOf } from "./json-check.js";
import { type HttpAnswer, jsonAnswer, type RawRequest } from "./wire.js";

/** What a running server can be asked from another process. */
export interface ControlCommand {
  readonly fields: Readonly<Record<string, Check>>;
  readonly needs?: readonly string[];
  /** @returns what is answered as JSON; `undefined` for nothing */
  readonly run: (fields: Readonly<Record<string, unknown>>) => unknown;
}

export const CONTROL_PATH = "/__control";

/**
 * The answer to `POST /__control`: a JSON object whose field `do` names one of `commands`, and whose other fields are
 * its own. A page in a browser cannot send it: it would say where it comes from, or under which name it reached us.
 */
export function answerControl(request: RawRequest, commands: Readonly<Record<string, ControlCommand>>): HttpAnswer {
  const { method, headers } = request;
  const host = (headers["host"] ?? "").replace(/:\d+$/, "");
  if (method !== "POST" || headers["origin"] !== undefined || !["127.0.0.1", "localhost"].includes(host)) {
    return jsonAnswer(403, { error: "the control is for programs on this machine, by POST" });
  }
  if (!/^application\/json\b/.test(headers["content-type"] ?? "")) {
    return jsonAnswer(415, { error: "the control takes application/json" });
  }
  try {
    const body: unknown = JSON.parse(request.body);
    const { do: word, ...fields } = isObject(body) ? body : {};
    oneOf(Object.keys(commands))(word, "do");
    const command = commands[String(word)];
    if (command === undefined) throw new CheckError("do names no command");
    object(command.fields, command.needs)(fields, String(word));
    return jsonAnswer(200, command.run(fields) ?? {});
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return jsonAnswer(400, { error: error.message });
    throw error;
  }
}

/** For a field that its command checks by itself. */
export const checkedLater: Check = () => undefined;
