import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { SftpReader } from "../../../src/credentials/ssh/sftp-read.js";

const MAX = 1024 * 1024;

/** What the server says to one request; undefined: nothing at all. */
type Answer = (type: number, id: Buffer, body: Buffer) => Buffer | undefined;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const packet = (type: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from([type]), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
};
const string = (bytes: Buffer): Buffer => Buffer.concat([uint32(bytes.length), bytes]);
const VERSION = packet(2, uint32(3));
const status = (id: Buffer, code: number): Buffer =>
  packet(101, id, uint32(code), string(Buffer.from("secret words")), uint32(0));
/** Size, mode, times. */
const attributes = (id: Buffer, size: bigint, mode: number): Buffer => {
  const large = Buffer.alloc(8);
  large.writeBigUInt64BE(size);
  return packet(105, id, uint32(1 | 4 | 8), large, uint32(mode), uint32(1), uint32(2));
};

/** A file server in a few lines; `odd` may answer in its place. */
function serve(content: Buffer, odd: Answer = () => undefined, opening = VERSION, pieceBytes = MAX): Duplex {
  const send = (stream: Duplex, bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += pieceBytes) stream.push(bytes.subarray(at, at + pieceBytes));
  };
  return new Duplex({
    read() {
      // It speaks only when it is spoken to.
    },
    write(chunk: Buffer, _encoding, done) {
      const type = chunk[4] ?? 0;
      const [id, body] = [chunk.subarray(5, 9), chunk.subarray(9)];
      const special = odd(type, id, body);
      if (special !== undefined) send(this, special);
      else if (type === 1) send(this, opening);
      else if (type === 17) send(this, attributes(id, BigInt(content.length), 0o100_600));
      else if (type === 3) send(this, packet(102, id, string(Buffer.from("handle"))));
      else if (type === 4) send(this, status(id, 0));
      else if (type === 5) {
        const offset = Number(body.readBigUInt64BE(10));
        const piece = content.subarray(offset, offset + Math.min(body.readUInt32BE(18), 1000));
        send(this, piece.length === 0 ? status(id, 1) : packet(103, id, string(piece)));
      }
      done();
    },
  });
}

async function read(channel: Duplex, path = "a") {
  const reader = new SftpReader(channel);
  await reader.start();
  return reader.readFile(path, MAX);
}

describe("SftpReader", () => {
  const content = Buffer.from("x".repeat(70_000));

  it.each([
    ["as it comes", VERSION, MAX],
    ["byte by byte", VERSION, 1],
    ["behind noise", Buffer.concat([Buffer.from("Welcome!\r\n\u0002\0\0\0"), VERSION]), 7],
    ["with extensions", packet(2, uint32(3), string(Buffer.from("a@b")), string(Buffer.from("1"))), MAX],
  ])("reads a file %s", async (_name, opening, pieceBytes) => {
    const file = await read(serve(content, undefined, opening, pieceBytes));
    expect(file).toEqual({ bytes: content, modifiedAtMs: 2000 });
  });

  it("says undefined for a file that is not there", async () => {
    expect(await read(serve(content, (type, id) => (type === 17 ? status(id, 2) : undefined)))).toBeUndefined();
  });

  it.each([
    ["denied", "permission denied", (type, id) => (type === 3 ? status(id, 3) : undefined)],
    ["protocol", "status 4", (type, id) => (type === 3 ? status(id, 4) : undefined)],
    ["not_a_file", "not a regular file", (type, id) => (type === 17 ? attributes(id, 1n, 0o010_600) : undefined)],
    ["too_large", "larger than 1 MiB", (type, id) => (type === 17 ? attributes(id, 1n << 40n, 0o100_600) : undefined)],
    // A file that says it is small and never ends.
    [
      "too_large",
      "larger than 1 MiB",
      (type, id) => (type === 5 ? packet(103, id, string(Buffer.alloc(32_000))) : undefined),
    ],
    ["protocol", "properly", (type, id) => (type === 5 ? packet(103, id, string(Buffer.alloc(0))) : undefined)],
    ["protocol", "properly", (type, id) => (type === 17 ? packet(105, id, uint32(1)) : undefined)],
    ["protocol", "properly", (type) => (type === 17 ? packet(105, uint32(99), uint32(0)) : undefined)],
    ["protocol", "properly", (type, id) => (type === 3 ? packet(200, id) : undefined)],
    ["protocol", "properly", (type) => (type === 17 ? Buffer.from("ffffffff", "hex") : undefined)],
    ["protocol", "properly", (type) => (type === 17 ? Buffer.from("00000000", "hex") : undefined)],
    ["protocol", "properly", (type) => (type === 1 ? Buffer.alloc(300_000, 65) : undefined)],
  ] satisfies readonly (readonly [string, string, Answer])[])("fails with %s (%s)", async (code, message, odd) => {
    const reading = read(serve(content, odd));
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    await expect(reading).rejects.not.toThrow("secret words");
  });

  it("fails when the channel ends in the middle, and stays so", async () => {
    const channel = serve(content, (type) => (type === 17 ? Buffer.alloc(0) : undefined));
    const reader = new SftpReader(channel);
    await reader.start();
    const reading = reader.readFile("a", MAX);
    channel.destroy();
    await expect(reading).rejects.toMatchObject({ code: "closed" });
    await expect(reader.readFile("a", MAX)).rejects.toMatchObject({ code: "closed" });
  });
});
