import { describe, expect, it } from "vitest";
import type { Credential } from "../../../src/credentials/credential.js";
import { correctClock, needsRenewal } from "../../../src/credentials/refresh/login-age.js";

const NOW = Date.parse("2026-11-21T00:00:00Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function credential(times: { issued?: number; expires?: number; refreshed?: number }): Credential {
  return {
    accessToken: "t",
    raw: {},
    ...(times.issued === undefined ? {} : { issuedAtMs: NOW + times.issued }),
    ...(times.expires === undefined ? {} : { expiresAtMs: NOW + times.expires }),
    ...(times.refreshed === undefined ? {} : { refreshedAtMs: NOW + times.refreshed }),
  };
}

describe("needsRenewal", () => {
  it.each([
    ["299 s are left", { expires: 299_000 }, 0, true],
    ["330 s are left", { expires: 330_000 }, 0, false],
    ["it is over", { expires: -1 }, 0, true],
    ["it lives for minutes and was just issued", { issued: 0, expires: 4 * MINUTE }, 0, false],
    ["it lives for minutes and a tenth of them is left", { issued: -9 * MINUTE, expires: MINUTE }, 0, true],
    ["it says nothing about itself", {}, 0, false],
    ["its end is unknown and it is nine days old", { refreshed: -9 * DAY }, 0, true],
    ["its end is unknown and it is seven days old", { refreshed: -7 * DAY }, 0, false],
    ["it lives, but not for long enough", { issued: -9 * DAY, expires: DAY }, 2 * DAY, true],
    ["no new one would live for long enough either", { issued: -9 * DAY, expires: DAY }, 11 * DAY, false],
  ])("when %s", (_name, times, minTtlMs, expected) => {
    expect(needsRenewal(credential(times), NOW, minTtlMs)).toBe(expected);
  });
});

describe("correctClock", () => {
  const life = 10 * DAY;
  it.each([
    ["keeps the end of a token that was saved in time", { issued: -DAY, expires: 9 * DAY, refreshed: -DAY }, 9 * DAY],
    ["keeps the end of one that is over", { issued: -11 * DAY, expires: -DAY, refreshed: -11 * DAY }, -DAY],
    [
      "counts from the saving when our clock is a month fast",
      { issued: -30 * DAY, expires: -20 * DAY, refreshed: -MINUTE },
      life - MINUTE,
    ],
    [
      "does not when the clock was set back since",
      { issued: -30 * DAY, expires: -20 * DAY, refreshed: MINUTE },
      -20 * DAY,
    ],
    ["has no idea of a token that was over when it was issued", { issued: 0, expires: -1, refreshed: 0 }, -1],
    ["has no idea without the time of issue", { expires: -1, refreshed: -1 }, -1],
  ])("%s", (_name, times, leftMs) => {
    expect(correctClock(credential(times), NOW).expiresAtMs).toBe(NOW + leftMs);
  });
});
