import { sha256 } from '../../core/digest.ts'

/** One part of a MIME multipart. */
export interface MimePart {
  /** Subtype of text/…, as cloud-init tells parts apart. */
  readonly subtype: string
  readonly filename: string
  readonly content: string
}

export interface HeatUserData {
  /** The template's user data; it runs through its own `#!` line. */
  readonly userData: string
  /** The server's metadata: what `cfn-init` reads. */
  readonly metadata: unknown
  /** URL of Heat's CFN API; a check has none, and `cfn-init` then reads what came with the instance. */
  readonly metadataServer?: string
}

/**
 * Puts each part of type text/x-cfninitdata where the cfn tools look for it. Runs in cloud-init's Python.
 */
const PART_HANDLER = `#part-handler
import os


def list_types():
    return ["text/x-cfninitdata"]


def handle_part(data, ctype, filename, payload):
    if ctype in ("__begin__", "__end__"):
        return
    if isinstance(payload, str):
        payload = payload.encode("utf-8")
    for folder in ("/var/lib/heat-cfntools", "/var/lib/cloud/data"):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(
            os.path.join(folder, os.path.basename(filename)),
            os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
            0o600,
        )
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(payload)
`

/** Runs the template's user data, keeps what it says, and leaves a note that it has run. */
const RUN_USER_DATA = `#!/bin/sh
umask 077
script=/var/lib/cloud/data/cfn-userdata
log=/var/log/heat-provision.log
echo "provision began $(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$log"
chmod 700 "$script"
"$script" >>"$log" 2>&1
status=$?
echo "provision ended $(date -u +%Y-%m-%dT%H:%M:%SZ) status $status" >>"$log"
# Text that is no program is no failure: such user data is only kept.
case $status in 0 | 126 | 127) ;; *) exit "$status" ;; esac
date -u +%s >/var/lib/heat-cfntools/provision-finished
`

/**
 * User data as an instance of Heat with `user_data_format: HEAT_CFNTOOLS` gets it: a multipart whose handler stores
 * the metadata and the template's user data, and a script that runs the latter.
 */
export function heatUserData(options: HeatUserData): string {
  return mimeMultipart([
    {
      subtype: 'cloud-config',
      filename: 'cloud-config',
      content: '#cloud-config\noutput: {all: "| tee -a /var/log/cloud-init-output.log"}\n',
    },
    { subtype: 'part-handler', filename: 'part-handler.py', content: PART_HANDLER },
    { subtype: 'x-cfninitdata', filename: 'cfn-userdata', content: options.userData },
    { subtype: 'x-shellscript', filename: 'loguserdata.py', content: RUN_USER_DATA },
    { subtype: 'x-cfninitdata', filename: 'cfn-init-data', content: JSON.stringify(options.metadata) },
    ...(options.metadataServer === undefined
      ? []
      : [{ subtype: 'x-cfninitdata', filename: 'cfn-metadata-server', content: options.metadataServer }]),
  ])
}

/** A MIME multipart of text parts. Every part is base64, so that no content can hold the boundary. */
export function mimeMultipart(parts: readonly MimePart[]): string {
  const boundary = `===============${sha256(JSON.stringify(parts)).slice(0, 24)}==`
  const text = parts.map((part) => {
    const body = Buffer.from(part.content, 'utf8').toString('base64').replace(/.{76}/g, '$&\n')
    return [
      `--${boundary}`,
      `Content-Type: text/${part.subtype}; charset="utf-8"`,
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${part.filename}"`,
      '',
      `${body}`,
    ].join('\n')
  })
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${text.join('\n')}\n--${boundary}--\n`
}
