import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** One store for all suites that build: layers are made once. It is never the user's own. */
const env = { KILN_HOME: process.env.KILN_TEST_HOME ?? join(import.meta.dirname, '.kiln', 'test') }

/** What takes longest begins first, whatever else is chosen: at the end it would have the machine for itself. */
class DemoFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isDemo = (file: TestSpecification) => file.moduleId.endsWith('/demo.test.ts')
    const sorted = await super.sort(files)
    return [...sorted.filter(isDemo), ...sorted.filter((file) => !isDemo(file))]
  }
}

/**
 * `unit`: beside the code and the house rules, fast, no packages or boots; the files of a worker share their modules,
 * which keep nothing but secrets. `whole`: the program against real parts, two files at a time in one store. `openstack`:
 * against real services of OpenStack. `slow`: the rest; these two one file after another.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: DemoFirst },
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
