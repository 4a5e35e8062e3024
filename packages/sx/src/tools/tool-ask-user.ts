import { isFields } from "../sessions/entry-check.js";
import type { UserQuestion } from "./ask-user.js";
import type { SxTool, ToolContext } from "./tool-context.js";

/** The tool that asks the person. Where nobody can be asked it says so at once, and never waits. */
export function createAskUserTool(context: ToolContext): SxTool {
  return {
    name: "ask_user",
    description:
      "Asks the user one to four questions and waits for the answers. Only for decisions that are the user's to make and " +
      "that nothing in the workspace answers. Give options where there are likely answers; own words are always possible.",
    inputSchema: {
      type: "object",
      properties: {
        questions: {
          type: "array",
          minItems: 1,
          maxItems: 4,
          items: {
            type: "object",
            properties: {
              question: { type: "string", minLength: 1, maxLength: 1000 },
              options: { type: "array", maxItems: 8, items: { type: "string", minLength: 1, maxLength: 200 } },
            },
            required: ["question"],
            additionalProperties: false,
          },
        },
      },
      required: ["questions"],
      additionalProperties: false,
    },
    access: "read",
    run: async (input, { signal }) => {
      const questions = readQuestions(input);
      if (context.askUser === undefined) {
        const text =
          "nobody can be asked in this run; decide by yourself what is most likely wanted, say what you assumed, and do nothing that cannot be taken back";
        return { status: "denied", content: [{ type: "text", text }] };
      }
      const answers = await context.askUser(questions, signal);
      const lines = questions.map(({ question }, index) => {
        const answer = answers[index];
        return `${question}\n${answer === undefined ? "(not answered)" : `Answer: ${answer}`}`;
      });
      return lines.join("\n\n");
    },
    summary: (input) => {
      const questions = readQuestions(input);
      const more = questions.length > 1 ? ` (and ${questions.length - 1} more)` : "";
      return `${questions[0]?.question ?? ""}${more}`;
    },
  };
}

/** A summary may be asked of an input that no schema has checked: what is no question is left out. */
function readQuestions({ questions }: Readonly<Record<string, unknown>>): readonly UserQuestion[] {
  if (!Array.isArray(questions)) return [];
  return questions.flatMap((item: unknown): readonly UserQuestion[] => {
    if (!isFields(item) || typeof item["question"] !== "string") return [];
    const options = Array.isArray(item["options"]) ? item["options"] : [];
    return [{ question: item["question"], options: options.filter((option) => typeof option === "string") }];
  });
}
