import type { RawRequest } from "./wire.js";

/** What became of a request, for its row. */
export interface Outcome {
  readonly bytesOut: number;
  readonly model?: string;
  readonly turn?: string;
  readonly problem?: string;
}

/** A request whose body is still bytes. */
export interface RawBytesRequest extends Omit<RawRequest, "body"> {
  readonly n: number;
  readonly bytes: Buffer;
}
