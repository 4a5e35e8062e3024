// The least a chat at a terminal does: the prompt first, one request a line, the open row and the prompt drawn at most 30
// times a second, finished rows once. No colours, no editor, no agent. node floor-chat.cjs URL
const { stdin, stdout } = process;
stdout.write("\u001b[?2004h> ");
stdin.setRawMode?.(true);
let line = "";
let open = "";
let arrived = "";
let isDrawn = false;
let timer;

function paint() {
  timer = undefined;
  const text = open + arrived;
  arrived = "";
  const end = text.lastIndexOf("\n") + 1;
  open = text.slice(end);
  const rows = text.slice(0, end).replaceAll("\n", "\r\n");
  stdout.write(`${isDrawn ? "\u001b[1A" : ""}\r\u001b[J${rows}${open.slice(0, stdout.columns - 1)}\r\n> ${line}`);
  isDrawn = true;
}

function send(prompt) {
  const body = JSON.stringify({ model: "gpt-5.5", stream: true, input: [{ role: "user", content: prompt }] });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const request = require("node:http").request(process.argv[2], { method: "POST", headers }, (response) => {
    let rest = "";
    response.setEncoding("utf8");
    response.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      for (const row of lines) {
        const event = row.startsWith("data: {") ? JSON.parse(row.slice(6)) : undefined;
        if (event?.type !== "response.output_text.delta") continue;
        arrived += event.delta;
        timer ??= setTimeout(paint, 33);
      }
    });
  });
  request.end(body);
}

stdin.on("data", (bytes) => {
  for (const key of bytes.toString()) {
    if (key === "\u0003" || key === "\u0004") process.exit(0);
    else if (key === "\u007f") {
      if (line !== "") stdout.write("\b \b");
      line = line.slice(0, -1);
    } else if (key === "\r") {
      stdout.write("\r\n");
      send(line);
      line = "";
    } else {
      line += key;
      stdout.write(key);
    }
  }
});
