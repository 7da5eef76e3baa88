import { readFile } from 'node:fs/promises'
import { KilnError } from '../../core/error.ts'
import { lines } from '../../tools/run.ts'
import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { GuestParts } from '../qemu/guest.ts'
import { foldersOf, makeFatDisk } from './disk.ts'
import { nocloudFiles } from './nocloud.ts'
import { openstackFiles, serviceFiles } from './openstack.ts'
import type { SeedData, SeedKind } from './types.ts'

const DISK = '/build/seed.img'
const SERVICE = '/build/service'

/** By this name cloud-init knows that it runs on OpenStack. */
const PRODUCT = 'OpenStack Nova'

/** The guest's network device in its sandbox, where it is not one of QEMU's own making. */
const DEVICE = 'kiln0'

/** Where clouds answer over IPv4. */
const METADATA_ADDRESS = '169.254.169.254'

/**
 * Brings up the loopback device of the sandbox's empty network (SIOCSIFFLAGS, IFF_UP | IFF_RUNNING): QEMU talks to
 * the programs behind its forwards over it.
 */
const LOOPBACK_UP = `use Socket;
my $request = pack 'a16 s x22', 'lo', 0x41;
socket(my $any, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\\n";
ioctl($any, 0x8914, $request) or die "lo: $!\\n"`

/**
 * Makes the seed in a guest's sandbox and says what the guest needs to find it. `metadata6` needs a sandbox with `tap`.
 * @throws KilnError `KILN_SEED_FAILED` when the service could not be started.
 */
export async function makeSeed(sandbox: Sandbox, kind: SeedKind, data: SeedData): Promise<GuestParts> {
  switch (kind) {
    case 'nocloud':
      await makeFatDisk(sandbox, DISK, 'CIDATA', nocloudFiles(data))
      return { drives: [{ path: DISK, format: 'raw', readOnly: true }] }
    case 'configdrive':
      await makeFatDisk(sandbox, DISK, 'config-2', openstackFiles(data))
      return { drives: [{ path: DISK, format: 'raw', readOnly: true }] }
    case 'metadata':
      return overIpv4(sandbox, await metadataService(sandbox, data))
    case 'metadata6':
      return overIpv6(sandbox, await metadataService(sandbox, data))
  }
}

/** Makes the service; the command that answers one connection on its standard streams. */
async function metadataService(sandbox: Sandbox, data: SeedData): Promise<readonly string[]> {
  const files = serviceFiles(data)
  await sandbox.run(['mkdir', '-p', ...foldersOf(files).map((folder) => `${SERVICE}/${folder}`)])
  for (const [name, content] of files)
    await sandbox.run(['sh', '-c', 'cat >"$1"', 'sh', `${SERVICE}/${name}`], { input: content })
  await copyScript(sandbox, 'service.pl')
  return ['env', 'LC_ALL=C', 'perl', '/build/service.pl', SERVICE]
}

async function copyScript(sandbox: Sandbox, name: 'service.pl' | 'link.pl'): Promise<void> {
  const script = await readFile(new URL(name, import.meta.url))
  await sandbox.run(['sh', '-c', 'cat >"$1"', 'sh', `/build/${name}`], { input: script })
}

async function overIpv4(sandbox: Sandbox, command: readonly string[]): Promise<GuestParts> {
  await sandbox.run(['perl', '-e', LOOPBACK_UP], { env: { LC_ALL: 'C' } })
  return {
    product: PRODUCT,
    network: {
      kind: 'restricted',
      wide: true,
      forwards: [{ address: METADATA_ADDRESS, port: 80, command: command.join(' ') }],
    },
  }
}

/** QEMU forwards IPv4 only: for IPv6 the guest gets a network in the kernel's hands, with our own end of it. */
async function overIpv6(sandbox: Sandbox, command: readonly string[]): Promise<GuestParts> {
  await copyScript(sandbox, 'link.pl')
  const link = sandbox.start(['env', 'LC_ALL=C', 'perl', '/build/link.pl', DEVICE, ...command])
  const problems: string[] = []
  lines(link.child.stderr!, (line) => problems.push(line.slice(0, 400)) > 20 && problems.shift())
  const ready = await new Promise<boolean>((resolve) => {
    lines(link.child.stdout!, (line) => line === 'ready' && resolve(true))
    link.ended.then(() => resolve(false)).catch(() => resolve(false))
  })
  if (!ready)
    throw new KilnError(
      'KILN_SEED_FAILED',
      `The metadata service over IPv6 could not be started: ${problems.join(' ') || 'no reason given'}`,
      { hint: 'It needs IPv6 in the kernel of this machine; --seed metadata is the same over IPv4.' },
    )
  return { product: PRODUCT, network: { kind: 'tap', device: DEVICE } }
}
