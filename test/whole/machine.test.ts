import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainEnvironment, run } from '../../src/tools/run.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kiln-machine-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** A program of the checkout, run from elsewhere. */
function program(name: string, ...args: string[]) {
  const env: Record<string, string> = { ...plainEnvironment(), KILN_HOME: home }
  for (const [key, value] of Object.entries(process.env))
    if (key.startsWith('KILN_MIRROR_') && value !== undefined) env[key] = value
  return run([join(ROOT, name), ...args], { env, cwd: home, accept: [0, 1, 2] })
}

test('a second set-up finds everything and does nothing', async () => {
  expect(await program('scripts/setup')).toEqual({ status: 0, stdout: '', stderr: '' })
})

test('this machine can build, and the doctor says so', async () => {
  const { status, stdout } = await program('kiln', 'doctor', '--json')
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { id: string; state: string }[] }
  expect(findings.filter((finding) => finding.state === 'lacking')).toEqual([])
  expect({ ok, status }).toEqual({ ok: true, status: 0 })
  expect(findings.map((finding) => finding.id)).toEqual(
    expect.arrayContaining(['node', 'programs', 'namespaces', 'ids', 'store', 'memory', 'kvm', 'mirror']),
  )
})

test('the old name is the same program', async () => {
  const old = await program('bin/heat-prebuild', '--help')
  expect(old.stdout).toContain('--parameters')
  expect(old).toEqual(await program('kiln', 'prebuild', '--help'))
})

test('an error is a sentence with a code, from any folder, and nothing is left behind', async () => {
  const { status, stdout, stderr } = await program('bin/heat-prebuild', 'no-such.template', 'out.template')
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^kiln: .*no-such\.template.*\n( {6}.*\n)* {6}\[KILN_\w+\]$/)
  expect(stderr).not.toMatch(/^ +at /m)
  expect((await readdir(home)).filter((name) => name.startsWith('out'))).toEqual([])
})
