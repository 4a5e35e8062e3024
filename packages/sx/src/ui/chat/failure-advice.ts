import type { RunFailure } from "../../failure.js";

/** What a person can do in the chat after a turn failed. Codes that are not named here have it in their message. */
const ADVICE: Readonly<Record<string, string>> = {
  auth_rejected: "log in again, then /retry",
  model_unavailable: "/models lists what there is, /model chooses",
  context_too_long: "/compact makes room, /clear starts over",
  request_too_large: "/compact makes room; large images and files count most",
  network: "/retry asks again",
  timeout: "/retry asks again",
  stream_incomplete: "/retry asks again",
  overloaded: "/retry asks again, /model chooses another model",
  server_error: "/retry asks again",
  rate_limited: "/retry asks again",
  protocol: "/retry asks again",
  max_tokens: 'say "go on" for the rest',
  max_turns: 'say "go on" to continue',
  refusal: "say it in other words, or /rewind to an earlier message",
  content_refused: "say it in other words, or /rewind to an earlier message",
};

/** A failure as one line with what to do. */
export function failureLine({ code, message }: RunFailure): string {
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
  // The message may say by itself what to do.
  return advice === undefined || message.includes("; ") ? message : `${message}; ${advice}`;
}
