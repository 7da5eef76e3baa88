import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { inputError, isErrno, messageOf } from '../../core/error.ts'
import { compareVersions } from '../../tools/apt/version.ts'
import { publicKeyOf } from './key.ts'
import { CHECKS, type CheckName, type Dependency } from './statement.ts'

/** What an image must be to be used somewhere. */
export interface Policy {
  /** Who may have signed it; empty: who says nothing of keys. */
  readonly keys: readonly KeyObject[]
  /** What it must have passed. */
  readonly checks: readonly CheckName[]
  readonly forbidden: readonly Forbidden[]
  /** How long ago what it was made from may have been new. */
  readonly maxAge: { readonly text: string; readonly milliseconds: number } | undefined
  /** Addresses that packages may be from, or what they begin with; undefined: any. */
  readonly repositories: readonly string[] | undefined
}

/** A package, or versions of it, that must not be in an image. */
export interface Forbidden {
  readonly text: string
  readonly name: string
  readonly operator?: Operator
  readonly version?: string
}

const OPERATORS = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '=': (order: number) => order === 0,
  '>=': (order: number) => order >= 0,
  '>': (order: number) => order > 0,
} as const
type Operator = keyof typeof OPERATORS

const MEMBERS = ['keys', 'checks', 'forbidden_packages', 'max_age', 'repositories']
const UNITS = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const

/** A policy that asks for nothing but a signature. */
export const noPolicy: Policy = {
  keys: [],
  checks: [],
  forbidden: [],
  maxAge: undefined,
  repositories: undefined,
}

/**
 * The policy in a YAML file. Keys are named by files beside it, or stand in it.
 * @throws KilnError (input) `KILN_FILE_MISSING`, `KILN_POLICY_INVALID`, `KILN_KEY_INVALID`.
 */
export async function readPolicy(path: string): Promise<Policy> {
  const text = await textOf(path)
  const { parse } = await import('yaml')
  let data: unknown
  try {
    data = parse(text, { maxAliasCount: 100 })
  } catch (error) {
    throw invalid(path, [`it is not YAML: ${messageOf(error).split('\n')[0]!.replace(/:$/, '')}`])
  }
  return parsePolicy(data, path)
}

async function parsePolicy(data: unknown, path: string): Promise<Policy> {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) throw invalid(path, ['it is no map'])
  const given = data as Readonly<Record<string, unknown>>
  const faults: string[] = []
  const texts = (member: string): string[] => {
    const value = given[member] ?? []
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
    faults.push(`${member} is no list of texts`)
    return []
  }
  for (const member of Object.keys(given))
    if (!MEMBERS.includes(member)) faults.push(`${member} is none of ${MEMBERS.join(', ')}`)
  const checks = texts('checks')
  for (const check of checks)
    if (!CHECKS.includes(check as CheckName))
      faults.push(`the check ${check} is none of ${CHECKS.join(', ')}`)
  const forbidden = texts('forbidden_packages').flatMap((one) => {
    const parsed = forbiddenOf(one)
    if (!parsed) faults.push(`"${one}" is no package: write name, or name<version`)
    return parsed ? [parsed] : []
  })
  const age = given.max_age
  const [, number, unit] = typeof age === 'string' ? (/^(\d{1,5})([hdw])$/.exec(age) ?? []) : []
  if (age !== undefined && number === undefined) faults.push('max_age is no age: write it as 30d')
  const repositories = texts('repositories')
  const keys = texts('keys')
  if (faults.length > 0) throw invalid(path, faults)
  return {
    keys: await Promise.all(keys.map((key) => keyOf(key, path))),
    checks: checks as CheckName[],
    forbidden,
    maxAge:
      number === undefined
        ? undefined
        : { text: age as string, milliseconds: Number(number) * UNITS[unit as keyof typeof UNITS] },
    repositories: given.repositories === undefined ? undefined : repositories,
  }
}

async function keyOf(text: string, policy: string): Promise<KeyObject> {
  if (text.includes('-----BEGIN')) return publicKeyOf(text, `A key of ${policy}`)
  const path = resolve(dirname(policy), text)
  return publicKeyOf(await textOf(path), path)
}

function forbiddenOf(text: string): Forbidden | undefined {
  const [, name, operator, version] =
    /^((?:pypi\/)?[a-z0-9][a-z0-9+.-]*)\s*(?:(<=|>=|<|>|=)\s*([A-Za-z0-9.+~:-]+))?$/.exec(text.trim()) ?? []
  if (name === undefined) return undefined
  return operator === undefined
    ? { text, name }
    : { text, name, operator: operator as Operator, version: version! }
}

/** Whether a package is one that must not be there. */
export function isForbidden(
  { name, operator, version }: Forbidden,
  file: Pick<Dependency, 'name' | 'annotations'>,
): boolean {
  if (file.name !== name) return false
  if (operator === undefined || version === undefined) return true
  return OPERATORS[operator](compareVersions(file.annotations?.version ?? '', version))
}

/** Whether a package is from one of these: `http://a/debian` is no beginning of `http://a/debian-evil`. */
export function isFrom(repositories: readonly string[], uri: string): boolean {
  return repositories.some((one) => uri === one || uri.startsWith(one.endsWith('/') ? one : `${one}/`))
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EISDIR') && !isErrno(error, 'ENOTDIR')) throw error
    throw inputError('KILN_FILE_MISSING', `There is no file ${path}.`)
  }
}

function invalid(path: string, faults: readonly string[]) {
  return inputError('KILN_POLICY_INVALID', `The policy ${path} is not valid: ${faults.join('; ')}.`, {
    hint: 'docs/security.md describes what a policy may say.',
  })
}
