import { HOLE } from '../evaluate/result.ts'
import type { Choice, Instance, Need, Residue } from '../types.ts'

/** What became of the template: the needs that are gone from it, and why others are still there. */
interface Left {
  readonly gone: ReadonlySet<string>
  readonly why: string
}

/**
 * What still happens when an instance boots from its new image. Without a choice: as if all that can be baked was.
 * Without `left`: as if all that may leave the template had left it.
 */
export function residueOf(instance: Instance, baked: Choice['baked'] = 'all', left?: Left): Residue[] {
  const out: Residue[] = []
  const add = (what: string, why: string) => {
    if (!out.some((one) => one.what === what && one.why === why)) out.push({ path: instance.path, what, why })
  }
  const isDone = (need: Need) => need.bake && (baked === 'all' || baked.has(need.id))
  const stays = (need: Need) => !need.removable || !isDone(need)
  const packages = instance.needs.filter((need) => need.kind === 'package')
  const leavesWithPackages = (update: Need) => {
    const list = packages.filter((need) => listOf(need) === listOf(update))
    const kept = (need: Need) => (left === undefined ? stays(need) : !left.gone.has(need.id))
    return list.length > 0 && !list.some(kept)
  }
  for (const need of instance.needs) {
    if (need.kind === 'other' && need.name === 'package_update' && leavesWithPackages(need)) continue
    const what = nameOf(need)
    if (!isDone(need)) add(what, need.why ?? 'it is not in the image')
    else if (need.kind === 'file' && (left === undefined ? need.removable : left.gone.has(need.id))) continue
    else if (need.kind === 'file')
      add(
        `${what} written again`,
        need.params.length > 0
          ? `another value of ${need.params.join(', ')} must not find an old one`
          : 'files are cheap to write, and right',
      )
    else if (need.params.length > 0)
      add(what, `it depends on ${need.params.join(', ')}, so the template keeps it`)
    else if (need.from === 'script') add(what, 'the script still asks for it, and finds it there')
    else if (need.kind === 'package' && left !== undefined && !left.gone.has(need.id)) {
      const others = packages.some((other) => listOf(other) === listOf(need) && stays(other))
      const why = others ? 'others in their list have to stay' : left.why
      add('packages checked again', `they are in the image already; ${why}`)
    }
    if (need.kind === 'service' && need.ensureRunning === true)
      add(`service ${need.name} started`, 'services are never started in an image')
  }
  return out
}

/** The list that a package belongs to: what is in one leaves a template together or not at all. */
function listOf(need: Need): string {
  const manager = need.from === 'cfn-init' && need.kind === 'package' ? need.managerName : ''
  return `${need.id.slice(0, need.id.indexOf(':'))}:${need.config ?? ''}:${manager}`
}

/** What a need is called in a table. Hidden values are not in names. */
export function nameOf(need: Need): string {
  const called = (name: string) => name.replaceAll(HOLE, '…') || (need.hidden ? '(hidden)' : '(no name)')
  switch (need.kind) {
    case 'package':
      return `package ${called(need.name)} (${need.managerName})`
    case 'service':
      return `service ${called(need.name)}`
    case 'file':
      return `file ${called(need.path)}`
    case 'group':
      return `group ${called(need.name)}`
    case 'user':
      return `user ${called(need.name)}`
    case 'source':
      return `archive for ${called(need.path)}`
    case 'command':
      return `command ${called(need.name)}`
    case 'repository':
      return `${need.system} repository ${called(need.name)}`
    case 'hook':
      return `deployment ${need.deployment} (${need.group})`
    case 'other':
      return called(need.name)
  }
}
