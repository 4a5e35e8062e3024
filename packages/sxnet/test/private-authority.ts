import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether the program is here; without it nobody makes certificates. */
export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate authority that nobody knows, a certificate of it for these names, and one for a client, all as PEM. */
export function createPrivateAuthority(names: readonly string[]): {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
  readonly client: { readonly key: string; readonly cert: string };
} {
  const folder = mkdtempSync(join(tmpdir(), "sxnet-authority-"));
  const at = (name: string): string => join(folder, name);
  const openssl = (...argv: readonly string[]): void => void execFileSync("openssl", argv, { stdio: "ignore" });
  try {
    openssl("req", "-x509", ...CURVE, "-days", "2", "-subj", "/CN=Private", "-keyout", at("ca.key"), "-out", at("ca"));
    openssl("req", ...CURVE, "-subj", "/CN=server", "-keyout", at("key"), "-out", at("csr"));
    writeFileSync(at("names"), `subjectAltName=${names.join(",")}\n`);
    const signing = ["-CA", at("ca"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", at("names")];
    openssl("x509", "-req", "-in", at("csr"), "-out", at("cert"), ...signing);
    openssl("req", ...CURVE, "-subj", "/CN=client", "-keyout", at("client.key"), "-out", at("client.csr"));
    openssl("x509", "-req", "-in", at("client.csr"), "-out", at("client"), ...signing.slice(0, -2));
    const read = (name: string): string => readFileSync(at(name), "utf8");
    return {
      ca: read("ca"),
      key: read("key"),
      cert: read("cert"),
      client: { key: read("client.key"), cert: read("client") },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
