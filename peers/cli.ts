// npm run peers -- install NAME ...|all     puts peers into the cache
// npm run peers -- start kafka|mysql|flink|apicurio  runs one in the foreground, prints where, until Ctrl-C
import {
  installPeer,
  peerNames,
  PeerUnavailable,
  startApicurio,
  startFlink,
  startKafka,
  startMysql,
  type PeerName,
} from './index.ts'

const starters: Record<string, () => Promise<{ stop(): Promise<void>; where: string }>> = {
  kafka: async () => {
    const kafka = await startKafka({ port: portOf('MILLRACE_PEER_PORT') })
    return { stop: () => kafka.stop(), where: `bootstrap ${kafka.bootstrap}` }
  },
  mysql: async () => {
    const mysql = await startMysql({ port: portOf('MILLRACE_PEER_PORT') })
    return { stop: () => mysql.stop(), where: mysql.url }
  },
  apicurio: async () => {
    const apicurio = await startApicurio({ port: portOf('MILLRACE_PEER_PORT') })
    return { stop: () => apicurio.stop(), where: apicurio.url }
  },
  flink: async () => {
    const flink = await startFlink()
    return {
      stop: () => flink.stop(),
      where: `gateway http://127.0.0.1:${flink.gatewayPort}, jobs http://127.0.0.1:${flink.restPort}`,
    }
  },
}

function portOf(variable: string): number {
  return Number(process.env[variable] ?? 0)
}

async function install(names: readonly string[]): Promise<number> {
  let status = 0
  for (const name of names[0] === 'all' ? peerNames : names) {
    const startedAt = performance.now()
    try {
      const home = await installPeer(name as PeerName)
      console.log(`${name}: ${home}  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error
      console.error(error.message)
      status = 1
    }
  }
  return status
}

async function start(name: string): Promise<number> {
  const { stop, where } = await starters[name]!()
  console.log(`${name} is ready: ${where}\nCtrl-C stops it.`)
  const alive = setInterval(() => {}, 60_000)
  await new Promise((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  clearInterval(alive)
  await stop()
  return 0
}

const [verb = '', ...names] = process.argv.slice(2)
const known = new Set<string>(['all', ...peerNames])
const [first = ''] = names
if (verb === 'install' && names.length > 0 && names.every((name) => known.has(name))) {
  process.exitCode = await install(names)
} else if (verb === 'start' && names.length === 1 && Object.hasOwn(starters, first)) {
  process.exitCode = await start(first)
} else {
  console.error(
    `usage: npm run peers -- install NAME ...|all   (${peerNames.join(', ')})\n` +
      `       npm run peers -- start NAME            (${Object.keys(starters).join(', ')}; MILLRACE_PEER_PORT)`,
  )
  process.exitCode = 2
}
