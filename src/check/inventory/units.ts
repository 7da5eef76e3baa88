import type { Unit } from './types.ts'

/** Folders of the system's units, the first that has a unit counts. */
const FOLDERS = [
  'etc/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
]
const UNIT = new RegExp(
  `^(${FOLDERS.join('|')})/([^/]+\\.(?:service|socket|timer|path|mount|automount|target|slice|swap|device))$`,
)
const WANT = new RegExp(`^(?:${FOLDERS.join('|')})/([^/]+)\\.(?:wants|requires)/([^/]+)$`)

interface Said {
  readonly folder: number
  readonly wants: readonly string[]
  readonly listens: readonly string[]
  readonly masked: boolean
}

/** Gathers the units of a tree: told of links and of the files whose names {@link isUnit} knows. */
export class Units {
  readonly #said = new Map<string, Said>()
  readonly #wantedBy = new Map<string, Set<string>>()

  isUnit(path: string): boolean {
    return UNIT.test(path)
  }

  file(path: string, text: string): void {
    const { wants, listens } = parseUnit(text)
    this.#say(path, { wants, listens, masked: false })
  }

  link(path: string, target: string): void {
    const [, by, name] = WANT.exec(path) ?? []
    if (by !== undefined && name !== undefined) {
      this.#wantedBy.set(name, (this.#wantedBy.get(name) ?? new Set()).add(by))
      return
    }
    // Another name of a unit tells nothing new; a link to nothing forbids it.
    if (target === '/dev/null') this.#say(path, { wants: [], listens: [], masked: true })
  }

  #say(path: string, said: Omit<Said, 'folder'>): void {
    const [, folder, name] = UNIT.exec(path) ?? []
    if (folder === undefined || name === undefined) return
    const at = FOLDERS.indexOf(folder)
    const known = this.#said.get(name)
    if (!known || at < known.folder) this.#said.set(name, { ...said, folder: at })
  }

  /** Units that something wants or that are masked, by name. */
  list(): Unit[] {
    const names = new Set([...this.#wantedBy.keys()])
    for (const [name, { masked, folder }] of this.#said) if (masked && folder === 0) names.add(name)
    return [...names].sort().map((name) => {
      // An instance is what its template says.
      const said = this.#said.get(name) ?? this.#said.get(name.replace(/@[^.]*\./, '@.'))
      return {
        name,
        wantedBy: [...(this.#wantedBy.get(name) ?? [])].sort(),
        wants: said?.wants ?? [],
        ...(said && said.listens.length > 0 ? { listens: said.listens } : {}),
        ...(said?.masked ? { masked: true as const } : {}),
      }
    })
  }
}

function parseUnit(text: string): { readonly wants: readonly string[]; readonly listens: readonly string[] } {
  const wants = new Set<string>()
  const listens: string[] = []
  let section = ''
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const [, heading] = /^\s*\[([^\]]+)\]/.exec(line) ?? []
    if (heading !== undefined) section = heading
    const [, name, value] = /^\s*([A-Za-z]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    if (section === 'Unit' && /^(Wants|Requires|BindsTo|Requisite)$/.test(name))
      for (const unit of value.trim().split(/\s+/)) if (unit) wants.add(unit)
    const [, kind] = /^Listen(\w+)$/.exec(name) ?? []
    if (section === 'Socket' && kind !== undefined && value.trim())
      listens.push(`${kind.toLowerCase()} ${value.trim()}`)
  }
  return { wants: [...wants].sort(), listens: listens.sort() }
}
