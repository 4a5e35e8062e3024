import { get, type IncomingMessage } from "node:http";

/** What a browser does with an address: it goes there, and on to where it is sent. @returns the last page */
export async function browse(url: string): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false, headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } }, resolve).once(
      "error",
      reject,
    );
  });
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  const { location } = response.headers;
  return location === undefined ? text : await browse(new URL(location, url).href);
}
