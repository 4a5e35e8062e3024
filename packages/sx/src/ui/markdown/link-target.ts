/** Schemes that are offered as links; everything else is only shown. */
const LINKED = /^(?:https?|mailto|file):/i;
/** What is not a link is not shown at any length: a picture inside a URL is of no use to an eye. */
const MAX_SHOWN_CHARS = 200;

export interface LinkTarget {
  /** What a person sees of it: the true place, with every character outside ASCII encoded. */
  readonly shown: string;
  /** What the terminal opens; absent when nothing may be opened. */
  readonly href?: string;
}

/** Where a link of the answer leads. Names in other scripts become `xn--`, so that none passes for another. */
export function linkTarget(url: string): LinkTarget {
  const plain = url.trim();
  if (!LINKED.test(plain)) {
    return { shown: plain.length > MAX_SHOWN_CHARS ? `${plain.slice(0, MAX_SHOWN_CHARS).toWellFormed()}…` : plain };
  }
  const href = encode(plain);
  return { shown: href, href };
}

/** Whether the text of a link says by itself where the link leads. */
export function saysTarget(text: string, { shown, href }: LinkTarget): boolean {
  if (text === shown) return true;
  return href !== undefined && [`http://${text}`, `https://${text}`, `mailto:${text}`].includes(shown);
}

function encode(url: string): string {
  if (/^[\u0021-\u007e]*$/.test(url)) return url;
  try {
    return new URL(url).href;
  } catch {
    // No place at all, so nothing that could be taken for another one.
    return encodeURI(url.toWellFormed());
  }
}
