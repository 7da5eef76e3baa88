import type { Files, SeedData } from './types.ts'

/** The files of a NoCloud disk. */
export function nocloudFiles(data: SeedData): Files {
  // JSON is YAML, and needs no quoting rules of its own.
  const meta = {
    'instance-id': data.instanceId,
    'local-hostname': data.hostname,
    ...(data.publicKeys?.length ? { 'public-keys': data.publicKeys } : {}),
  }
  return new Map<string, string | Uint8Array>([
    ['meta-data', `${JSON.stringify(meta)}\n`],
    // The file must be there even when there is nothing to say.
    ['user-data', data.userData ?? ''],
    ...(data.vendorData === undefined ? [] : ([['vendor-data', data.vendorData]] as const)),
  ])
}
