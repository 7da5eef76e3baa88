import type { BaseFile } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'

/** Files that make a recipe's repositories the guest's own, too. */
export function repositoryFiles(repositories: Recipe['repositories']): BaseFile[] {
  return repositories.flatMap((r) => [
    { path: `/etc/apt/keyrings/${r.name}.asc`, content: r.key },
    {
      path: `/etc/apt/sources.list.d/${r.name}.sources`,
      content: `Types: deb\nURIs: ${r.uri}\nSuites: ${r.suite}\n${r.suite.endsWith('/') ? '' : `Components: ${r.components.join(' ')}\n`}Signed-By: /etc/apt/keyrings/${r.name}.asc\n`,
    },
  ])
}
