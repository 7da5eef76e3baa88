import { failure, known, type Result, scalar, withDeps } from '../evaluate/result.ts'
import { resolvePath } from '../files.ts'
import { toInt, truthy } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Files, Key } from '../types.ts'

/** A parent's property as the child's parameter: null is no value. */
export function childParameter(properties: Result, name: string): Result | undefined {
  const value = property(properties, name)
  return value?.kind === 'scalar' && value.value === null ? undefined : value
}

/** What `resource_facade` says of the parent's resource. */
export function facadePart(metadata: Result, part: string): Result {
  if (part === 'metadata') return metadata.kind === 'scalar' ? known(new Map()) : metadata
  if (part === 'deletion_policy') return scalar('Delete')
  return part === 'update_policy' ? known(new Map()) : failure(`resource_facade does not know '${part}'`)
}

/** Reads what `get_file` names: text, or base64 of what is not UTF-8, as Heat's client sends it: lines of 76 characters. */
export function fileReader(files: Files) {
  return (name: string, from: string): { readonly text: string } | { readonly refused: string } => {
    const plain = /^(?:[a-z][a-z0-9+.-]*:\/\/|\/)/i.test(name) ? undefined : resolvePath(from, name)
    if (plain === undefined)
      return { refused: `the file '${name}' is not below the root directory, it is not read` }
    const answer = files.read(plain)
    if (!answer.ok)
      return {
        refused: `the file '${name}' ${answer.why === 'outside' ? 'is not below the root directory' : 'cannot be read'}`,
      }
    try {
      return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(answer.bytes) }
    } catch {
      return {
        text: Buffer.from(answer.bytes)
          .toString('base64')
          .replaceAll(/.{1,76}/g, '$&\n'),
      }
    }
  }
}

/** Goes down a dotted path of properties. */
export function down(properties: Result, path: string): Result | undefined {
  let here: Result | undefined = properties
  for (const name of path.split('.')) here = here === undefined ? undefined : property(here, name)
  return here
}

/** First block device that the instance boots from and that is made of an image: its index, key and image. */
export function bootDevice(
  properties: Result,
): { image: Result; place: readonly Key[] } | 'volume' | undefined {
  const devices = property(properties, 'block_device_mapping_v2')
  const list = devices === undefined ? undefined : devices.kind === 'list' ? devices.items : undefined
  if (devices === undefined || list === undefined) {
    return devices?.kind === 'hole' ? { image: devices, place: ['block_device_mapping_v2'] } : undefined
  }
  for (const [i, item] of list.entries()) {
    const device = item()
    // It may be the one that the instance boots from.
    if (device.kind === 'hole')
      return { image: withDeps(device, devices.deps), place: ['block_device_mapping_v2', BigInt(i)] }
    if (device.kind !== 'map') continue
    const order = property(device, 'boot_index')
    const index = order?.kind === 'scalar' && order.value !== null ? toInt(order.value) : 0n
    if (index !== 0n) continue
    for (const key of ['image', 'image_id']) {
      const image = property(device, key)
      if (image === undefined || (image.kind === 'scalar' && image.value === null)) continue
      return { image: withDeps(image, devices.deps), place: ['block_device_mapping_v2', BigInt(i), key] }
    }
    for (const key of ['volume_id', 'snapshot_id']) {
      const source = property(device, key)
      if (source !== undefined && !(source.kind === 'scalar' && !truthy(source.value))) return 'volume'
    }
  }
  return undefined
}
