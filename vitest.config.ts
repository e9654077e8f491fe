import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Whatever a test leaves in the folder for temporary files goes with the run. Others may pass through it: PostgreSQL does not run as root.
const scratch = mkdtempSync(join(tmpdir(), 'project-versions-tests-'));
chmodSync(scratch, 0o711);
process.env.TMPDIR = scratch;
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

// No test has a limit of its own: a busy machine is no failure. `npm run test:long` counts tries, and has none (0).
const testTimeout = process.env.LONG === '1' ? 0 : 300_000;
const common = {
  environment: 'node' as const,
  testTimeout,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Most tests wait for processes and PostgreSQL; vitest's own choice on two cores is one worker.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      {
        test: {
          ...common,
          // Of functions called in a test's own process; those of a stack are told by its template.
          env: { POWERTOOLS_LOG_LEVEL: 'SILENT' },
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          isolate: false,
          globalSetup: './test/support/global-postgres.ts',
        },
      },
      // Loading aws-cdk-lib takes about a second, so the files of a worker share it: 16 s of processor time, not 30.
      { test: { ...common, name: 'infra', include: ['test/infra/**/*.test.ts'], isolate: false } },
    ],
  },
});
