/**
 * The last line of `make test`: what all reports in a folder say together. `NAME.json` is a report of vitest,
 * `NAME.status` the exit status of what ran; one without a report counts as one test. Made for `scripts/test`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Sum {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** What of vitest's report matters here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly success: boolean
}

/**
 * One run. A run that ended badly has failed at least once, whatever its report says: a file that could not be
 * loaded or an error outside of any test is in no count.
 */
export function sumOf(status: number, report: Report | undefined): Sum {
  const passed = report?.numPassedTests ?? (status === 0 ? 1 : 0)
  const failed = report?.numFailedTests ?? 0
  const skipped = report ? report.numPendingTests + report.numTodoTests : 0
  const bad = status !== 0 || report?.success === false
  return { passed, failed: bad ? Math.max(1, failed) : failed, skipped }
}

/** `12 passed, 0 failed, 1 skipped`. */
export function line(sum: Sum): string {
  return `${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`
}

function main(folder: string): number {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const file of readdirSync(folder).sort()) {
    const name = /^(.*)\.status$/.exec(file)?.[1]
    if (name === undefined) continue
    const status = Number(readFileSync(join(folder, file), 'utf8'))
    const sum = sumOf(status, reportOf(join(folder, `${name}.json`)))
    console.log(`${name}: ${line(sum)}`)
    total.passed += sum.passed
    total.failed += sum.failed
    total.skipped += sum.skipped
  }
  console.log(line(total))
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

function reportOf(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(main(process.argv[2]!))
