import { type Result, settle } from '../evaluate/result.ts'
import { isList, str } from '../python.ts'
import type { Need, PackageNeed, Value } from '../types.ts'
import type { Made } from './cloud-config.ts'
import { entriesOf, isSaneName, isSaneVersion, itemsOf } from './parts.ts'

/** `packages`: names, `[name, version]`, maps of managers; one text is a list of one. */
export function packageNeeds(value: Result, made: Made): Need[] {
  if (value.kind === 'scalar' && typeof value.value === 'string')
    return [packageNeed(value, '0', 'any', 'cloud-config', made)]
  const list = itemsOf(value)
  if (list === undefined) return [unread('packages', value, made)]
  return list.flatMap((item, i): Need[] => {
    if (item.kind !== 'map') return [packageNeed(item, String(i), 'any', 'cloud-config', made)]
    return entriesOf(item).flatMap(({ name, label, result }): Need[] => {
      const manager = name === 'apt' || name === 'snap' ? name : 'other'
      const inner = itemsOf(result)
      if (inner === undefined) return [unread(`packages/${i}/${label}`, result, made)]
      return inner.map((one, k) => packageNeed(one, `${i}/${label}/${k}`, manager, name || '(hidden)', made))
    })
  })
}

function unread(rest: string, value: Result, made: Made): Need {
  return { kind: 'other', name: 'packages', ...made(rest, value, { why: 'it is not a list' }) }
}

function packageNeed(
  item: Result,
  at: string,
  manager: PackageNeed['manager'],
  managerName: string,
  made: Made,
): Need {
  const settled = settle(item)
  const pair = isList(settled.value) ? settled.value : [settled.value]
  const [name, version] = pair
  const text = typeof name === 'string' ? name : ''
  const versions = isScalar(version) ? [str(version)] : []
  const why =
    manager === 'snap' || manager === 'other'
      ? `${managerName} packages are installed at boot`
      : pair.length > 2 || (version !== undefined && !isScalar(version))
        ? 'it is not a name with a version'
        : !isPackageName(text)
          ? 'its name is not one for a package'
          : versions.every(isSaneVersion)
            ? undefined
            : 'its version is not one for a package'
  const made1 = made(`packages/${at}`, item, { why, removable: true })
  return {
    kind: 'package',
    manager,
    managerName,
    name: made1.hidden ? '' : text,
    versions: settled.status !== 'resolved' || made1.hidden ? [] : versions,
    ...made1,
  }
}

function isScalar(value: Value | undefined): value is string | bigint | number {
  return typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number'
}

/** A name as cloud-init hands it on: apt also reads `name=version`. */
function isPackageName(text: string): boolean {
  const [name, version, ...more] = text.split('=')
  return isSaneName(name!) && more.length === 0 && (version === undefined || isSaneVersion(version))
}
