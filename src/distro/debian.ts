import type { Mirrors } from '../tools/apt/mirrors.ts'
import type { BaseFile, Distribution } from './distribution.ts'

interface Release {
  readonly number: number
  readonly suite: string
  readonly components: readonly string[]
  readonly packages: readonly string[]
  readonly ext4Without: readonly string[]
}

/** What every release's base holds. */
const COMMON: readonly string[] = [
  // it boots: kernel for virtual machines, boot loaders for both firmwares, signed
  'linux-image-cloud-amd64',
  'initramfs-tools',
  'zstd',
  'grub-cloud-amd64',
  'systemd-sysv',
  'udev',
  'dbus',
  'libpam-systemd',
  // it finds its data, its network and the size of its disk
  'cloud-init',
  'cloud-guest-utils',
  'fdisk',
  'e2fsprogs',
  'iproute2',
  'netbase',
  'systemd-resolved',
  'ifupdown-',
  // it can be reached and looked after
  'login',
  'openssh-server',
  'sudo',
  'apt',
  'debian-archive-keyring',
  'ca-certificates',
  'procps',
  'iputils-ping',
  'less',
  'systemd-timesyncd',
]

const RELEASES: readonly Release[] = [
  {
    number: 13,
    suite: 'trixie',
    components: ['main', 'non-free-firmware'],
    packages: ['dhcpcd-base'],
    ext4Without: ['metadata_csum_seed', 'orphan_file'],
  },
  {
    number: 12,
    suite: 'bookworm',
    components: ['main', 'non-free-firmware'],
    packages: ['isc-dhcp-client', 'usr-is-merged'],
    ext4Without: ['metadata_csum_seed', 'orphan_file'],
  },
]

/**
 * Where OpenStack's metadata service is. The second is its IPv6 address on the first network card (%25 is a percent
 * sign, 2 the number that follows the loopback device's). By itself Debian 12's cloud-init does not look there at all,
 * and Debian 13's names the card, which its HTTP library garbles; a number passes. IPv4 comes first: Debian 12's asks
 * one after the other, so where IPv4 answers nothing takes longer.
 */
const METADATA_URLS: readonly string[] = ['http://169.254.169.254', 'http://[fe80::a9fe:a9fe%252]']

/** Debian's releases that images can be composed of. */
export const debianReleases: readonly Distribution[] = RELEASES.map((release) => ({
  id: `debian-${release.number}`,
  family: 'debian',
  suite: release.suite,
  title: `Debian ${release.number}`,
  arch: 'amd64',
  repositories: (mirrors) => [
    { uri: mirrors.archive, suite: release.suite, components: ['main'] },
    { uri: mirrors.archive, suite: `${release.suite}-updates`, components: ['main'] },
    { uri: mirrors.security, suite: `${release.suite}-security`, components: ['main'] },
  ],
  keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  basePackages: [...COMMON.filter((name) => !name.endsWith('-')), ...release.packages],
  baseFiles: (mirrors) => baseFiles(release, mirrors),
  baseServices: { enable: ['systemd-networkd', 'systemd-resolved', 'ssh'], disable: [] },
  ext4Without: release.ext4Without,
}))

function baseFiles(release: Release, mirrors: Omit<Mirrors, 'origin'>): BaseFile[] {
  const source = (uri: string, suites: string) =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: ${release.components.join(' ')}\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`
  return [
    {
      path: '/etc/apt/sources.list.d/debian.sources',
      content: `${source(mirrors.archive, `${release.suite} ${release.suite}-updates`)}\n${source(mirrors.security, `${release.suite}-security`)}`,
    },
    {
      path: '/etc/cloud/cloud.cfg.d/90_kiln.cfg',
      // Without the list cloud-init would also look for clouds that are not there; with it a guest without any data starts, too.
      content:
        'locale: C.UTF-8\n' +
        'datasource_list: [ NoCloud, ConfigDrive, OpenStack, None ]\n' +
        `datasource:\n  OpenStack:\n    metadata_urls: [ ${METADATA_URLS.map((url) => `"${url}"`).join(', ')} ]\n` +
        // The repositories above are the guest's: cloud-init must not write others of its own.
        'apt:\n  preserve_sources_list: true\n' +
        'system_info:\n  network:\n    renderers: [ networkd ]\n',
    },
    {
      // A guest without any data is set up, too: it needs host keys for ssh, and its disk grown.
      path: '/etc/cloud/ds-identify.cfg',
      content: 'policy: search,found=all,maybe=all,notfound=enabled\n',
    },
    {
      path: '/etc/hosts',
      content:
        '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n',
    },
    { path: '/etc/hostname', content: 'localhost\n' },
    { path: '/etc/default/locale', content: 'LANG=C.UTF-8\n' },
  ]
}
