import { userInfo } from 'node:os'
import type { Config } from '../../core/config.ts'
import type { Finding } from './finding.ts'
import { idsFinding } from './ids.ts'
import { mirrorsFinding } from './mirrors.ts'
import { namespacesFinding } from './namespaces.ts'
import { nodeFinding, programsFinding } from './programs.ts'
import { kvmFinding, memoryFinding, spaceFinding } from './resources.ts'

export type { Finding, State } from './finding.ts'

/** All that Kiln needs of this machine, in the order in which it should be mended. `suites`: releases to build. */
export async function examineHost(
  config: Pick<Config, 'store' | 'images' | 'mirrors' | 'access'>,
  suites: readonly string[],
): Promise<Finding[]> {
  const { uid, username: name } = userInfo()
  const root = uid === 0
  return Promise.all([
    nodeFinding(),
    programsFinding(root),
    idsFinding({ uid, name }),
    namespacesFinding(root),
    spaceFinding('store', 'Store', config.store),
    spaceFinding('images', 'Images', config.images),
    memoryFinding(),
    kvmFinding(),
    mirrorsFinding(config, suites),
  ])
}
