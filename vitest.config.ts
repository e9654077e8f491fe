import { defineConfig } from 'vitest/config';

const common = { environment: 'node' as const, testTimeout: 20_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: './test/support/global-postgres.ts',
        },
      },
      // Loading aws-cdk-lib takes about a second, so the files of a worker share it: 16 s of processor time, not 30.
      { test: { ...common, name: 'infra', include: ['test/infra/**/*.test.ts'], isolate: false } },
    ],
  },
});
