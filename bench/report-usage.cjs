// Preloaded into each measured process: at its exit it writes its own CPU time and peak memory to the file that
// BENCH_REPORT names.
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const report = { cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 };
  require("node:fs").writeFileSync(process.env.BENCH_REPORT, JSON.stringify(report));
});
