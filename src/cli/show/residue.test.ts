import { expect, test } from 'vitest'
import { residueTable } from './residue.ts'

test('what instances have alike is one row', () => {
  const entry = (path: string, what: string) => ({ path, what, why: 'it runs at boot' })
  const residue = [entry('a', 'runcmd'), entry('a', 'ntp'), entry('b', 'runcmd'), entry('c', 'runcmd')]
  expect(residueTable(residue, { colour: false, columns: 80 }).split('\n').slice(2)).toEqual([
    'a and 2 more  runcmd  it runs at boot',
    'a             ntp     it runs at boot',
  ])
})
