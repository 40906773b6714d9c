// Installs peers into the cache (MILLRACE_CACHE, by default ~/.cache/millrace) by their install.sh, which does nothing when
// they are there. Installs run one at a time in this process, and under a lock between processes.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Folder of install.sh below peers/, and its arguments. */
const installers = {
  kafka: ['kafka'],
  'kafka-streams': ['kafka-streams'],
  'kafka-connect': ['kafka-connect'],
  kcat: ['kcat'],
  mysql: ['mysql'],
  flink: ['flink'],
  chromium: ['chromium'],
  'confluent-kafka': ['python', 'confluent-kafka'],
  pyiceberg: ['python', 'pyiceberg'],
  node: ['node'],
  apicurio: ['apicurio'],
  'schemaregistry-js': ['schemaregistry-js'],
  'schemaregistry-go': ['schemaregistry-go'],
  'franz-go': ['franz-go'],
  'confluent-js': ['confluent-js'],
  s3: ['s3'],
} as const satisfies Record<string, readonly [string, ...string[]]>

export type PeerName = keyof typeof installers

export const peerNames = Object.keys(installers) as PeerName[]

/** A peer that cannot be had here: missing programs, no way to its registry, a failed install. */
export class PeerUnavailable extends Error {
  readonly peer: PeerName

  constructor(peer: PeerName, reason: string) {
    super(`${peer} cannot be had here: ${reason}`)
    this.name = 'PeerUnavailable'
    this.peer = peer
  }
}

const tries = 2
const homes = new Map<PeerName, Promise<string>>()
let queue: Promise<unknown> = Promise.resolve()

/**
 * Makes sure that a peer is installed. Cost: 10 ms when it is; else up to a minute, and a second try after a pause.
 * @returns its folder in the cache
 * @throws PeerUnavailable
 */
export function installPeer(peer: PeerName): Promise<string> {
  let home = homes.get(peer)
  if (!home) {
    home = queue.then(() => install(peer))
    queue = home.catch(() => {})
    homes.set(peer, home)
  }
  return home
}

async function install(peer: PeerName): Promise<string> {
  const [folder, ...args] = installers[peer]
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await runInstaller(join(import.meta.dirname, folder, 'install.sh'), args)
    if (code === 0) return stdout.trim().split('\n').at(-1)!
    // 69: this machine lacks a program; that does not change by trying again.
    if (code === 69 || attempt === tries) throw new PeerUnavailable(peer, stderr.trim().slice(-2000))
    await sleep(3000)
  }
}

function runInstaller(
  script: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
  })
}
