import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { Cloud, type CloudFacts, unable } from './fixture/cloud.ts'
import type { Flavour } from './fixture/root.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cloud that all files of tests share, or why there is none. */
    readonly openstack: { readonly facts?: CloudFacts; readonly why?: string }
  }
}

/** One cloud for all files: it starts once, or is the one of `make openstack` whose folder `KILN_OPENSTACK` names. Tests use projects, names and images of their own. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const running = process.env.KILN_OPENSTACK
  if (running) {
    provide('openstack', { facts: JSON.parse(await readFile(join(running, 'facts.json'), 'utf8')) })
    return undefined
  }
  const why = unable()
  if (why !== undefined) {
    console.warn(`${why}: all tests with them are skipped`)
    provide('openstack', { why })
    return undefined
  }
  const begun = performance.now()
  const flavour = (process.env.KILN_OPENSTACK_FLAVOUR || 'trixie') as Flavour
  const cloud = await Cloud.start({ flavour, say: (text) => console.warn(text) })
  console.warn(`OpenStack is up after ${Math.round((performance.now() - begun) / 1000)} s`)
  provide('openstack', { facts: cloud.facts })
  return () => cloud[Symbol.asyncDispose]()
}
