import { expect, test } from "vitest";
import { fork } from "../../../src/chat/commands/command-fork.js";
import { makePlace } from "../../harness.js";
import { fakeChat, keptSession } from "../fake-chat.js";

test("tells the copy and the way back", async () => {
  const place = await makePlace();
  const [first, second] = await Promise.all([
    keptSession(place, { prompt: "a", models: [] }),
    keptSession(place, { prompt: "b", models: [] }),
  ]);
  let session = first;
  const fake = await fakeChat({
    place,
    control: {
      get session() {
        return session;
      },
      fork() {
        session = second;
        return Promise.resolve();
      },
    },
  });
  await fake.run(fork);
  expect(fake.notes).toEqual([
    `success: a copy, ${second.id.slice(0, 8)}; the one before stays as it is: /resume ${first.id.slice(0, 8)}`,
  ]);
  await Promise.all([first.close(), second.close()]);
});
