import { tasksOf } from "./todo-list.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/** The tool that keeps the list of tasks. Each call writes all of it. */
export function createTodoTool(context: ToolContext): SxTool {
  return {
    name: "todo",
    description:
      "Keeps the list of tasks that the user sees, for work of several steps. Each call replaces the whole list. Keep one " +
      "task active; set it to done as soon as it is, and only when it really is.",
    inputSchema: {
      type: "object",
      properties: {
        tasks: {
          type: "array",
          maxItems: 50,
          items: {
            type: "object",
            properties: {
              text: { type: "string", minLength: 1, maxLength: 300 },
              status: { enum: ["pending", "active", "done"] },
            },
            required: ["text", "status"],
            additionalProperties: false,
          },
        },
      },
      required: ["tasks"],
      additionalProperties: false,
    },
    access: "read",
    run: async (input) => {
      const tasks = tasksOf(input);
      context.todo?.replace(tasks);
      return `the list is kept: ${describe(input)}`;
    },
    summary: describe,
  };
}

function describe(input: Readonly<Record<string, unknown>>): string {
  const tasks = tasksOf(input);
  if (tasks.length === 0) return "no tasks";
  const done = tasks.filter(({ status }) => status === "done").length;
  const active = tasks.find(({ status }) => status === "active");
  return `${done} of ${tasks.length} done${active === undefined ? "" : `; now: ${active.text}`}`;
}
