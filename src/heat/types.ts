/** Public shapes of the room. See README.md for how they hang together. */

/** Key of a map in a template. YAML 1.1 has keys that are not text (`yes:`, `32:`), and `32` is not `'32'`. */
export type Key = string | bigint | number | boolean | null

/** Data as the engine sees it: whole numbers are `bigint`, others `number`, maps keep their order. */
export type Value = null | boolean | bigint | number | string | readonly Value[] | ReadonlyMap<Key, Value>

/** Why a file was not handed out. `outside`: it is not below the root once links are resolved. */
export type Refusal = 'absent' | 'outside' | 'not-a-file' | 'too-large' | 'unreadable'

export type FileAnswer =
  | { readonly ok: true; readonly path: string; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: Refusal }

/** All the files that an analysis may see: those below one root. Paths are relative to it, with `/`. */
export interface Files {
  /** The bytes at `path`, or why not. Never throws for what a template can ask. */
  read(path: string): FileAnswer
}

export interface AnalyseOptions {
  /** The template, as a path that `files` understands. */
  readonly template: string
  readonly files: Files
  /** What the user gave: `--parameters` text already split, see `parseParameters`. Text or JSON-like data. */
  readonly parameters?: ReadonlyMap<string, unknown>
  /** Environment files, in order: the last wins, `parameters` win over all. */
  readonly environments?: readonly string[]
  /** Read AWS-only templates: short tags (`!Ref`), `Fn::Sub`, AWS parameter types. */
  readonly lenientAws?: boolean
  /** Leave nested templates behind URLs alone, with a warning, instead of failing. */
  readonly allowRemote?: boolean
  /** Read plain install lines of shell scripts as needs. */
  readonly scanScripts?: boolean
}

/** `build`: every image is known. `fail`: nothing may be built. */
export type Verdict = 'build' | 'nothing-to-build' | 'fail'

export interface Reason {
  /** Stable, `KILN_TEMPLATE_…`. */
  readonly code: string
  readonly message: string
  /** The instance or resource it is about. */
  readonly path?: string
}

export interface Analysis {
  readonly outcome: Verdict
  /** Each enabled instance whose image is known, also when the outcome is `fail`. */
  readonly images: readonly { readonly path: string; readonly image: string }[]
  /** Every parameter to ask for, and no other, sorted. */
  readonly missing: readonly string[]
  /** Why the outcome is `fail`, but for what is missing. */
  readonly reasons: readonly Reason[]
  readonly skipped: readonly { readonly path: string; readonly why: string }[]
  /** Things to tell the user that stop nothing. */
  readonly warnings: readonly Reason[]
  /** Enabled instances with a known image, in template order. */
  readonly instances: readonly Instance[]
  /** `Kiln::Image` resources that are used as somebody's image. */
  readonly imageRequests: readonly ImageRequest[]
  /** What still happens at boot if every `bake` need of every instance is baked. */
  readonly residue: readonly Residue[]
  /** For `rewrite` only. */
  readonly source: AnalysisSource
}

/** What `rewrite` needs to know of an analysis; nothing for other rooms. */
export interface AnalysisSource {
  readonly options: AnalyseOptions
  readonly plan: unknown
}

export interface Residue {
  readonly path: string
  readonly what: string
  readonly why: string
}

/** A parameter that something was resolved from. A hidden one has no value here. */
export interface UsedParameter {
  readonly name: string
  readonly value?: Value
  readonly hidden: boolean
}

/** What the instance is handed at boot. `none`: nothing. `other`: not recognised, or only known at run time. */
export type UserDataKind =
  | 'none'
  | 'cloud-config'
  | 'script'
  | 'mime'
  | 'ignition'
  | 'include'
  | 'jinja'
  | 'windows'
  | 'other'

export interface UserData {
  readonly kind: UserDataKind
  /** AWS instances are always `HEAT_CFNTOOLS`. */
  readonly format: 'HEAT_CFNTOOLS' | 'RAW' | 'SOFTWARE_CONFIG' | 'unknown'
  /** Its text calls cfn-init, so the image must hold heat-cfntools. */
  readonly runsCfnInit: boolean
  /** Config sets named with `-c`. */
  readonly configSets: readonly string[]
  /** Part of it is only known at run time, or needs a parameter that was not given. */
  readonly runtime: boolean
  readonly missing: boolean
}

export interface Instance {
  /** `a/b` is resource b of nested template a; `a.resource_def` a group's member. */
  readonly path: string
  readonly type: string
  /** The property the image stands in: `image`, `ImageId`, `block_device_mapping_v2` … */
  readonly property: string
  /** Name or ID of the base image. For a `Kiln::Image` the path of that resource. */
  readonly image: string
  /** Set when the image is a `Kiln::Image` resource: its path in `imageRequests`. */
  readonly request?: string
  /** Parameters the image was resolved from. */
  readonly resolvedFrom: readonly UsedParameter[]
  readonly flavor?: string
  readonly userData: UserData
  /** The user data calls cfn-init: heat-cfntools and cloud-init must be in the image. */
  readonly needsCfnTools: boolean
  readonly needs: readonly Need[]
}

interface NeedBase {
  /** Names this need within its instance; what `rewrite` is told was baked. */
  readonly id: string
  readonly from: 'cfn-init' | 'cloud-config' | 'deployment' | 'script'
  /** cfn-init config it belongs to. */
  readonly config?: string
  readonly bake: boolean
  /** Why it is not baked, one sentence. Always set when `bake` is false. */
  readonly why?: string
  /** Parameters its value was worked out from; if any, it stays in the template even when baked. */
  readonly params: readonly string[]
  /** It touches a hidden parameter: never baked, its values are left out here. */
  readonly hidden: boolean
  /** Once baked its section may go from the template. `rewrite` removes a section when all in it may go. */
  readonly removable: boolean
}

/** `any`: whatever the distribution uses (cloud-config). `versions` empty: any version. */
export interface PackageNeed extends NeedBase {
  readonly kind: 'package'
  readonly manager:
    | 'apt'
    | 'yum'
    | 'dnf'
    | 'zypper'
    | 'rubygems'
    | 'python'
    | 'rpm'
    | 'dpkg'
    | 'snap'
    | 'any'
    | 'other'
  /** The manager as written. */
  readonly managerName: string
  readonly name: string
  readonly versions: readonly string[]
}

/** `enabled`, `ensureRunning`: undefined where the template does not say. Starting is never baked. */
export interface ServiceNeed extends NeedBase {
  readonly kind: 'service'
  readonly manager: string
  readonly name: string
  readonly enabled?: boolean
  readonly ensureRunning?: boolean
}

export interface FileNeed extends NeedBase {
  readonly kind: 'file'
  readonly path: string
  /** The bytes to write (decoded), where they are known and not hidden. */
  readonly content?: Uint8Array
  /** URL to fetch it from instead. */
  readonly source?: string
  /** Target of a symbolic link instead. */
  readonly linkTo?: string
  /** Permission bits, as a number. */
  readonly mode?: number
  readonly owner?: string
  readonly group?: string
  /** No run-time value and nothing missing in it. */
  readonly static: boolean
}

export interface GroupNeed extends NeedBase {
  readonly kind: 'group'
  readonly name: string
  readonly gid?: number
  readonly system?: boolean
  readonly members?: readonly string[]
}

export interface UserNeed extends NeedBase {
  readonly kind: 'user'
  readonly name: string
  readonly uid?: number
  readonly home?: string
  readonly groups: readonly string[]
  readonly shell?: string
  readonly system?: boolean
}

export interface SourceNeed extends NeedBase {
  readonly kind: 'source'
  /** Directory that the archive is unpacked into. */
  readonly path: string
  readonly url?: string
}

export interface CommandNeed extends NeedBase {
  readonly kind: 'command'
  /** Label, or the cloud-config key (`runcmd`, `bootcmd`). */
  readonly name: string
}

/** A package repository of a cloud-config. */
export interface RepositoryNeed extends NeedBase {
  readonly kind: 'repository'
  readonly system: 'apt' | 'yum' | 'zypper'
  readonly name: string
  /** The entry as written (apt: source, key, keyid, keyserver, filename; yum: baseurl, gpgkey …). */
  readonly entry: ReadonlyMap<Key, Value>
}

/** A software deployment: the image needs this hook. Which packages that takes is in `requires`. */
export interface HookNeed extends NeedBase {
  readonly kind: 'hook'
  readonly group: string
  readonly deployment: string
  readonly requires: readonly string[]
  readonly known: boolean
}

/** Anything else that happens at boot and is never baked (`ntp`, `phone_home`, a script). */
export interface OtherNeed extends NeedBase {
  readonly kind: 'other'
  readonly name: string
}

export type Need =
  | PackageNeed
  | ServiceNeed
  | FileNeed
  | GroupNeed
  | UserNeed
  | SourceNeed
  | CommandNeed
  | RepositoryNeed
  | HookNeed
  | OtherNeed

/** A `Kiln::Image` resource: "give me an image with os=ubuntu, packages=[…]". Properties as written there, resolved. */
export interface ImageRequest {
  readonly path: string
  readonly properties: ReadonlyMap<string, Value>
  readonly resolvedFrom: readonly UsedParameter[]
}

/** What became of one instance. */
export interface Choice {
  /** Name (or ID) of the image that was built. */
  readonly image: string
  /** Ids of the needs that are in it; `all`: every need with `bake`. */
  readonly baked: ReadonlySet<string> | 'all'
}

export interface RewriteOptions {
  /** Keep everything but the image references as it is. */
  readonly keepMetadata?: boolean
  /** Do not read and analyse the result again: for what is only looked at, and not written. */
  readonly unchecked?: boolean
}

/** One replaced stretch: offsets in UTF-16 units of the old text. */
export interface Edit {
  /** Where the new text goes, as in `files` of {@link Rewritten}. */
  readonly file: string
  /** Where the old text comes from: the same file, or the one that `file` is a changed copy of. */
  readonly original: string
  readonly start: number
  readonly end: number
  readonly text: string
  readonly why: string
}

export interface Rewritten {
  /** The new main template. */
  readonly text: string
  /** All new texts by path below the root: the main template under its old path, copies of nested templates and environments beside the old ones. */
  readonly files: ReadonlyMap<string, string>
  /** Environments that have a copy, which is to be given instead, and its path. */
  readonly environments: ReadonlyMap<string, string>
  readonly edits: readonly Edit[]
  /** What still happens at boot with these choices, and why. */
  readonly residue: readonly Residue[]
}
