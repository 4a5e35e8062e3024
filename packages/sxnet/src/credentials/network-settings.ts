import { open } from "node:fs/promises";
import { join } from "node:path";
import { displayPath } from "@scorpiox/sxutil";
import { ProviderError } from "../errors.js";
import type { NetworkOptions, ProxyOptions } from "../http.js";
import { CredentialError } from "./credential-error.js";
import type { SourceOptions } from "./source.js";

/** The bundles of whole operating systems are a quarter of this. */
const MAX_CA_BYTES = 4 * 1024 * 1024;

/**
 * How this user reaches the network, for every request the program makes: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`,
 * each also in lower case, which wins; `SX_CA_FILE` (setting) and `NODE_EXTRA_CA_CERTS`. Reads nothing and loads
 * nothing when none of them is set. Plain data: it may be handed to another process.
 *
 * @throws CredentialError `configuration` for a proxy address that is none, and for an `SX_CA_FILE` that cannot be read
 * or holds no certificate. Of `NODE_EXTRA_CA_CERTS` Node itself complains, and goes on without it; so does this.
 */
export async function readNetworkOptions({
  settings,
  env,
  home,
}: Pick<SourceOptions, "settings" | "env" | "home">): Promise<NetworkOptions> {
  const [proxy, ca] = [await readProxy(env), await readAuthorities(settings["SX_CA_FILE"] ?? "", env, home)];
  return { ...(proxy === undefined ? {} : { proxy }), ...(ca.length === 0 ? {} : { ca }) };
}

async function readProxy(env: SourceOptions["env"]): Promise<ProxyOptions | undefined> {
  // A web server hands a request's `Proxy:` header to its CGI programs under this name (CVE-2016-5385).
  const names = [
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    ...(env["REQUEST_METHOD"] === undefined ? ["HTTP_PROXY"] : []),
  ];
  const used = names.filter((name) => (env[name] ?? "").trim() !== "");
  if (used.length === 0) return undefined;
  const { parseProxy } = await import("../http-proxy.js");
  for (const name of used) {
    try {
      parseProxy((env[name] ?? "").trim(), `${name} (environment)`);
    } catch (error) {
      if (ProviderError.is(error)) throw new CredentialError("configuration", error.message, { retryAfterMs: 0 });
      throw error;
    }
  }
  const valueOf = (wanted: string): string | undefined => {
    const name = used.find((one) => one.toLowerCase() === wanted);
    return name === undefined ? undefined : env[name]?.trim();
  };
  return { https: valueOf("https_proxy"), http: valueOf("http_proxy"), except: env["no_proxy"] || env["NO_PROXY"] };
}

async function readAuthorities(file: string, env: SourceOptions["env"], home: string): Promise<readonly string[]> {
  const ca: string[] = [];
  const extra = env["NODE_EXTRA_CA_CERTS"] ?? "";
  if (extra !== "") ca.push(...(await readCertificates(extra).catch(() => [])));
  if (file === "") return ca;
  const path = file.startsWith("~/") ? join(home, file.slice(2)) : file;
  try {
    ca.push(...(await readCertificates(path)));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "which does not exist" : `which cannot be used: ${code ?? message}`;
    throw new CredentialError(
      "configuration",
      `SX_CA_FILE names ${displayPath(path, home)}, ${why}; give a file of certificates as PEM`,
      { retryAfterMs: 0 },
    );
  }
  return ca;
}

async function readCertificates(path: string): Promise<readonly string[]> {
  const { constants } = await import("node:fs");
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new Error("it is not a regular file");
    if (info.size > MAX_CA_BYTES) throw new Error("it is larger than 4 MiB");
    const text = await file.readFile("utf8");
    const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    if (found.length === 0) throw new Error("it holds no certificate");
    const { X509Certificate } = await import("node:crypto");
    return found.map((pem) => {
      if (!isCertificate(X509Certificate, pem)) throw new Error("a certificate in it is broken");
      return pem;
    });
  } finally {
    await file.close();
  }
}

function isCertificate(Certificate: new (pem: string) => unknown, pem: string): boolean {
  try {
    void new Certificate(pem);
    return true;
  } catch {
    // OpenSSL's own words help nobody.
    return false;
  }
}
