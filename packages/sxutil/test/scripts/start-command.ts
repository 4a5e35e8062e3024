import { join } from "node:path";
import { startCommand } from "../../src/command-process.js";

const signalMs = Number(process.env["SIGNAL_MS"] ?? 1000);
startCommand(process, "probe", { path: join(__dirname, "main.cjs"), require }, { signalMs, brokenMs: 300 });
