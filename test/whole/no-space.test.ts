import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sayNoSpace } from '../../src/build/no-space.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

let sandbox: Sandbox
let store: string
beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'kiln-room-'))
  sandbox = await suiteSandbox({ work: { bytes: 8 << 20 } })
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(store, { recursive: true })
})

/** What is said when `script` fails, with a workspace of so many bytes in memory or on the disk of the store. */
const said = (script: string, memory: boolean) =>
  sayNoSpace({ store, needed: 8 << 20, memory }, () => sandbox.run(['sh', '-euc', script])).then(
    () => undefined,
    (error: unknown) => error,
  )

test('a full workspace in memory is said to be that, whether bytes or files filled it', async () => {
  for (const script of [
    'head -c 20m /dev/zero >/build/x',
    'echo >>/build/x',
    'mkdir /build/d; cd /build/d; rm /build/x; n=0; while [ $n -lt 9000 ]; do : >$n; n=$((n + 1)); done',
  ])
    expect(await said(script, true)).toMatchObject({
      code: 'KILN_NO_SPACE',
      message: 'The build needs more than the 9 MB of memory that it was given to work in.',
      hint: expect.stringContaining('KILN_WORKSPACE=disk'),
    })
  await sandbox.run(['rm', '-rf', '/build/d'])
})

test('a small folder that is full is not called a full disk', async () => {
  expect(await said('head -c 100m /dev/zero >/run/x', false)).toMatchObject({
    code: 'KILN_PROGRAM_FAILED',
    message: expect.stringContaining('No space left on device'),
  })
})

test('what fails for another reason stays as it is', async () => {
  expect(await said('echo lost; exit 3', true)).toMatchObject({ code: 'KILN_PROGRAM_FAILED' })
})
