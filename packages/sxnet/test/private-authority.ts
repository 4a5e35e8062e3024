import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether the program is here; without it nobody makes certificates. */
export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate authority that nobody knows, and a certificate of it for these names, all as PEM. */
export function createPrivateAuthority(names: readonly string[]): {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
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
    const [ca, key, cert] = ["ca", "key", "cert"].map((name) => readFileSync(at(name), "utf8"));
    return { ca: ca ?? "", key: key ?? "", cert: cert ?? "" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
