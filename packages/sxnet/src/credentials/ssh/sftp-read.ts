import type { Duplex } from "node:stream";

/**
 * The few SFTP messages that it takes to read one file. Version 3, as OpenSSH speaks it.
 * Source: draft-ietf-secsh-filexfer-02, sections 3 to 7, read 2026-11-20.
 */
const Type = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  stat: 17,
  status: 101,
  handle: 102,
  data: 103,
  attrs: 105,
} as const;

const STATUS_EOF = 1;
const STATUS_NO_SUCH_FILE = 2;
const STATUS_PERMISSION_DENIED = 3;

const PIECE_BYTES = 32_768;
/** A packet with a piece in it, and then some. */
const MAX_PACKET_BYTES = 256 * 1024;
/** What a login script on the other side may print before the server speaks. */
const MAX_NOISE_BYTES = 256 * 1024;

/** Why a file could not be read over SFTP; `code` tells, the message is for people. */
export class SftpError extends Error {
  override readonly name = "SftpError";
  constructor(
    readonly code: "denied" | "not_a_file" | "too_large" | "protocol" | "closed",
    message: string,
  ) {
    super(message);
  }
}

export interface RemoteFile {
  readonly bytes: Buffer;
  /** When it was last changed by the other machine's clock, in Unix milliseconds. */
  readonly modifiedAtMs?: number;
}

/**
 * Reads files through a channel on which the `sftp` subsystem was just started. What a noisy `.bashrc` prints there
 * first is passed over. The channel stays the caller's: destroying it ends every call with an error.
 */
export class SftpReader {
  #buffered: Buffer = Buffer.alloc(0);
  #started = false;
  #nextId = 0;
  #waiting: { resolve(packet: Packet): void; reject(error: Error): void } | undefined;
  #broken: Error | undefined;

  constructor(private readonly channel: Duplex) {
    channel.on("data", (chunk: Buffer) => this.#onData(chunk));
    for (const event of ["end", "close"] as const)
      channel.on(event, () => this.#fail(new SftpError("closed", "the connection was closed")));
    channel.on("error", (error: Error) => this.#fail(error));
  }

  /** Agrees on the version, once; before anything is read. */
  async start(): Promise<void> {
    if (this.#started) return;
    const version = Buffer.alloc(9);
    version.writeUInt32BE(5, 0);
    version[4] = Type.init;
    version.writeUInt32BE(3, 5);
    await this.#exchange(version);
  }

  /**
   * A whole file; relative paths start at the user's home folder. Undefined when there is none.
   * @throws SftpError
   */
  async readFile(path: string, maxBytes: number): Promise<RemoteFile | undefined> {
    // Looked at before it is opened: opening a pipe would hang the other side.
    const found = await this.#ask(Type.stat, string(path));
    if (found.type === Type.status && found.status === STATUS_NO_SUCH_FILE) return undefined;
    const attributes = readAttributes(expect(found, Type.attrs));
    if (attributes.mode !== undefined && (attributes.mode & 0o170_000) !== 0o100_000)
      throw new SftpError("not_a_file", "it is not a regular file");
    if ((attributes.size ?? 0n) > BigInt(maxBytes)) throw tooLarge(maxBytes);
    const opened = await this.#ask(Type.open, string(path), uint32(1), uint32(0));
    const handle = expect(opened, Type.handle);
    const bytes = await this.#readAll(handle, maxBytes);
    await this.#ask(Type.close, handle);
    return { bytes, ...(attributes.mtimeS === undefined ? {} : { modifiedAtMs: attributes.mtimeS * 1000 }) };
  }

  async #readAll(handle: Buffer, maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      const offset = Buffer.alloc(8);
      offset.writeBigUInt64BE(BigInt(length));
      const answer = await this.#ask(Type.read, handle, offset, uint32(PIECE_BYTES));
      if (answer.type === Type.status && answer.status === STATUS_EOF) return Buffer.concat(pieces);
      const piece = readString(expect(answer, Type.data));
      if (piece.length === 0) throw malformed();
      length += piece.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      pieces.push(piece);
    }
  }

  async #ask(type: number, ...parts: readonly Buffer[]): Promise<Packet> {
    const id = (this.#nextId += 1);
    const body = Buffer.concat([Buffer.from([type]), uint32(id), ...parts]);
    const packet = await this.#exchange(Buffer.concat([uint32(body.length), body]));
    if (packet.id !== id) throw malformed();
    return packet;
  }

  #exchange(bytes: Buffer): Promise<Packet> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) {
        reject(this.#broken);
        return;
      }
      this.#waiting = { resolve, reject };
      this.channel.write(bytes);
    });
  }

  #onData(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    if (!this.#started && !this.#passNoise()) return;
    for (;;) {
      if (this.#buffered.length < 4) return;
      const length = this.#buffered.readUInt32BE(0);
      if (length < 5 || length > MAX_PACKET_BYTES) {
        this.#fail(malformed());
        return;
      }
      if (this.#buffered.length < 4 + length) return;
      const body = this.#buffered.subarray(4, 4 + length);
      this.#buffered = this.#buffered.subarray(4 + length);
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(new Packet(body));
    }
  }

  /** Leaves the server's first packet, by which it names its version, at the front. @returns whether it is there. */
  #passNoise(): boolean {
    const at = this.#buffered.indexOf(Buffer.from([Type.version, 0, 0, 0, 3]));
    const start = at - 4;
    if (start >= 0 && this.#buffered.readUInt32BE(start) <= MAX_PACKET_BYTES) {
      this.#started = true;
      this.#buffered = this.#buffered.subarray(start);
      return true;
    }
    if (this.#buffered.length > MAX_NOISE_BYTES) this.#fail(malformed());
    return false;
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    this.#buffered = Buffer.alloc(0);
    this.#waiting?.reject(this.#broken);
    this.#waiting = undefined;
  }
}

class Packet {
  readonly type: number;
  readonly id: number;
  /** What comes after the id. */
  readonly body: Buffer;

  constructor(bytes: Buffer) {
    this.type = bytes[0] ?? 0;
    this.id = bytes.readUInt32BE(1);
    this.body = bytes.subarray(5);
  }

  get status(): number {
    return this.body.length < 4 ? -1 : this.body.readUInt32BE(0);
  }
}

/** The body of an answer of the right type; a server's own words in a status are not repeated. */
function expect(packet: Packet, type: number): Buffer {
  if (packet.type === type) return packet.body;
  if (packet.type !== Type.status) throw malformed();
  if (packet.status === STATUS_PERMISSION_DENIED) throw new SftpError("denied", "permission denied there");
  throw new SftpError("protocol", `the other side answered with status ${packet.status}`);
}

interface Attributes {
  readonly size?: bigint;
  readonly mode?: number;
  readonly mtimeS?: number;
}

function readAttributes(body: Buffer): Attributes {
  try {
    const flags = body.readUInt32BE(0);
    let at = 4;
    const size = (flags & 1) === 0 ? undefined : body.readBigUInt64BE(at);
    if (size !== undefined) at += 8;
    if ((flags & 2) !== 0) at += 8;
    const mode = (flags & 4) === 0 ? undefined : body.readUInt32BE(at);
    if (mode !== undefined) at += 4;
    const mtimeS = (flags & 8) === 0 ? undefined : body.readUInt32BE(at + 4);
    return {
      ...(size === undefined ? {} : { size }),
      ...(mode === undefined ? {} : { mode }),
      ...(mtimeS === undefined ? {} : { mtimeS }),
    };
  } catch {
    // Shorter than its own flags say.
    throw malformed();
  }
}

function readString(body: Buffer): Buffer {
  const length = body.length < 4 ? -1 : body.readUInt32BE(0);
  if (length < 0 || body.length < 4 + length) throw malformed();
  return body.subarray(4, 4 + length);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function malformed(): SftpError {
  return new SftpError("protocol", "the other side does not speak SFTP properly");
}

function tooLarge(maxBytes: number): SftpError {
  return new SftpError("too_large", `it is larger than ${maxBytes / 1024 / 1024} MiB, which no credential file is`);
}
