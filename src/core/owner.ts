import { readFileSync } from 'node:fs'
import { randomName } from './random.ts'

/** A process id is used again one day; with the start time of its process it is not. */
function startTime(pid: number): string | undefined {
  try {
    // The name in parentheses may hold anything, spaces and parentheses, too.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return fields[19]
  } catch {
    return undefined
  }
}

const mine = `${process.pid}-${startTime(process.pid)}`

/** A new name that says whose it is: `PID-STARTTIME-RANDOM`. */
export function ownName(): string {
  return `${mine}-${randomName()}`
}

/** Whether the process that made this name is still running. */
export function isAlive(name: string): boolean {
  const [pid, start] = name.split('-')
  return start !== undefined && startTime(Number(pid)) === start
}
