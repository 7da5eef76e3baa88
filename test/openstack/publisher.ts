/**
 * A publisher in a process of its own, to be killed: `node publisher.ts FOLDER STORE VERSION NAME`. FOLDER has a clouds.yaml with
 * `mine`, VERSION is a file of JSON.
 */
import { readFileSync } from 'node:fs'
import type { Version } from '../../src/build/types.ts'
import { openCloud } from '../../src/cloud/index.ts'
import { silent } from '../../src/core/events.ts'
import { parseGlance } from '../../src/publish/glance/options.ts'
import { glanceTarget } from '../../src/publish/glance/target.ts'

const [folder, store, file, name] = process.argv.slice(2) as [string, string, string, string]
const open = () => openCloud('mine', { env: { HOME: folder }, cwd: folder, events: silent })
const version = JSON.parse(readFileSync(file, 'utf8')) as Version
await glanceTarget(parseGlance('mine'), { open, store }).publish({ name, version }, { events: silent })
