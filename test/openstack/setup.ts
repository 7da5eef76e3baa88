import type { TestProject } from 'vitest/node'
import { Cloud, type CloudFacts, unable } from './fixture/cloud.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cloud that all files of tests share, or why there is none. */
    readonly openstack: { readonly facts?: CloudFacts; readonly why?: string }
  }
}

/** One cloud for all files: it starts once. Tests use projects, names and images of their own. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const why = unable()
  if (why !== undefined) {
    console.warn(why)
    provide('openstack', { why })
    return undefined
  }
  const begun = performance.now()
  const cloud = await Cloud.start({ say: (text) => console.warn(text) })
  console.warn(`OpenStack is up after ${Math.round((performance.now() - begun) / 1000)} s`)
  provide('openstack', { facts: cloud.facts })
  return () => cloud[Symbol.asyncDispose]()
}
