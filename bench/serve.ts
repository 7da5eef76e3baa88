import { type Answer, type BootOptions, bootGuest } from '../src/check/index.ts'
import { PASSWORD, type Server } from './demo.ts'

/** Seconds from power-on to the first answer of a server's service, and what they went into; they add up. */
export interface Times {
  /** Until cloud-init came to installing packages: the beginning of its last stage. */
  readonly boot: number
  readonly packages: number
  /** From there to the answer. */
  readonly services: number
  readonly total: number
}

/** What says that a service is of use, in the guest: its port is open, and behind it is what the template set up. */
export const ANSWERS: Readonly<Record<Server, Answer>> = {
  db_server: {
    name: 'MariaDB with its database and user',
    command:
      "timeout 5 bash -c '</dev/tcp/127.0.0.1/3306' && " +
      `mariadb -h 127.0.0.1 -u wordpress -p${PASSWORD} wordpress -e 'SELECT 1'`,
  },
  web_server: {
    // The database is another guest, out of reach: WordPress saying so is PHP, the site and its configuration at work.
    name: 'Apache with WordPress',
    command:
      "timeout 30 bash -c 'exec 4<>/dev/tcp/127.0.0.1/80 && " +
      'printf "GET /wp-login.php HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" >&4 && grep -q "database connection" <&4\'',
  },
}

/**
 * Beginning of cloud-init's last stage, start and end of its installing where there is some, by the clock of the
 * guest, and how that clock relates to its uptime.
 */
const LOOK = `grep -hE '(start: modules-final:|(start|finish): modules-final/config-package.update.upgrade.install)' \\
  /var/log/cloud-init.log
echo "clock $(date +%s.%N) $(cut -d ' ' -f 1 /proc/uptime)"`

/** Emulated, installing takes minutes in which the console says nothing. */
const LIMIT = 3600

/**
 * Boots one server until its service answers.
 * @throws Error when it does not come up, cloud-init had errors, or a service does not answer: no figure then.
 */
export async function serve(
  server: Server,
  options: Pick<
    BootOptions,
    'tools' | 'image' | 'format' | 'network' | 'hostNetwork' | 'onConsole' | 'signal'
  > & {
    readonly userData: string
  },
): Promise<Times> {
  const { userData, ...guest } = options
  const boot = await bootGuest({
    ...guest,
    firmware: 'uefi',
    // Room for packages, the same in both ways.
    growBy: 4 * 2 ** 30,
    seed: { userData, hostname: server.replace('_', '-') },
    limit: LIMIT,
    stall: 900,
    ask: { answers: [ANSWERS[server]], commands: [{ name: 'log of cloud-init', command: LOOK }] },
  })
  const [answer] = boot.seconds.answers
  const { report } = boot
  if (!report || answer === undefined)
    throw new Error(
      `${server} did not answer: ${boot.failure ?? 'its service does not'}\n${boot.console.join('\n')}`,
    )
  if (report.cloudInit.errors.length > 0)
    throw new Error(`cloud-init of ${server}: ${report.cloudInit.errors.join('; ')}\n${report.cloudInit.log}`)
  // The host's clock starts at power-on, the guest's with its kernel.
  const kernel = answer - report.answers[0]!
  return split(answer, installing(report.commands[0]?.output ?? ''), kernel)
}

/** Seconds of uptime at which installing began and ended, from {@link LOOK}'s output. */
function installing(output: string): { begin: number; end: number } {
  const [, now, uptime] = /^clock ([\d.]+) ([\d.]+)$/m.exec(output) ?? []
  const at = (mark: string) => {
    const line = output.split('\n').find((each) => each.includes(mark))
    const [, day, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d,\d{3})/.exec(line ?? '') ?? []
    if (!day || !time) return undefined
    return Date.parse(`${day}T${time.replace(',', '.')}Z`) / 1000 - Number(now) + Number(uptime)
  }
  const begin = at(' start: modules-final/') ?? at(' start: modules-final:')
  if (now === undefined || begin === undefined)
    throw new Error(`the log of cloud-init is not as expected: ${output}`)
  return { begin, end: at(' finish: modules-final/') ?? begin }
}

function split(total: number, install: { begin: number; end: number }, kernel: number): Times {
  // A service that answers before cloud-init comes to packages waited for the boot only.
  const boot = Math.min(total, install.begin + kernel)
  const installed = Math.min(total, install.end + kernel)
  return { boot, packages: installed - boot, services: total - installed, total }
}
