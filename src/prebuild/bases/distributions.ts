/**
 * The distributions that people's image names speak of. One entry a distribution; which of them can be built is not
 * said here but in `distro/`.
 */

/** How its packages are installed; decides which section of a template fits. */
export type Family = 'debian' | 'redhat' | 'suse' | 'other'

export interface KnownDistribution {
  /** First part of the OS id: `ubuntu` in `ubuntu-24.04`. */
  readonly id: string
  readonly title: string
  readonly family: Family
  /** Words of a name that mean it. A word may be joined to its release: `debian12`, `F17`. */
  readonly words: readonly string[]
  /** The release as the id writes it, from the number in a name; undefined when that cannot be a release of it. */
  release(number: string): string | undefined
  /** Code names and the release they mean. */
  readonly codenames: Readonly<Record<string, string>>
  /** Words that only this distribution's names hold and that say nothing: `fossa`. */
  readonly fillers: readonly string[]
}

const major = (number: string) => /^\d{1,2}(?=$|\.)/.exec(number)?.[0]
const dotted = (number: string) => (/^\d{1,2}(\.\d{1,2})?$/.test(number) ? number : undefined)
/** `63` → `6.3`, `7` and `7.9` as they are: how images of the time of Fedora 17 were called. */
const joined = (number: string) => dotted(number.replace(/^([5-9])(\d)$/, '$1.$2'))
const none: Readonly<Record<string, string>> = {}

export const distributions: readonly KnownDistribution[] = [
  {
    id: 'debian',
    title: 'Debian',
    family: 'debian',
    words: ['debian'],
    release: major,
    codenames: {
      wheezy: '7',
      jessie: '8',
      stretch: '9',
      buster: '10',
      bullseye: '11',
      bookworm: '12',
      trixie: '13',
      forky: '14',
    },
    fillers: ['gnu'],
  },
  {
    id: 'ubuntu',
    title: 'Ubuntu',
    family: 'debian',
    words: ['ubuntu'],
    release: (number) => {
      const [, year, month] = /^(\d\d)\.?(04|10)(?:\.\d+)?$/.exec(number) ?? []
      return year && month ? `${year}.${month}` : undefined
    },
    codenames: {
      lucid: '10.04',
      precise: '12.04',
      saucy: '13.10',
      trusty: '14.04',
      xenial: '16.04',
      bionic: '18.04',
      focal: '20.04',
      jammy: '22.04',
      noble: '24.04',
      plucky: '25.04',
      questing: '25.10',
      resolute: '26.04',
    },
    fillers: [
      'lts',
      'lynx',
      'pangolin',
      'salamander',
      'tahr',
      'xerus',
      'beaver',
      'fossa',
      'jellyfish',
      'numbat',
      'puffin',
      'quokka',
      'raccoon',
    ],
  },
  {
    id: 'fedora',
    title: 'Fedora',
    family: 'redhat',
    words: ['fedora', 'f', 'fc'],
    release: major,
    codenames: none,
    fillers: [],
  },
  {
    id: 'centos-stream',
    title: 'CentOS Stream',
    family: 'redhat',
    words: ['centosstream'],
    release: major,
    codenames: none,
    fillers: [],
  },
  {
    id: 'centos',
    title: 'CentOS',
    family: 'redhat',
    words: ['centos'],
    release: joined,
    codenames: none,
    fillers: [],
  },
  {
    id: 'rhel',
    title: 'Red Hat Enterprise Linux',
    family: 'redhat',
    words: ['rhel', 'redhat'],
    release: joined,
    codenames: none,
    fillers: ['kvm', 'guest'],
  },
  {
    id: 'rocky',
    title: 'Rocky Linux',
    family: 'redhat',
    words: ['rocky', 'rockylinux'],
    release: dotted,
    codenames: none,
    fillers: [],
  },
  {
    id: 'almalinux',
    title: 'AlmaLinux',
    family: 'redhat',
    words: ['almalinux', 'alma'],
    release: dotted,
    codenames: none,
    fillers: [],
  },
  {
    id: 'oracle',
    title: 'Oracle Linux',
    family: 'redhat',
    words: ['oracle', 'oraclelinux', 'ol'],
    release: dotted,
    codenames: none,
    fillers: [],
  },
  {
    id: 'amazon',
    title: 'Amazon Linux',
    family: 'redhat',
    words: ['amazon', 'amzn', 'al'],
    release: (number) => (/^(2|20\d\d)(\.|$)/.test(number) ? number.split('.')[0] : undefined),
    codenames: none,
    fillers: ['ami', 'hvm', 'kernel'],
  },
  {
    id: 'opensuse-leap',
    title: 'openSUSE Leap',
    family: 'suse',
    words: ['opensuseleap', 'opensuse'],
    release: dotted,
    codenames: none,
    fillers: ['leap', 'vm'],
  },
  {
    id: 'sles',
    title: 'SUSE Linux Enterprise Server',
    family: 'suse',
    words: ['sles', 'sle'],
    release: (number) => dotted(number),
    codenames: none,
    fillers: ['sp1', 'sp2', 'sp3', 'sp4', 'sp5', 'sp6', 'sp7', 'vm'],
  },
  {
    id: 'cirros',
    title: 'CirrOS',
    family: 'other',
    words: ['cirros'],
    release: (number) => (/^0\.\d(\.\d)?$/.test(number) ? number : undefined),
    codenames: none,
    fillers: ['uec'],
  },
  {
    id: 'alpine',
    title: 'Alpine Linux',
    family: 'other',
    words: ['alpine'],
    release: (number) => /^3\.\d+(?=$|\.)/.exec(number)?.[0],
    codenames: none,
    fillers: [],
  },
  {
    id: 'arch',
    title: 'Arch Linux',
    family: 'other',
    words: ['archlinux'],
    release: () => undefined,
    codenames: none,
    fillers: [],
  },
  {
    id: 'coreos',
    title: 'CoreOS',
    family: 'other',
    words: ['coreos', 'fcos', 'flatcar'],
    release: dotted,
    codenames: none,
    fillers: ['fedora', 'stable', 'beta', 'alpha', 'production'],
  },
]
