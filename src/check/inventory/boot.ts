import type { BootLoader, InstalledPackage } from './types.ts'

const LOADERS: readonly (readonly [RegExp, BootLoader['name'], BootLoader['firmware']])[] = [
  [/^grub-pc-bin$/, 'grub', 'bios'],
  [/^grub-efi-[a-z0-9]+-(signed|bin)$/, 'grub', 'uefi'],
  [/^shim-signed$/, 'shim', 'uefi'],
  [/^systemd-boot(-efi.*)?$/, 'systemd-boot', 'uefi'],
  [/^(syslinux|extlinux)$/, 'syslinux', 'bios'],
]

/** Boot loaders that packages brought, one of a kind and firmware. */
export function bootLoadersOf(packages: readonly Pick<InstalledPackage, 'name' | 'version'>[]): BootLoader[] {
  const found = new Map<string, BootLoader>()
  for (const [pattern, name, firmware] of LOADERS) {
    const by = packages.find((one) => pattern.test(one.name))
    if (by && !found.has(`${name} ${firmware}`))
      found.set(`${name} ${firmware}`, { name, firmware, version: by.version })
  }
  return [...found.values()]
}

/** The version in the name of a kernel's file; undefined where it is no kernel. */
export function kernelVersion(path: string): string | undefined {
  return (
    /^boot\/(?:vmlinuz|vmlinux|Image|kernel)-(\d[^/]*)$/.exec(path)?.[1] ??
    /^(?:usr\/)?lib\/modules\/(\d[^/]*)\/vmlinuz$/.exec(path)?.[1]
  )
}

/** `/etc/os-release` by its names, unquoted. */
export function osRelease(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const match of text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)) {
    const value = match[2]!.trim()
    found[match[1]!] = /^(["']).*\1$/.test(value) ? value.slice(1, -1).replace(/\\([\\"$`])/g, '$1') : value
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}
