// The least a Node program does for the same work: one request, every stream line through JSON.parse, the text to
// stdout, asked-for commands run and answered, until no call comes. The ratios of the bench stand on it.
//   node floor-agent.cjs URL
const http = require("node:http");
const url = new URL(process.argv[2]);
const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }];
const agent = new http.Agent({ keepAlive: true });

function ask(onEvent) {
  const body = JSON.stringify({
    model: "gpt-5.5",
    instructions: "You are an agent.",
    input,
    tools: [],
    store: false,
    stream: true,
  });
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    authorization: "Bearer x",
  };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop();
        for (const line of lines) if (line.startsWith("data: ")) onEvent(JSON.parse(line.slice(6)));
      });
      response.on("end", resolve);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function run(command) {
  const { execFile } = require("node:child_process");
  return new Promise((resolve) =>
    execFile("/bin/bash", ["-c", command], (_error, stdout, stderr) => resolve(stdout + stderr)),
  );
}

async function main() {
  for (;;) {
    const calls = [];
    let text = "";
    await ask((event) => {
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.output_item.done" && event.item.type === "function_call") calls.push(event.item);
    });
    if (calls.length === 0) {
      process.stdout.write(`${text}\n`);
      break;
    }
    for (const { call_id, name, arguments: json } of calls) {
      input.push({ type: "function_call", call_id, name, arguments: json });
      input.push({ type: "function_call_output", call_id, output: await run(JSON.parse(json).command) });
    }
  }
  agent.destroy();
}

void main();
