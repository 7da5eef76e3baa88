import type { FileNeed } from '../../heat/index.ts'
import { type Draft, type Fate, fault, stays } from './draft.ts'

/** Users and groups that every Debian has before any package makes more. */
const BASE_ACCOUNTS: ReadonlySet<string> = new Set(
  (
    'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody _apt ' +
    'adm tty disk dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users nogroup'
  ).split(' '),
)

/** Folders that are empty at each boot, or that a running machine keeps its own state in. */
const MACHINE = [
  '/dev',
  '/proc',
  '/run',
  '/sys',
  '/tmp',
  '/var/run',
  '/var/tmp',
  '/var/lib/cloud',
  '/var/lib/heat-cfntools',
  '/var/cache/heat-cfntools',
]
const IDENTITY =
  /^\/etc\/(machine-id|hostname|hosts|resolv\.conf|fstab|passwd|group|shadow|gshadow|ssh\/ssh_host_.*)$/

/** Puts a static file into the recipe. Its place in the template stays: writing it again is cheap, and right. */
export function bakeFile(draft: Draft, need: FileNeed): Fate {
  const wrong = whyNot(draft, need)
  if (wrong !== undefined) return stays(wrong)
  const mode = need.mode === undefined ? undefined : `0${(need.mode & 0o7777).toString(8).padStart(3, '0')}`
  const file = {
    path: need.path,
    ...(need.linkTo === undefined ? content(need.content!) : { link: need.linkTo }),
    ...(mode === undefined || need.linkTo !== undefined ? {} : { mode }),
    ...(need.owner === undefined ? {} : { owner: need.owner }),
    ...(need.group === undefined ? {} : { group: need.group }),
  }
  const invalid = fault('custom_files', file)
  if (invalid !== undefined) return stays(invalid)
  draft.files.push(file)
  return 'baked'
}

function whyNot(draft: Draft, need: FileNeed): string | undefined {
  if (need.content === undefined && need.linkTo === undefined)
    return need.source === undefined
      ? 'its content is not known'
      : 'it is fetched from an address that no digest pins'
  if (MACHINE.some((folder) => need.path === folder || need.path.startsWith(`${folder}/`)))
    return 'a running machine keeps its own state there'
  if (IDENTITY.test(need.path)) return 'it belongs to the machine, not to the image'
  const home = /^\/home\/([^/]+)\//.exec(need.path)?.[1]
  if (home !== undefined && !draft.users.some((user) => user.name === home))
    return `the home of ${home} is made at boot`
  for (const [account, known] of [
    [need.owner, draft.users],
    [need.group, [...draft.groups, ...draft.users]],
  ] as const)
    if (account !== undefined && !BASE_ACCOUNTS.has(account) && !known.some(({ name }) => name === account))
      return `its owner ${account} may be made at boot or by a package`
  return undefined
}

function content(bytes: Uint8Array): { content: string } | { content_base64: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { content: text }
  } catch {
    return { content_base64: Buffer.from(bytes).toString('base64') }
  }
}

/** Whether the image has this user or group before the instance boots. */
export function isBaseAccount(name: string): boolean {
  return BASE_ACCOUNTS.has(name)
}
