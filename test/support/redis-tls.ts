// What a Redis or a Sentinel with TLS is started with. It needs openssl.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0

export type Certificate = { cert: string; key: string }

/** A certificate for this machine that nobody has signed, in files of this directory. */
export function makeCertificate(directory: string): Certificate {
  const made = { cert: join(directory, 'cert'), key: join(directory, 'key') }
  const { status, stderr } = spawnSync('openssl', [...REQUEST, '-keyout', made.key, '-out', made.cert])
  if (status !== 0) throw new Error(String(stderr))
  return made
}

/** Lines of a configuration: TLS at this port, and nothing without. */
export function withTls(port: number, { cert, key }: Certificate): string {
  return `port 0\ntls-port ${port}\ntls-auth-clients no\ntls-cert-file ${cert}\ntls-key-file ${key}`
}

const REQUEST = [
  ...'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext'.split(' '),
  'subjectAltName=IP:127.0.0.1',
]
