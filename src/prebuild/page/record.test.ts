import { describe, expect, test } from 'vitest'
import { analyse, memoryFiles, rewrite } from '../../heat/index.ts'
import type { MadeImage } from '../make.ts'
import { noPackageMap } from '../needs/index.ts'
import { planImages } from '../plan.ts'
import { pageOfBuild } from './index.ts'
import { page } from './page.ts'
import { shownNames } from './placeholders.ts'
import { seen } from './testing.ts'

const TEXT = `heat_template_version: 2018-08-31
resources:
  web:
    type: OS::Nova::Server
    properties:
      image: debian-13
      user_data_format: RAW
      user_data: |
        #cloud-config
        packages: [nginx]
`
const DIGEST = '0123456789abcdef'.repeat(4)
const files = memoryFiles(new Map([['in.yaml', TEXT]]))
const analysis = analyse({ template: 'in.yaml', files })
const plan = planImages(analysis, { template: 'in.yaml', bases: new Map(), packageMap: noPackageMap })
const read = new Map([['in.yaml', new TextEncoder().encode(TEXT)]])
const [image] = plan.images
const name = `in-web-debian-13-amd64-${DIGEST.slice(0, 12)}`
const choice = { image: name, baked: image!.members[0]!.baked }
const rewritten = rewrite(analysis, new Map([['web', choice]]))

describe('the page of what was built', () => {
  const made = {
    plan: image,
    name,
    lock: {
      base: [{ name: 'bash', version: '5.2' }],
      groups: [{ wanted: ['nginx'], packages: [{ name: 'nginx', version: '1.26.3-3' }] }],
    },
    version: {
      digest: DIGEST,
      key: 'k',
      virtualSize: 1_400_000_000,
      artifacts: [{ format: 'qcow2', digest: 'd', size: 207_000_000, path: '/home/me/store/x' }],
      seconds: 99,
      reused: false,
    },
    placements: [{ where: '/home/me/images/x.qcow2' }],
    checked: 12,
  } as unknown as MadeImage
  const text = pageOfBuild({ analysis, name: 'in.yaml', root: '/', read }, plan, [made], rewritten, [])

  test('has real names, digests, sizes and versions of packages', () => {
    const shown = seen(text)
    expect(shown).toContain('Prebuild record')
    expect(shown).toContain('1 instance starts from 1 image.')
    expect(shown).toMatch(new RegExp(`Digest\\s+${DIGEST}`))
    expect(shown).toMatch(/Size\s+207 MB as qcow2, 1\.4 GB as a disk/)
    expect(shown).toMatch(/Packages\s+nginx 1\.26\.3-3/)
    expect(shown).toMatch(/Packages in all\s+2 packages/)
    expect(shown).toMatch(/Booted and checked\s+12 assertions/)
    expect(shown).toContain(`+ image: ${name}`)
    expect(shown).not.toContain('xxxxxxxxxxxx')
  })

  test('holds nothing of the machine or the run', () => {
    expect(text).not.toContain('/home/me')
    const again = { ...made, version: { ...made.version, seconds: 0, reused: true } }
    expect(pageOfBuild({ analysis, name: 'in.yaml', root: '/', read }, plan, [again], rewritten, [])).toBe(
      text,
    )
  })
})

test('a plan shows the real names of images that are there already', () => {
  const names = shownNames(plan.images, new Map([[image!, name]]))
  const shown = seen(
    page({
      kiln: '1.2.3',
      template: 'in.yaml',
      lenientAws: false,
      plan,
      problems: [],
      read,
      rewritten,
      residue: [],
      names,
      made: undefined,
    }),
  )
  expect(shown).toContain(name)
  expect(shown).toContain('In the store already, from an earlier build.')
  expect(shown).not.toContain('xxxxxxxxxxxx')
})
