import type { Files, SeedData } from './types.ts'

/**
 * The files of OpenStack's metadata, as a config drive and the metadata service both hold them, and the few of EC2's
 * that instances ask for. No network data: the guest then uses DHCP and router advertisements.
 */
export function openstackFiles(data: SeedData): Files {
  const keys = (data.publicKeys ?? []).map((key, n) => [`key${n}`, key] as const)
  const meta = {
    uuid: data.instanceId,
    name: data.hostname,
    hostname: data.hostname,
    launch_index: 0,
    availability_zone: 'nova',
    meta: {},
    ...(keys.length ? { public_keys: Object.fromEntries(keys) } : {}),
  }
  const files = new Map<string, string | Uint8Array>([
    ['openstack/latest/meta_data.json', JSON.stringify(meta)],
    // cloud-init takes the member of its own name.
    [
      'openstack/latest/vendor_data.json',
      JSON.stringify(data.vendorData ? { 'cloud-init': data.vendorData } : {}),
    ],
    [
      'ec2/latest/meta-data.json',
      JSON.stringify({ 'instance-id': data.instanceId, hostname: data.hostname }),
    ],
  ])
  if (data.userData !== undefined) files.set('openstack/latest/user_data', data.userData)
  return files
}

/** The same as URLs: below `openstack/`, and EC2's tree of one value a URL below `latest/`. */
export function serviceFiles(data: SeedData): Files {
  const files = new Map(openstackFiles(data))
  files.delete('ec2/latest/meta-data.json')
  for (const [name, value] of [
    ['ami-id', 'None'],
    ['hostname', data.hostname],
    ['instance-id', data.instanceId],
    ['local-hostname', data.hostname],
  ] as const)
    files.set(`latest/meta-data/${name}`, value)
  if (data.userData !== undefined) files.set('latest/user-data', data.userData)
  return files
}
