import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** One store for all suites that build: layers are made once. It is never the user's own. */
const env = { KILN_HOME: process.env.KILN_TEST_HOME ?? join(import.meta.dirname, '.kiln', 'test') }

/** `unit`: beside the code and the house rules, fast, no packages or boots. `whole`: the program against real parts, one file after another. `openstack`: against real services of OpenStack. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          isolate: false,
          maxWorkers: '100%',
          setupFiles: ['test/house/apart.ts'],
          testTimeout: 30_000,
          include: ['src/**/*.test.ts', 'test/house/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'whole',
          env,
          include: ['test/whole/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
        },
      },
      {
        test: {
          name: 'slow',
          env,
          include: ['test/slow/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
        },
      },
      {
        test: {
          name: 'openstack',
          env,
          include: ['test/openstack/**/*.test.ts'],
          globalSetup: ['test/openstack/setup.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
})
