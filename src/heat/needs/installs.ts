import { HOLE } from '../evaluate/result.ts'
import { isSaneName, isSaneVersion } from './parts.ts'
import { type Statement, shellStatements, type Word } from './shell.ts'

/** A package that a line of a script installs. */
export interface Install {
  readonly manager: 'apt' | 'yum' | 'dnf' | 'zypper'
  readonly name: string
  readonly version?: string
}

interface Tool {
  readonly manager: Install['manager']
  readonly install: ReadonlySet<string>
  /** Fetches the lists of packages, which is no condition of an install. */
  readonly refresh: ReadonlySet<string>
  /** Options that do not change what is installed. */
  readonly options: RegExp
  /** Those of them with a word of their own behind them. */
  readonly pairs: RegExp
}

const REDHAT = {
  install: new Set(['install']),
  refresh: new Set(['makecache', 'check-update']),
  options: /^(?:-y|-q|-v|-yq|-qy|--assumeyes|--quiet|--verbose|--best|--allowerasing|--refresh|--color=\w+)$/,
  pairs: /^(?:-d|-e)$/,
}
const DEBIAN: Tool = {
  manager: 'apt',
  install: new Set(['install']),
  refresh: new Set(['update']),
  options:
    /^(?:-y|-q|-qq|-qqy|-yq|-yqq|-qy|-q=\d|-f|-m|--yes|--assume-yes|--quiet|--fix-broken|--fix-missing|--force-yes|--no-install-recommends|--install-recommends|--allow-downgrades|--allow-change-held-packages|--no-upgrade|-o\S+=\S+|--option=\S+)$/,
  pairs: /^(?:-o|--option)$/,
}
const TOOLS: ReadonlyMap<string, Tool> = new Map([
  ['apt-get', DEBIAN],
  ['apt', DEBIAN],
  ['yum', { ...REDHAT, manager: 'yum' }],
  ['dnf', { ...REDHAT, manager: 'dnf' }],
  [
    'zypper',
    {
      manager: 'zypper',
      install: new Set(['install', 'in']),
      refresh: new Set(['refresh', 'ref']),
      options:
        /^(?:-n|-q|-y|-l|-f|--non-interactive|--quiet|--no-confirm|--auto-agree-with-licenses|--force|--no-recommends|--recommends)$/,
      pairs: /^$/,
    },
  ],
])

/** Behind these nothing is certain: the script may end, or take packages from elsewhere. */
const STOPS =
  /^(?:exit|return|exec|reboot|poweroff|halt|shutdown|alias|source|\.|eval|trap|add-apt-repository|apt-add-repository|apt-key|yum-config-manager|config-manager|copr|addrepo|ar|subscription-manager|rpm|dpkg|localinstall)$/
const SOURCES = /\/etc\/(?:apt|yum|yum\.repos\.d|dnf|zypp)(?:\/|\.conf$)/
const SHELLS = new Set(['sh', 'bash', 'dash', 'ksh'])

/**
 * What the plain, unconditional install lines of a shell script name, in their order. Empty for a script of another language, and
 * where it is not certain how a shell reads it.
 */
export function installsIn(script: string): Install[] {
  if (!isShell(script)) return []
  const statements = shellStatements(script)
  if (statements === undefined || redefines(statements)) return []
  const out: Install[] = []
  for (const statement of statements) {
    const guarded = withoutGuard(statement)
    if (guarded === undefined && endsCertainty(statement)) break
    out.push(...unconditional(guarded ?? statement))
  }
  return out.filter((one, i) => out.findIndex((other) => same(one, other)) === i)
}

function same(a: Install, b: Install): boolean {
  return a.manager === b.manager && a.name === b.name && a.version === b.version
}

function isShell(script: string): boolean {
  const [, first, second] = /^#![ \t]*(\S+)(?:[ \t]+(\S+))?/.exec(script) ?? []
  const program = first?.endsWith('/env') ? second : first
  return program !== undefined && SHELLS.has(program.slice(program.lastIndexOf('/') + 1))
}

/** A function of a package manager's name, of the script's own. */
function redefines(statements: readonly Statement[]): boolean {
  return statements.some(({ defines }) => defines.some((name) => TOOLS.has(name)))
}

/** `apt-get install x || exit 1` goes on where the image has x: the statement without its end. */
function withoutGuard(statement: Statement): Statement | undefined {
  const { commands, joined, writes } = statement
  const last = commands.at(-1)?.[0]
  if (joined.at(-1) !== '||' || !last?.literal || !/^(?:exit|return)$/.test(last.text)) return undefined
  const rest = { commands: commands.slice(0, -1), joined: joined.slice(0, -1) }
  const words = rest.commands.flat().map(({ text }) => text)
  const plain = rest.joined.every((one) => one === '&&') && rest.commands.every((one) => readCommand(one))
  return plain ? { ...statement, ...rest, words, writes } : undefined
}

function endsCertainty({ commands, words, writes }: Statement): boolean {
  // What is filled in where a command begins may be anything.
  const first = [words[0], ...commands.map((command) => command[0]?.text)]
  if (first.some((word) => word?.includes(HOLE))) return true
  // In a pipeline that ends in a shell, too: what it does is not in the script.
  const piped = commands.length === 0 && words.slice(1).some((word) => SHELLS.has(word))
  return (
    piped ||
    words.some((word) => STOPS.test(word)) ||
    [...words, ...writes].some((word) => SOURCES.test(word))
  )
}

/** Commands that are run whatever the ones before say: the first, and those behind what does not fail by itself. */
function unconditional({ commands, joined }: Statement): Install[] {
  const out: Install[] = []
  for (const [i, words] of commands.entries()) {
    if (i > 0 && joined[i - 1] !== '&&') break
    const read = readCommand(words)
    if (read === undefined) break
    out.push(...read)
  }
  return out
}

/** What one command installs; undefined for any other that may fail. */
function readCommand(words: readonly Word[]): Install[] | undefined {
  const rest = [...words]
  while (rest[0] !== undefined && isPrefix(rest[0])) rest.shift()
  const [program, ...given] = rest
  if (program === undefined) return []
  if (!program.literal) return undefined
  const name = program.text.replace(/^\/(?:usr\/)?s?bin\//, '')
  const tool = TOOLS.get(name)
  if (tool === undefined) return ['true', ':', 'export', 'echo'].includes(name) ? [] : undefined
  return readArguments(tool, given)
}

/** `sudo`, `env` and variables that are set for one command. */
function isPrefix({ text, literal }: Word): boolean {
  return /^[A-Za-z_]\w*=/.test(text) || (literal && /^(?:\/usr\/bin\/)?(?:sudo|env)$|^-E$/.test(text))
}

function readArguments(tool: Tool, given: readonly Word[]): Install[] | undefined {
  const words: string[] = []
  for (let i = 0; i < given.length; i++) {
    const { text, literal } = given[i]!
    if (!literal) return undefined
    if (tool.pairs.test(text)) {
      if (given[++i] === undefined) return undefined
    } else if (text.startsWith('-')) {
      if (!tool.options.test(text)) return undefined
    } else words.push(text)
  }
  const [verb, ...names] = words
  if (verb === undefined) return undefined
  if (tool.refresh.has(verb)) return names.length === 0 ? [] : undefined
  if (!tool.install.has(verb)) return undefined
  const installs = names.map((name) => readName(tool, name))
  // One that is not plain makes the whole line another matter.
  return installs.some((one) => one === undefined) ? undefined : (installs as Install[])
}

function readName({ manager }: Tool, text: string): Install | undefined {
  const [name, version, ...more] = manager === 'apt' ? text.split('=') : [text]
  // apt removes what ends in a hyphen.
  if (!isSaneName(name!) || /[@*^()]/.test(name!) || more.length > 0) return undefined
  if (manager === 'apt' && /[-+]$/.test(name!) && !/\+\+$/.test(name!)) return undefined
  if (version === undefined) return { manager, name: name! }
  return isSaneVersion(version) ? { manager, name: name!, version } : undefined
}
