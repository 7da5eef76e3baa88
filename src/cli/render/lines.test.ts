import { describe, expect, test } from 'vitest'
import type { KilnEvent } from '../../core/events.ts'
import { hasColour } from './choose.ts'
import { screen } from './fake-screen.ts'
import { jsonLines } from './json.ts'
import { plainLines } from './plain.ts'

function run(make: typeof plainLines, script: readonly (KilnEvent | number)[], verbose = false): string[] {
  let now = 0
  const output = screen(1000)
  const renderer = make({ output, verbose, now: () => now })
  for (const entry of script) {
    if (typeof entry === 'number') now += entry * 1000
    else renderer.emit(entry)
  }
  return output.lines()
}

const started: KilnEvent = { type: 'started', id: 'f', label: 'Fetch packages' }
const bytes = (done: number): KilnEvent => ({ type: 'progress', id: 'f', done, total: 100e6, unit: 'bytes' })

describe('plain lines', () => {
  test('start, now and then progress, end', () => {
    const chatty = Array.from({ length: 25 }, (_, n) => [1, bytes(n * 4e6)]).flat()
    expect(
      run(plainLines, [
        started,
        ...chatty,
        { type: 'log', id: 'f', line: 'chatter' },
        { type: 'finished', id: 'f', label: 'Fetch packages', outcome: 'done', seconds: 25 },
        { type: 'note', level: 'warning', message: 'no\nKVM' },
        { type: 'finished', id: 'b', label: 'Base', outcome: 'reused', seconds: 0.04, detail: 'debian-13' },
        { type: 'finished', id: 'c', label: 'Configure', outcome: 'failed', seconds: 3 },
      ]),
    ).toEqual([
      'start   Fetch packages',
      '...     Fetch packages: 36 %, 36 of 100 MB, after 10s',
      '...     Fetch packages: 76 %, 76 of 100 MB, after 20s',
      'done    Fetch packages, 25s',
      'WARNING no KVM',
      'reused  Base, 0.0s: debian-13',
      'FAILED  Configure, 3.0s',
    ])
  })

  test('lines of programs with --verbose', () => {
    expect(run(plainLines, [started, { type: 'log', id: 'f', line: 'Get:1' }], true)[1]).toBe('|       Get:1')
  })
})

describe('JSON lines', () => {
  test('each line is one event with a time; progress at most once a second', () => {
    const lines = run(jsonLines, [started, 0.5, bytes(1), 0.6, bytes(2), 0.1, bytes(3), 1, bytes(4)])
    const events = lines.map((line) => JSON.parse(line))
    expect(events.map((event) => event.done)).toEqual([undefined, 2, 4])
    expect(events[0]).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/), ...started })
  })
})

describe('colour', () => {
  test('only on a terminal that understands it, when nobody objects', () => {
    const terminal = screen()
    expect(hasColour(terminal, { TERM: 'xterm' })).toBe(true)
    expect(hasColour(terminal, { TERM: 'xterm', NO_COLOR: '1' })).toBe(false)
    expect(hasColour(terminal, { TERM: 'dumb' })).toBe(false)
    expect(hasColour({ ...terminal, isTTY: false }, { TERM: 'xterm' })).toBe(false)
  })
})
