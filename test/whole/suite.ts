import { toolsOf } from '../../src/build/index.ts'
import { readConfig } from '../../src/core/config.ts'
import { silent } from '../../src/core/events.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../src/tools/sandbox/sandbox.ts'

/** What all tests of the project work with: one store, which is never the user's own. */
export const suite = { config: readConfig(process.env), events: silent }

/** The folder of the suite's tools tree, which is made where it is not there. */
export async function suiteTools(): Promise<string> {
  return (await toolsOf(suite)).path
}

/** A sandbox with these tools, and 4 GB of room to work in. */
export async function suiteSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return openSandbox({ tools: await suiteTools(), work: { bytes: 4e9 }, ...options })
}
