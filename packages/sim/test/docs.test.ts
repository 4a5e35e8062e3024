import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { FAULT_KINDS } from "../src/faults.js";
import { parseScriptText, type Script, startAuthority, startSim } from "../src/index.js";
import { FAILURE_NAMES } from "../src/script.js";
import { codexBody, joinDeltas, post, userItem } from "./client.js";

let text = "";
let scripts: readonly Script[] = [];

beforeAll(async () => {
  text = await readFile(fileURLToPath(new URL("../../../docs/simulator.md", import.meta.url)), "utf8");
  scripts = [...text.matchAll(/```json\n(.*?)```/gs)].map((match) =>
    parseScriptText(match[1] ?? "", "docs/simulator.md"),
  );
});

function scriptOf(index: number): Script {
  const script = scripts[index];
  if (script === undefined) throw new Error(`docs/simulator.md has no example ${index + 1}`);
  return script;
}

const TOOLS = ["bash", "read"].map((name) => ({ type: "function", name, parameters: { type: "object" } }));
const CALL = { type: "function_call", call_id: "c1", name: "read", arguments: "{}" };
const RESULT = { type: "function_call_output", call_id: "c1", output: '"version": "1.2.3"' };

describe("docs/simulator.md", () => {
  it("has a first example that runs", async () => {
    const sim = await startSim({ script: scriptOf(0) });
    try {
      const question = userItem("which version is this?");
      const first = await post(sim, codexBody("", { tools: TOOLS, input: [question] }));
      expect(joinDeltas(first.body, "response.output_text.delta")).toBe("Let me look.");
      const second = await post(sim, codexBody("", { tools: TOOLS, input: [question, CALL, RESULT] }));
      expect(joinDeltas(second.body, "response.output_text.delta")).toBe('It says: "version": "1.2.3"');
      expect(sim.problems()).toEqual([]);
    } finally {
      await sim.close();
    }
  });

  it("has a second example that runs", async () => {
    const sim = await startSim({ script: scriptOf(1) });
    try {
      const body = codexBody("go", { tools: TOOLS });
      for (let step = 1; step <= 50; step += 1) expect((await post(sim, body)).body).toContain(`echo step ${step}`);
      const cut = await post(sim, body);
      expect({ end: cut.end, bytes: cut.body.length }).toEqual({ end: "ECONNRESET", bytes: 900 });
      expect(await post(sim, body)).toMatchObject({ status: 503, headers: { "retry-after": "0" } });
      expect((await post(sim, body)).body).toContain("Done after fifty steps.");
      expect(sim.problems()).toEqual([]);
    } finally {
      await sim.close();
    }
  });

  it("names every setting, kind of fault, kind of request and number of the authority", async () => {
    const authority = await startAuthority();
    try {
      const { requests, ...numbers } = authority.counters();
      const names = [authority.settings(), numbers, requests].flatMap((part) => Object.keys(part));
      for (const name of [...names, ...FAULT_KINDS]) expect(text).toContain(`\`${name}\``);
    } finally {
      await authority.close();
    }
  });

  it("names every failure", () => {
    for (const name of FAILURE_NAMES) expect(text).toContain(`\`${name}\``);
  });
});
