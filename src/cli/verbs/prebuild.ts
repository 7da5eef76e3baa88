import { inputError } from '../../core/error.ts'
import { parseParameters } from '../../heat/index.ts'
import { type PrebuildResult, planDocument, planPage, planPrebuild, prebuild } from '../../prebuild/index.ts'
import { directoryTarget, parseTarget } from '../../publish/index.ts'
import { isKind, type SecretKind } from '../../recipe/secret-kinds.ts'
import { bytes, count, duration, some } from '../render/format.ts'
import { table } from '../render/table.ts'
import { printable } from '../render/text.ts'
import { planText } from '../show/plan.ts'
import { residueTable } from '../show/residue.ts'
import { type Context, defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'prebuild',
  summary: 'Build the images that a Heat template needs, and write the template that uses them',
  description:
    'Reads the Heat template IN, builds one image for each kind of instance in it with everything inside that does not ' +
    'depend on the running stack, publishes the images, and writes OUT: the same template with the new images in ' +
    'place of the old ones. What still happens at boot is listed, with the reason. All or nothing: if anything is ' +
    'missing, all of it is named at once, nothing is built and OUT is not written. OUT.kiln.lock records what went ' +
    'in, so that the same command builds nothing again.',
  options: [
    { name: 'parameters', value: 'LIST', help: 'values of parameters, as "A=1;B=2"' },
    { name: 'parameter', short: 'P', value: 'A=1', repeatable: true, help: 'one value; it may hold a ";"' },
    {
      name: 'environment',
      short: 'e',
      value: 'FILE',
      repeatable: true,
      help: 'environment file; the last one wins',
    },
    { name: 'root', value: 'FOLDER', help: "files are read only below it; else the template's folder" },
    { name: 'bases', value: 'FILE', help: 'says what base images are, as "corp-base: {os: debian-13}"' },
    {
      name: 'package-map',
      value: 'FILE',
      help: 'says what packages are called on the base, as "httpd: apache2"',
    },
    {
      name: 'target',
      value: 'TARGET',
      repeatable: true,
      help: 'where images go, as dir:FOLDER or glance:CLOUD; else the folder that "kiln images" lists',
    },
    { name: 'plan', help: 'say what would be built, build nothing; OUT may be left out' },
    { name: 'html', value: 'FILE', help: 'also write a page that shows the plan, or what was built' },
    { name: 'check', help: 'boot each image on BIOS and UEFI before it is published' },
    {
      name: 'allow-secret',
      value: 'KIND:PATH',
      repeatable: true,
      help: 'publish images though the secret scan finds this in them, as private-key:/etc/x.key',
    },
    { name: 'update', help: 'lock anew: newer packages, if there are any' },
    { name: 'keep-metadata', help: 'change image references only, keep what is baked in the template too' },
    { name: 'lenient-aws', help: 'read templates written for AWS only (!Ref, Fn::Sub, AWS types)' },
    { name: 'scan-scripts', help: 'bake what plain install lines of shell scripts name, too' },
    { name: 'allow-remote-templates', help: 'leave nested templates behind URLs alone instead of refusing' },
  ],
  positionals: [
    { name: 'in', help: 'the template' },
    { name: 'out', help: 'the new template', optional: true },
  ],
  examples: [
    { line: 'kiln prebuild wordpress.yaml out.yaml', does: 'build, publish, write out.yaml' },
    {
      line: 'kiln prebuild --plan WordPress.template --parameters "InstanceType=m1.xlarge;LinuxDistribution=F17"',
      does: 'what each instance is built from, and with what',
    },
    {
      line: 'kiln prebuild --plan wordpress.yaml --html plan.html',
      does: 'the same as a page, with the lines of the template that change',
    },
  ],
  run: async (context, args) => {
    const request = {
      template: args.in,
      cwd: context.cwd,
      root: args.root,
      parameters: parseParameters(args.parameters, args.parameter),
      environments: args.environment,
      bases: args.bases,
      packageMap: args.packageMap,
      lenientAws: args.lenientAws,
      allowRemote: args.allowRemoteTemplates,
      scanScripts: args.scanScripts,
    }
    if (args.plan) {
      const { html, out: output, keepMetadata, update } = args
      const plan =
        html === undefined
          ? await planPrebuild({ ...request, keepMetadata })
          : await planPage({ ...request, html, output, keepMetadata, update }, context)
      context.document(planDocument(plan))
      if (!context.json) context.say(planText(plan, args.in, context.terminal))
      if (html !== undefined) context.say(`\n${printable(html)} written.`)
      return plan.analysis.outcome === 'fail' ? 2 : 0
    }
    if (args.out === undefined)
      throw inputError('KILN_MISSING_ARGUMENT', 'The name of the new template is missing.', {
        hint: `Write it after ${args.in}, or add --plan to only see what would be built.`,
      })
    const given = args.target.map((text) => parseTarget(text, context))
    const targets = given.length > 0 ? given : [directoryTarget(context.config.images)]
    const { keepMetadata, update, check } = args
    const allowSecrets = args.allowSecret.map(allowedSecret)
    const result = await prebuild(
      { ...request, output: args.out, html: args.html, targets, keepMetadata, update, check, allowSecrets },
      context,
    )
    context.document(document(result))
    context.say(summary(result, args.in, context))
    return 0
  },
})

/** @throws KilnError `KILN_OPTION_VALUE`. */
function allowedSecret(text: string): { kind: SecretKind; path: string } {
  const [, kind = '', path] = /^([a-z-]+):(\/.+)$/s.exec(text) ?? []
  if (path !== undefined && isKind(kind)) return { kind, path }
  throw inputError('KILN_OPTION_VALUE', `--allow-secret "${text}" is not a kind of secret and a path.`, {
    hint: 'Write it as private-key:/etc/x.key; docs/security.md lists the kinds.',
  })
}

/** What `--json` prints after a build. */
function document(result: PrebuildResult): unknown {
  const plan = planDocument(result.plan)
  return {
    outcome: plan.outcome,
    output: result.output,
    written: result.written,
    images: result.images.map(({ name, version, resolvedFrom, placements, checked }) => ({
      name,
      paths: resolvedFrom.paths,
      image: resolvedFrom.base,
      parameters: resolvedFrom.parameters,
      digest: version.digest,
      key: version.key,
      size: version.artifacts[0]?.size,
      virtualSize: version.virtualSize,
      where: placements.map(({ where }) => where),
      reused: version.reused,
      seconds: version.seconds,
      stages: version.stages,
      ...(checked === undefined ? {} : { checked }),
    })),
    skipped: plan.skipped,
    warnings: result.plan.analysis.warnings,
    absent: result.absent,
    environments: result.environments,
    residue: result.residue,
    seconds: result.seconds,
  }
}

function summary(result: PrebuildResult, template: string, context: Context): string {
  const { terminal } = context
  const blocks: string[] = []
  if (result.images.length > 0) {
    const rows = result.images.map(({ name, version, resolvedFrom, placements }) => [
      some(resolvedFrom.paths),
      from(resolvedFrom.base, resolvedFrom.parameters),
      version.reused ? 'reused' : duration(version.seconds),
      bytes(version.artifacts[0]?.size ?? 0),
      placements.map(({ where }) => where).join(' ') || name,
    ])
    blocks.push(table(['INSTANCE', 'BUILT FROM', '>IN', '>SIZE', 'IMAGE'], rows, terminal))
  }
  if (result.residue.length > 0) blocks.push(residueTable(result.residue, terminal))
  for (const { message } of result.plan.analysis.warnings) blocks.push(printable(message))
  for (const { path, why } of result.plan.analysis.skipped)
    blocks.push(printable(`Left alone: ${path}: ${why}`))
  for (const { given, instead } of result.environments)
    blocks.push(
      printable(
        `With ${result.output}, give -e ${instead} instead of -e ${given}: its registry names changed templates`,
      ),
    )
  if (result.absent.length > 0)
    blocks.push(
      printable(`${result.output} needs beside it, as ${template} does: ${result.absent.join(', ')}`),
    )
  blocks.push(printable(closing(result, template)))
  return blocks.join('\n\n')
}

function from(base: string, parameters: Readonly<Record<string, unknown>>): string {
  const values = Object.entries(parameters).map(([name, value]) => `${name}=${text(value)}`)
  return values.length > 0 ? `${base} (${values.join(', ')})` : base
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function closing(result: PrebuildResult, template: string): string {
  const built = result.images.filter(({ version }) => !version.reused).length
  const what =
    result.images.length === 0
      ? `Nothing to build for ${template}`
      : built === 0
        ? `${count(result.images.length, 'image')} there already`
        : `${count(built, 'image')} built`
  const wrote = result.written.length > 0 ? `${result.output} written` : `${result.output} is as before`
  return `${what}, ${wrote}, in ${duration(result.seconds)}.`
}
