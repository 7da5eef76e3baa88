import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environment, program, ROOT } from './program.ts'

/** The page of a plan in a real browser: what it loads, how it fits, whether it can be read. */

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** What `page-measures.js` answers. */
interface Measures {
  readonly headings: number[]
  readonly overflowing: string[]
  readonly contrasts: { text: string; ratio: number; needed: number }[]
  readonly cut: number
  readonly shape: { width: number; paper: number }
  readonly trespass: undefined
}

function measure<K extends keyof Measures>(page: Page, what: K): Promise<Measures[K]> {
  return page.evaluate(`measures.${what}()`)
}

const LONG = 'aNameWithoutAnyEnd'.repeat(8)
const EVIL = `"'></code></td></table></script><script>alert(1)</script><img src=http://127.0.0.1:1/x onerror=alert(2)>`
/** Heat takes no slash in the name of a resource. */
const EVIL_NAME = EVIL.replaceAll('/', '')
const quoted = JSON.stringify
const HEAD = 'heat_template_version: 2018-08-31\n'
const TEMPLATES: Readonly<Record<string, string | undefined>> = {
  // As it is in examples/.
  wordpress: undefined,
  many: `${HEAD}parameters: {os: {type: string, default: debian-13}}\nresources:\n${Array.from(
    { length: 30 },
    (_, i) => `  ${i === 3 ? LONG : `node_${i}`}:
    type: OS::Nova::Server
    properties:
      image: ${i % 2 === 0 ? 'debian-12' : '{get_param: os}'}
      user_data_format: RAW
      user_data: |
        #cloud-config
        packages: [nginx, redis-tools, pkg${i % 3}]
        write_files:
          - {path: /etc/${LONG}/${LONG}.conf, content: "${'x'.repeat(300)}"}
        runcmd: [hello]
`,
  ).join('')}`,
  failing: `${HEAD}parameters: {image: {type: string}, other: {type: string, hidden: true}}
resources:
  a: {type: OS::Nova::Server, properties: {image: {get_param: image}}}
  b: {type: OS::Nova::Server, properties: {image: ${LONG}}}
  c: {type: OS::Nova::Server, properties: {image: Windows Server 2022}}
  d: {type: OS::Nova::Server, properties: {image: {get_param: other}}}
  e: {type: OS::Nova::Server, properties: {image: debian-13}}
  f: {type: AWS::RDS::DBInstance, properties: {}}
`,
  evil: `${HEAD}description: ${quoted(EVIL)}
parameters: {${quoted(EVIL)}: {type: string, default: debian-13}}
resources:
  ${quoted(EVIL_NAME)}:
    type: OS::Nova::Server
    properties: {image: {get_param: ${quoted(EVIL)}}} # ${EVIL} \u202e
  b: {type: OS::Nova::Server, properties: {image: ${quoted(EVIL)}}}
`,
}
const NAMES = Object.keys(TEMPLATES)

const there = existsSync(CHROMIUM)
describe.skipIf(!there)(`in a browser${there ? '' : ` (skipped: there is no ${CHROMIUM})`}`, () => {
  let folder: string
  let server: Server
  let browser: Browser
  const asked: string[] = []
  const address = (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}.html`

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-browser-'))
    for (const [name, text] of Object.entries(TEMPLATES)) {
      const template = text === undefined ? join(ROOT, 'examples', name, `${name}.yaml`) : `${name}.yaml`
      if (text !== undefined) await writeFile(join(folder, template), text)
      const env = environment({ KILN_HOME: join(folder, '.home') })
      const argv = [join(ROOT, 'kiln'), 'prebuild', '--plan', template, '--html', `${name}.html`]
      const { status, stdout, stderr } = await program(argv, { cwd: folder, env })
      expect(status, `${name}: ${stdout}${stderr}`).toBe(name === 'failing' ? 2 : 0)
    }
    server = createServer(async (request, response) => {
      asked.push(request.url!)
      response.setHeader('content-type', 'text/html')
      response.end(await readFile(join(folder, request.url!)).catch(() => ''))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Opens a page; what it complained about or wanted to say is in the answer. */
  async function open(
    name: string,
    { width = 1280, dark = false }: { width?: number; dark?: boolean } = {},
  ): Promise<{ page: Page; said: string[]; requests: string[] } & AsyncDisposable> {
    const page = await browser.newPage({
      viewport: { width, height: 800 },
      colorScheme: dark ? 'dark' : 'light',
    })
    const said: string[] = []
    const requests: string[] = []
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => said.push(error.message))
    page.on('dialog', (dialog) => {
      said.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => requests.push(request.url()))
    await page.addInitScript({ path: join(import.meta.dirname, 'page-measures.js') })
    await page.goto(address(name), { waitUntil: 'load' })
    return { page, said, requests, [Symbol.asyncDispose]: () => page.close() }
  }

  test.each(NAMES)('%s loads nothing, runs nothing and breaks no policy', async (name) => {
    asked.length = 0
    await using opened = await open(name)
    await opened.page.waitForLoadState('networkidle')
    expect(opened.said).toEqual([])
    expect(opened.requests.filter((url) => url !== 'data:,')).toEqual([address(name)])
    expect(asked).toEqual([`/${name}.html`])
    // The policy is in force, or all this would prove nothing.
    await measure(opened.page, 'trespass')
    await expect
      .poll(() => opened.said.filter((line) => /img-src|script-src/.test(line)).length)
      .toBeGreaterThan(1)
    expect(asked).toEqual([`/${name}.html`])
    expect(opened.said.filter((line) => line.startsWith('dialog'))).toEqual([])
  })

  test.each(NAMES.flatMap((name) => [320, 360, 768, 1280].map((width) => [name, width] as const)))(
    '%s fits a screen of %i pixels: only the difference is scrolled sideways',
    async (name, width) => {
      await using opened = await open(name, { width })
      expect((await measure(opened.page, 'shape')).width).toBe(width)
      expect(await measure(opened.page, 'overflowing')).toEqual([])
    },
  )

  test.each(
    NAMES.flatMap((name) => [false, true].map((dark) => [name, dark ? 'dark' : 'light', dark] as const)),
  )('%s in %s: every text stands out enough from what is behind it', async (name, _scheme, dark) => {
    await using opened = await open(name, { dark })
    const found = await measure(opened.page, 'contrasts')
    expect(found.length).toBeGreaterThan(20)
    expect(found.filter(({ ratio, needed }) => ratio < needed)).toEqual([])
    const { paper } = await measure(opened.page, 'shape')
    expect(paper < 128).toBe(dark)
  })

  test.each(NAMES)('%s has headings in order and landmarks with names', async (name) => {
    await using opened = await open(name)
    const { page } = opened
    const levels = await measure(page, 'headings')
    expect(levels[0]).toBe(1)
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1)
    for (const role of ['banner', 'main', 'contentinfo', 'navigation'] as const)
      expect(await page.getByRole(role).count(), role).toBe(1)
    expect(await page.getByRole('navigation', { name: 'On this page' }).count()).toBe(1)
    for (const link of await page.getByRole('navigation').getByRole('link').all()) {
      const title = (await link.textContent())!
      expect(await page.getByRole('region', { name: title }).count(), title).toBe(1)
      await link.click()
      await expect.poll(() => page.getByRole('heading', { name: title, level: 2 }).isVisible()).toBe(true)
    }
  })

  test('on a phone tables are still tables for those who listen', async () => {
    await using opened = await open('wordpress', { width: 360 })
    const session = await opened.page.context().newCDPSession(opened.page)
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const count = (role: string) => nodes.filter((node) => node.role?.value === role && !node.ignored).length
    expect(count('table')).toBeGreaterThanOrEqual(4)
    for (const role of ['row', 'rowheader', 'columnheader', 'cell'])
      expect(count(role), role).toBeGreaterThan(5)
    expect(nodes.some((node) => node.role?.value === 'rowheader' && /db_server/.test(node.name?.value))).toBe(
      true,
    )
  })

  test('what goes and comes has a sign, and the difference is reached by keys', async () => {
    await using opened = await open('wordpress', { width: 360 })
    const { page } = opened
    expect(await page.locator('tr.gone .s').allTextContents()).toEqual(expect.arrayContaining(['\u2212']))
    expect(new Set(await page.locator('tr.come .s').allTextContents())).toEqual(new Set(['+']))
    const region = page.getByRole('region', { name: 'wordpress.yaml' }).last()
    await region.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => region.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0)
  })

  test.each(NAMES)('%s can be printed, with nothing cut off', async (name) => {
    // What A4 leaves between the margins.
    await using opened = await open(name, { width: 672, dark: true })
    await opened.page.emulateMedia({ media: 'print' })
    expect((await measure(opened.page, 'shape')).width).toBe(672)
    expect(await measure(opened.page, 'cut')).toBe(0)
    const found = await measure(opened.page, 'contrasts')
    expect(found.filter(({ ratio, needed }) => ratio < needed)).toEqual([])
    await opened.page.emulateMedia({ media: null })
    const pdf = await opened.page.pdf({ preferCSSPageSize: true, printBackground: true })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(0)
  })
})
