import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { plainEnvironment } from '../../src/tools/run.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The environment of a program under test: ours of the user's, the mirrors, and what is given. */
export function environment(given: Record<string, string | undefined> = {}): Record<string, string> {
  const env: Record<string, string> = plainEnvironment()
  for (const [key, value] of Object.entries({ ...process.env, ...given }))
    if (key.startsWith('KILN_') && value !== undefined) env[key] = value
  return env
}

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A started program of the checkout, with what it said so far. */
export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when standard error has matched, rejects when it ended before. */
  said(pattern: RegExp): Promise<void>
}

/** Starts `argv` in a session of its own, as a terminal or a service manager would. */
export function begin(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Program {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const listener of listeners) listener()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
  return {
    child,
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stderr)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        ended.then(() => reject(new Error(`it ended without saying ${pattern}: ${stderr}`)), reject)
      }),
  }
}

/** Runs a program of the checkout to its end. */
export function program(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  return begin(argv, options).ended
}
