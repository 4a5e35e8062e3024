import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fakeCodexAuth } from "@scorpiox/sim";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makePlace, spawnSx } from "./harness.js";

const frame = (type: string, fields: object): string => `data: ${JSON.stringify({ type, ...fields })}\n\n`;
const item = { type: "function_call", call_id: "c", name: "glob", arguments: '{"pattern":"*"}' };
const call = frame("response.output_item.done", { output_index: 0, item });
const said = { type: "message", role: "assistant", content: [{ type: "output_text", text: "Done." }] };
const answer = frame("response.output_item.done", { output_index: 0, item: said });
const end = frame("response.completed", { response: { status: "completed", output: [] } });

// A new connection costs a handshake with a far host. Only the bundle shows it: modules are loaded differently there.
test("a run of the built command keeps one connection for all its requests", async () => {
  let [connections, requests] = [0, 0];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      requests += 1;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end((requests < 5 ? call : answer) + end);
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const place = await makePlace();
  const credentials = join(place.home, "auth.json");
  await writeFile(credentials, JSON.stringify(fakeCodexAuth(Date.now() + 3_600_000)), { mode: 0o600 });
  const { port } = server.address() as AddressInfo;
  const env = { CODEX_BASE_URL: `http://127.0.0.1:${port}/backend-api/codex`, CODEX_CREDENTIALS_FILE: credentials };
  expect(await spawnSx(["-p", "q"], { place, env })).toEqual({ code: 0, stdout: "Done.\n", stderr: "" });
  expect({ connections, requests }).toEqual({ connections: 1, requests: 5 });
});
