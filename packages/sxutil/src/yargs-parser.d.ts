/**
 * The entry of yargs-parser that touches neither the process nor the module loader. The published types describe the
 * main entry only, which calls `createRequire(import.meta.url)` at load and so cannot live in a CommonJS bundle.
 */
declare module "yargs-parser/browser" {
  import type { Arguments, Options } from "yargs-parser";
  function parse(argv: readonly string[], options: Options): Arguments;
  export default parse;
}
