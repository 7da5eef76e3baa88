import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findLayer, keepLayer, markTree, OUT, restoreLayer, startTree } from '../../src/build/layers.ts'
import { distribution } from '../../src/distro/index.ts'
import type { StageContext } from '../../src/stages/stage.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

/** What a stage may do to a tree; each is seen in the listing of a tree that the layers are put onto. */
const FIRST = `
mkdir -p was-folder/deep was-folder-with one two swap-a swap-b target "$(printf 'caf\\351')"
echo 1 >was-folder/deep/x; echo 1 >was-folder-with/x; echo a >swap-a/f; echo b >swap-b/f; echo t >target/kept
echo 1 >was-file; ln -s target was-link; ln -s target was-link-with; ln -s /in/out leads-out; ln -s a changes-target
touch "$(printf 'caf\\351/r\\351moved')" "$(printf 'st\\351ys')" with' space' 'with
newline'; ln was-file one/hard; mkfifo pipe; echo same >name; ln name other-name; chmod 4755 was-file
`
const SECOND = `
rm -r was-folder; ln -s target was-folder
rm -r was-folder-with; echo file >was-folder-with
rm was-file; mkdir was-file; echo 2 >was-file/inside
rm was-link; mkdir was-link; echo mine >was-link/kept
rm was-link-with; echo file >was-link-with
rm leads-out; mkdir leads-out; echo payload >leads-out/disk.qcow2; ln -s /etc/passwd leads-out/layer
ln -sfn b changes-target
mv swap-a t; mv swap-b swap-a; mv t swap-b
mv one three; rm -r "$(printf 'caf\\351')" 'with
newline'; chmod 700 two; rm pipe; mkdir pipe
echo another >new; mv new name
`

const planned = (key: string) => ({ key, made: { stage: key, version: 1, options: {} } })

let sandbox: Sandbox
let store: Store
let folder: string
let out: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-layers-'))
  store = await openStore(folder)
  out = (await store.workFolder()).path
  sandbox = await suiteSandbox({
    binds: [
      { source: join(folder, 'objects'), target: '/in/objects' },
      { source: out, target: OUT, writable: true },
    ],
  })
  await chown(out, sandbox.owner.uid, sandbox.owner.gid)
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('layers put onto one another give the tree that they were made from, whatever kind of thing a path was before', async () => {
  const context: StageContext = {
    sandbox,
    os: distribution('debian-13')!,
    epoch: 1,
    object: (sha256) => sha256,
    step: { id: 'x', progress: () => {}, log: () => {} },
  }
  const sh = async (script: string) => (await sandbox.run(['sh', '-euc', script])).stdout
  const listing = () =>
    sh(
      'cd /build/tree; tar -c --sort=name --numeric-owner . | sha256sum; find . -printf "%p %y %l %m %s %T@\\n" | LC_ALL=C sort; grep -r . . --exclude-dir=leads-out | LC_ALL=C sort',
    )
  await startTree(context)
  await sh(`cd /build/tree; ${FIRST}`)
  const first = await keepLayer(store, planned('first'), '', out, context)
  await sh(`cd /build/tree; ${SECOND}`)
  await keepLayer(store, planned('second'), first, out, context)
  const made = await listing()

  await sh('mv /build/tree /build/made')
  await startTree(context)
  await restoreLayer((await findLayer(store, 'first', ''))!, context)
  await markTree(context)
  await restoreLayer((await findLayer(store, 'second', first))!, context)
  expect((await listing()).split('\n')).toEqual(made.split('\n'))
  // A folder that was a link to the outside is made in the tree, not there.
  expect(await sh('ls /in/out')).toBe('')
})
