import { ProviderError } from "./errors.js";
import type { HttpClient, HttpRequest, HttpResponse, SendOptions } from "./http-message.js";
import { bodyError, placeOf, requestError, tooLong } from "./http-errors.js";
import { Watch } from "./http-watch.js";

/** How much and for how long a discarded body may still come before it is cancelled. */
const DISCARD_BYTES = 64 * 1024;
const DISCARD_MS = 250;

/** HTTP over a `fetch` that the caller handed in; connections are that function's affair. */
export class FetchHttpClient implements HttpClient {
  readonly #fetch: typeof globalThis.fetch;
  readonly #maxBodyBytes: number;

  constructor(fetch: typeof globalThis.fetch, maxBodyBytes: number) {
    this.#fetch = fetch;
    this.#maxBodyBytes = maxBodyBytes;
  }

  async send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    const place = placeOf(new URL(request.url));
    const link = new Link(options.signal);
    link.watch.limit(options.idleTimeoutMs, `no answer from ${place}`);
    const fetch = this.#fetch;
    let answer: Response;
    try {
      const { method, headers, body } = request;
      answer = await link.race(
        fetch(request.url, {
          method,
          headers,
          redirect: "manual",
          signal: link.signal,
          ...(body === undefined ? {} : { body }),
        }),
      );
    } catch (error) {
      throw link.fail(requestError(error, place));
    }
    try {
      return new FetchAnswer(answer, link, place, options.idleTimeoutMs, this.#maxBodyBytes);
    } catch (error) {
      throw link.fail(noAnswer(place, error));
    }
  }

  close(): void {
    // Nothing of ours is open between requests.
  }
}

/** The caller's signal and our time limit, as one signal, and as a rejection in case the fetch ignores signals. */
class Link {
  readonly watch: Watch;
  #failure: { readonly reason: unknown } | undefined;
  readonly #outer: AbortSignal | undefined;
  readonly #controller = new AbortController();
  #reject: ((reason: unknown) => void) | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.watch = new Watch(outer, (reason) => void this.fail(reason));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  throwIfFailed(): void {
    this.#outer?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** Ends the exchange and returns why it ended: the first reason stays. */
  fail(reason: unknown): unknown {
    if (this.#failure === undefined) {
      this.#failure = { reason };
      this.watch.release();
      this.#reject?.(reason);
      this.#controller.abort(reason);
    }
    return this.#failure.reason;
  }

  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work.then(resolve, reject);
    });
  }
}

class FetchAnswer implements HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #link: Link;
  readonly #place: string;
  readonly #maxBodyBytes: number;
  #totalBytes = 0;
  #waiting = false;
  #over = false;

  constructor(answer: Response, link: Link, place: string, idleTimeoutMs: number, maxBodyBytes: number) {
    this.status = answer.status;
    this.headers = Object.fromEntries(answer.headers);
    this.#reader = answer.body?.getReader();
    this.#link = link;
    this.#place = place;
    this.#maxBodyBytes = maxBodyBytes;
    if (this.#reader === undefined) this.#finish();
    else link.watch.limit(idleTimeoutMs, `nothing more from ${place}`, () => this.#waiting);
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#link.throwIfFailed();
    const reader = this.#reader;
    if (this.#over || reader === undefined) return undefined;
    try {
      for (;;) {
        this.#waiting = true;
        this.#link.watch.touch();
        const { done, value } = await this.#link.race(reader.read());
        if (this.#over) return undefined;
        if (done) {
          this.#finish();
          return undefined;
        }
        if (!ArrayBuffer.isView(value)) throw noAnswer(this.#place);
        this.#totalBytes += value.length;
        if (this.#totalBytes > this.#maxBodyBytes) throw tooLong(this.#place, this.#maxBodyBytes);
        if (value.length > 0) return value;
      }
    } catch (error) {
      throw this.#link.fail(ProviderError.is(error) ? error : bodyError(error, this.#place));
    } finally {
      this.#waiting = false;
    }
  }

  discard(): void {
    if (this.#over || this.#reader === undefined) return;
    this.#finish();
    void readAway(this.#reader);
  }

  #finish(): void {
    this.#over = true;
    this.#link.watch.release();
  }
}

function noAnswer(place: string, cause?: unknown): ProviderError {
  return new ProviderError("protocol", `the fetch that was handed in gave no answer of ${place} that can be read`, {
    cause,
  });
}

/** Reads a short rest, so that the connection can be kept, and cancels a longer one. Never rejects. */
async function readAway(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  // A body that fails while nobody wants it is of no interest, here and below.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  const timer = setTimeout(cancel, DISCARD_MS).unref();
  try {
    for (let left = DISCARD_BYTES; left >= 0;) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.length;
    }
    cancel();
  } catch {
    // See above.
  } finally {
    clearTimeout(timer);
  }
}
