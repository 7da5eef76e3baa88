/** Something in the guest that answers once a service is there; asked every second until it does. */
export type Answer =
  | { readonly name: string; readonly tcp: number }
  /** Status 200 to 399 on http://localhost:port/path. */
  | { readonly name: string; readonly http: { readonly port: number; readonly path: string } }
  /** Shell text whose exit status 0 is an answer. */
  | { readonly name: string; readonly command: string }

/** A shell text that runs in the guest once it is up. */
export interface GuestCommand {
  readonly name: string
  readonly command: string
}

/** What the probe is asked in a guest. */
export interface ProbeRequest {
  readonly services?: readonly string[]
  readonly files?: readonly string[]
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  readonly commands?: readonly GuestCommand[]
  readonly answers?: readonly Answer[]
  /** Seconds of the guest's uptime after which it reports what there is, up or not. */
  readonly limit: number
  /** The guest turns itself off after its report, so that its disk is left in order. */
  readonly powerOff?: boolean
}

/** What a guest said about itself. Everything in it is the guest's claim. */
export interface GuestReport {
  readonly kernel: string
  readonly cmdline: string
  /** Fields of os-release. */
  readonly os: ReadonlyMap<string, string>
  readonly firmware: 'bios' | 'uefi'
  /** Undefined where the firmware does not know Secure Boot. */
  readonly secureBoot: boolean | undefined
  /** Seconds since the kernel started, where systemd knows them. */
  readonly times: {
    readonly firmware?: number
    readonly loader?: number
    readonly userspace?: number
    readonly finished?: number
  }
  /** systemd's word: running, degraded, starting … */
  readonly state: string
  /** Jobs that systemd still had to do, when it was not up. */
  readonly jobs: string
  readonly failedUnits: readonly { readonly unit: string; readonly journal: string }[]
  readonly cloudInit: {
    /** Exit status of `cloud-init status --wait`: 0 done, 1 error, 2 done with errors it could work around. */
    readonly status: 'done' | 'error' | 'degraded' | 'running' | 'absent'
    readonly datasource: string | undefined
    readonly errors: readonly string[]
    /** `LEVEL: text`. */
    readonly warnings: readonly string[]
    /** Last lines of its log that look like errors, and of its output, when it is not `done`. */
    readonly log: string
    readonly output: string
  }
  /** Installed packages with their versions. */
  readonly packages: ReadonlyMap<string, string>
  /** Packages that are there but not properly installed. */
  readonly brokenPackages: readonly string[]
  readonly apt: { readonly ok: boolean; readonly indexes: number; readonly problem: string } | undefined
  readonly services: ReadonlyMap<
    string,
    { readonly load: string; readonly enabled: string; readonly active: string }
  >
  /** In the order asked; undefined: not there. */
  readonly files: readonly (FileFacts | undefined)[]
  /** Lines of passwd and group; '' for one that does not exist. */
  readonly users: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, string>
  /** Bytes. Undefined where / is not on a partition. */
  readonly root:
    | {
        readonly fileSystem: number
        readonly partition: number
        readonly disk: number
        readonly behind: number
      }
    | undefined
  readonly machineId: string
  /** Age in seconds after the start of the kernel at which each was made; negative: before. */
  readonly hostKeys: readonly { readonly name: string; readonly madeAfter: number; readonly digest: string }[]
  readonly sshd: boolean
  readonly addresses: readonly string[]
  /** In the order asked. */
  readonly commands: readonly ({ readonly status: number; readonly output: string } | undefined)[]
  /** In the order asked: uptime in seconds at the first answer. */
  readonly answers: readonly (number | undefined)[]
}

export interface FileFacts {
  /** Octal, four digits. */
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly size: number
  /** Undefined for what is no regular file. */
  readonly sha256: string | undefined
  /** Where a symbolic link leads; the other facts are then those of its target. */
  readonly link: string | undefined
}
