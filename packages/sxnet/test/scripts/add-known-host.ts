import { addKnownHost } from "../../src/credentials/ssh/known-hosts-file.js";

/** Adds a host with a large key to the file in argv, and prints what came of it. */
const path = process.argv[2] ?? "";
const type = Buffer.from("ssh-ed25519");
const key = Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.alloc(400, 1)]);

addKnownHost(path, { name: "a", key, hashed: false }, { home: "/" }).then(
  ({ kind }) => process.stdout.write(kind),
  (error: Error) => process.stdout.write(error.message),
);
