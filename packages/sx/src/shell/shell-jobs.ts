import type { TreeMember } from "./process-tree.js";

/** Processes that a command left running when its shell had ended. */
export interface ShellJob {
  /** As the model gave it. */
  readonly command: string;
  readonly processes: readonly TreeMember[];
  /** Ends all of them, TERM before KILL, and returns who is still there. Never rejects. */
  end(): Promise<readonly TreeMember[]>;
}

/** The background jobs of one run. */
export class ShellJobs {
  readonly #jobs = new Set<ShellJob>();

  /** Keeps `job` until it is taken out or ended. */
  add(job: ShellJob): void {
    this.#jobs.add(job);
  }

  /** For a job that is known to have ended by itself. */
  delete(job: ShellJob): void {
    this.#jobs.delete(job);
  }

  list(): readonly ShellJob[] {
    return [...this.#jobs];
  }

  /**
   * Ends every job side by side, in at most the grace time and about a second. Returns who could not be ended: other
   * users' processes, or ones stuck in the kernel. Never rejects.
   */
  async endAll(): Promise<readonly TreeMember[]> {
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    return (await Promise.all(jobs.map((job) => job.end()))).flat();
  }
}
