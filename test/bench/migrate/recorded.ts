/**
 * The run of 2,000,000 versions, which takes an hour: `npm run bench:migrate -- --versions 2000000` on 2026-11-27, two cores of a shared machine, which
 * did other work part of the time. Seconds and milliseconds as it printed them.
 */
export const RECORDED = {
  versions: 2_000_000,
  on: '2026-11-27',
  ours: { seconds: 2_758.2, deploymentSeconds: 2_298, longestWaitMs: 136, failed: 0, wrongRows: 0 },
  plan: { seconds: 498.6, deploymentSeconds: 498.6, longestWaitMs: 440_682, failed: 0, wrongRows: 1_917 },
};
