/** One line of the list of tasks. */
export interface TodoItem {
  readonly text: string;
  readonly status: "pending" | "active" | "done";
}
