import { step } from '../../core/events.ts'
import { composable, distribution } from '../../distro/index.ts'
import { examineHost, type Finding } from '../../tools/host/index.ts'
import { pad, printable, printableLines, style, width } from '../render/text.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'doctor',
  summary: 'Check what this machine lacks, and say how to mend it',
  description:
    'Looks at programs, namespaces, ids, space, memory and mirrors, and really tries a sandbox. Changes nothing. Exit status 0 when all is there that building needs, 1 otherwise.',
  options: [],
  positionals: [],
  run: async (context) => {
    const suites = composable().map((id) => distribution(id)!.suite)
    const findings = await step(context.events, 'doctor', 'looking at this machine', () =>
      examineHost(context.config, suites),
    )
    const lacking = findings.filter((finding) => finding.state === 'lacking').length
    context.document({ ok: lacking === 0, findings })
    context.say(report(findings, context.terminal.colour))
    context.say(
      lacking === 0
        ? '\nThis machine can build.'
        : `\nThis machine cannot build yet: ${lacking} of ${findings.length} lack${lacking === 1 ? 's' : ''} something.`,
    )
    return lacking === 0 ? 0 : 1
  },
})

/** One line each, what to do below those that need it. */
function report(findings: readonly Finding[], colour: boolean): string {
  const paint = style(colour)
  const marks = { ok: paint.green('ok'), warning: paint.yellow('note'), lacking: paint.red('LACKS') }
  const titles = Math.max(...findings.map((finding) => width(finding.title)))
  return findings
    .map(({ state, title, found, remedy }) => {
      const line = `${pad(marks[state], 5)}  ${pad(title, titles)}  ${printable(found)}`
      if (state === 'ok' || !remedy) return line
      const below = printableLines(remedy).split('\n')
      return [line, ...below.map((each) => ' '.repeat(titles + 9) + each)].join('\n')
    })
    .join('\n')
}
