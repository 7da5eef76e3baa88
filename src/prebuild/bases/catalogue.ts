import { distributions, type Family, type KnownDistribution } from './distributions.ts'

/** What a name of an image says about what is in it. */
export type Reading =
  /** `release` is absent for rolling ones and where the name has none; `arch` where it has none. */
  | {
      readonly kind: 'os'
      readonly distribution: string
      readonly title: string
      readonly family: Family
      readonly release?: string
      readonly arch?: Arch
    }
  | { readonly kind: 'windows' }
  | { readonly kind: 'unknown' }

export type Arch = 'amd64' | 'arm64' | 'i386' | 'armhf' | 'ppc64el' | 's390x' | 'riscv64'

const ARCHES: ReadonlyMap<string, Arch> = new Map([
  ['amd64', 'amd64'],
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
  ['aarch64', 'arm64'],
  ['i386', 'i386'],
  ['i686', 'i386'],
  ['x86', 'i386'],
  ['armhf', 'armhf'],
  ['armv7', 'armhf'],
  ['ppc64el', 'ppc64el'],
  ['ppc64le', 'ppc64el'],
  ['s390x', 's390x'],
  ['riscv64', 'riscv64'],
])

/** Words of names that say how the image was packed, not what is in it. Any other word means: somebody put something in. */
const FILLERS: ReadonlySet<string> = new Set(
  (
    'linux gnu cloud cloudimg cloudimage genericcloud generic base server openstack nocloud ec2 azure ' +
    'minimal min image img disk disk1 disk0 root qcow2 raw vmdk vhd bit latest current daily official release ga final ' +
    'jeos gold cfntools lts hvm pvhvm pv kvm uefi bios efi os template nectar'
  ).split(' '),
)

/**
 * Reads the name of an image: the distribution, its release and the architecture, when every word of the name is known.
 * A name with an unknown word (`debian-12-mysql`) is an image that somebody changed: `unknown`, never a guess.
 */
export function readName(name: string): Reading {
  const tokens = tokenise(name)
  if (tokens.some((token) => /^(windows|win(dows)?\d+|win2k\d*|w2k\d+)/.test(token)))
    return { kind: 'windows' }
  for (const distribution of distributions) {
    const reading = readAs(distribution, tokens)
    if (reading) return reading
  }
  return { kind: 'unknown' }
}

function tokenise(name: string): string[] {
  const text = name
    .toLowerCase()
    .replace(/\.(qcow2|img|raw|vmdk|vhd|iso)(\.(xz|gz|zst|bz2))?$/, '')
    .replace(/x86[-_]64/g, 'amd64')
    .replace(/\b(32|64)[- ]?bit\b/g, (_, bits) => (bits === '64' ? 'amd64' : 'i386'))
    .replace(/\bred[ _-]hat([ _-]enterprise([ _-]linux)?)?/g, 'rhel')
    .replace(/\bcentos[ _-]stream/g, 'centosstream')
    .replace(/\bopensuse[ _-]leap/g, 'opensuseleap')
    .replace(/\barch[ _-]linux/g, 'archlinux')
  return text
    .replace(/\.(?=[a-z])|(?<=[a-z])\./g, ' ')
    .split(/[^a-z0-9.]+/)
    .map((token) => token.replace(/^\.+|\.+$/g, ''))
    .filter(Boolean)
}

function readAs(distribution: KnownDistribution, tokens: readonly string[]): Reading | undefined {
  const releases = new Set<string>()
  const arches = new Set<Arch>()
  let named = false
  let first: string | undefined
  for (const token of tokens) {
    const [, word, number] = /^([a-z]+)(\d[\d.]*)$/.exec(token) ?? []
    const codename = Object.hasOwn(distribution.codenames, token) ? distribution.codenames[token] : undefined
    if (ARCHES.has(token)) arches.add(ARCHES.get(token)!)
    else if (distribution.words.includes(token) && token.length > 2) named = true
    else if (word && number && distribution.words.includes(word) && distribution.release(number)) {
      named = true
      first ??= number
    } else if (codename) {
      named = true
      releases.add(codename)
    } else if (/^v?\d[\d.]*$/.test(token)) {
      const digits = token.replace('v', '')
      // The first number is the release; those behind it are builds and dates, which are long or dotted.
      if (first === undefined && distribution.release(digits)) first = digits
      else if (digits.length < 3) return undefined
    } else if (!FILLERS.has(token) && !distribution.fillers.includes(token)) return undefined
  }
  if (!named || arches.size > 1) return undefined
  if (first !== undefined) {
    const release = distribution.release(first)
    if (release) releases.add(release)
  }
  // "debian-12-trixie" says two things.
  if (releases.size > 1) return undefined
  const [release] = releases
  const [arch] = arches
  return {
    kind: 'os',
    distribution: distribution.id,
    title: `${distribution.title}${release === undefined ? '' : ` ${release}`}`,
    family: distribution.family,
    ...(release === undefined ? {} : { release }),
    ...(arch === undefined ? {} : { arch }),
  }
}
