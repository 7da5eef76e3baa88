import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from '../../src/cli/parse.ts'
import { loadVerb } from '../../src/cli/registry.ts'
import { files, ROOT } from './files.ts'

interface Command {
  readonly where: string
  readonly words: readonly string[]
}

/** Words of a command line: quotes kept together, a comment at the end left out. */
function words(line: string): string[] {
  const found = line.replace(/\s+#.*$/, '').match(/"[^"]*"|\S+/g) ?? []
  return found.map((word) => word.replaceAll('"', ''))
}

/** Command lines in the code blocks of everything that users read. */
function commands(): Command[] {
  const texts = [
    ...files('docs', ['.md']),
    ...files('examples', ['.md']),
    ...files('bench', ['.md']),
    { path: 'README.md', text: readFileSync(join(ROOT, 'README.md'), 'utf8') },
  ]
  return texts.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, n): Command[] => {
      const command = /^ {4}(?:\$ )?((?:\.\/|bin\/)?(?:kiln|heat-prebuild)|make) (.*)$/.exec(line)
      return command ? [{ where: `${path}:${n + 1}`, words: [command[1]!, ...words(command[2]!)] }] : []
    }),
  )
}

describe('commands in the documentation', () => {
  const all = commands()
  test('there are some', () => expect(all.length).toBeGreaterThan(5))
  test.each(all.map((command) => [command.where, command] as const))(
    '%s',
    async (_where, { words: [program, ...rest] }) => {
      if (program === 'make') {
        const targets = readFileSync(join(ROOT, 'Makefile'), 'utf8')
        for (const target of rest.filter((word) => !word.includes('=')))
          expect(targets).toContain(`\n${target}:`)
        return
      }
      const [name, ...argv] = program!.endsWith('kiln') ? rest : ['prebuild', ...rest]
      parse(await loadVerb(name!), argv)
      for (const path of argv.filter((word) => word.startsWith('examples/')))
        expect(existsSync(join(ROOT, path)), path).toBe(true)
    },
  )
})
