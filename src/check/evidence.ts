import type { BuildContext, Version } from '../build/index.ts'
import { sha256 } from '../core/digest.ts'
import { kilnVersion } from '../core/version.ts'
import { openStore } from '../store/store.ts'
import { SBOM_ENDING, STATEMENTS_ENDING } from './endings.ts'
import type { Passed } from './gate.ts'
import { readInventory } from './inventory/keep.ts'
import { signedStatements } from './provenance/beside.ts'
import { envelopesOf, signerOf } from './provenance/dsse.ts'
import { type SigningKey, signingKey } from './provenance/key.ts'
import { testResult } from './provenance/statement.ts'
import { passedBoot } from './version.ts'

/** Texts that are published with an image. */
export interface Companions {
  /** Endings of their names, behind the image's. */
  readonly endings: readonly string[]
  /** What they should be, by ending, where `there` is what they are. Doing it again gives the same. */
  texts(there: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>>
}

/** What goes out with a version: what is in it, where that is from, what it passed. */
export function evidence(
  version: Version,
  name: string,
  { examined, allowed }: Passed,
  context: BuildContext,
): Companions {
  return {
    endings: [SBOM_ENDING, STATEMENTS_ENDING],
    texts: async (there) => {
      const key = await signingKey(context.config)
      const passed = { allowed, booted: await passedBoot(version, context) }
      const wanted = [
        testResult(version, name, 'secrets', allowed),
        ...(passed.booted ? [testResult(version, name, 'boot')] : []),
      ]
      if (isCurrent(there, name, wanted, key)) return there
      const { sbomText } = await import('./sbom/index.ts')
      const store = await openStore(context.config.store)
      const inventory = await readInventory(store, examined)
      const bill = sbomText('cyclonedx', { name, digest: version.digest, inventory, lock: version.lock })
      const byproducts = new Map([[`${name}${SBOM_ENDING}`, bill]])
      const statements = signedStatements(
        version,
        name,
        byproducts,
        passed,
        key,
        there.get(STATEMENTS_ENDING),
      )
      return new Map([
        [SBOM_ENDING, bill],
        [STATEMENTS_ENDING, statements],
      ])
    },
  }
}

/** Whether what is there was signed by us, with this version of Kiln, for this bill, and says all that there is to say. */
function isCurrent(
  there: ReadonlyMap<string, string>,
  name: string,
  wanted: readonly string[],
  { publicKey }: SigningKey,
): boolean {
  const [bill, statements] = [there.get(SBOM_ENDING), there.get(STATEMENTS_ENDING)]
  if (bill === undefined || statements === undefined) return false
  const ours = envelopesOf(statements)
    .filter((envelope) => signerOf(envelope, [publicKey]))
    .map(({ payload }) => Buffer.from(payload, 'base64').toString('utf8'))
  if (!wanted.every((statement) => ours.includes(statement))) return false
  const byproduct = `{"digest":{"sha256":"${sha256(bill)}"},"name":${JSON.stringify(`${name}${SBOM_ENDING}`)}}`
  const maker = `"version":{"kiln":${JSON.stringify(kilnVersion())}}`
  return ours.some((statement) => statement.includes(byproduct) && statement.includes(maker))
}
