import { readFile } from 'node:fs/promises'
import { type Started, start } from '../../src/tools/run.ts'
import { resized, type Size, typed } from '../../src/tools/sandbox/terminal.ts'

const RELAY = new URL('../../src/tools/sandbox/terminal.pl', import.meta.url)
/** The program as the first of a session on a terminal of its own, as a terminal emulator starts it. */
const DRIVER = `
require POSIX;
my ($rows, $columns, @program) = @ARGV;
my ($master, $number) = open_terminal('/dev', $rows, $columns);
my $child = fork;
if (!$child) {
    close $master;
    take_terminal($number);
    exec @program;
}
relay($master);
waitpid $child, 0;
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
`

/** A program on a terminal of its own, typed to by a test. */
export interface OnTerminal {
  readonly started: Started
  /** Everything that was on the screen so far. */
  screen(): string
  type(text: string): void
  resize(size: Size): void
  /** Resolves when the screen has matched since the last call, rejects when the program ended or 3 minutes passed. */
  shows(pattern: RegExp): Promise<void>
  readonly ended: Promise<number>
}

export async function onTerminal(
  argv: readonly string[],
  env: Record<string, string>,
  { rows, columns }: Size = { rows: 30, columns: 100 },
): Promise<OnTerminal> {
  const started = start(
    ['perl', '-e', (await readFile(RELAY, 'utf8')) + DRIVER, String(rows), String(columns), ...argv],
    { env },
  )
  let screen = ''
  let seen = 0
  const looking = new Set<() => void>()
  for (const stream of [started.child.stdout!, started.child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      screen += text
      for (const look of looking) look()
    })
  const ended = started.ended.then(({ status }) => status)
  return {
    started,
    screen: () => screen,
    type: (text) => started.child.stdin!.write(typed(Buffer.from(text))),
    resize: (size) => started.child.stdin!.write(resized(size)),
    shows: (pattern) =>
      new Promise<void>((resolve, reject) => {
        const fail = () => reject(new Error(`the screen never showed ${pattern}:\n${screen.slice(seen)}`))
        const timer = setTimeout(fail, 180_000)
        const look = () => {
          const match = pattern.exec(screen.slice(seen))
          if (!match) return
          seen += match.index + match[0].length
          clearTimeout(timer)
          looking.delete(look)
          resolve()
        }
        looking.add(look)
        look()
        ended.then(fail)
      }),
    ended,
  }
}
