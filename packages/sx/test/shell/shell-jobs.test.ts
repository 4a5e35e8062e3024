import { expect, test } from "vitest";
import { type ShellJob, ShellJobs } from "../../src/shell/shell-jobs.js";

function makeJob(
  command: string,
  survivors: readonly { pid: number; command: string }[] = [],
): ShellJob & { ends: number } {
  const job = {
    command,
    processes: [],
    ends: 0,
    end: () => {
      job.ends++;
      return Promise.resolve(survivors);
    },
  };
  return job;
}

test("all jobs are ended, once, and who is left is told", async () => {
  const jobs = new ShellJobs();
  const [one, two, done] = [makeJob("one"), makeJob("two", [{ pid: 9, command: "stuck" }]), makeJob("done")];
  for (const job of [one, two, done]) jobs.add(job);
  jobs.delete(done);
  expect(jobs.list()).toEqual([one, two]);
  expect(await jobs.endAll()).toEqual([{ pid: 9, command: "stuck" }]);
  expect(await jobs.endAll()).toEqual([]);
  expect([one.ends, two.ends, done.ends]).toEqual([1, 1, 0]);
  expect(jobs.list()).toEqual([]);
});
