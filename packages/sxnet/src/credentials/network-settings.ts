import { open } from "node:fs/promises";
import { join } from "node:path";
import { displayPath } from "@scorpiox/sxutil";
import { ProviderError } from "../errors.js";
import type { ClientCertificate, NetworkOptions, ProxyOptions } from "../http.js";
import { CredentialError } from "./credential-error.js";
import type { SourceOptions } from "./source.js";

/** The bundles of whole operating systems are a quarter of this. */
const MAX_PEM_BYTES = 4 * 1024 * 1024;

/**
 * How this user reaches the network, for every request the program makes: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`,
 * each also in lower case, which wins; `SX_CA_FILE` (setting) and `NODE_EXTRA_CA_CERTS`; `SX_CLIENT_CERT` and
 * `SX_CLIENT_KEY` (settings). Reads nothing and loads nothing when none of them is set. Plain data: it may be handed to
 * another process, over a pipe, since it may hold a private key.
 *
 * @throws CredentialError `configuration` for a proxy address that is none, and for a named file that cannot be
 * read or does not hold what it should. Of `NODE_EXTRA_CA_CERTS` Node itself complains, and goes on without it; so does this.
 */
export async function readNetworkOptions({
  settings,
  env,
  home,
}: Pick<SourceOptions, "settings" | "env" | "home">): Promise<NetworkOptions> {
  const proxy = await readProxy(env);
  const { ca, caName } = await readAuthorities(settings["SX_CA_FILE"] ?? "", env, home);
  const clientCertificate = await readClientCertificate(settings, home);
  return {
    ...(proxy === undefined ? {} : { proxy }),
    ...(ca.length === 0 ? {} : { ca, caName }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
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

async function readAuthorities(
  file: string,
  env: SourceOptions["env"],
  home: string,
): Promise<{ readonly ca: readonly string[]; readonly caName: string }> {
  const extra = env["NODE_EXTRA_CA_CERTS"] ?? "";
  const ca = extra === "" ? [] : await readCertificates(extra).catch(() => []);
  const names = ca.length === 0 ? [] : [`NODE_EXTRA_CA_CERTS (${displayPath(extra, home)})`];
  if (file === "") return { ca, caName: names.join("") };
  const own = await readNamed("SX_CA_FILE", file, home, "give a file of certificates as PEM", readCertificates);
  names.push(`SX_CA_FILE (${displayPath(absolute(file, home), home)})`);
  return { ca: [...ca, ...own], caName: names.join(" and ") };
}

async function readClientCertificate(
  settings: SourceOptions["settings"],
  home: string,
): Promise<ClientCertificate | undefined> {
  const [certFile, keyFile] = [settings["SX_CLIENT_CERT"] ?? "", settings["SX_CLIENT_KEY"] ?? ""];
  if (certFile === "" && keyFile === "") return undefined;
  if (certFile === "" || keyFile === "") {
    const [set, other] = certFile === "" ? ["SX_CLIENT_KEY", "SX_CLIENT_CERT"] : ["SX_CLIENT_CERT", "SX_CLIENT_KEY"];
    throw wrong(`${set} is set and ${other} is not; a certificate needs both`);
  }
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  const chain = await readNamed("SX_CLIENT_CERT", certFile, home, "give your certificate as PEM", readCertificates);
  const advice = "give the private key of SX_CLIENT_CERT as PEM, without a passphrase";
  const key = await readNamed("SX_CLIENT_KEY", keyFile, home, advice, async (path) => {
    const text = await readPem(path);
    let fits: boolean;
    try {
      fits = new X509Certificate(chain[0] ?? "").checkPrivateKey(createPrivateKey(text));
    } catch {
      // OpenSSL's own words help nobody, and there must be nothing of the key in ours.
      throw new Error("it holds no private key, or an encrypted one");
    }
    if (!fits) throw new Error("its key is that of another certificate");
    return text;
  });
  return { cert: chain.join("\n"), key };
}

/** What the file of a setting holds. @throws CredentialError that names setting, file and `advice` */
async function readNamed<Value>(
  setting: string,
  file: string,
  home: string,
  advice: string,
  read: (path: string) => Promise<Value>,
): Promise<Value> {
  const path = absolute(file, home);
  try {
    return await read(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "which does not exist" : `which cannot be used: ${code ?? message}`;
    throw wrong(`${setting} names ${displayPath(path, home)}, ${why}; ${advice}`);
  }
}

function absolute(file: string, home: string): string {
  return file.startsWith("~/") ? join(home, file.slice(2)) : file;
}

function wrong(message: string): CredentialError {
  return new CredentialError("configuration", message, { retryAfterMs: 0 });
}

async function readCertificates(path: string): Promise<readonly string[]> {
  const text = await readPem(path);
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new Error("it holds no certificate");
  const { X509Certificate } = await import("node:crypto");
  return found.map((pem) => {
    if (!isCertificate(X509Certificate, pem)) throw new Error("a certificate in it is broken");
    return pem;
  });
}

async function readPem(path: string): Promise<string> {
  const { constants } = await import("node:fs");
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new Error("it is not a regular file");
    if (info.size > MAX_PEM_BYTES) throw new Error("it is larger than 4 MiB");
    return await file.readFile("utf8");
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
