import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  allPromises,
  type CheckReport,
  checkImage,
  type Firmware,
  type GuestCommand,
  type Promises,
  promisesOf,
  type SeedKind,
} from '../../src/check/index.ts'
import { inTurn } from '../../src/core/in-turn.ts'
import { directoryTarget } from '../../src/publish/index.ts'
import { run } from '../../src/tools/run.ts'
import { userDataOf } from '../play-heat.ts'
import { filesBelow } from './files-below.ts'
import { environment, program, ROOT } from './program.ts'
import { suite, suiteSandbox, suiteTools } from './suite.ts'
import { type Document, SECRET, TWINS } from './twins.ts'

const KILN = join(ROOT, 'kiln')
interface Prebuilt {
  readonly outcome: string
  readonly images: readonly { name: string; paths: string[]; digest: string; where: string[] }[]
  readonly residue: readonly { path: string; what: string; why: string }[]
}

let folder: string
let tools: string
const results = new Map<string, Prebuilt>()
/** All that both runs said. */
let said = ''

const source = (file: string) => join(ROOT, 'examples', 'wordpress', file)
const output = (file: string) => join(folder, file)
const command = ({ file, given }: (typeof TWINS)[number]) => [
  KILN,
  'prebuild',
  source(file),
  output(file),
  ...given,
]
const imageOf = (file: string, server: string) =>
  results.get(file)!.images.find(({ paths }) => paths.includes(server))!

/** A server of one of the twins, started on a firmware. */
export interface Boot {
  readonly file: (typeof TWINS)[number]['file']
  readonly kind: 'db' | 'web'
  readonly firmware: Firmware
}

/** The whole story: a template in; images, the new template and its lock out; servers that start from them as a stack would. */
export function demo(boots: readonly Boot[]): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-demo-'))
    // Both at once: two programs in one store.
    await Promise.all(
      TWINS.map(async (twin) => {
        const ended = await program([
          ...command(twin),
          '--html',
          `${output(twin.file)}.html`,
          '--json',
          '--verbose',
        ])
        said += ended.stdout + ended.stderr
        expect({ status: ended.status, stderr: ended.status === 0 ? '' : ended.stderr }).toEqual({
          status: 0,
          stderr: '',
        })
        results.set(twin.file, JSON.parse(ended.stdout) as Prebuilt)
      }),
    )
    tools = await suiteTools()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  describe.each(TWINS)('prebuild of $name', (twin) => {
    const { file, db, web } = twin

    test('published one image a server, with its description', async () => {
      const { outcome, images } = results.get(file)!
      expect(outcome).toBe('build')
      expect(images.map(({ paths }) => paths)).toEqual([[db], [web]])
      for (const { name, digest, where } of images) {
        const placed = await directoryTarget(suite.config.images).find(name)
        expect(placed).toMatchObject({
          where: where[0],
          record: { name, digest, resolvedFrom: { template: source(file) } },
        })
        expect((await stat(where[0]!)).size).toBeGreaterThan(100e6)
      }
    })

    test('wrote a template in which images are new and packages gone, and nothing else is another', async () => {
      const document = twin.read(await readFile(source(file), 'utf8')) as Document
      twin.expected(twin.resources(document)!, (server) => imageOf(file, server).name)
      expect(twin.read(await readFile(output(file), 'utf8'))).toEqual(document)
    })

    test('changed no other line', async () => {
      const { stdout } = await run(['diff', source(file), output(file)], { accept: [1] })
      const marked = (mark: string) =>
        stdout
          .split('\n')
          .filter((line) => line.startsWith(`${mark} `))
          .map((line) => line.slice(2))
      expect(marked('<')).toEqual(twin.removed)
      expect(marked('>').map((line) => twin.added.exec(line)?.[1])).toEqual(
        results.get(file)!.images.map(({ name }) => name),
      )
    })

    test('wrote a page that is a record of it', async () => {
      const page = await readFile(`${output(file)}.html`, 'utf8')
      for (const { name, digest } of results.get(file)!.images) {
        expect(page).toContain(name)
        expect(page.replaceAll(/<[^>]*>/g, '')).toContain(digest)
      }
      expect(page).not.toContain(SECRET)
    })

    test('explains what still happens at boot', () => {
      const residue = results.get(file)!.residue
      // Nothing of what left the template is left to do.
      expect(residue.filter(({ what }) => what.includes('package'))).toEqual([])
      expect([...new Set(residue.map(({ path }) => path))]).toEqual([db, web])
      expect(residue).toContainEqual({
        path: web,
        what: 'file /etc/wordpress/config-default.php',
        why: expect.stringContaining('hidden parameter'),
      })
    })

    test('again, without a network: nothing is built, not a byte is another', async () => {
      const files = [output(file), `${output(file)}.kiln.lock`]
      const before = await Promise.all(files.map((path) => readFile(path)))
      const again = await program([...command(twin), '--json'], {
        env: environment({ KILN_MIRROR_DEBIAN: 'http://127.0.0.1:9/debian' }),
      })
      said += again.stdout + again.stderr
      // No event: no step was even begun.
      expect({ status: again.status, stderr: again.stderr }).toEqual({ status: 0, stderr: '' })
      expect(JSON.parse(again.stdout)).toMatchObject({
        written: [],
        images: results.get(file)!.images.map(({ digest }) => ({ digest, reused: true })),
      })
      expect(await Promise.all(files.map((path) => readFile(path)))).toEqual(before)
    })
  })

  describe('the value of the hidden parameter', () => {
    /** Files below `path` that hold it; what is larger than 64 MiB is an image or a layer, see below. */
    async function holding(path: string, skip?: string): Promise<string[]> {
      const found: string[] = []
      let looked = 0
      for (const each of await filesBelow(path, 64 << 20, skip)) {
        const bytes = await readFile(each).catch(() => undefined)
        if (bytes) looked++
        if (bytes?.includes(SECRET)) found.push(each)
      }
      expect(looked).toBeGreaterThan(0)
      return found
    }

    test('is in nothing that was said, written, stored or published', async () => {
      const { store, images } = suite.config
      expect(said).toContain('wordpress')
      expect(said).not.toContain(SECRET)
      expect(await holding(folder)).toEqual([])
      expect(await holding(images)).toEqual([])
      expect(await holding(store, join(store, 'tools'))).toEqual([])
    })

    test('is nowhere on the disk of an image that would hold it last', async () => {
      const image = imageOf('wordpress.yaml', 'web_server').where[0]!
      await using sandbox = await suiteSandbox({
        binds: [{ source: image, target: '/in/image' }],
        work: { bytes: 8e9 },
      })
      await sandbox.run(['qemu-img', 'convert', '-O', 'raw', '/in/image', '/build/raw'])
      const look = (text: string) =>
        sandbox.run(['grep', '-c', '-a', '-F', '-e', text, '/build/raw'], { accept: [0, 1] })
      expect((await look('DocumentRoot /usr/share/wordpress')).status).toBe(0)
      expect((await look(SECRET)).status).toBe(1)
    })
  })

  describe('the images, started as a stack of the new template would start them', () => {
    /** What must hold on either twin. */
    const QUIET: GuestCommand = {
      name: 'apt fetched and installed nothing',
      command:
        'test ! -s /var/log/apt/history.log && test ! -s /var/log/dpkg.log && ' +
        "test -z \"$(find /var/cache/apt/archives /var/lib/apt/lists -type f \\( -name '*.deb' -o -name '*_*' \\))\"",
    }
    const SERVERS: Record<'db' | 'web', { promises: Promises; answers: Answer[]; commands: GuestCommand[] }> =
      {
        db: {
          promises: {
            packages: ['mariadb-server'],
            services: [{ name: 'mariadb', enabled: true, running: true }],
            files: [{ path: '/etc/mysql/mariadb.conf.d/90-network.cnf', mode: '0644', owner: 'root' }],
          },
          answers: [{ name: 'MariaDB', tcp: 3306 }],
          commands: [
            { name: 'listens to the network', command: "ss -Hltn 'sport = :3306' | grep -qF 0.0.0.0" },
            {
              name: 'WordPress may write into its database',
              command: `mariadb -h 127.0.0.1 -u wordpress -p${SECRET} wordpress -e 'CREATE TABLE t (n INT)'`,
            },
            { name: 'the SQL with the password is gone', command: 'test ! -e /root/wordpress.sql' },
            QUIET,
          ],
        },
        web: {
          promises: {
            packages: ['apache2', 'libapache2-mod-php', 'php-mysql', 'wordpress'],
            services: [{ name: 'apache2', enabled: true, running: true }],
            files: [
              {
                path: '/etc/wordpress/config-default.php',
                content: `<?php\ndefine('DB_NAME', 'wordpress');\ndefine('DB_USER', 'wordpress');\ndefine('DB_PASSWORD', '${SECRET}');\ndefine('DB_HOST', '127.0.0.1');\n`,
                mode: '0640',
                owner: 'root',
                group: 'www-data',
              },
              {
                path: '/etc/apache2/sites-enabled/wordpress.conf',
                link: '../sites-available/wordpress.conf',
              },
            ],
          },
          answers: [{ name: 'a file of WordPress', http: { port: 80, path: '/wp-admin/css/install.css' } }],
          commands: [
            {
              // The database is another guest, out of reach. This is PHP, the site and its configuration at work.
              name: 'WordPress looks for its database',
              command:
                'bash -c \'exec 4<>/dev/tcp/127.0.0.1/80; printf "GET /wp-login.php HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" >&4; grep "database connection" <&4\'',
            },
            QUIET,
          ],
        },
      }
    async function boot({ file, kind, firmware }: Boot): Promise<CheckReport> {
      const twin = TWINS.find((one) => one.file === file)!
      const server = twin[kind]
      const { name, where } = imageOf(twin.file, server)
      const { record } = (await directoryTarget(suite.config.images).find(name))!
      const { promises, answers, commands } = SERVERS[kind]
      const seed: SeedKind = twin.seed
      return checkImage({
        tools,
        image: where[0]!,
        format: 'qcow2',
        firmware: [firmware],
        promises: allPromises(promisesOf(record.recipe), promises),
        answers,
        commands,
        seed: {
          kind: seed,
          userData: userDataOf(await readFile(output(twin.file), 'utf8'), server, twin.values),
        },
      })
    }
    let reports: CheckReport[]
    beforeAll(async () => {
      // Two at a time: guests have one processor each.
      reports = await inTurn(boots, 2, undefined, boot)
    })
    test.each(boots.map(({ file, kind, firmware }, n) => [n, file, kind, firmware] as const))(
      'boot %i: of %s, %s on %s',
      (n) => {
        const { assertions } = reports[n]!
        const failed = assertions.filter(({ ok }) => !ok).map(({ name, saw }) => `${name}: ${saw}`)
        expect(failed).toEqual([])
        expect(assertions.map(({ name }) => name)).toContain(`command ${QUIET.name}`)
      },
    )
  })
}
