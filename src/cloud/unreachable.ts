import { KilnError, messageOf } from '../core/error.ts'
import type { CloudSettings } from './settings/settings.ts'

/** The error for a request that got no answer. @param url its address, or what it was for. */
export function unreachable({ name, tls }: CloudSettings, url: string, error: unknown): KilnError {
  if (error instanceof KilnError) return error
  const where = URL.canParse(url) ? new URL(url).origin : url
  const certificate = isTls(error)
  return new KilnError(
    'KILN_CLOUD_UNREACHABLE',
    `The cloud ${name} cannot be reached at ${where}: ${reasons(error)}.`,
    {
      cause: error,
      // Neither waiting nor asking again makes a certificate right.
      fault: certificate ? 'input' : 'work',
      data: { cloud: name, url: where },
      hint: certificate
        ? `Name the authority of its certificate with cacert (OS_CACERT)${tls.ca === undefined ? '' : `; ${tls.ca} does not have it`}.`
        : 'Check auth_url, the network and the proxies (https_proxy, no_proxy).',
    },
  )
}

function isTls(error: unknown): boolean {
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : ''
  return /^(ERR_(SSL|TLS|OSSL)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/.test(code)
}

/** Node hides several causes (one an address) one level down. */
function reasons(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [error]
  const found = [...new Set(causes.map(messageOf))].filter(Boolean).join(', ')
  return found || ((error as NodeJS.ErrnoException)?.code ?? 'no reason is known')
}
