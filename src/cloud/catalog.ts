import { KilnError } from '../core/error.ts'
import type { CloudSettings } from './settings/settings.ts'
import type { Catalog } from './token.ts'

/** Services that Kiln speaks with, by the type that the catalog calls them, and the path that their version has. */
export const SERVICES = {
  image: { what: 'images (Glance)', types: ['image', 'imagev2'], version: /\/v2(\.\d+)?$/, path: '/v2' },
  orchestration: { what: 'stacks (Heat)', types: ['orchestration'], version: /./, path: '' },
  compute: {
    what: 'servers (Nova)',
    types: ['compute', 'computev21'],
    version: /\/v2(\.1)?(\/[0-9a-f]{32})?$/,
    path: '/v2.1',
  },
} as const
export type ServiceType = keyof typeof SERVICES

/**
 * Address of a service, with its version, without a slash at its end.
 * @throws KilnError `KILN_CLOUD_SERVICE_ABSENT` naming what there is.
 */
export function endpointOf(service: ServiceType, settings: CloudSettings, catalog: Catalog): string {
  const { types, version, path, what } = SERVICES[service]
  const given = types.map((type) => settings.endpoints[type.replaceAll('-', '_')]).find(Boolean)
  const url = given ?? fromCatalog(types, settings, catalog)
  if (url !== undefined && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    const { origin, pathname } = new URL(url)
    const base = `${origin}${pathname.replace(/\/+$/, '')}`
    return version.test(pathname.replace(/\/+$/, '')) ? base : base + path
  }
  const { name, region } = settings
  const there = offered(catalog)
  throw new KilnError(
    'KILN_CLOUD_SERVICE_ABSENT',
    `The cloud ${name} offers no ${what}${region === undefined ? '' : ` in the region ${region}`}, interface ${settings.interface}.`,
    {
      fault: 'input',
      hint:
        there.length > 0
          ? `Its catalog has: ${there.join(', ')}. Check region_name and interface.`
          : 'Its catalog is empty: the login is for no project. Give project_name (OS_PROJECT_NAME).',
      data: { cloud: name, service, offered: there },
    },
  )
}

function fromCatalog(types: readonly string[], settings: CloudSettings, catalog: Catalog) {
  for (const type of types)
    for (const service of catalog.filter((each) => each.type === type))
      for (const { interface: side, region, region_id, url } of service.endpoints)
        if (side === settings.interface && (settings.region ?? region_id ?? region) === (region_id ?? region))
          return url
  return undefined
}

function offered(catalog: Catalog): string[] {
  const all = catalog.flatMap(({ type, endpoints }) =>
    endpoints.map((each) => `${type} (${each.region_id ?? each.region ?? 'no region'}, ${each.interface})`),
  )
  return [...new Set(all)].sort()
}
