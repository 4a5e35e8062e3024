import type { Authority } from "./authority.js";
import type { Fault } from "./faults.js";
import { type Check, CheckError, isObject, object, oneOf, text, whole } from "./json-check.js";
import { type HttpAnswer, jsonAnswer, type RawRequest } from "./wire.js";

const SIGN_IN: Readonly<Record<string, Check>> = {
  accountId: text(200, 1),
  userId: text(200, 1),
  email: text(200, 1),
  plan: text(200, 1),
  accessTokenLifeMs: whole(-1e13, 1e13),
};
const secret = text(65_536, 1);
const anything: Check = () => undefined;

interface Command {
  readonly fields: Readonly<Record<string, Check>>;
  readonly needs?: readonly string[];
  /** What the answer is, as JSON. */
  readonly run: (authority: Authority, fields: Readonly<Record<string, unknown>>) => unknown;
}

/** What `POST /__control` can ask for, by the word in its field `do`. */
const COMMANDS: Readonly<Record<string, Command>> = {
  counters: { fields: {}, run: (authority) => ({ ...authority.counters(), problems: authority.violations }) },
  settings: {
    fields: { settings: anything },
    run: (authority, { settings = {} }) => {
      authority.configure(settings as object);
      return authority.settings();
    },
  },
  fault: {
    fields: { fault: anything },
    needs: ["fault"],
    run: (authority, { fault }) => {
      authority.addFault(fault as Fault);
      return {};
    },
  },
  clear_faults: {
    fields: {},
    run: (authority) => {
      authority.clearFaults();
      return {};
    },
  },
  sign_in: { fields: SIGN_IN, run: (authority, options) => authority.signIn(options) },
  sign_in_claude: { fields: SIGN_IN, run: (authority, options) => authority.signInClaude(options) },
  decide_device: {
    fields: { userCode: text(100, 1), decision: oneOf(["approve", "deny"]) },
    needs: ["userCode", "decision"],
    run: (authority, { userCode, decision }) => ({
      done: authority.decideDevice(String(userCode), decision === "approve" ? "approve" : "deny"),
    }),
  },
  revoke: {
    fields: { secret },
    needs: ["secret"],
    run: (authority, fields) => {
      authority.revoke(String(fields["secret"]));
      return {};
    },
  },
  state: {
    fields: { secret },
    needs: ["secret"],
    run: (authority, fields) => ({ state: authority.stateOf(String(fields["secret"])) }),
  },
};

/**
 * The answer to `POST /__control`: what a test in another process asks of the authority. A browser cannot send it: its
 * pages say where they come from, and a JSON type needs a permission that nobody gives here.
 */
export function control(request: RawRequest, authority: Authority): HttpAnswer {
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
    if (!isObject(body)) throw new CheckError("the request is not an object");
    oneOf(Object.keys(COMMANDS))(body["do"], "do");
    const { do: word, ...fields } = body;
    const command = COMMANDS[String(word)];
    if (command === undefined) throw new CheckError("there is no such command");
    object(command.fields, command.needs)(fields, String(word));
    return jsonAnswer(200, command.run(authority, fields));
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return jsonAnswer(400, { error: error.message });
    throw error;
  }
}
