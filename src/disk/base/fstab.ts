/** A line of /etc/fstab. */
export interface Entry {
  /** As it is written there: `UUID=…`, `/dev/vda1`. */
  readonly device: string
  /** Without a slash at its end, but for the root. */
  readonly at: string
  readonly kind: string
  /** The system starts without it, too. */
  readonly optional: boolean
}

/** The file systems that a system mounts by itself at a place of its tree, in order. */
export function readFstab(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const [device, at, kind = '', options = ''] = line.trim().split(/\s+/).map(unescaped)
    if (device === undefined || device.startsWith('#') || !at?.startsWith('/')) return []
    const words = options.split(',')
    const place = at.replace(/(?<=.)\/+$/, '')
    return [
      {
        device: device.replaceAll('"', ''),
        at: place,
        kind,
        optional: words.includes('nofail') || words.includes('noauto'),
      },
    ]
  })
}

/** Space and other white space are written as three octal digits there. */
const unescaped = (word: string) =>
  word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** What a file system may be called by. */
export interface Names {
  readonly uuid: string | undefined
  readonly label: string | undefined
  readonly partition: {
    readonly number: number
    readonly uuid: string | undefined
    readonly name: string | undefined
  }
}

/** Whether a device as /etc/fstab writes it is this file system of the first disk. */
export function named(device: string, { uuid, label, partition }: Names): boolean {
  const same = (a: string | undefined, b: string) => a !== undefined && a.toLowerCase() === b.toLowerCase()
  const [, key, value] =
    /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)$/.exec(device) ??
    /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.*)$/.exec(device) ??
    []
  if (key === undefined || value === undefined) {
    const number = /^\/dev\/(?:[vsh]d[a-z]|xvd[a-z]|nvme\d+n\d+p|mmcblk\d+p)(\d*)$/.exec(device)?.[1]
    return number !== undefined && Number(number || 0) === partition.number
  }
  switch (key.toLowerCase()) {
    case 'uuid':
      return same(uuid, value)
    case 'label':
      return label === value
    case 'partuuid':
      return same(partition.uuid, value)
    default:
      return partition.name === value
  }
}
