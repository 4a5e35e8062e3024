// The model of the bench: Responses streams made beforehand, sent as fast as the socket takes them.
import { createServer } from "node:http";

const frame = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const usage = {
  input_tokens: 1200,
  input_tokens_details: { cached_tokens: 1000 },
  output_tokens: 300,
  total_tokens: 1500,
};
const completed = frame("response.completed", { response: { id: "resp_1", status: "completed", output: [], usage } });
const created = frame("response.created", { response: { id: "resp_1", status: "in_progress", output: [] } });

/** A text answer of `count` deltas of `size` characters. */
export function textAnswer(count, size) {
  const item = { id: "msg_1", type: "message", role: "assistant", content: [] };
  const parts = [created, frame("response.output_item.added", { output_index: 0, item })];
  let text = "";
  for (let index = 0; index < count; index += 1) {
    const delta =
      `${index} ${"abcdefghijklmnopqrstuvwxyz".repeat(2)}`.slice(0, size - 1) + (index % 8 === 7 ? "\n" : " ");
    text += delta;
    parts.push(frame("response.output_text.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta }));
  }
  const done = { ...item, status: "completed", content: [{ type: "output_text", text, annotations: [] }] };
  parts.push(frame("response.output_item.done", { output_index: 0, item: done }), completed);
  return Buffer.from(parts.join(""));
}

/** The text in `pieces`, five of them every `everyMs`, as a model writes. */
export function pacedAnswer(pieces, everyMs) {
  const item = { id: "msg_1", type: "message", role: "assistant", content: [] };
  const deltas = pieces.map((delta) =>
    frame("response.output_text.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta }),
  );
  const frames = [created + frame("response.output_item.added", { output_index: 0, item })];
  for (let at = 0; at < deltas.length; at += 5) frames.push(deltas.slice(at, at + 5).join(""));
  const done = {
    ...item,
    status: "completed",
    content: [{ type: "output_text", text: pieces.join(""), annotations: [] }],
  };
  frames.push(frame("response.output_item.done", { output_index: 0, item: done }) + completed);
  return { frames, everyMs };
}

/** One call of the tool `bash`. */
export function callAnswer(id, command) {
  const item = {
    id: `fc_${id}`,
    type: "function_call",
    call_id: `call_${id}`,
    name: "bash",
    arguments: JSON.stringify({ command }),
  };
  return Buffer.from(
    created +
      frame("response.output_item.added", { output_index: 0, item: { ...item, arguments: "" } }) +
      frame("response.function_call_arguments.delta", { output_index: 0, delta: item.arguments }) +
      frame("response.output_item.done", { output_index: 0, item }) +
      completed,
  );
}

function writePaced(response, { frames, everyMs }, ended) {
  let next = 0;
  const timer = setInterval(() => {
    response.write(frames[next]);
    next += 1;
    if (next < frames.length) return;
    clearInterval(timer);
    response.end(ended);
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}

/** Serves `answers` in order, the last one for ever; notes when each request came and how large it was. */
export async function startModel() {
  const state = { answers: [textAnswer(1, 20)], requests: [] };
  const server = createServer((request, response) => {
    const arrivedNs = process.hrtime.bigint();
    let bytes = 0;
    request.on("data", (chunk) => {
      bytes += chunk.length;
    });
    request.on("end", () => {
      const answer = state.answers[Math.min(state.requests.length, state.answers.length - 1)];
      const row = { arrivedNs, bytes, endNs: 0n };
      state.requests.push(row);
      response.writeHead(200, { "content-type": "text/event-stream" });
      const ended = () => {
        row.endNs = process.hrtime.bigint();
      };
      if (Buffer.isBuffer(answer)) response.end(answer, ended);
      else writePaced(response, answer, ended);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/backend-api/codex`,
    play(answers) {
      state.answers = answers;
      state.requests = [];
    },
    requests: () => state.requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
