// Writes the text argv[3] to the file argv[2] and prints the result, or the error's code, as JSON.
import { writeFileAtomic } from "../../src/atomic-write.js";

writeFileAtomic(process.argv[2] ?? "", process.argv[3] ?? "").then(
  (result) => console.log(JSON.stringify(result)),
  (error: unknown) => console.log(JSON.stringify({ code: (error as { code: string }).code, message: String(error) })),
);
