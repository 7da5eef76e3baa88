import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, planFor } from '../../src/build/build.ts'
import { lockRecipe } from '../../src/build/index.ts'
import { readConfig } from '../../src/core/config.ts'
import { silent } from '../../src/core/events.ts'
import { parseRecipe } from '../../src/recipe/recipe.ts'
import { type StageContext, TREE } from '../../src/stages/stage.ts'
import { openStore } from '../../src/store/store.ts'
import { type PythonIndex, pythonIndex } from '../whole/python-index.ts'

const SOURCE = `#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "compiled", NULL, -1, methods};
PyMODINIT_FUNC PyInit_compiled(void) { return PyModule_Create(&module); }
`
const PROJECT = '[build-system]\nrequires = []\nbuild-backend = "tiny_compiler"\nbackend-path = ["."]\n'

describe.each(['debian-13', 'debian-12'])('a source archive that needs a compiler, on %s', (os) => {
  let folder: string
  let index: PythonIndex
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-source-'))
    index = await pythonIndex(folder)
    const backend = await readFile(new URL('tiny_compiler.py', import.meta.url), 'utf8')
    await index.source('compiled', '1.0', {
      'compiled.c': SOURCE,
      'pyproject.toml': PROJECT,
      'tiny_compiler.py': backend,
    })
    await index.source('reaches-out', '1.0', {
      'pyproject.toml': PROJECT.replace('tiny_compiler', 'reacher'),
      'reacher.py': 'import urllib.request\nurllib.request.urlopen("http://192.0.2.1/")\n',
    })
    await index.wheel('only-old', '1', { tag: 'cp27-cp27mu-manylinux1_x86_64' })
  })
  afterAll(async () => {
    await index?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const context = () => ({
    config: readConfig({ ...process.env, KILN_PIP_INDEX: index.uri }),
    events: silent,
  })
  const recipe = (packages: readonly string[], wish = 'compiled') =>
    parseRecipe({ name: 'compiled', from: { os }, packages, pip_packages: [wish] }, 'test')

  test('is refused where the image has none', async () => {
    await expect(lockRecipe(recipe([]), context())).rejects.toMatchObject({
      code: 'KILN_PIP_BUILD_FAILED',
      message: /No such file or directory.*gcc/,
    })
  })

  test('is refused where it wants the network, as is what fits no Python of the image', async () => {
    await expect(lockRecipe(recipe([], 'reaches-out'), context())).rejects.toMatchObject({
      code: 'KILN_PIP_BUILD_FAILED',
      message: /Network is unreachable/,
    })
    await expect(lockRecipe(recipe([], 'only-old'), context())).rejects.toMatchObject({
      code: 'KILN_PIP_UNFIT',
      hint: /only_old-1-cp27/,
    })
  })

  test('is built where it has one, the same bytes each time', async () => {
    const wanted = recipe(['gcc', 'python3-dev'])
    const lock = await lockRecipe(wanted, context())
    expect(lock.python).toMatchObject({ files: [{ name: 'compiled', arch: 'source' }] })
    const { key, stages } = planFor(wanted, lock)
    const answers: string[] = []
    const afterStage = async (stage: string, { sandbox }: StageContext) => {
      if (!stage.startsWith('python')) return
      const say = ['python3', '-c', 'import compiled; print(compiled.answer())']
      answers.push((await sandbox.guest(TREE, say)).stdout)
    }
    const digests: string[] = []
    for (let n = 0; n < 2; n++) {
      digests.push((await build(wanted, lock, { ...context(), afterStage })).digest)
      const store = await openStore(context().config.store)
      const stage = stages.find(({ name }) => name === 'python')!
      for (const name of [`layers/${stage.key}`, `versions/${key}`])
        await rm(join(store.path, `${name}.json`), { force: true })
    }
    expect(answers).toEqual(['42\n', '42\n'])
    expect(digests[0]).toBe(digests[1])
  })
})
