import { distribution } from '../../distro/index.ts'
import type { RepositoryNeed } from '../../heat/index.ts'
import { type Draft, type Fate, fault, stays } from './draft.ts'

/** Puts a package repository of a cloud-config into the recipe, if its key is given in full. */
export function bakeRepository(draft: Draft, need: RepositoryNeed): Fate {
  if (need.system !== 'apt' || (draft.system && draft.system.family !== 'debian'))
    return stays(`${draft.system?.title ?? 'the base'} has no use for repositories of ${need.system}`)
  const key = need.entry.get('key')
  if (typeof key !== 'string' || !key.includes('BEGIN PGP PUBLIC KEY'))
    return stays('its signing key is not given in full, and unsigned packages are not installed')
  const source = need.entry.get('source')
  const parsed = typeof source === 'string' ? parseSource(source, draft.system?.os) : undefined
  if (!parsed) return stays('its source is not a line that Kiln reads (deb URL SUITE COMPONENT…)')
  const repository = { name: need.name.replace(/[^A-Za-z0-9_.-]+/g, '-'), ...parsed, key }
  const invalid = fault('repositories', repository)
  if (invalid !== undefined) return stays(invalid)
  draft.repositories.push(repository)
  return 'baked'
}

/** `deb [options] URL SUITE COMPONENT…`, with cloud-init's $RELEASE. Other architectures' lines and deb-src are not read. */
function parseSource(
  source: string,
  os: string | undefined,
): { uri: string; suite: string; components: string[] } | undefined {
  const suiteOfBase = os === undefined ? undefined : distribution(os)?.suite
  const line = suiteOfBase === undefined ? source : source.replaceAll('$RELEASE', suiteOfBase)
  const [, options = '', uri, suite, components = ''] =
    /^deb\s+(?:\[([^\]]*)\]\s+)?(https?:\/\/\S+)\s+(\S+)(?:\s+(.*))?$/.exec(line.trim()) ?? []
  if (uri === undefined || suite === undefined) return undefined
  // Options may name `$KEY_FILE`, cloud-init's own; anything else that it would fill in is not known here.
  if (`${uri}${suite}${components}`.includes('$')) return undefined
  const arch = /(?:^|\s)arch=(\S+)/.exec(options)?.[1]
  if (arch !== undefined && !arch.split(',').includes('amd64')) return undefined
  return { uri, suite, components: components.split(/\s+/).filter(Boolean) }
}
