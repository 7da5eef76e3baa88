import { expect, test } from 'vitest'
import { memoryFiles } from './files.ts'
import { namedFiles } from './named.ts'

const HEAD = 'heat_template_version: 2016-10-14\n'

function named(files: Readonly<Record<string, string>>, environments: readonly string[] = []): string[] {
  const all = memoryFiles(new Map(Object.entries(files)))
  return [...namedFiles('main.yaml', all, { environments }).keys()].sort()
}

test('files that nothing evaluates are named all the same', () => {
  const main = `${HEAD}resources:
  v: {type: OS::Heat::Value, properties: {value: {get_file: motd}}}
  n: {type: sub/c.yaml, properties: {list: [{get_file: ./sub/../motd}]}}
outputs:
  o: {value: {get_file: sub/notes}}
`
  const child = `${HEAD}outputs: {o: {value: {get_file: deep/er}}}\n`
  const files = { 'main.yaml': main, motd: 'hi', 'sub/c.yaml': child, 'sub/notes': '', 'sub/deep/er': 'x' }
  expect(named(files)).toEqual(['motd', 'sub/c.yaml', 'sub/deep/er', 'sub/notes'])
})

test('not what is not there, is elsewhere, comes out of a function or names the template itself', () => {
  const values = ['gone', 'http://h/x', '/etc/passwd', '../up', '{get_param: p}', 'main.yaml', '[motd]']
  const list = values.map((value) => `{get_file: ${value.startsWith('[') ? value : value}}`).join(', ')
  expect(named({ 'main.yaml': `${HEAD}outputs: {o: {value: [${list}]}}\n`, motd: '' })).toEqual([])
})

test('a file that is YAML but no template names nothing', () => {
  const main = `${HEAD}outputs: {o: {value: {get_file: play}}}\n`
  expect(named({ 'main.yaml': main, play: 'get_file: other\n', other: '' })).toEqual(['play'])
})

test('templates that use each other end', () => {
  const child = `${HEAD}resources: {a: {type: c.yaml}, b: {type: main.yaml}}\n`
  expect(named({ 'main.yaml': `${HEAD}resources: {a: {type: c.yaml}}\n`, 'c.yaml': child })).toEqual([
    'c.yaml',
  ])
})

test('templates that the registry of an environment names', () => {
  const child = `${HEAD}outputs: {o: {value: {get_file: f}}}\n`
  const env =
    'resource_registry: {"My::A": ../c.yaml, resources: {x: {"My::B": d.template}}, "My::C": "OS::X"}\n'
  const files = { 'main.yaml': HEAD, 'env/e.yaml': env, 'c.yaml': child, f: '', 'env/d.template': '' }
  expect(named(files)).toEqual([])
  expect(named(files, ['env/e.yaml'])).toEqual(['c.yaml', 'env/d.template', 'f'])
})
