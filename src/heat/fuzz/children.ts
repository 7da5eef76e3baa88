import { fileOf, type Maker } from './maker.ts'
import { list, map, raw, type Tree, text } from './tree.ts'

/** A resource that is a nested template, by its type, the registry or a property; several may share one file. HOT only. */
export function children(maker: Maker, image: Tree): Tree {
  const { pick, files } = maker
  const names = Object.keys(files).filter((name) => name.startsWith('sub/c'))
  let file = names[0]
  if (file === undefined || pick(2) === 0) {
    file = `sub/c${names.length}.yaml`
    files[file] = fileOf(maker, child(maker))
  }
  const properties = pick(4) === 0 ? map({}) : map({ image })
  switch (pick(4)) {
    case 0:
      return map({
        type: text('OS::Heat::Stack'),
        properties: map({ template: map({ get_file: text(file) }), parameters: properties }),
      })
    case 1: {
      const type = pick(3) === 0 ? 'OS::Nova::Server' : `My::${file.replaceAll(/\W/g, '')}`
      if (type === 'OS::Nova::Server' && maker.environments.length > 0) break
      const environment = `env/e${maker.environments.length}.yaml`
      maker.environments.push(environment)
      files[environment] = `resource_registry:\n  # types\n  "${type}": ../${file}\n`
      return map({ type: text(type), properties })
    }
    case 2:
      return map({
        type: text('OS::Heat::ResourceChain'),
        properties: map({ resources: list(text(file), text(file)), resource_properties: properties }),
      })
  }
  return map({ type: text(pick(2) ? file : `./sub/../${file}`), properties })
}

function child({ pick }: Maker): Tree {
  const read = map({ get_param: text('image') })
  const metadata = map({
    'AWS::CloudFormation::Init': map({ config: map({ packages: map({ apt: map({ nginx: list() }) }) }) }),
  })
  const withInit = pick(3) === 0
  return map({
    heat_template_version: raw('2016-10-14'),
    parameters: map({ image: map({ type: text('string'), default: text('own') }) }),
    resources: map({
      s: map({
        type: text('OS::Nova::Server'),
        ...(withInit ? { metadata } : {}),
        properties: map({ image: read, ...(withInit ? { user_data: text('cfn-init') } : {}) }),
      }),
      ...(pick(3) === 0
        ? { v: map({ type: text('OS::Cinder::Volume'), properties: map({ image: read }) }) }
        : {}),
    }),
  })
}
