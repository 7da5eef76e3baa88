import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prebuild } from './prebuild.ts'

/** Nothing in it is built, but its files go with it. */
const TEMPLATE = `heat_template_version: 2016-10-14
resources:
  v: {type: OS::Heat::Value, properties: {value: {get_file: motd}}}
outputs:
  o: {value: {get_file: notes}}
`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-beside-'))
  await mkdir(join(folder, 'out'))
  await writeFile(join(folder, 'in.yaml'), TEMPLATE)
  await writeFile(join(folder, 'motd'), 'hello')
  await writeFile(join(folder, 'notes'), 'old')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function write(output: string, html?: string) {
  const request = {
    template: 'in.yaml',
    html,
    cwd: folder,
    parameters: new Map(),
    environments: [],
    lenientAws: false,
    allowRemote: false,
    output,
    targets: [],
    keepMetadata: false,
    update: false,
    check: false,
  }
  const config = { store: join(folder, 'store'), images: folder, mirrors: {}, workspace: undefined }
  const signal = new AbortController().signal
  return prebuild(request, { config, signal, events: { emit: () => {} } })
}

test('files that nothing evaluates must lie beside the new template, too', async () => {
  expect(new Set((await write('out/new.yaml')).absent)).toEqual(new Set(['motd', 'notes']))
  expect((await write('new.yaml')).absent).toEqual([])
})

test('neither the new template nor the page takes the place of one', async () => {
  await expect(write('notes')).rejects.toThrow('notes is notes, which in.yaml needs')
  await expect(write('new.yaml', 'notes')).rejects.toThrow('cannot be the page')
})
