import { allPackages } from '../../lock/lock.ts'
import type { Recipe } from '../../recipe/recipe.ts'
import { isBuildable } from '../bases/index.ts'
import type { MadeImage } from '../make.ts'
import type { ImagePlan } from '../plan.ts'
import { type Content, type Html, html } from './html.ts'
import type { PageInput, Section } from './types.ts'
import { baseName, baseTitle, breakable, codes, count, imageCode, imageId, size } from './words.ts'

/** Each image with what is baked into it. */
export function images(input: PageInput): Section | undefined {
  const { plan, names } = input
  if (plan.images.length === 0) return undefined
  const unknown = [...names.values()].some(({ known }) => !known)
  return {
    id: 'images',
    title: unknown ? 'Images to be built' : 'Images',
    body: html`${
      unknown &&
      html`<p>The last letters of a name come from the image\u2019s content. Only the build knows them:
<span class="unknown">xxxxxxxxxxxx</span> stands for them on this page.</p>`
    }
${plan.images.map((image, i) => card(image, imageId(i), input))}`,
  }
}

function card(image: ImagePlan, id: string, { names, made }: PageInput): Html {
  const { recipe, base, members, through } = image
  const result = made?.get(image)
  const hidden = members.some(({ instance }) => instance.resolvedFrom.some((used) => used.hidden))
  const paths = members.map(({ instance }) => instance.path)
  return html`<article class="card" id="${id}" aria-labelledby="${id}-name">
<h3 id="${id}-name">${imageCode(names.get(image)!)}</h3>
<p class="soft">${
    isBuildable(base)
      ? `${base.system.title} for ${base.system.arch}.`
      : html`Not on ${baseName(base.image, base, hidden)}: ${baseTitle(base)}`
  }${!made && names.get(image)!.known && ' In the store already, from an earlier build.'}${through.length > 0 && ` Its packages are asked for through ${through.join(' and ')}.`}</p>
<dl class="pairs">
${pair(`For ${count(paths.length, 'instance')}`, codes(paths))}
${baked(recipe, result)}
${result && record(result)}
</dl>
</article>
`
}

function pair(name: string, value: Content): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`
}

/** What the recipe puts on top of the base, by kind. */
function baked(recipe: Recipe, result: MadeImage | undefined): Html {
  const versions = new Map(
    result ? allPackages(result.lock).map(({ name, version }) => [name, version] as const) : [],
  )
  const { packages, pip_packages, services, custom_files, users, groups, repositories } = recipe
  const kinds: [string, readonly Content[]][] = [
    ['Packages', packages.map((one) => spec(one.name, one.version ?? versions.get(one.name)))],
    ['Packages of Python', pip_packages.map((one) => spec(one, pythonVersion(one, result)))],
    ['Services enabled', services.enable.map((name) => spec(name))],
    ['Services disabled', services.disable.map((name) => spec(name))],
    ['Files', custom_files.map(fileItem)],
    ['Users', users.map(({ name }) => spec(name))],
    ['Groups', groups.map(({ name }) => spec(name))],
    ['Repositories', repositories.map(({ name, uri, suite }) => spec(name, `${uri} ${suite}`))],
  ]
  const some = kinds.filter(([, items]) => items.length > 0)
  if (some.length === 0) return pair('Baked', 'Nothing on top of the base')
  return html`${some.map(([name, items]) =>
    pair(name, html`<ul class="items">${items.map((item) => html`<li>${item}</li>`)}</ul>`),
  )}`
}

/** What a requirement came to. */
function pythonVersion(requirement: string, result: MadeImage | undefined): string | undefined {
  const name = /^[a-z0-9-]+/.exec(requirement)?.[0]
  return result?.lock.python?.files.find((file) => file.name === name)?.version
}

function spec(name: string, more?: string): Html {
  return html`<code>${breakable(name)}</code>${more !== undefined && html` <span class="soft">${more}</span>`}`
}

function fileItem(file: Recipe['custom_files'][number]): Html {
  const group = file.group === undefined ? '' : `:${file.group}`
  const facts = [
    file.link === undefined ? '' : `link to ${file.link}`,
    file.mode ?? '',
    file.owner === 'root' && (group === '' || group === ':root') ? '' : `${file.owner}${group}`,
  ].filter(Boolean)
  return spec(file.path, facts.join(', ') || undefined)
}

/** What is known once an image is there. */
function record({ version, lock, checked }: MadeImage): Html {
  const [artifact] = version.artifacts
  return html`${pair('Digest', html`<code>${version.digest}</code>`)}${pair(
    'Size',
    artifact
      ? `${size(artifact.size)} as ${artifact.format}, ${size(version.virtualSize)} as a disk`
      : size(version.virtualSize),
  )}${pair('Packages in all', count(allPackages(lock).length, 'package'))}${
    checked !== undefined && pair('Booted and checked', count(checked, 'assertion'))
  }`
}
