import { readFile } from 'node:fs/promises'
import { inputError } from '../../core/error.ts'
import type { Answer, ProbeRequest } from './types.ts'

/** Ends the two texts inside the boot hook; no line of either can be one, for all lines of a request hold a TAB. */
const END_REQUEST = 'KILN_END_OF_REQUEST'
const END_PROBE = 'KILN_END_OF_PROBE'

/**
 * The boot hook that starts the probe in a guest. It goes into a seed as vendor data: user data stays what it is, and
 * nothing of the image's own is asked but cloud-init and systemd.
 * @throws KilnError `KILN_CHECK_NAME` when a name to ask for cannot be one.
 */
export async function probeHook(request: ProbeRequest): Promise<string> {
  const probe = await readFile(new URL('probe.sh', import.meta.url), 'utf8')
  return `#cloud-boothook
#!/bin/sh
dir=/run/kiln-check
mkdir -m 700 "$dir" 2>/dev/null || exit 0
cat >"$dir/request" <<'${END_REQUEST}'
${requestLines(request).join('\n')}
${END_REQUEST}
cat >"$dir/probe" <<'${END_PROBE}'
${probe.trimEnd()}
${END_PROBE}
systemd-run --quiet --no-block --unit=kiln-check --property=Type=simple --property=DefaultDependencies=no \\
  /bin/sh "$dir/probe"
exit 0
`
}

/** The request as the probe reads it: one question a line, words parted by TABs. */
export function requestLines(request: ProbeRequest): string[] {
  const line = (...words: string[]) => {
    const wrong = words.find((word) => word === '' || /[\u0000-\u001f\u007f]/.test(word))
    if (wrong !== undefined)
      throw inputError('KILN_CHECK_NAME', `A check cannot ask a guest for ${JSON.stringify(wrong)}.`, {
        hint: 'Names and paths are not empty and hold no control characters.',
      })
    return words.join('\t')
  }
  return [
    line('limit', String(Math.floor(request.limit))),
    ...(request.services ?? []).map((name) => line('service', name)),
    ...(request.files ?? []).map((path) => line('file', path)),
    ...(request.users ?? []).map((name) => line('user', name)),
    ...(request.groups ?? []).map((name) => line('group', name)),
    ...(request.commands ?? []).map(({ command }) => line('command', base64(command))),
    ...(request.answers ?? []).map((answer) => line('answer', ...answerWords(answer))),
    ...(request.powerOff ? [line('after', 'poweroff')] : []),
  ]
}

function answerWords(answer: Answer): string[] {
  if ('tcp' in answer) return ['tcp', String(answer.tcp)]
  if ('http' in answer) return ['http', String(answer.http.port), answer.http.path]
  return ['command', base64(answer.command)]
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')
