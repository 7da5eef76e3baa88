import { expect, test } from 'vitest'
import type { PythonFile } from '../../tools/python/file.ts'
import { pythonChanges } from './changes.ts'
import { pythonNames } from './of-recipe.ts'
import { nameOf } from './python.ts'
import type { LockedPython } from './types.ts'

const uri = 'https://files.example'
const file = (name: string, version: string, part: Partial<PythonFile> = {}): PythonFile => ({
  ...{ name, version, arch: 'py3-none-any', uri, path: 'x', file: `${name}-${version}.whl`, size: 1 },
  sha256: `${name}${version}`.padEnd(64, '0'),
  ...part,
})
const lock = (files: PythonFile[], part: Partial<LockedPython> = {}): LockedPython => ({
  ...{ version: '3.13', indexes: [], wanted: ['web'], needs: {}, builds: [] },
  files,
  ...part,
})

test('says what came, went and changed, and who needs what came', () => {
  const old = lock([file('web', '1.9'), file('gone', '1'), file('back', '2.0'), file('same', '1')])
  const next = lock(
    [
      file('web', '1.10'),
      file('back', '2.0rc1'),
      file('new', '1'),
      file('same', '1', { sha256: 'f'.repeat(64) }),
    ],
    { needs: { web: ['new', 'same'] } },
  )
  expect(
    pythonChanges(old, next).map(({ name, kind, from, to, part, neededBy }) => [
      name,
      kind,
      from,
      to,
      part,
      neededBy,
    ]),
  ).toEqual([
    ['web', 'newer', '1.9', '1.10', 'image', undefined],
    ['back', 'older', '2.0', '2.0rc1', 'image', undefined],
    ['new', 'added', undefined, '1', 'image', ['web']],
    ['same', 'rebuilt', '1', '1', 'image', undefined],
    ['gone', 'removed', '1', undefined, 'image', undefined],
  ])
  expect(pythonChanges(old, old)).toEqual([])
  expect(pythonChanges(undefined, lock([file('web', '1')]))).toMatchObject([
    { name: 'web', kind: 'added', manager: 'pip', suite: '', uri, security: false },
  ])
})

test('what builds is a tool, another place is a move', () => {
  const build = (version: string) => ({ builds: [{ name: 'web', files: [file('flit', version)] }] })
  expect(pythonChanges(lock([], build('1')), lock([], build('2')))).toMatchObject([
    { name: 'flit for web', kind: 'newer', part: 'tools' },
  ])
  const moved = lock([file('web', '1', { uri: 'https://mirror.example' })])
  expect(pythonChanges(lock([file('web', '1')]), moved)).toMatchObject([{ name: 'web', kind: 'moved' }])
})

test('a name of Python is one that no package has, or one that is called so', () => {
  const debs = [{ name: 'ansible' }, { name: 'nginx' }] as never
  const python = lock([file('ansible', '1'), file('py-stache', '1')])
  const names = ['ansible', 'pip:ansible', 'Py.Stache', 'nginx', 'pip:nothing', 'nothing']
  expect(pythonNames(names, debs, python)).toEqual(['pip:ansible', 'Py.Stache'])
  expect(pythonNames(names, debs, undefined)).toEqual([])
})

test('the name of a requirement', () => expect(nameOf('Py_Stache[x]>=1; y')).toBe('py-stache'))
