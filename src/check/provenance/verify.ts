import type { KeyObject } from 'node:crypto'
import { clock } from '../../core/clock.ts'
import { sha256, sha256File } from '../../core/digest.ts'
import { openDisk } from '../../disk/index.ts'
import { type Lock, lockDigest } from '../../lock/lock.ts'
import { diskDigest } from './disk.ts'
import { type Envelope, keyIdOf, signerOf } from './dsse.ts'
import { isForbidden, isFrom, type Policy } from './policy.ts'
import { PROVENANCE, type Provenance, RAW_DISK, STATEMENT, type Subject, TEST_RESULT } from './statement.ts'

/** What is there of an image. */
export interface Evidence {
  /** File of the image. */
  readonly image: string
  /** Envelopes that came with it. Nothing in them is believed before its signature is. */
  readonly envelopes: readonly Envelope[]
  /** The lock that its description has. */
  readonly lock: Lock | undefined
  /** Texts beside it that the provenance may name, by name. */
  readonly companions: ReadonlyMap<string, string>
}

/** Something that was looked at. `saw`: what was found, a part of a sentence. */
export interface Point {
  readonly point:
    | 'signature'
    | 'file'
    | 'disk'
    | 'lock'
    | 'companion'
    | 'check'
    | 'package'
    | 'age'
    | 'repository'
  readonly ok: boolean
  readonly saw: string
}

export interface VerifyReport {
  readonly ok: boolean
  readonly points: readonly Point[]
  /** What a trusted key says of the image. */
  readonly provenance?: Provenance
  /** That key. */
  readonly keyid?: string
}

/**
 * Whether an image is what somebody whom we trust has signed, and fits a policy. @param trusted keys, besides the policy's.
 * @throws KilnError (input) of reading the image.
 */
export async function verifyImage(
  evidence: Evidence,
  trusted: readonly KeyObject[],
  policy: Policy,
  signal?: AbortSignal,
): Promise<VerifyReport> {
  const keys = [...trusted, ...policy.keys]
  const digest = await sha256File(evidence.image)
  const signed = evidence.envelopes.flatMap((envelope) => {
    const key = signerOf(envelope, keys)
    const statement = key && statementOf(envelope)
    return statement ? [{ statement, keyid: keyIdOf(key) }] : []
  })
  const about = signed.filter(({ statement }) =>
    statement.subject.some((one) => one.digest.sha256 === digest),
  )
  const all = about.filter(({ statement }) => isProvenance(statement))
  // Made again from a newer lock with the same packages, an image has several.
  const found =
    all.find(({ statement }) => lockPoints(evidence, statement as Provenance).every(({ ok }) => ok)) ?? all[0]
  if (!found) return { ok: false, points: [unsigned(evidence, signed.length > 0)] }
  const provenance = found.statement as Provenance
  const points: Point[] = [
    { point: 'signature', ok: true, saw: `signed by the key ${found.keyid.slice(0, 16)}` },
    { point: 'file', ok: true, saw: 'the file is the one that was signed' },
    await diskPoint(evidence.image, provenance, signal),
    ...lockPoints(evidence, provenance),
    ...companionPoints(evidence, provenance),
    ...checkPoints(
      about.map(({ statement }) => statement),
      policy,
    ),
    ...policyPoints(provenance, policy),
  ]
  return { ok: points.every(({ ok }) => ok), points, provenance, keyid: found.keyid }
}

function unsigned({ envelopes }: Evidence, otherImage: boolean): Point {
  const saw = otherImage
    ? 'the file is not the image that was signed: somebody changed it, or its provenance is of another one'
    : envelopes.length === 0
      ? 'nobody has signed where it comes from'
      : 'no key that is trusted here has signed where it comes from'
  return { point: otherImage ? 'file' : 'signature', ok: false, saw }
}

async function diskPoint(
  image: string,
  provenance: Provenance,
  signal: AbortSignal | undefined,
): Promise<Point> {
  const said = provenance.subject.find(({ name }) => name === RAW_DISK)?.digest.sha256
  await using disk = await openDisk(image)
  // A header may say any size; one that was not signed is not worth reading.
  const fits = disk.size === provenance.predicate.buildDefinition.internalParameters.virtualSize
  const ok = said !== undefined && fits && (await diskDigest(disk, signal)) === said
  return {
    point: 'disk',
    ok,
    saw: ok ? 'its disk is the one that was built' : 'the disk in it is not the one that was built',
  }
}

function lockPoints({ lock }: Evidence, { predicate }: Provenance): Point[] {
  if (lock === undefined) return []
  const ok = lockDigest(lock) === predicate.buildDefinition.internalParameters.lock
  return [
    {
      point: 'lock',
      ok,
      saw: ok
        ? 'the lock beside it is its own'
        : 'the lock in its description is not the one that it was built from',
    },
  ]
}

function companionPoints({ companions }: Evidence, { predicate }: Provenance): Point[] {
  return predicate.runDetails.byproducts.flatMap(({ name, digest }): Point[] => {
    const text = companions.get(name)
    if (text === undefined) return []
    const ok = sha256(text) === digest.sha256
    return [
      {
        point: 'companion',
        ok,
        saw: ok ? `the file ${name} is its own` : `the file ${name} was changed, or is of another image`,
      },
    ]
  })
}

function checkPoints(statements: readonly SignedStatement[], { checks }: Policy): Point[] {
  return checks.map((check) => {
    const ok = statements.some(
      ({ predicateType, predicate }) =>
        predicateType === TEST_RESULT &&
        predicate.result !== 'FAILED' &&
        Array.isArray(predicate.passedTests) &&
        predicate.passedTests.includes(check),
    )
    return {
      point: 'check',
      ok,
      saw: ok ? `it passed the check ${check}` : `nobody has signed that it passed the check ${check}`,
    }
  })
}

function policyPoints({ predicate }: Provenance, policy: Policy): Point[] {
  const { internalParameters, resolvedDependencies } = predicate.buildDefinition
  const packages = resolvedDependencies.filter(({ annotations }) => annotations?.version !== undefined)
  const points: Point[] = []
  for (const rule of policy.forbidden) {
    const bad = packages.find((file) => isForbidden(rule, file))
    points.push({
      point: 'package',
      ok: bad === undefined,
      saw:
        bad === undefined
          ? `no ${rule.text} is in it`
          : `${bad.name} ${bad.annotations!.version} is in it, and the policy forbids ${rule.text}`,
    })
  }
  if (policy.maxAge !== undefined) {
    const ok = clock.now() - internalParameters.epoch * 1000 <= policy.maxAge.milliseconds
    // The word of a trusted key, but maybe of no time that there is.
    const day =
      Math.abs(internalParameters.epoch) < 1e11
        ? new Date(internalParameters.epoch * 1000).toISOString().slice(0, 10)
        : 'another age'
    points.push({
      point: 'age',
      ok,
      saw: `what it was made from is of ${day}, ${ok ? 'not' : 'which is'} more than ${policy.maxAge.text} ago`,
    })
  }
  if (policy.repositories !== undefined) {
    const strangers = packages.filter(({ uri }) => uri === undefined || !isFrom(policy.repositories!, uri))
    const [first] = strangers
    points.push({
      point: 'repository',
      ok: first === undefined,
      saw:
        first === undefined
          ? 'all its packages are from repositories that are allowed'
          : `${strangers.length === 1 ? 'a package is' : `${strangers.length} packages are`} from elsewhere than the allowed repositories: ${first.name} from ${first.uri ?? 'nowhere'}`,
    })
  }
  return points
}

interface SignedStatement {
  readonly subject: readonly Subject[]
  readonly predicateType: string
  readonly predicate: Readonly<Record<string, unknown>>
}

/** A statement whose signature holds. Another program may have made it: what is read of it is looked at. */
function statementOf({ payload }: Envelope): SignedStatement | undefined {
  try {
    const data = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'))
    const fits =
      data?._type === STATEMENT &&
      typeof data.predicateType === 'string' &&
      typeof data.predicate === 'object' &&
      data.predicate !== null &&
      Array.isArray(data.subject) &&
      data.subject.every(
        (one: Subject | null) => typeof one?.name === 'string' && typeof one.digest?.sha256 === 'string',
      )
    return fits ? data : undefined
  } catch {
    return undefined
  }
}

function isProvenance({ predicateType, predicate }: SignedStatement): boolean {
  if (predicateType !== PROVENANCE) return false
  const { buildDefinition, runDetails } = predicate as Partial<Provenance['predicate']>
  const inside = buildDefinition?.internalParameters
  return (
    typeof inside?.lock === 'string' &&
    typeof inside.epoch === 'number' &&
    typeof inside.virtualSize === 'number' &&
    Array.isArray(runDetails?.byproducts) &&
    Array.isArray(buildDefinition?.resolvedDependencies) &&
    buildDefinition.resolvedDependencies.every((one: Dependency | null) => typeof one?.name === 'string')
  )
}

type Dependency = Provenance['predicate']['buildDefinition']['resolvedDependencies'][number]
