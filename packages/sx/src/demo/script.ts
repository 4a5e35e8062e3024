import type { Script } from "@scorpiox/sim";
import { DEMO_PROMPT } from "./project.js";

/**
 * What the scripted model says. Every turn checks that the real tools really did what the turn before asked for: when
 * one does not, the simulator refuses the request and the demo fails.
 * @param delayMs pause before each piece of text, so that people can watch it being written
 */
export function demoScript(delayMs: number): Script {
  const pace = { delayMs, deltas: 6 };
  return {
    turns: [
      {
        ...pace,
        expect: { lastUserText: DEMO_PROMPT, tools: ["bash", "edit", "glob", "read"] },
        reply: [
          { thinking: "First I look at what is there and at how the tests fail." },
          { text: "I look at the project and run its tests." },
          { tool_use: { name: "glob", input: { pattern: "**/*.js" } } },
          { tool_use: { name: "read", input: { path: "test/cart.test.js" } } },
          { tool_use: { name: "bash", input: { command: "node --test" } } },
        ],
      },
      {
        ...pace,
        expect: {
          toolResults: [{ contains: "src/cart.js" }, { contains: "ten of one article" }, { matches: "fail 1\\b" }],
        },
        reply: [
          { text: "One test fails: ten articles are charged in full. The rule is in `src/cart.js`." },
          { tool_use: { name: "read", input: { path: "src/cart.js" } } },
        ],
      },
      {
        ...pace,
        expect: { toolResults: [{ contains: "quantity > 10" }] },
        reply: [
          { thinking: "The comment says ten or more; the code says more than ten." },
          { text: "The comment promises the discount from ten on, the code gives it from eleven on." },
          {
            tool_use: {
              name: "edit",
              input: { path: "src/cart.js", edits: [{ old_string: "quantity > 10", new_string: "quantity >= 10" }] },
            },
          },
        ],
      },
      {
        ...pace,
        expect: { toolResults: [{ contains: ">= 10" }] },
        reply: [{ tool_use: { name: "bash", input: { command: "node --test" } } }],
      },
      {
        ...pace,
        expect: { toolResults: [{ matches: "pass 3\\b[^]*fail 0\\b" }] },
        reply: [
          {
            text: "Fixed: `src/cart.js:5` compared with `>` where the rule says ten **or more**. All three tests pass now.",
          },
        ],
      },
    ],
  };
}
