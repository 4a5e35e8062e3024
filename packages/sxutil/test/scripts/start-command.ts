import { join } from "node:path";
import { startCommand } from "../../src/command-process.js";

startCommand(process, "probe", join(__dirname, "main.cjs"), { signalMs: 1000, brokenMs: 300 });
