// Certificates for tests, made when a test runs and never kept: by openssl, since Node makes keys but no certificates.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM texts. */
export interface IssuedCertificate {
  readonly certificate: string
  readonly key: string
}

export interface TestAuthority extends IssuedCertificate {
  /** @param subject '/O=Lender/CN=ada'; @param host the name it is good for, besides 127.0.0.1 */
  issue(subject: string, host?: string): IssuedCertificate
}

export function makeAuthority(): TestAuthority {
  const authority = run((path, openssl) => {
    openssl(['req', '-x509', ...newKey(path), '-out', path('c'), '-days', '30', '-subj', '/CN=Test authority'])
  })
  return {
    ...authority,
    issue: (subject, host = 'localhost') =>
      run((path, openssl) => {
        writeFileSync(path('ca'), authority.certificate)
        writeFileSync(path('cak'), authority.key)
        writeFileSync(path('ext'), `subjectAltName=DNS:${host},IP:127.0.0.1\n`)
        openssl(['req', ...newKey(path), '-out', path('r'), '-subj', subject])
        const from = ['-req', '-in', path('r'), '-CA', path('ca'), '-CAkey', path('cak'), '-CAcreateserial']
        openssl(['x509', ...from, '-extfile', path('ext'), '-days', '30', '-out', path('c')])
      }),
  }
}

const newKey = (path: (name: string) => string): string[] => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-keyout',
  path('k'),
]

function run(make: (path: (name: string) => string, openssl: (args: string[]) => void) => void): IssuedCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-certificates-'))
  try {
    const path = (name: string): string => join(folder, name)
    make(path, (args) => void execFileSync('openssl', args, { stdio: 'ignore' }))
    return { certificate: readFileSync(path('c'), 'utf8'), key: readFileSync(path('k'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
