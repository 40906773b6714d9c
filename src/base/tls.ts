// What a TLS listener shows and trusts, as PEM texts, checked before it is used: every mistake says which file and what to do.
// Pure: reading the files is the caller's. Reference: RFC 7468 (PEM), RFC 2253 (names), RFC 5280 (certificates).
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { MillraceError } from './errors.ts'

/** PEM texts; `…Path` is what they are called in errors. */
export interface TlsMaterial {
  /** The server's certificate, then those up to (without) the root. */
  readonly certificate: string
  readonly certificatePath: string
  readonly key: string
  readonly keyPath: string
  /** Whom clients' certificates must come from; null trusts the system's. */
  readonly authorities: string | null
  readonly authoritiesPath: string
}

export interface TlsSettings {
  readonly material: TlsMaterial
  /** 'requested' takes clients without a certificate, too; one that is not trusted is refused in both cases. */
  readonly clientCertificates: 'none' | 'requested' | 'required'
  /** A connection whose handshake takes longer is closed. */
  readonly handshakeMs: number
}

/** As Node takes it. */
export const contextOf = (material: TlsMaterial): { cert: string; key: string; ca: string | undefined } => ({
  cert: material.certificate,
  key: material.key,
  ca: material.authorities ?? undefined,
})

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Checks what would otherwise fail at each client's handshake.
 * Throws MR-BASE-008 (not PEM), -009 (expired or not yet valid), -010 (key of another certificate).
 * @returns when the first of the certificates ends, in ms since 1970
 */
export function checkTlsMaterial(material: TlsMaterial, nowMs: number): { endsMs: number } {
  const chain = certificatesIn(material.certificate, material.certificatePath)
  const authorities =
    material.authorities === null ? [] : certificatesIn(material.authorities, material.authoritiesPath)
  for (const [certificates, path] of [
    [chain, material.certificatePath],
    [authorities, material.authoritiesPath],
  ] as const) {
    for (const one of certificates) {
      const [from, to] = [Date.parse(one.validFrom), Date.parse(one.validTo)]
      if (nowMs >= from && nowMs <= to) continue
      const state = nowMs > to ? `ended on ${one.validTo}` : `begins on ${one.validFrom} only`
      throw new MillraceError('MR-BASE-009', { details: { path, subject: distinguishedName(one.subject), state } })
    }
  }
  let key: KeyObject
  try {
    key = createPrivateKey(material.key)
  } catch {
    // The cause may quote the key's text: it is not kept.
    const reason = 'no private key in PEM form without a passphrase is in it'
    throw new MillraceError('MR-BASE-008', { details: { path: material.keyPath, reason } })
  }
  if (!chain[0]!.checkPrivateKey(key)) {
    throw new MillraceError('MR-BASE-010', {
      details: { key: material.keyPath, certificate: material.certificatePath },
    })
  }
  return { endsMs: Math.min(...chain.map((one) => Date.parse(one.validTo))) }
}

function certificatesIn(text: string, path: string): X509Certificate[] {
  const blocks = text.match(certificateBlock) ?? []
  if (blocks.length === 0) {
    throw new MillraceError('MR-BASE-008', { details: { path, reason: 'no "BEGIN CERTIFICATE" is in it' } })
  }
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new MillraceError('MR-BASE-008', { details: { path, reason: `certificate ${i + 1} in it is damaged` } })
    }
  })
}

const emailType = '1.2.840.113549.1.9.1'

/**
 * A certificate's subject as Java writes it (RFC 2253): most particular part first, 'CN=ada,OU=payments,O=Lender,C=DE'.
 * @param subject as Node gives it: a line each, most general first, values already escaped
 */
export function distinguishedName(subject: string): string {
  const parts = subject.split('\n').filter((line) => line !== '')
  return parts.reverse().map(relativeName).join(',')
}

/** Several attributes in one part are joined by '+'; a type that RFC 2253 has no name for is written as Java does, in hex. */
function relativeName(line: string): string {
  return line
    .split(/(?<!\\) \+ /)
    .map((attribute) => {
      const at = attribute.indexOf('=')
      if (attribute.slice(0, at) !== 'emailAddress') return attribute
      const value = Buffer.from(attribute.slice(at + 1).replaceAll(/\\(.)/g, '$1'), 'latin1')
      if (value.length > 127) return attribute
      return `${emailType}=#${Buffer.concat([Buffer.of(0x16, value.length), value]).toString('hex')}`
    })
    .join('+')
}
