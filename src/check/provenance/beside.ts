import type { Version } from '../../build/index.ts'
import { type Envelope, envelopesOf, sealed } from './dsse.ts'
import type { SigningKey } from './key.ts'
import { provenanceOf, testResult } from './statement.ts'

/** What was looked at and passed. */
export interface PassedChecks {
  /** Findings of the secret scan that are allowed, as `kind path`. */
  readonly allowed: readonly string[]
  readonly booted: boolean
}

/**
 * The text of the file of signed statements beside an image: what it was made from, and what it passed. Statements that are
 * there and are of the same image stay, whoever signed them. Doing it again gives the same text.
 */
export function signedStatements(
  version: Version,
  name: string,
  byproducts: ReadonlyMap<string, string>,
  passed: PassedChecks,
  key: SigningKey,
  there: string | undefined,
): string {
  const statements = [
    provenanceOf(version, name, byproducts),
    testResult(version, name, 'secrets', passed.allowed),
    ...(passed.booted ? [testResult(version, name, 'boot')] : []),
  ]
  const own = statements.map((statement) => JSON.stringify(sealed(statement, key.privateKey, key.id)))
  const others = envelopesOf(there ?? '')
    .filter((envelope) => isAbout(envelope, version))
    .map((envelope) => JSON.stringify(envelope))
    .slice(0, MOST)
  return [...new Set([...others, ...own])].map((line) => `${line}\n`).join('')
}

/** Statements of others that are kept. */
const MOST = 32

function isAbout({ payload }: Envelope, { artifacts, digest }: Version): boolean {
  const text = Buffer.from(payload, 'base64').toString('utf8')
  return [digest, ...artifacts.map((artifact) => artifact.digest)].some((each) => text.includes(each))
}
