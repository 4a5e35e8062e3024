import type { Message } from "@scorpiox/sxnet";

export type TodoStatus = "pending" | "active" | "done";

export interface TodoTask {
  readonly text: string;
  readonly status: TodoStatus;
}

/** Opens the list where a compaction keeps it. */
const HEAD = "Tasks:";
const LINE = /^- \[(pending|active|done)\] (.+)$/;

/** The tasks of a run, as the model last wrote them. */
export class TodoList {
  #tasks: readonly TodoTask[] = [];

  get tasks(): readonly TodoTask[] {
    return this.#tasks;
  }

  /** Puts another list in the place of this one. */
  replace(tasks: readonly TodoTask[]): void {
    this.#tasks = tasks;
  }

  /** The list as text that `readTodoList` finds again; empty when there is none. */
  asText(): string {
    if (this.#tasks.length === 0) return "";
    return [HEAD, ...this.#tasks.map(({ text, status }) => `- [${status}] ${text}`)].join("\n");
  }
}

/** The list that a conversation ends with: that of the last call, or the one that a compaction kept. */
export function readTodoList(messages: readonly Message[]): readonly TodoTask[] {
  const failed = new Set<string>();
  for (const message of messages.toReversed()) {
    for (const block of message.content.toReversed()) {
      if (block.type === "tool_result" && block.isError === true) failed.add(block.toolUseId);
      if (message.role !== "assistant") continue;
      if (block.type === "tool_use" && block.name === "todo" && !failed.has(block.id)) return tasksOf(block.input);
      const kept = block.type === "text" ? tasksIn(block.text) : [];
      if (kept.length > 0) return kept;
    }
  }
  return [];
}

/** The tasks of a call's input, each on one line; what is none is left out, as the input may come from a file. */
export function tasksOf(input: Readonly<Record<string, unknown>>): readonly TodoTask[] {
  const { tasks } = input;
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown): readonly TodoTask[] => {
    if (typeof task !== "object" || task === null || !("text" in task) || !("status" in task)) return [];
    const { text, status } = task;
    if (typeof text !== "string" || !isStatus(status)) return [];
    return [{ text: text.replaceAll(/\s+/g, " ").trim(), status }];
  });
}

function tasksIn(text: string): readonly TodoTask[] {
  const lines = text.split("\n");
  const start = lines.lastIndexOf(HEAD);
  if (start === -1) return [];
  const tasks: TodoTask[] = [];
  for (const line of lines.slice(start + 1)) {
    const [, status, task] = LINE.exec(line) ?? [];
    if (task === undefined || !isStatus(status)) break;
    tasks.push({ text: task, status });
  }
  return tasks;
}

function isStatus(value: unknown): value is TodoStatus {
  return value === "pending" || value === "active" || value === "done";
}
