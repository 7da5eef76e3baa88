import { inputError } from '../../core/error.ts'
import { follow, readSmall } from '../read/follow.ts'
import type { Firmware } from '../request.ts'
import type { TreeReader } from '../tree.ts'
import type { BaseImage } from './facts.ts'
import { type OpenBase, openBase } from './open.ts'

/** What a disk image that others are built on says of itself. */
export interface LookedInto extends Omit<BaseImage, 'source' | 'sha256' | 'size' | 'content'> {
  /** Of its os-release: `debian`, `13`, `Debian GNU/Linux 13 (trixie)`. */
  readonly release: { readonly id: string; readonly version: string; readonly title: string }
  /** dpkg's status file; '' where it has none. */
  readonly status: string
  /** Architecture of its packages: `amd64`; '' where dpkg has no word of it. */
  readonly arch: string
  /** Programs that templates ask for and that somebody may have put there without a package: `cfn-init`. */
  readonly programs: ReadonlySet<string>
  /** Files of apt's sources, with their content. */
  readonly sources: ReadonlyMap<string, string>
  /** Seconds since 1970: when its root was last written to. */
  readonly written: number
}

/**
 * Looks into a disk image, without starting or mounting it.
 * @param name how errors call it @throws KilnError as `openBase`.
 */
export async function lookInto(path: string, name: string): Promise<LookedInto> {
  await using base = await openBase(path, name)
  const [root] = base.mounts
  const firmware = await firmwareOf(base)
  if (firmware.length === 0)
    throw inputError(
      'KILN_BASE_UNSUPPORTED',
      `The disk image ${name} cannot be built on: it has no boot loader.`,
      {
        hint: 'Kiln looks for one in the first sector, and for EFI/BOOT/BOOTX64.EFI on an EFI system partition.',
      },
    )
  const release = parseRelease(await textOf(root!.reader, 'etc/os-release'))
  const status = await textOf(root!.reader, 'var/lib/dpkg/status')
  return {
    virtualSize: base.disk.size,
    firmware,
    table: base.table.kind === 'mbr' ? 'msdos' : base.table.kind,
    mounts: base.mounts.map(({ at, partition, uuid, label, partitionUuid }) => ({
      at,
      partition,
      uuid,
      label,
      partitionUuid,
    })),
    release,
    status,
    arch: /^Package: dpkg\n(?:.+\n)*?Architecture: ([\w-]+)$/m.exec(status)?.[1] ?? '',
    programs: await programsOf(root!.reader),
    sources: await sourcesOf(root!.reader),
    written: root!.facts.written,
  }
}

async function firmwareOf({ disk, table }: OpenBase): Promise<Firmware[]> {
  const code = await disk.read(0, Math.min(440, disk.size))
  const esp = table.partitions.filter(({ kind }) => kind === 'esp')
  let uefi = false
  for (const partition of esp) {
    const { tree } = await disk.fileSystem(partition)
    if (!tree) continue
    for await (const { path } of tree.walk()) if (/^efi\/boot\/bootx64\.efi$/i.test(path)) uefi = true
  }
  return [...(code.some((byte) => byte !== 0) ? ['bios' as const] : []), ...(uefi ? ['uefi' as const] : [])]
}

/** Values are shell words: with or without quotes. */
function parseRelease(text: string): LookedInto['release'] {
  const values = new Map<string, string>()
  for (const [, key, value] of text.matchAll(/^([A-Z_]+)=(.*)$/gm))
    values.set(key!, value!.replace(/^(["'])(.*)\1$/, '$2').replace(/\\([\\"'$`])/g, '$1'))
  const id = values.get('ID') ?? ''
  return {
    id,
    version: values.get('VERSION_ID') ?? '',
    title: values.get('PRETTY_NAME') ?? (id || 'an unknown system'),
  }
}

async function programsOf(reader: TreeReader): Promise<Set<string>> {
  const places = ['usr/bin', 'usr/local/bin', 'opt/aws/bin']
  const found = await Promise.all(places.map((place) => follow(reader, `${place}/cfn-init`)))
  return new Set(found.some((entry) => entry?.kind === 'file') ? ['cfn-init'] : [])
}

async function sourcesOf(reader: TreeReader): Promise<Map<string, string>> {
  const sources = new Map<string, string>()
  const add = async (path: string) => {
    const content = await textOf(reader, path)
    if (/^\s*(deb|URIs:)\s/m.test(content)) sources.set(`/${path}`, content)
  }
  await add('etc/apt/sources.list')
  for (const path of await namesIn(reader, 'etc/apt/sources.list.d'))
    if (/\.(list|sources)$/.test(path)) await add(path)
  return sources
}

/** A file as text, '' where there is none. The state of a system's packages seldom has more than 5 MB. */
async function textOf(reader: TreeReader, path: string): Promise<string> {
  return (await readSmall(reader, path, 64 << 20))?.toString('utf8') ?? ''
}

/** What lies directly in a folder. */
async function namesIn(reader: TreeReader, folder: string): Promise<string[]> {
  const found: string[] = []
  for await (const { path } of reader.walk()) {
    if (path.startsWith(`${folder}/`)) found.push(path)
    else if (found.length > 0) break
  }
  return found
}
