import { sha256 } from '../../core/digest.ts'

/** Short names of Debian's machine-readable copyright files that SPDX calls otherwise, in lower case. */
const OTHERWISE: Readonly<Record<string, string>> = {
  expat: 'MIT',
  mit: 'MIT',
  'mit/x11': 'MIT',
  x11: 'X11',
  isc: 'ISC',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  'bsd-4-clause-uc': 'BSD-4-Clause-UC',
  '0bsd': '0BSD',
  'bsd-0-clause': '0BSD',
  'apache-2': 'Apache-2.0',
  'apache-2.0': 'Apache-2.0',
  zlib: 'Zlib',
  libpng: 'Libpng',
  'artistic-1.0': 'Artistic-1.0',
  'artistic-2': 'Artistic-2.0',
  'artistic-2.0': 'Artistic-2.0',
  'mpl-1.1': 'MPL-1.1',
  'mpl-2': 'MPL-2.0',
  'mpl-2.0': 'MPL-2.0',
  'cc0-1.0': 'CC0-1.0',
  cc0: 'CC0-1.0',
  'cc-by-3.0': 'CC-BY-3.0',
  'cc-by-4.0': 'CC-BY-4.0',
  'cc-by-sa-3.0': 'CC-BY-SA-3.0',
  'cc-by-sa-4.0': 'CC-BY-SA-4.0',
  'bsl-1.0': 'BSL-1.0',
  'boost-1.0': 'BSL-1.0',
  openssl: 'OpenSSL',
  'openldap-2.8': 'OLDAP-2.8',
  'psf-2': 'PSF-2.0',
  'psf-2.0': 'PSF-2.0',
  'python-2.0': 'Python-2.0',
  'ofl-1.1': 'OFL-1.1',
  w3c: 'W3C',
  curl: 'curl',
  vim: 'Vim',
  wtfpl: 'WTFPL',
  'wtfpl-2': 'WTFPL',
  unlicense: 'Unlicense',
  beerware: 'Beerware',
  fsfap: 'FSFAP',
  fsful: 'FSFUL',
  fsfullr: 'FSFULLR',
  ntp: 'NTP',
  hpnd: 'HPND',
  tcl: 'TCL',
  ruby: 'Ruby',
  'php-3.01': 'PHP-3.01',
  'unicode-dfs-2016': 'Unicode-DFS-2016',
  'bzip2-1.0.6': 'bzip2-1.0.6',
  blessing: 'blessing',
}

/** Free documentation licences have no `-only` without an `-invariants` in older lists; these forms are in all. */
const GNU = /^(a|l)?gpl-([123](?:\.[0-9])?)(\+)?$/
const GFDL = /^(?:gfdl|fdl)-(1\.[123])(\+)?$/
const GNU_VERSIONS: Readonly<Record<string, readonly string[]>> = {
  gpl: ['1.0', '2.0', '3.0'],
  lgpl: ['2.0', '2.1', '3.0'],
  agpl: ['1.0', '3.0'],
}

/** The SPDX identifier for the name that Debian has for one licence; undefined where SPDX has none. */
export function spdxLicence(name: string): string | undefined {
  const lower = name.trim().toLowerCase()
  const same = Object.hasOwn(OTHERWISE, lower) ? OTHERWISE[lower] : undefined
  if (same !== undefined) return same
  const [, letter = '', number, orLater] = GNU.exec(lower) ?? []
  if (number !== undefined) {
    const family = `${letter}gpl`
    const version = number.includes('.') ? number : `${number}.0`
    if (!GNU_VERSIONS[family]!.includes(version)) return undefined
    return `${family.toUpperCase()}-${version}-${orLater ? 'or-later' : 'only'}`
  }
  const [, document, laterDocument] = GFDL.exec(lower) ?? []
  return document === undefined ? undefined : `GFDL-${document}-${laterDocument ? 'or-later' : 'only'}`
}

/** A licence as an SPDX expression, and the names in it that are not of SPDX's list. */
export interface Expression {
  readonly text: string
  readonly own: readonly { readonly id: string; readonly name: string }[]
}

/** All licences of a package, each of which counts, as one SPDX expression; undefined where there are none. */
export function expressionOf(names: readonly string[]): Expression | undefined {
  const own = new Map<string, string>()
  const parts = new Set(names.map((name) => one(name, own)))
  if (parts.size === 0) return undefined
  const sorted = [...parts].sort()
  const text = sorted
    .map((part) => (sorted.length > 1 && / OR /.test(part) ? `(${part})` : part))
    .join(' AND ')
  return { text, own: [...own].map(([id, name]) => ({ id, name })).sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

/** `GPL-2+ or Artistic-2.0` → `GPL-2.0-or-later OR Artistic-2.0`; what cannot be split in names is a name of its own. */
function one(name: string, own: Map<string, string>): string {
  for (const [word, operator] of [
    [/\s+(?:and\/or|or)\s+/i, ' OR '],
    [/\s+and\s+/i, ' AND '],
  ] as const) {
    const ids = name.split(word).map(spdxLicence)
    if (ids.length > 1 && ids.every((id) => id !== undefined)) return ids.join(operator)
  }
  const id = spdxLicence(name)
  if (id !== undefined) return id
  const reference = `LicenseRef-${name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 40)}-${sha256(name).slice(0, 8)}`
  own.set(reference, name)
  return reference
}
