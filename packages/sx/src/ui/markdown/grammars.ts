import type { LanguageFn } from "highlight.js";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

export interface Grammar {
  readonly name: string;
  /** What else a fence may call it. */
  readonly aliases: readonly string[];
  /** Grammars that are used inside it. */
  readonly embeds?: readonly string[];
  readonly define: LanguageFn;
}

/** A new grammar is an import and a line here. Nothing is made of it before a fence asks for it. */
const GRAMMARS: readonly Grammar[] = [
  { name: "bash", aliases: ["sh", "shell", "zsh", "console", "shellsession", "shell-session"], define: bash },
  { name: "c", aliases: ["h"], define: c },
  { name: "cpp", aliases: ["c++", "cc", "cxx", "hpp", "hh", "hxx"], define: cpp },
  { name: "css", aliases: ["scss", "less"], define: css },
  { name: "diff", aliases: ["patch"], define: diff },
  { name: "dockerfile", aliases: ["docker", "containerfile"], embeds: ["bash"], define: dockerfile },
  { name: "go", aliases: ["golang"], define: go },
  { name: "ini", aliases: ["toml", "cfg", "conf", "editorconfig", "env", "dotenv", "properties"], define: ini },
  { name: "java", aliases: [], define: java },
  {
    name: "javascript",
    aliases: ["js", "jsx", "mjs", "cjs", "node"],
    embeds: ["xml", "css"],
    define: javascript,
  },
  { name: "json", aliases: ["jsonc", "json5", "jsonl", "ndjson"], define: json },
  { name: "kotlin", aliases: ["kt", "kts"], define: kotlin },
  { name: "markdown", aliases: ["md", "mdx"], embeds: ["xml"], define: markdown },
  { name: "python", aliases: ["py", "python3", "pyi"], define: python },
  { name: "ruby", aliases: ["rb", "gemfile", "rakefile"], define: ruby },
  { name: "rust", aliases: ["rs"], define: rust },
  { name: "sql", aliases: ["postgres", "postgresql", "psql", "mysql", "sqlite"], define: sql },
  { name: "swift", aliases: [], define: swift },
  {
    name: "typescript",
    aliases: ["ts", "tsx", "mts", "cts"],
    embeds: ["xml", "css"],
    define: typescript,
  },
  { name: "xml", aliases: ["html", "htm", "xhtml", "svg", "vue", "plist"], embeds: ["javascript", "css"], define: xml },
  { name: "yaml", aliases: ["yml"], define: yaml },
];

/** The grammar of that name; `undefined` when its text stays plain. */
export function findGrammar(name: string): Grammar | undefined {
  return GRAMMARS.find((grammar) => grammar.name === name || grammar.aliases.includes(name));
}
