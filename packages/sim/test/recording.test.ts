import { describe, expect, it } from "vitest";
import { parseRecording } from "../src/recording.js";

const HEAD = '{"type":"recording","v":1,"upstream":"https://x.invalid"}';
const LINE = JSON.stringify({
  type: "exchange",
  n: 1,
  request: { method: "POST", path: "/a", headers: {}, body: {} },
  answer: { status: 200, headers: {}, encoding: "utf8", body: "x", pieces: [[1, 0]], end: "complete" },
});

describe("parseRecording", () => {
  it("puts exchanges into the order of their requests", () => {
    const second = LINE.replace('"n":1', '"n":2');
    expect(parseRecording(`${HEAD}\n${second}\n${LINE}\n`, "r").map(({ n }) => n)).toEqual([1, 2]);
  });

  it.each([
    ["", "recording r holds no exchange"],
    [HEAD, "recording r holds no exchange"],
    ["oops", "recording r line 1: it is not JSON"],
    ["[]", "recording r line 1: the line is a list of 0; must be an object"],
    [LINE, 'recording r line 1: it.type is "exchange"; must be one of recording'],
    [HEAD.replace('"v":1', '"v":2'), "recording r line 1: it.v is 2; must be 1"],
    [`${HEAD}\n${LINE}\n${LINE.slice(0, 40)}`, "recording r line 3: it is not JSON"],
    [
      `${HEAD}\n${LINE.replace("200", '"200"')}`,
      'recording r line 2: it.answer.status is "200"; must be a whole number',
    ],
    [`${HEAD}\n${LINE.replace("[1,0]", "[-1,0]")}`, "it.answer.pieces[0][0] is -1"],
    [`${HEAD}\n${LINE.replace("complete", "later")}`, 'it.answer.end is "later"; must be one of complete, cut, open'],
  ])("refuses %j", (content, message) => {
    expect(() => parseRecording(content, "r")).toThrow(message);
  });
});
