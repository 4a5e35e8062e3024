import { ScriptError } from "./script-check.js";

/**
 * Where recorded requests go.
 * @throws ScriptError when it is no https origin; plain http carries credentials in clear, so it is for loopback only
 */
export function parseUpstream(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new ScriptError(
      `the upstream is ${JSON.stringify(value)}; give the service's address, for example https://host`,
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new ScriptError("the upstream has a user, a query or a fragment; give only its address and path");
  }
  if (url.protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new ScriptError(`the upstream ${url.origin} would get credentials in clear; use https`);
  }
  return url;
}

/** The upstream's own address for a request; a path that already opens with the upstream's is not doubled. */
export function upstreamUrl(upstream: URL, path: string, query: string): URL {
  const prefix = upstream.pathname.replace(/\/+$/, "");
  const full = path === prefix || path.startsWith(`${prefix}/`) ? path : `${prefix}${path}`;
  const url = new URL(upstream.origin);
  url.pathname = full;
  url.search = query;
  return url;
}
