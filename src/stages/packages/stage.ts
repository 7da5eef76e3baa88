import type { PackageFile } from '../../tools/apt/repository.ts'
import { type BootDisk, makeBootMenu } from '../boot-menu.ts'
import { hold, makeInitramfs, release } from '../held.ts'
import { DEBS, DPKG_OPTIONS, debName, GUEST_DEBS, inGuest, type Stage } from '../stage.ts'

export interface PackagesOptions {
  readonly packages: readonly PackageFile[]
  /** Names of those that were asked for; the others came along. */
  readonly wanted: readonly string[]
  /** The disk that the tree came from, where it came from one: its boot menu is kept right. */
  readonly boot?: BootDisk
}

/** Package files onto a base, by the guest's own apt: it knows the order and when to configure what. */
export const packagesStage: Stage<PackagesOptions> = {
  name: 'packages',
  version: 2,
  async run(options, context) {
    if (options.packages.length === 0) return
    const total = options.packages.length * 2
    let done = 0
    await hold(context)
    await inGuest(
      context,
      [
        'apt-get',
        '-q',
        '-y',
        '-o',
        'APT::Sandbox::User=root',
        '-o',
        'APT::Install-Recommends=false',
        '-o',
        'Dpkg::Use-Pty=false',
        ...DPKG_OPTIONS.flatMap((option) => ['-o', `Dpkg::Options::=${option}`]),
        'install',
        '--no-remove',
        ...options.packages.map((file) => `${GUEST_DEBS}/${debName(file)}`),
      ],
      {
        binds: [{ source: DEBS, target: GUEST_DEBS }],
        capture: false,
        code: 'KILN_PACKAGES_FAILED',
        onLine: (line) => {
          context.step.log(line)
          if (/^(Unpacking|Setting up) /.test(line)) context.step.progress(++done, total, 'packages')
        },
      },
    )
    await release(context)
    await makeInitramfs(context)
    if (options.boot) await makeBootMenu(context, options.boot)
    const wanted = new Set(options.wanted)
    const automatic = options.packages.filter((file) => !wanted.has(file.name)).map((file) => file.name)
    if (automatic.length > 0) await inGuest(context, ['apt-mark', '-qq', 'auto', ...automatic])
  },
}
