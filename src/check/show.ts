import { KilnError } from '../core/error.ts'
import type { CheckReport } from './check.ts'

/** How much of a console a message shows. */
const CONSOLE_LINES = 20

/** A report as lines for people: a head for each boot, then what was looked at, failures marked. */
export function checkLines(report: CheckReport): string[] {
  const width = Math.min(40, Math.max(...report.assertions.map(({ name }) => name.length), 0))
  return report.boots.flatMap((boot) => {
    const own = report.assertions.filter(({ firmware }) => firmware === boot.firmware)
    const about = boot.report
      ? `${boot.report.os.get('PRETTY_NAME') ?? 'unknown system'}, kernel ${boot.report.kernel}, up after ${Math.round(boot.seconds.up ?? 0)} s`
      : 'did not come up'
    return [
      `${boot.firmware} (${boot.accelerator}): ${about}`,
      ...own.map(({ name, ok, saw }) => `  ${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(width)}  ${saw}`),
    ]
  })
}

/** The report for programs: maps become objects. */
export function checkDocument(report: CheckReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) =>
      value instanceof Map ? Object.fromEntries(value) : value,
    ),
  )
}

/** The error of a failed check: what was wrong first, and the last lines of that console. */
export function checkError(report: CheckReport, name: string): KilnError {
  const bad = report.assertions.filter(({ ok }) => !ok)
  const first = bad[0]
  const boot = report.boots.find(({ firmware }) => firmware === first?.firmware)
  const more = bad.length > 1 ? `, and ${bad.length - 1} more` : ''
  return new KilnError(
    'KILN_CHECK_FAILED',
    `The image ${name} did not pass its boot check: ${first?.name} on ${first?.firmware}: ${first?.saw}${more}.`,
    {
      hint: boot?.console.length
        ? `The last lines of its console:\n${boot.console
            .slice(-CONSOLE_LINES)
            .map((line) => `  ${line}`)
            .join('\n')}`
        : 'Its serial console said nothing.',
      data: { failed: bad },
    },
  )
}
