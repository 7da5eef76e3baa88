import type { BaseFile } from '../../distro/index.ts'
import type { PackageFile } from '../../tools/apt/repository.ts'
import { hold, makeInitramfs, release } from '../held.ts'
import {
  DEBS,
  DPKG_OPTIONS,
  debName,
  GUEST_DEBS,
  inGuest,
  type Stage,
  type StageContext,
  TREE,
  toolScript,
} from '../stage.ts'

export interface BaseOptions {
  readonly os: string
  readonly packages: readonly PackageFile[]
  /** Names of those that must be unpacked before dpkg can run. */
  readonly essential: readonly string[]
  /** Names that an administrator would have asked for; the others may go when nothing needs them. */
  readonly wanted: readonly string[]
  readonly files: readonly BaseFile[]
  readonly services: { readonly enable: readonly string[]; readonly disable: readonly string[] }
}

/** A configured operating system from nothing but package files. */
export const baseStage: Stage<BaseOptions> = {
  name: 'base',
  version: 2,
  async run(options, context) {
    const total = options.packages.length * 2
    let done = 0
    const count = (line: string) => {
      context.step.log(line)
      if (/^(Unpacking|Setting up) /.test(line)) context.step.progress(++done, total, 'packages')
    }
    await unpackEssential(options, context)
    const binds = [{ source: DEBS, target: GUEST_DEBS }]
    const names = options.packages.map((file) => `${GUEST_DEBS}/${debName(file)}`)
    // The set is complete, so order does not matter: dpkg configures by dependency afterwards.
    await inGuest(
      context,
      ['dpkg', ...DPKG_OPTIONS, '--force-depends', '--no-triggers', '--unpack', ...names],
      {
        binds,
        capture: false,
        onLine: count,
      },
    )
    await hold(context)
    await inGuest(context, ['dpkg', ...DPKG_OPTIONS, '--configure', '-a'], {
      capture: false,
      onLine: count,
    })
    await release(context)
    // The initramfs checks the root's file system only if it finds it here; the real entry comes with the disk.
    await toolScript(context, 'echo "PARTLABEL=root / ext4 defaults 0 1" >"$1/etc/fstab"', [TREE])
    await makeInitramfs(context)
    const wanted = new Set([...options.essential, ...options.wanted])
    const automatic = options.packages.filter((file) => !wanted.has(file.name)).map((file) => file.name)
    await inGuest(context, ['apt-mark', '-qq', 'auto', ...automatic])
    for (const file of options.files)
      await toolScript(
        context,
        'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"',
        [TREE + file.path, file.mode ?? '0644'],
        {
          input: file.content,
        },
      )
    await toolScript(context, 'rm -f "$1/etc/apt/sources.list"', [TREE])
    if (options.services.enable.length > 0)
      await inGuest(context, ['systemctl', 'enable', ...options.services.enable])
    if (options.services.disable.length > 0)
      await inGuest(context, ['systemctl', 'disable', ...options.services.disable])
  },
}

/** Puts just enough on disk for dpkg to run, as a bootstrapper does. */
async function unpackEssential(options: BaseOptions, context: StageContext): Promise<void> {
  const essential = new Set(options.essential)
  const files = options.packages
    .filter((file) => essential.has(file.name))
    .map((file) => `${DEBS}/${debName(file)}`)
  const first = files.findIndex((file) => file.startsWith(`${DEBS}/base-files_`))
  await toolScript(
    context,
    `tree=$1; shift
mkdir -p "$tree/usr"
for name in bin sbin lib lib64; do mkdir -p "$tree/usr/$name"; ln -s "usr/$name" "$tree/$name"; done
unpack() { dpkg-deb --fsys-tarfile "$2" | tar -x -C "$1" --keep-directory-symlink; }
unpack "$tree" "$1"; shift
# Two at a time: decompressing is most of it.
printf '%s\\0' "$@" | xargs -0 -P2 -n8 sh -euc 'tree=$0; for deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --keep-directory-symlink; done' "$tree"
mkdir -p "$tree/var/lib/dpkg/info" "$tree/var/lib/dpkg/updates" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/run" "$tree/tmp"
: >>"$tree/var/lib/dpkg/status"
: >>"$tree/var/lib/dpkg/available"
chmod 1777 "$tree/tmp"
printf '#!/bin/sh\\nexit 101\\n' >"$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"`,
    [TREE, files[first]!, ...files.filter((_, n) => n !== first)],
    { what: 'unpacking the essential packages' },
  )
}
