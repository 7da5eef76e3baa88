import type { PackageNeed } from '../../heat/index.ts'
import type { Family } from '../bases/index.ts'
import { type Draft, type Fate, fault, settle, stays } from './draft.ts'

/** Package managers that install what a distribution packages, and where they are at home. */
const HOMES: ReadonlyMap<PackageNeed['manager'], readonly Family[]> = new Map([
  ['apt', ['debian']],
  ['yum', ['redhat']],
  ['dnf', ['redhat']],
  ['zypper', ['suse']],
  ['any', ['debian', 'redhat', 'suse', 'other']],
])

const NATIVE: Readonly<Record<Family, string>> = {
  debian: 'apt',
  redhat: 'dnf',
  suse: 'zypper',
  other: 'none',
}

/** Bases that package heat-cfntools. Debian 13 dropped it together with the library that it needs. */
const CFN_TOOLS: ReadonlyMap<string, string> = new Map([['debian-12', 'heat-cfntools']])

/** Puts the packages of an instance into its recipe, by the section that fits the base. */
export function bakePackages(draft: Draft): void {
  const needs = draft.instance.needs.filter(
    (need) => need.kind === 'package' && need.bake && !need.hidden,
  ) as PackageNeed[]
  const ofDistribution = needs.filter((need) => HOMES.has(need.manager))
  for (const need of needs)
    if (!HOMES.has(need.manager))
      settle(draft, need, need.manager === 'python' ? bakePython(draft, need) : stays(whyNotManager(need)))
  const someFit = ofDistribution.some((need) => need.from !== 'script' && fits(need, draft))
  const unmapped: PackageNeed[] = []
  for (const need of ofDistribution) {
    const names = draft.packageMap.packages.get(need.name)
    if (names) draft.packages.push(...names)
    const fate = names ? 'baked' : fits(need, draft) ? bakeOne(draft, need) : unfit(draft, need, someFit)
    settle(draft, need, fate)
    if (fate === 'problem') unmapped.push(need)
    if (fate === 'baked' && need.manager !== 'any') draft.through.add(need.manager)
  }
  if (unmapped.length > 0) refuseUnfit(draft, unmapped)
}

function unfit(draft: Draft, need: PackageNeed, someFit: boolean): Fate {
  // A script is a hint: it may ask what it runs on before it comes to such a line.
  if (need.from === 'script') return stays(`${draft.system!.title} has no ${need.managerName}`)
  if (!someFit) return 'problem'
  return stays(`${draft.system!.title} has no ${need.managerName}: another section names its packages`)
}

/** heat-cfntools for an instance whose user data calls cfn-init, and what it fetches files with. */
export function bakeCfnTools(draft: Draft): void {
  const { instance, system, packageMap } = draft
  if (!instance.needsCfnTools || system?.family !== 'debian') return
  const mapped = packageMap.packages.get('heat-cfntools')
  const name = CFN_TOOLS.get(system.os)
  if (mapped) draft.packages.push(...mapped)
  else if (system.hasCfnInit) return
  else if (name) draft.packages.push(name)
  else {
    draft.problems.push({
      code: 'KILN_CFNTOOLS_ABSENT',
      path: instance.path,
      message: `the user data of ${instance.path} calls cfn-init, and ${system.title} has no package heat-cfntools`,
      hint:
        `${[...CFN_TOOLS.keys()].join(', ')} has it: map the base ${instance.image} to that with --bases. ` +
        'Or, if the user data brings cfn-init itself, give --package-map with the line "heat-cfntools: []".',
    })
    return
  }
  const fetches = instance.needs.some(
    (need) => need.from === 'cfn-init' && (need.kind === 'source' || (need.kind === 'file' && need.source)),
  )
  if (fetches) draft.packages.push('curl')
}

function fits(need: PackageNeed, draft: Draft): boolean {
  return !draft.system || HOMES.get(need.manager)!.includes(draft.system.family)
}

function bakeOne(draft: Draft, need: PackageNeed): Fate {
  // cloud-init hands names on to apt, which also reads name=version.
  const [, name, pinned] = /^([^=]+)=(.+)$/.exec(need.name) ?? [undefined, need.name, undefined]
  const versions = pinned === undefined ? need.versions : [pinned]
  if (versions.length > 1) return stays('it names several versions, and Kiln takes only one or none')
  const spec = { name: name!, ...(versions[0] === undefined ? {} : { version: versions[0] }) }
  const wrong = fault('packages', spec)
  if (wrong !== undefined) return stays(wrong)
  draft.packages.push(spec)
  return 'baked'
}

/** From the indexes of Python, the newest as easy_install would take it, unless the map knows a package of the base. */
function bakePython(draft: Draft, need: PackageNeed): Fate {
  const names = draft.packageMap.packages.get(need.name)
  if (names) {
    draft.packages.push(...names)
    return 'baked'
  }
  if (draft.onImage) return stays('Kiln does not install packages of python on a disk image yet')
  if (draft.system && draft.system.family !== 'debian')
    return stays(`Kiln does not install packages of python on ${draft.system.title} yet`)
  const wrong = fault('pip_packages', need.name)
  if (wrong !== undefined) return stays(wrong)
  draft.pipPackages.push(need.name)
  return 'baked'
}

function whyNotManager(need: PackageNeed): string {
  switch (need.manager) {
    case 'rubygems':
    case 'snap':
      return `Kiln does not install packages of ${need.managerName} yet`
    default:
      return `cfn-init does not install packages of ${need.managerName} either`
  }
}

function refuseUnfit(draft: Draft, needs: readonly PackageNeed[]): void {
  const { instance, system } = draft
  const managers = [...new Set(needs.map((need) => need.managerName))].join(' and ')
  const names = [...new Set(needs.map((need) => need.name))]
  const given = draft.packageMap.packages.size > 0
  draft.problems.push({
    code: 'KILN_PACKAGES_UNFIT',
    path: instance.path,
    message: given
      ? `the package map does not say what ${names.join(', ')} of ${instance.path} ${names.length > 1 ? 'are' : 'is'} called on ${system!.title}`
      : `${instance.path} names its packages for ${managers} only, and its base ${instance.image} is ${system!.title}, which installs with ${NATIVE[system!.family]}`,
    hint: `Say what the packages are called on ${system!.title} in a file for --package-map, one line each (an empty list leaves one out):\n${names
      .map((name) => `  ${JSON.stringify(name).replace(/^"([A-Za-z][A-Za-z0-9._+-]*)"$/, '$1')}: …`)
      .join('\n')}`,
  })
}
