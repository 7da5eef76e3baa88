/** What is kept of a guest's console in memory, and the most that its log file takes: a guest may print for ever. */
const TAIL_LINES = 60
const LOG_BYTES = 16 * 1024 * 1024
const LINE_CHARACTERS = 400

/** A guest's serial console as text for people. */
export interface Console {
  /** Takes bytes as the guest wrote them. */
  add(chunk: Uint8Array): void
  /** The last lines, without control characters; an unfinished line (a prompt) is the last. */
  tail(): string[]
  /** How many bytes came. */
  readonly bytes: number
  /** True once a login prompt was seen. */
  readonly login: boolean
  /** Why this guest will never be up, as soon as its console says so. */
  readonly fatal: string | undefined
}

export interface ConsoleSink {
  /** Each finished line, cleaned. */
  readonly onLine?: ((line: string) => void) | undefined
  /** The bytes for the full log, until its bound is reached. */
  readonly onBytes?: ((chunk: Uint8Array) => void) | undefined
  /** The first login prompt. */
  readonly onLogin?: (() => void) | undefined
}

/**
 * Lines after which no guest comes up any more, and what they mean. The texts are the programs' own: firmware, boot
 * loader, kernel, initramfs, init.
 */
const FATAL: readonly (readonly [RegExp, string])[] = [
  [/No bootable device\./, 'the BIOS found nothing to start on the disk'],
  [/^Boot failed: not a bootable disk/, 'the BIOS found no boot loader on the disk'],
  [
    /BdsDxe: No bootable option or device was found|UEFI Interactive Shell v/,
    'UEFI found no boot loader on the disk',
  ],
  [/Access Denied|Security Violation|Verification failed: \(0x1A\)/, 'Secure Boot refused the boot loader'],
  [
    /bad shim signature|you need to load the kernel first/,
    'the boot loader refused or did not find the kernel',
  ],
  [/^grub rescue>|^grub>/, 'the boot loader found no configuration and shows its prompt'],
  [/Kernel panic - not syncing/, 'the kernel panicked'],
  [/^ALERT! .* does not exist|^\(initramfs\)/, 'the initramfs did not find the root file system'],
  [/You are in emergency mode|Entering emergency mode/, 'the system went into emergency mode'],
  [/You are in rescue mode/, 'the system went into rescue mode'],
]

/** Collects a guest's console. */
export function openConsole(sink: ConsoleSink = {}): Console {
  const decoder = new TextDecoder()
  const kept: string[] = []
  let rest = ''
  let bytes = 0
  let login = false
  let fatal: string | undefined
  const look = (line: string) => {
    if (!login && /(^|\s)login:$/.test(line)) {
      login = true
      sink.onLogin?.()
    }
    fatal ??= FATAL.find(([pattern]) => pattern.test(line))?.[1]
  }
  return {
    add(chunk) {
      if (bytes < LOG_BYTES) sink.onBytes?.(chunk.subarray(0, LOG_BYTES - bytes))
      bytes += chunk.length
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop()!.slice(-8192)
      for (const part of parts) {
        const line = cleanLine(part)
        if (!line) continue
        look(line)
        kept.push(line)
        if (kept.length > TAIL_LINES) kept.shift()
        sink.onLine?.(line)
      }
      look(cleanLine(rest))
    },
    tail: () => [...kept, cleanLine(rest)].filter(Boolean),
    get bytes() {
      return bytes
    },
    get login() {
      return login
    },
    get fatal() {
      return fatal
    },
  }
}

/**
 * One line of a console without what terminals act on (escape sequences, other control characters) and without what
 * was overwritten by a carriage return: a guest must not steer the terminal of who reads its output.
 */
export function cleanLine(line: string): string {
  const plain = line
    // Operating-system commands (titles), then control sequences, then the short escapes.
    .replace(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, '')
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/\u001b[ -/]*[0-~]/g, '')
  const shown = plain.split('\r').filter(Boolean).at(-1) ?? ''
  // C0, DEL, C1, and the invisible characters that reorder text.
  const visible = shown
    .replace(/\t/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '')
  return visible.slice(0, LINE_CHARACTERS).trimEnd()
}
