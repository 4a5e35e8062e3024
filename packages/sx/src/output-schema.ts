import { findSchemaProblem, type JsonSchema, type ResponseSchema } from "@scorpiox/sxnet";
import { ExitCode, Failure } from "@scorpiox/sxutil";

/** No service takes a larger one. */
const MAX_BYTES = 256 * 1024;

/**
 * The JSON Schema of `--output-schema`, checked as far as it can be before there is an answer.
 * @throws Failure `bad_input`
 */
export async function readOutputSchema(path: string, cwd: string): Promise<ResponseSchema> {
  try {
    const schema = parse(await readText(path, cwd));
    const problem = await findSchemaProblem(schema);
    if (problem === undefined) return { schema };
    throw new Error(`no answer can be checked against it: ${problem}`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("bad_input", ExitCode.badInput, `--output-schema ${path}: ${why}`, { cause });
  }
}

async function readText(path: string, cwd: string): Promise<string> {
  const [{ readRegularFile }, { realTarget }, { resolve }] = await Promise.all([
    import("./files/regular-file.js"),
    import("./files/workspace-path.js"),
    import("node:path"),
  ]);
  const { bytes } = readRegularFile(await realTarget(resolve(cwd, path)), path, { maxBytes: MAX_BYTES });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error("it is not UTF-8 text", { cause });
  }
}

function parse(text: string): JsonSchema {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error("it is not JSON", { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonSchema;
  throw new Error("a JSON Schema is an object");
}
