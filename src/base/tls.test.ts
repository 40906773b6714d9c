// needs: openssl
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { connect } from 'node:net'
import {
  checkTlsMaterial,
  distinguishedName,
  MillraceError,
  nodeNet,
  type Connection,
  type TlsMaterial,
} from './index.ts'
import { makeAuthority } from './test-certificates.ts'

const authority = makeAuthority()
const server = authority.issue('/C=DE/O=Lender/CN=localhost')
const material: TlsMaterial = {
  ...server,
  certificatePath: 'server.pem',
  keyPath: 'server.key',
  authorities: authority.certificate,
  authoritiesPath: 'ca.pem',
}
const codeOf = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (error) {
    return error instanceof MillraceError ? `${error.code} ${error.message}` : String(error)
  }
}

test('material is checked: damage, expiry and a foreign key are told with file and subject', () => {
  const now = Date.now()
  assert.ok(checkTlsMaterial(material, now).endsMs > now)
  assert.match(
    codeOf(() => checkTlsMaterial(material, now + 20 * 365 * 86_400_000)),
    /^MR-BASE-009 .*CN=localhost.* in server.pem ended on/,
  )
  assert.match(
    codeOf(() => checkTlsMaterial(material, 0)),
    /^MR-BASE-009 .*begins on/,
  )
  assert.match(
    codeOf(() => checkTlsMaterial({ ...material, certificate: 'x' }, now)),
    /^MR-BASE-008 server.pem/,
  )
  assert.match(
    codeOf(() => checkTlsMaterial({ ...material, key: 'x' }, now)),
    /^MR-BASE-008 server.key/,
  )
  const other = authority.issue('/CN=other')
  assert.match(
    codeOf(() => checkTlsMaterial({ ...material, key: other.key }, now)),
    /^MR-BASE-010 .*server.key/,
  )
  const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
  assert.match(
    codeOf(() => checkTlsMaterial({ ...material, authorities: damaged }, now)),
    /^MR-BASE-008 ca.pem/,
  )
})

test('a subject is written as Java writes it', () => {
  assert.equal(distinguishedName('C=DE\nO=Lender\\, Inc\nCN=ada'), 'CN=ada,O=Lender\\, Inc,C=DE')
  assert.equal(distinguishedName('CN=ada + UID=7\nO=x'), 'O=x,CN=ada+UID=7')
  assert.equal(distinguishedName('CN=a\nemailAddress=a@b'), '1.2.840.113549.1.9.1=#1603614062,CN=a')
})

async function listening(
  clientCertificates: 'none' | 'requested' | 'required',
  admit?: (remote: string) => (() => void) | undefined,
) {
  const accepted: Connection[] = []
  const listener = await nodeNet.listen(
    {
      host: '127.0.0.1',
      port: 0,
      what: 'test',
      option: '--port',
      tls: { material, clientCertificates, handshakeMs: 200 },
      ...(admit ? { admit } : {}),
    },
    (connection) => {
      accepted.push(connection)
      connection.onData = (bytes) => void connection.write(bytes)
    },
  )
  return { accepted, listener }
}

/** What the server sends back, or the error. */
async function echo(port: number, options: object = {}): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost', ...options })
  try {
    socket.write('hello')
    const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => ['closed'])])) as [
      Buffer,
    ]
    return `${data} ${socket.getPeerX509Certificate()?.subject.split('\n').at(-1) ?? ''}`.trim()
  } catch {
    return 'refused'
  } finally {
    socket.destroy()
  }
}

test('mutual TLS: the subject of a trusted certificate is known; a foreign one, and none where one is required, are refused', async (t) => {
  const ada = authority.issue('/O=Lender/CN=ada')
  const foreign = makeAuthority().issue('/CN=ada')
  const asked = await listening('requested')
  const required = await listening('required')
  t.after(() => Promise.all([asked.listener.close(), required.listener.close()]))
  const as = (one: { key: string; certificate: string }) => ({ key: one.key, cert: one.certificate })
  for (const { listener, accepted } of [asked, required]) {
    assert.equal(await echo(listener.port, as(ada)), 'hello CN=localhost')
    assert.equal(accepted.at(-1)!.peerSubject, 'CN=ada,O=Lender')
    assert.notEqual(await echo(listener.port, as(foreign)), 'hello CN=localhost')
  }
  assert.equal(await echo(asked.listener.port), 'hello CN=localhost')
  assert.equal(asked.accepted.at(-1)!.peerSubject, undefined)
  assert.notEqual(await echo(required.listener.port), 'hello CN=localhost')
  assert.deepEqual([asked.accepted.length, required.accepted.length], [2, 1])
})

test('a new certificate serves the next connection; open ones go on', async (t) => {
  const { listener } = await listening('none')
  t.after(() => listener.close())
  const before = connectTls({
    port: listener.port,
    host: '127.0.0.1',
    ca: authority.certificate,
    servername: 'localhost',
  })
  await once(before, 'secureConnect')
  listener.setTls!({ ...material, ...authority.issue('/CN=renewed', 'localhost') })
  assert.equal(await echo(listener.port), 'hello CN=renewed')
  before.write('still')
  assert.equal(String((await once(before, 'data'))[0]), 'still')
  before.destroy()
})

test('whoever is not admitted is closed before a handshake, one who never shakes hands is closed in time, both leave', async (t) => {
  let here = 0
  const { listener, accepted } = await listening('none', (remote) => {
    assert.equal(remote, '127.0.0.1')
    if (here === 1) return undefined
    here++
    return () => here--
  })
  t.after(() => listener.close())
  const silent = connect(listener.port, '127.0.0.1')
  silent.on('error', () => {})
  await once(silent, 'connect')
  while (here === 0) await new Promise((turn) => setImmediate(turn))
  assert.notEqual(await echo(listener.port), 'hello CN=localhost')
  await once(silent.resume(), 'close')
  while (here > 0) await new Promise((turn) => setImmediate(turn))
  assert.equal(accepted.length, 0)
  assert.equal(await echo(listener.port), 'hello CN=localhost')
})
