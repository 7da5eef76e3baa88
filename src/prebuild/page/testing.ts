import { analyse, type Files, memoryFiles, rewrite } from '../../heat/index.ts'
import { parseBaseMap } from '../bases/map.ts'
import { noPackageMap } from '../needs/index.ts'
import { planImages } from '../plan.ts'
import type { ReadTemplate } from '../request.ts'
import { pageOfPlan } from './index.ts'

/** What a test says of a template, besides its files. */
export interface Given {
  readonly template?: string
  readonly parameters?: Record<string, unknown>
  readonly environments?: readonly string[]
  readonly bases?: string
  readonly keepMetadata?: boolean
}

/** The page of the plan for the template among `files` (texts by name), for tests. Nothing is read from a disk. */
export async function pageFor(files: Readonly<Record<string, string>>, given: Given = {}): Promise<string> {
  const name = given.template ?? 'in.yaml'
  const read = new Map<string, Uint8Array>()
  const memory = memoryFiles(new Map(Object.entries(files)))
  const recording: Files = {
    read: (path) => {
      const answer = memory.read(path)
      if (answer.ok) read.set(answer.path, answer.bytes)
      return answer
    },
  }
  const analysis = analyse({
    template: name,
    files: recording,
    parameters: new Map(Object.entries(given.parameters ?? {})),
    environments: given.environments ?? [],
  })
  const template: ReadTemplate = { analysis, name, root: '/', read }
  const plan = planImages(analysis, {
    template: name,
    bases: parseBaseMap(given.bases ?? '', 'bases.yaml'),
    packageMap: noPackageMap,
  })
  const context = {
    config: { store: '/nowhere', images: '/nowhere', mirrors: {}, workspace: undefined },
    events: { emit: () => {} },
  }
  const { text } = await pageOfPlan({ update: false }, template, plan, context, {
    write: (image) =>
      rewrite(
        analysis,
        new Map(
          plan.images.flatMap((one) =>
            one.members.map(({ instance, baked }) => [instance.path, { image: image(one), baked }] as const),
          ),
        ),
        { keepMetadata: given.keepMetadata === true },
      ),
    place: async () => undefined,
  })
  return text
}

/** What a reader sees of a page: its text without its tags, and without its style sheet. */
export function seen(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<wbr>/g, '')
    .replace(/<\/(td|th|li|p|dt|dd|h\d|caption|div)>/g, ' ')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/[^\S\n]+/g, ' ')
}
