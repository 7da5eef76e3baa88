/**
 * One process of `bench/heat.ts`: plans the templates on standard input ({passes, templates: [{root, path, parameters}]}) and writes
 * processor seconds of each pass as JSON: `read` (text to checked template), `plan` (images, missing parameters, needs, residue).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse, localFiles } from '../src/heat/index.ts'
import { readTemplate } from '../src/heat/template/template.ts'

interface Case {
  readonly root: string
  readonly path: string
  readonly parameters: Readonly<Record<string, unknown>>
}

const job = JSON.parse(readFileSync(0, 'utf8')) as { passes: number; templates: readonly Case[] }
const read: number[] = []
const plan: number[] = []
let refused = 0
const texts = job.templates.map(({ root, path }) => readFileSync(join(root, path), 'utf8'))
for (let pass = 0; pass < job.passes; pass++) {
  refused = 0
  plan.push(
    seconds(() => {
      for (const { root, path, parameters } of job.templates)
        analyse({ template: path, files: localFiles(root), parameters: new Map(Object.entries(parameters)) })
    }),
  )
  read.push(
    seconds(() => {
      for (const text of texts)
        try {
          readTemplate(text, 'template')
        } catch {
          refused++
        }
    }),
  )
}
process.stdout.write(JSON.stringify({ read, plan, refused }))

function seconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
