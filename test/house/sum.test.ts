import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../../src/tools/run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-sum-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content))
const report = (passed: number, failed = 0, pending = 0, todo = 0) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: pending,
  numTodoTests: todo,
  success: failed === 0,
})
async function sum() {
  const script = new URL('../sum.ts', import.meta.url).pathname
  const { status, stdout } = await run([process.execPath, script, folder], { accept: [0, 1] })
  return { status, last: stdout.trimEnd().split('\n').at(-1) }
}

test('adds up every run; what has no report is one test', async () => {
  put('lint.status', 0)
  put('unit.status', 0)
  put('unit.json', report(40, 0, 2, 1))
  put('whole.status', 0)
  put('whole.json', report(3))
  expect(await sum()).toEqual({ status: 0, last: '44 passed, 0 failed, 3 skipped' })
})

test('failures are counted and decide the status', async () => {
  put('lint.status', 1)
  put('unit.status', 1)
  put('unit.json', report(40, 2))
  expect(await sum()).toEqual({ status: 1, last: '40 passed, 3 failed, 0 skipped' })
})

test('a run that ended badly is never all green: no report, or failures that no test has', async () => {
  put('unit.status', 1)
  put('unit.json', { ...report(40), success: false })
  put('whole.status', 137)
  expect(await sum()).toEqual({ status: 1, last: '40 passed, 2 failed, 0 skipped' })
})

test('nothing at all is a failure', async () => {
  expect(await sum()).toEqual({ status: 1, last: '0 passed, 0 failed, 0 skipped' })
})
