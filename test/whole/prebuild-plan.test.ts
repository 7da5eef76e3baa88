import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CORPUS } from '../../src/heat/testing.ts'

/** The program on templates, up to where building would start: what it says, and that a refusal leaves nothing behind. */

const KILN = resolve(import.meta.dirname, '../../kiln')
const MISSION = join(CORPUS, 'dev/heat-templates/cfn/F17/WordPress_With_RDS.template')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-plan-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function kiln(...argv: readonly string[]): Promise<Ended> {
  const env = { ...process.env, KILN_HOME: join(folder, '.home') }
  return new Promise((done) => {
    execFile(KILN, [...argv], { cwd: folder, env }, (error, stdout, stderr) =>
      done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

const hot = (resources: string, parameters = '') =>
  `heat_template_version: 2018-08-31\n${parameters}resources:\n${resources}`
const server = (name: string, image: string) =>
  `  ${name}:\n    type: OS::Nova::Server\n    properties: {image: ${image}}\n`
const write = (name: string, text: string) => writeFile(join(folder, name), text)

/** A refusal: exit status 2, one sentence and a hint without a stack trace, and no file that was not there before. */
async function refused(...argv: readonly string[]): Promise<string> {
  const before = (await readdir(folder)).filter((name) => name !== '.home')
  const { status, stdout, stderr } = await kiln(...argv)
  expect(stderr).toMatch(/^kiln: \S/)
  expect(stderr).not.toMatch(/^\s+at .*:\d+/m)
  expect(stderr).toMatch(/\[KILN_[A-Z_]+\]\n$/)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect((await readdir(folder)).filter((name) => name !== '.home')).toEqual(before)
  return stderr
}

describe.skipIf(!existsSync(MISSION))('the command of the mission (skipped without ../shared/heat)', () => {
  const command = [
    'prebuild',
    MISSION,
    'out.template',
    '--parameters',
    'InstanceType=m1.xlarge;LinuxDistribution=F17',
  ]

  test('its verdict', async () => {
    const { status, stdout } = await kiln(...command, '--plan', '--json')
    const plan = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(plan).toMatchObject({
      outcome: 'build',
      images: [{ path: 'WebServer', image: 'F17-x86_64-cfntools' }],
      missing: [],
      reasons: [],
      bases: [{ image: 'F17-x86_64-cfntools', source: 'catalogue' }],
    })
    expect(plan.recipes).toHaveLength(1)
    expect(plan.recipes[0]).toMatchObject({
      paths: ['WebServer'],
      through: ['yum'],
      recipe: {
        from: { os: 'fedora-17', arch: 'amd64' },
        packages: [{ name: 'httpd' }, { name: 'wordpress' }],
        services: { enable: ['httpd'], disable: [] },
      },
    })
    expect(plan.residue.map((entry: { what: string }) => entry.what)).toContain('service httpd started')
    expect(await readdir(folder)).not.toContain('out.template')
  })

  test('as people read it', async () => {
    const { status, stdout } = await kiln(...command, '--plan')
    expect(status).toBe(0)
    expect(stdout).toContain('httpd, wordpress (yum); httpd enabled')
    expect(stdout).not.toContain('KeyName')
  })

  test('built for real, it is refused as long as Fedora cannot be built, with the way out', async () => {
    const said = await refused(...command)
    expect(said).toContain(
      'The base image F17-x86_64-cfntools of WebServer is Fedora 17, which Kiln cannot build yet.',
    )
    expect(said).toContain('F17-x86_64-cfntools: {os: debian-13}')
  })

  test('on Debian its yum section does not fit, unless a package map is given', async () => {
    await write('bases.yaml', 'F17-x86_64-cfntools: {os: debian-12}\n')
    const said = await refused(...command, '--bases', 'bases.yaml')
    expect(said).toContain('WebServer names its packages for yum only')
    await write('map.yaml', 'httpd: apache2\nwordpress: wordpress\nservices: {httpd: apache2}\n')
    const { stdout } = await kiln(
      ...command,
      ...['--bases', 'bases.yaml', '--package-map', 'map.yaml', '--plan', '--json'],
    )
    expect(JSON.parse(stdout).recipes[0].recipe).toMatchObject({
      from: { os: 'debian-12' },
      packages: [{ name: 'apache2' }, { name: 'heat-cfntools' }, { name: 'wordpress' }],
      services: { enable: ['apache2'] },
    })
  })
})

describe('all or nothing', () => {
  test('all that is missing is named at once', async () => {
    const parameters = 'parameters: {image: {type: string}, unrelated: {type: string}}\n'
    const text = hot(
      server('a', '{get_param: image}') +
        server('b', 'corp-base') +
        server('c', 'Windows Server 2022') +
        server('d', 'debian-13-arm64') +
        server('e', 'debian-13'),
      parameters,
    )
    await write('in.yaml', text)
    const said = await refused('prebuild', 'in.yaml', 'out.yaml')
    expect(said).toContain('parameters that have no value: image.')
    expect(said).toContain('the base image corp-base of b is not in the catalogue.')
    expect(said).toContain('the base image Windows Server 2022 of c is Windows')
    expect(said).toContain('the base image debian-13-arm64 of d is Debian 13 for arm64')
    expect(said).toContain('corp-base: {os: debian-13}')
    expect(said).not.toContain('unrelated')
  })

  test('a plan of the same says so in its document and its exit status', async () => {
    await write('in.yaml', hot(server('a', '{get_param: image}'), 'parameters: {image: {type: string}}\n'))
    const { status, stdout } = await kiln('prebuild', 'in.yaml', '--plan', '--json')
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'fail', missing: ['image'], images: [] })
  })

  test('an unknown base does not change the verdict of a plan', async () => {
    await write('in.yaml', hot(server('a', 'corp-base')))
    const { status, stdout } = await kiln('prebuild', 'in.yaml', '--plan', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'build',
      bases: [{ image: 'corp-base', source: 'unknown' }],
    })
  })

  test('a cloud with no instances needs no images: the output is the input', async () => {
    const text = hot('  n: {type: OS::Neutron::Net}\n')
    await write('in.yaml', text)
    const { status, stdout } = await kiln('prebuild', 'in.yaml', 'out.yaml')
    expect(status).toBe(0)
    expect(stdout).toContain('Nothing to build for in.yaml, out.yaml written')
    expect(await readdir(folder)).toContain('out.yaml.kiln.lock')
  })

  test('an output that is a link stays one, and the file that it leads to is written', async () => {
    await write('in.yaml', hot('  n: {type: OS::Neutron::Net}\n'))
    await mkdir(join(folder, 'sub'))
    await symlink('sub/out.yaml', join(folder, 'out.yaml'))
    expect((await kiln('prebuild', 'in.yaml', 'out.yaml')).status).toBe(0)
    expect((await lstat(join(folder, 'out.yaml'))).isSymbolicLink()).toBe(true)
    expect((await readdir(join(folder, 'sub'))).sort()).toEqual(['out.yaml', 'out.yaml.kiln.lock'])
  })
})

describe('what is wrong is said in one sentence, and nothing is written', () => {
  const good = hot(server('a', 'debian-13'))
  test.each([
    ['a file that is not there', undefined, 'There is no file in.yaml.'],
    ['broken YAML', 'heat_template_version: [\n', 'in.yaml'],
    ['broken JSON', '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {', 'in.yaml'],
    ['no template at all', 'just: data\n', 'in.yaml'],
    ['a misspelt function', hot(server('a', '{get_parm: image}')), 'image'],
    ['an unknown function', hot(server('a', '{yaql: {expression: "$.x", data: {}}}')), 'yaql'],
    ['an unknown base', hot(server('a', 'corp-base')), 'bases.yaml'],
    ['an unknown section', `${good}surprise: {}\n`, 'surprise'],
  ])('%s', async (_what, text, said) => {
    if (text !== undefined) await write('in.yaml', text)
    expect(await refused('prebuild', 'in.yaml', 'out.yaml')).toContain(said)
  })

  test('the output is the input', async () => {
    await write('in.yaml', good)
    expect(await refused('prebuild', 'in.yaml', './in.yaml')).toContain('./in.yaml is the template itself.')
  })

  test('the output is missing, a folder, or in none', async () => {
    await write('in.yaml', good)
    await mkdir(join(folder, 'out'))
    expect(await refused('prebuild', 'in.yaml')).toContain('The name of the new template is missing.')
    expect(await refused('prebuild', 'in.yaml', 'out')).toContain('out is a folder')
    expect(await refused('prebuild', 'in.yaml', 'none/out.yaml')).toContain('There is no folder none')
  })

  test('the output is a file that the template needs, a stream, or leads nowhere', async () => {
    const child = 'heat_template_version: 2016-10-14\n'
    await write('in.yaml', hot('  n: {type: c.yaml}\n'))
    await write('c.yaml', child)
    await symlink('c.yaml', join(folder, 'link.yaml'))
    await symlink('none/out.yaml', join(folder, 'astray.yaml'))
    expect(await refused('prebuild', 'in.yaml', 'c.yaml')).toContain('c.yaml is c.yaml, which in.yaml needs.')
    expect(await refused('prebuild', 'in.yaml', 'link.yaml')).toContain('link.yaml is c.yaml, which')
    expect(await refused('prebuild', 'in.yaml', '/dev/stdout')).toContain('/dev/stdout is a device or pipe')
    expect(await refused('prebuild', 'in.yaml', 'astray.yaml')).toContain('There is no folder')
    expect(await refused('prebuild', 'in.yaml', 'out.yaml/')).toContain('is the name of a folder')
    expect(await readFile(join(folder, 'c.yaml'), 'utf8')).toBe(child)
  })

  test('files that options name', async () => {
    await write('in.yaml', good)
    await write('bad.yaml', 'debian-13: yes\n')
    const run = (...more: readonly string[]) => refused('prebuild', 'in.yaml', 'out.yaml', ...more)
    expect(await run('--bases', 'none.yaml')).toContain('There is no file none.yaml, which --bases names.')
    expect(await run('--bases', 'bad.yaml')).toContain('"debian-13" is neither {os: …} nor {image: …}')
    expect(await run('--package-map', 'none.yaml')).toContain(
      'There is no file none.yaml, which --package-map names.',
    )
    expect(await run('-e', 'none.yaml')).toContain('There is no file none.yaml.')
    expect(await run('-e', '/etc/hostname')).toContain('--root')
    expect(await run('--target', 'tape:x')).toContain('"tape:x" is not a target')
    expect(await run('--parameters', 'nothing=1')).toContain('nothing')
  })

  test('with --json the refusal is the document', async () => {
    await write('in.yaml', hot(server('a', 'corp-base')))
    const { status, stdout } = await kiln('prebuild', 'in.yaml', 'out.yaml', '--json')
    expect(status).toBe(2)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'KILN_BASE_UNKNOWN' })
  })
})

test('a value of a hidden parameter is nowhere', async () => {
  const secret = 'hunter2-and-more'
  await write(
    'in.yaml',
    `${hot('', 'parameters: {image: {type: string}, pw: {type: string, hidden: true}}\n')}  a:
    type: OS::Nova::Server
    properties:
      image: {get_param: image}
      user_data_format: RAW
      user_data:
        str_replace:
          params: {$pw: {get_param: pw}}
          template: |
            #cloud-config
            packages: [nginx]
            write_files:
              - {path: /etc/secret, content: $pw}
`,
  )
  const argv = ['prebuild', 'in.yaml', '--plan', '-P', 'image=debian-13', '-P', `pw=${secret}`]
  const { status, stdout, stderr } = await kiln(...argv, '--json')
  expect(status).toBe(0)
  expect(stdout + stderr).not.toContain(secret)
  expect(JSON.parse(stdout).recipes[0].recipe).toMatchObject({
    packages: [{ name: 'nginx' }],
    custom_files: [],
  })
  const people = await kiln(...argv)
  expect(people.stdout + people.stderr).not.toContain(secret)
})

test('an image that the template describes is shown by its name and by what it is', async () => {
  const image = '  web_image:\n    type: Kiln::Image\n    properties: {os: debian-13, packages: [nginx]}\n'
  await write(
    'in.yaml',
    hot(image + server('a', '{get_resource: web_image}') + server('b', '{get_resource: web_image}')),
  )
  const { status, stdout } = await kiln('prebuild', '--plan', 'in.yaml')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^1 image for 2 instances/)
  expect(stdout).toMatch(/^b +Kiln::Image web_image +Debian 13$/m)
  expect(stdout).toMatch(/^a, b +nginx$/m)
})
