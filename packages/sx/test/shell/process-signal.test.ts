import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { sendSignal } from "../../src/shell/process-signal.js";

test("tells whether somebody is there", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  expect(sendSignal(pid, 0)).toBe("sent");
  expect(sendSignal(-pid, "SIGKILL")).toBe("sent");
  await once(child, "exit");
  expect(sendSignal(-pid, 0)).toBe("gone");
});

test("never means our own group", () => {
  expect([sendSignal(0, 0), sendSignal(-0, 0)]).toEqual(["gone", "gone"]);
});
