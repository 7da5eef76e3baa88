import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { inputError, isErrno } from '../core/error.ts'
import { type Analysis, analyse, type Files, localFiles } from '../heat/index.ts'

/** What of the user's command line decides what a template means. */
export interface TemplateOptions {
  /** The template, as given. */
  readonly template: string
  /** Relative names start here. */
  readonly cwd: string
  /** Folder that files of the template must lie below; default: the template's. */
  readonly root?: string | undefined
  readonly parameters: ReadonlyMap<string, unknown>
  readonly environments: readonly string[]
  readonly lenientAws: boolean
  readonly allowRemote: boolean
  /** Read plain install lines of shell scripts as needs. */
  readonly scanScripts?: boolean
}

export interface ReadTemplate {
  readonly analysis: Analysis
  /** The template below the root, `/` between parts. */
  readonly name: string
  readonly root: string
  /** What was read, by name below the root. */
  readonly read: ReadonlyMap<string, Uint8Array>
}

/**
 * Reads and analyses a template with its files.
 * @throws KilnError `KILN_FILE_MISSING`, `KILN_FILE_OUTSIDE`; faults of the template are in the analysis.
 */
export async function readTemplate(options: TemplateOptions): Promise<ReadTemplate> {
  const template = resolve(options.cwd, options.template)
  const root = options.root === undefined ? dirname(template) : resolve(options.cwd, options.root)
  await demandFile(template, options.template)
  const environments = []
  for (const given of options.environments) {
    const path = resolve(options.cwd, given)
    await demandFile(path, given)
    environments.push(below(root, path, given))
  }
  const read = new Map<string, Uint8Array>()
  const files = recording(localFiles(root), read)
  const name = below(root, template, options.template)
  const analysis = analyse({
    template: name,
    files,
    parameters: options.parameters,
    environments,
    lenientAws: options.lenientAws,
    allowRemote: options.allowRemote,
    scanScripts: options.scanScripts === true,
  })
  return { analysis, name, root, read }
}

function recording(files: Files, read: Map<string, Uint8Array>): Files {
  return {
    read: (path) => {
      const answer = files.read(path)
      if (answer.ok) read.set(answer.path, answer.bytes)
      return answer
    },
  }
}

async function demandFile(path: string, given: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return
  } catch (error) {
    if (isErrno(error, 'EACCES'))
      throw inputError('KILN_FILE_UNREADABLE', `This user may not look at ${given}.`, {
        hint: 'Check the modes of the folders above it.',
      })
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error
    throw inputError('KILN_FILE_MISSING', `There is no file ${given || "''"}.`)
  }
  throw inputError('KILN_FILE_MISSING', `${given || 'An empty name'} is not a file.`)
}

function below(root: string, path: string, given: string): string {
  const name = relative(root, path)
  if (name === '..' || name.startsWith(`..${sep}`) || isAbsolute(name))
    throw inputError(
      'KILN_FILE_OUTSIDE',
      `${given} is not below the folder ${root}, which files are read from.`,
      {
        hint: 'Name a folder above all of them with --root.',
      },
    )
  return name.split(sep).join('/')
}
