import { inputError } from '../../core/error.ts'
import { openBase, type TreeEntry, tarOf } from '../../disk/index.ts'
import { type Stage, TREE, toolScript } from '../stage.ts'

export interface ImageOptions {
  /** SHA-256 of the disk image. */
  readonly sha256: string
}

/** Ids that a sandbox has: the range that every user gets by default. */
const IDS = 65536

/** The tree of an existing disk image, its file systems put together as they are mounted. */
export const imageStage: Stage<ImageOptions> = {
  name: 'image',
  version: 1,
  async run({ sha256 }, context) {
    await using base = await openBase(context.object(sha256))
    let files = 0
    for (const { at, reader } of base.mounts) {
      const below = at.slice(1)
      const input = tarOf(reader, {
        below,
        skip: (entry) => isOfMachine(entry, at) || isDevice(entry),
        attributes: (name) => name === 'security.capability',
        onEntry: (entry) => {
          demandOwner(entry)
          if (++files % 1000 === 0) context.step.log(`${files} files`)
        },
      })
      await context.sandbox.run(
        ['tar', '-x', '--numeric-owner', '--same-permissions', '--xattrs', '--xattrs-include=*', '-C', TREE],
        { input, what: 'unpacking the disk image' },
      )
    }
    await toolScript(
      context,
      `cd "$1"
mkdir -p proc sys dev run tmp usr/sbin
# Kept for the end, where it was somebody's own.
[ ! -e usr/sbin/policy-rc.d ] || mv usr/sbin/policy-rc.d usr/sbin/policy-rc.d.kiln-kept
printf '#!/bin/sh\\nexit 101\\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d`,
      [TREE],
      { what: 'preparing the tree of the disk image' },
    )
  },
}

/** What a running machine puts there, and what a file system makes by itself. */
function isOfMachine({ path }: TreeEntry, at: string): boolean {
  if (path === 'lost+found') return true
  return at === '/' && /^(proc|sys|dev|run)\//.test(path)
}

/** A namespace without privileges cannot make any; they are put into the disk when it is written. */
function isDevice({ kind }: TreeEntry): boolean {
  return kind === 'character' || kind === 'block'
}

function demandOwner({ path, uid, gid }: TreeEntry): void {
  const id = Math.max(uid, gid)
  if (id < IDS) return
  throw inputError(
    'KILN_BASE_UNSUPPORTED',
    `The file /${path} of the disk image belongs to the id ${id}, and a build has only ids below ${IDS}.`,
    { hint: 'Give it to another user before the image is taken.' },
  )
}
