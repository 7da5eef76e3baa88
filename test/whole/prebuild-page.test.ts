import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { environment, program, ROOT } from './program.ts'

/** `kiln prebuild --html FILE`, up to where building would start: what is written, where, and what is refused. */

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-page-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const kiln = (...argv: readonly string[]) =>
  program([join(ROOT, 'kiln'), 'prebuild', ...argv], {
    cwd: folder,
    env: environment({ KILN_HOME: join(folder, '.home') }),
  })
const write = (name: string, text: string) => writeFile(join(folder, name), text)
const read = (name: string) => readFile(join(folder, name), 'utf8')

/** All files but the program's own. */
const listing = async () => (await readdir(folder)).filter((name) => name !== '.home').sort()

const GOOD = `heat_template_version: 2018-08-31
resources:
  web:
    type: OS::Nova::Server
    properties:
      image: debian-13
      user_data_format: RAW
      user_data: |
        #cloud-config
        packages: [nginx]
`

/** A refusal: exit status 2, a sentence with a code, and nothing that was not there before. */
async function refused(...argv: readonly string[]): Promise<string> {
  const before = await listing()
  const { status, stdout, stderr } = await kiln(...argv)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^kiln: \S.*\n(?: {6}\S.*\n)* {6}\[KILN_[A-Z_]+\]\n$/)
  expect(await listing()).toEqual(before)
  return stderr
}

describe('a plan as a page', () => {
  test('is written, said, and the same again', async () => {
    await write('in.yaml', GOOD)
    const first = await kiln('--plan', 'in.yaml', '--html', 'plan.html')
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first.stdout).toContain('1 image for 1 instance of in.yaml')
    expect(first.stdout).toContain('plan.html written.')
    const page = await read('plan.html')
    expect(page).toMatch(/^<!DOCTYPE html>\n<html lang="en">\n[\s\S]*<\/html>\n$/)
    expect(page).toContain('<title>in.yaml: prebuild plan</title>')
    expect(page).not.toContain(folder)
    // Nothing of the day or the run is in it: a file with the same bytes is not even touched.
    const before = await stat(join(folder, 'plan.html'))
    await kiln('--plan', 'in.yaml', '--html', 'plan.html')
    expect(await read('plan.html')).toBe(page)
    expect((await stat(join(folder, 'plan.html'))).mtimeMs).toBe(before.mtimeMs)
    expect(await listing()).toEqual(['in.yaml', 'plan.html'])
  })

  test('of a template that fails is written too, with exit status 2 and all that is missing', async () => {
    await write(
      'in.yaml',
      `heat_template_version: 2018-08-31\nparameters: {image: {type: string}}\nresources:\n  a: {type: OS::Nova::Server, properties: {image: {get_param: image}}}\n  b: {type: OS::Nova::Server, properties: {image: corp}}\n`,
    )
    const { status } = await kiln('--plan', 'in.yaml', '--html', 'plan.html')
    expect(status).toBe(2)
    const page = await read('plan.html')
    expect(page).toContain('Cannot be built yet')
    expect(page).toContain('KILN_PARAMETERS_MISSING')
    expect(page).toContain('KILN_BASE_UNKNOWN')
  })

  test('with --json the document is the plan, as without a page', async () => {
    await write('in.yaml', GOOD)
    const plain = await kiln('--plan', 'in.yaml', '--json')
    const paged = await kiln('--plan', 'in.yaml', '--json', '--html', 'plan.html')
    expect(JSON.parse(paged.stdout)).toEqual(JSON.parse(plain.stdout))
  })

  test('what only few may read is not made public by its page', async () => {
    await write('in.yaml', GOOD)
    await chmod(join(folder, 'in.yaml'), 0o600)
    await kiln('--plan', 'in.yaml', '--html', 'plan.html')
    expect((await stat(join(folder, 'plan.html'))).mode & 0o777).toBe(0o600)
  })

  test('a link is followed, an old page replaced', async () => {
    await write('in.yaml', GOOD)
    await mkdir(join(folder, 'pages'))
    await write('pages/plan.html', 'old')
    await symlink('pages/plan.html', join(folder, 'plan.html'))
    expect((await kiln('--plan', 'in.yaml', '--html', 'plan.html')).status).toBe(0)
    expect(await read('pages/plan.html')).toContain('<!DOCTYPE html>')
    expect(await readdir(join(folder, 'pages'))).toEqual(['plan.html'])
  })
})

describe('a page is refused', () => {
  beforeEach(() => write('in.yaml', GOOD))

  test('where it would replace what it is made from', async () => {
    await write('bases.yaml', 'corp: {os: debian-13}\n')
    await write('env.yaml', 'parameters: {}\n')
    await symlink('in.yaml', join(folder, 'link.html'))
    for (const name of ['in.yaml', './in.yaml', 'link.html', 'bases.yaml', 'env.yaml'])
      expect(
        await refused('--plan', 'in.yaml', '-e', 'env.yaml', '--bases', 'bases.yaml', '--html', name),
      ).toContain(`${name} is read for the page and cannot be the page itself.`)
    expect(await read('in.yaml')).toBe(GOOD)
  })

  test('where the new template or its lock would be, before anything is built', async () => {
    for (const name of ['out.yaml', './out.yaml', 'out.yaml.kiln.lock']) {
      const said = `${name} is written for the new template and cannot be the page, too.`
      expect(await refused('--plan', 'in.yaml', 'out.yaml', '--html', name)).toContain(said)
      expect(await refused('in.yaml', 'out.yaml', '--html', name)).toContain(said)
    }
  })

  test('where no file can be', async () => {
    await mkdir(join(folder, 'pages'))
    const said = (name: string) => refused('--plan', 'in.yaml', '--html', name)
    expect(await said('')).toContain('The name of the page is empty.')
    expect(await said('pages')).toContain('pages is a folder')
    expect(await said('pages/')).toContain('pages/ is the name of a folder')
    expect(await said('none/plan.html')).toContain('There is no folder none for the page.')
    expect(await said('in.yaml/plan.html')).toContain('There is no folder in.yaml for the page.')
    expect(await said('/dev/null')).toContain('/dev/null is a device or pipe')
  })

  test('where this user may not write', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere')
    await mkdir(join(folder, 'closed'), { mode: 0o555 })
    expect(await refused('--plan', 'in.yaml', '--html', 'closed/plan.html')).toContain(
      'The page cannot be written: the folder of closed/plan.html may not be written by this user.',
    )
  })

  test('without --plan, when there is nothing to build, it is a record', async () => {
    await write('net.yaml', 'heat_template_version: 2018-08-31\nresources: {n: {type: OS::Neutron::Net}}\n')
    const { status } = await kiln('net.yaml', 'out.yaml', '--html', 'record.html')
    expect(status).toBe(0)
    expect(await read('record.html')).toContain('<title>net.yaml: prebuild record</title>')
  })
})
