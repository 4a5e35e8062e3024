import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sim, startSim } from "../src/index.js";
import type { Got } from "./client.js";

/** A request, and what becomes of it. */
export interface Row {
  readonly name: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** Default 400. */
  readonly status?: number;
  /** Part of the service's answer; absent: the request is good. */
  readonly refused?: string;
}

interface Service {
  ask(sim: Sim, body: unknown, headers?: Readonly<Record<string, string>>, path?: string): Promise<Got>;
  /** What the body of every refusal looks like. */
  readonly shape: Readonly<Record<string, unknown>>;
}

/** Each row is answered, or refused in the service's form and told as a violation. */
export function describeRefusals(groups: Readonly<Record<string, readonly Row[]>>, service: Service): void {
  let sim: Sim;
  beforeAll(async () => {
    sim = await startSim({ script: { turns: [{ times: "any", reply: [{ text: "ok" }] }] } });
  });
  afterAll(() => sim.close());

  describe.each(Object.entries(groups))("what the service refuses: %s", (_name, rows) => {
    it.each([...rows])("$name", async ({ body, headers, path, status, refused }) => {
      const before = sim.violations.length;
      const got = await service.ask(sim, body, headers, path);
      if (refused === undefined) {
        expect(got).toMatchObject({ status: 200 });
        expect(sim.violations).toHaveLength(before);
        return;
      }
      expect(got.status).toBe(status ?? 400);
      expect(got.body).toContain(refused);
      expect(JSON.parse(got.body)).toMatchObject(service.shape);
      expect(sim.violations).toHaveLength(before + 1);
    });
  });
}
