import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer as createProxy, type Server } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { run } from '../../src/tools/run.ts'

/** A server for those who have a login and a certificate, and the only way to it: a proxy, with a login of its own. */
export interface PrivateServer extends AsyncDisposable {
  readonly uri: string
  /** Address of the proxy, with its login. */
  readonly proxy: string
  /** Files of certificates, PEM. */
  readonly ca: string
  readonly certificate: string
  readonly key: string
  /** How often the proxy has led somebody here. */
  tunnels(): number
}

/** Serves the folder `served`. Certificates are made in `folder`, with openssl. */
export async function privateServer(
  folder: string,
  served: string,
  logins: { readonly server: string; readonly proxy: string },
): Promise<PrivateServer> {
  await mkdir(folder)
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => run(['openssl', ...args])
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=an authority',
  )
  await writeFile(at('server.ext'), 'subjectAltName=IP:127.0.0.1\n')
  for (const name of ['server', 'client']) {
    await openssl(
      'req',
      ...key,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.csr`),
      '-subj',
      `/CN=${name}`,
    )
    const issue = ['x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key')]
    const extra = name === 'server' ? ['-extfile', at('server.ext')] : []
    await openssl(...issue, '-CAcreateserial', '-days', '2', '-out', at(`${name}.pem`), ...extra)
  }
  const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`
  const pem = (name: string) => readFile(at(name))
  const server = createServer(
    {
      key: await pem('server.key'),
      cert: await pem('server.pem'),
      ca: await pem('ca.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    },
    async (request, response) => {
      if (request.headers.authorization !== basic(logins.server)) return response.writeHead(401).end()
      const { pathname } = new URL(request.url!, 'http://x')
      const file = join(served, decodeURIComponent(pathname), pathname.endsWith('/') ? 'index.html' : '')
      const there = (await stat(file).catch(() => undefined))?.isFile()
      return there ? response.end(await readFile(file)) : response.writeHead(404).end()
    },
  )
  let tunnels = 0
  const proxy = createProxy((_request, response) => response.writeHead(405).end())
  proxy.on('connect', (request, socket) => {
    if (request.headers['proxy-authorization'] !== basic(logins.proxy)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const [host, port] = request.url!.split(':')
    const far = connect(Number(port), host, () => {
      tunnels++
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      far.pipe(socket).pipe(far)
    })
    for (const end of [far, socket]) end.on('error', () => end.destroy())
  })
  const port = await listening(server)
  const proxyPort = await listening(proxy)
  return {
    uri: `https://127.0.0.1:${port}`,
    proxy: `http://${logins.proxy}@127.0.0.1:${proxyPort}/`,
    ca: at('ca.pem'),
    certificate: at('client.pem'),
    key: at('client.key'),
    tunnels: () => tunnels,
    [Symbol.asyncDispose]: async () => {
      for (const each of [server, proxy]) {
        each.closeAllConnections()
        each.close()
      }
    },
  }
}

async function listening(server: Pick<Server, 'listen' | 'address'>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
