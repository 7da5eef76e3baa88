import { describe, expect, test } from 'vitest'
import { screen } from './fake-screen.ts'
import { terminalLines } from './terminal.ts'
import { width } from './text.ts'

function stage(columns = 80, options: { colour?: boolean; unicode?: boolean; verbose?: boolean } = {}) {
  let now = 0
  const output = screen(columns)
  const renderer = terminalLines({
    output,
    colour: false,
    unicode: true,
    verbose: false,
    ...options,
    now: () => now,
  })
  return {
    output,
    renderer,
    emit: renderer.emit,
    pass: (seconds: number) => {
      now += seconds * 1000
      renderer.tick()
    },
  }
}

describe('live lines', () => {
  test('a running step has its time, amount, bar and rate; when finished it stays as one line', () => {
    const { output, emit, pass } = stage()
    emit({ type: 'started', id: 'fetch', label: 'Fetch packages' })
    pass(1)
    emit({ type: 'progress', id: 'fetch', done: 0, total: 260e6, unit: 'bytes' })
    pass(3)
    emit({ type: 'progress', id: 'fetch', done: 120e6, total: 260e6, unit: 'bytes' })
    pass(0)
    expect(output.lines()[0]).toMatch(
      /^⠸ {3}4\.0s {2}Fetch packages {2}━+╸─+ {3}46 % {2}120 of 260 MB {2}40 MB\/s$/,
    )
    emit({
      type: 'finished',
      id: 'fetch',
      label: 'Fetch packages',
      outcome: 'done',
      seconds: 62.3,
      detail: '213 packages',
    })
    expect(output.lines()).toEqual(['✓ 1m 02s  Fetch packages · 213 packages'])
  })

  test('finished lines move up, running ones stay below in their order', () => {
    const { output, emit } = stage()
    emit({ type: 'started', id: 'a', label: 'First' })
    emit({ type: 'started', id: 'b', label: 'Second' })
    emit({ type: 'note', level: 'warning', message: 'slow mirror' })
    emit({ type: 'finished', id: 'b', label: 'Second', outcome: 'reused', seconds: 0 })
    emit({ type: 'started', id: 'c', label: 'Third' })
    expect(output.lines()).toEqual([
      '!         slow mirror',
      '↺   0.0s  Second · was in the store',
      '⠋   0.0s  First',
      '⠋   0.0s  Third',
    ])
  })

  test('no line is wider than the terminal, and the name keeps its half', () => {
    for (const columns of [20, 30, 40, 60, 80, 200]) {
      const { output, emit, pass } = stage(columns, { colour: true })
      emit({ type: 'started', id: 'a', label: 'Configure the packages of the web server 数据库' })
      emit({ type: 'progress', id: 'a', done: 7e6, total: 1e9, unit: 'bytes' })
      pass(5)
      for (const line of output.lines()) expect(width(line)).toBeLessThan(columns)
      expect(output.lines()).toHaveLength(1)
      expect(output.lines()[0]).toContain('Conf')
    }
  })

  test('a terminal that became narrower is cleared completely', () => {
    const { output, emit, pass } = stage(80)
    emit({ type: 'started', id: 'a', label: 'x'.repeat(60) })
    // A real terminal wraps what is there already: 70 columns become 3 rows of 30.
    const before = output.raw().length
    output.resize(30)
    pass(1)
    expect(output.raw().slice(before)).toMatch(/^\x1b\[3A\r\x1b\[J/)
  })

  test('what is shown besides is written on a cleared place, and the steps come back at the next tick', () => {
    const { output, renderer, emit, pass } = stage()
    emit({ type: 'started', id: 'a', label: 'Step' })
    renderer.clear()
    output.write('a line of the verb\n')
    expect(output.lines()).toEqual(['a line of the verb'])
    pass(1)
    expect(output.lines()).toEqual(['a line of the verb', '⠙   1.0s  Step'])
    renderer.close()
    expect(output.lines()).toEqual(['a line of the verb'])
  })

  test('more steps than rows are counted, not drawn', () => {
    const { output, emit } = stage()
    for (let n = 0; n < 40; n++) emit({ type: 'started', id: String(n), label: `step ${n}` })
    expect(output.lines()).toHaveLength(22)
    expect(output.lines()[0]).toBe('          and 19 more')
    expect(output.lines().at(-1)).toContain('step 39')
  })

  test('names from outside cannot steer the terminal', () => {
    const { output, emit } = stage(80, { verbose: true })
    emit({ type: 'started', id: 'a', label: 'evil\x1b[2J\x1b]0;title\x07\nname' })
    emit({ type: 'log', id: 'a', line: '\rover\x9b31mwritten \u202eback' })
    emit({ type: 'finished', id: 'a', label: 'evil\x1b[1A', outcome: 'failed', seconds: 1 })
    expect(output.raw()).not.toMatch(/\x07|\x9b|\u202e|\x1b\[2J|\x1b\[1A\x1b/)
    expect(output.lines()[1]).toBe('✗   1.0s  evil')
  })

  test('logs only when asked for, ASCII where nothing else can be shown', () => {
    const { output, emit, pass } = stage(80, { unicode: false })
    emit({ type: 'started', id: 'a', label: 'Step' })
    emit({ type: 'log', id: 'a', line: 'chatter' })
    emit({ type: 'progress', id: 'a', done: 1, total: 2, unit: 'packages' })
    pass(1)
    expect(output.raw()).not.toContain('chatter')
    expect(output.raw()).toMatch(/^[\0-\x7f]*$/)
    expect(output.lines()[0]).toMatch(/Step {2}#+>-+ {3}50 % {2}1 of 2 packages$/)
  })
})
