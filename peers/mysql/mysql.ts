// A real MySQL 9 server as capture wants it: row format, GTIDs, full row image and metadata.
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePorts, logHas, serverFolder, startGuarded, waitUntilReady } from '../guarded.ts'
import { installPeer } from '../install.ts'
import { mustRun, runProgram, type RunOptions, type RunResult } from '../run-program.ts'

export interface MysqlOptions {
  /** 0 or nothing takes a free one. */
  readonly port?: number
  /** Kept when given, and reused when it holds a server's data; otherwise temporary. */
  readonly folder?: string
  /** Further options of mysqld; they win over ours. */
  readonly args?: readonly string[]
}

export interface Mysql {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: 'root'
  readonly password: 'millrace'
  /** mysql://root:millrace@127.0.0.1:port */
  readonly url: string
  readonly pid: number
  readonly log: string
  /** Runs statements with the mysql client; tab-separated rows, no header. @throws Error with the server's message */
  query(sql: string): Promise<string>
  /** Runs mysql, mysqlbinlog, … against this server as root. */
  program(name: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  stop(): Promise<void>
  /** kill -9; the folder stays. */
  crash(): Promise<void>
}

const password = 'millrace'
const runner = join(import.meta.dirname, '..', 'debian', 'run.sh')

/** Starts a server; its GTID set is empty when its folder is new. @throws PeerUnavailable */
export async function startMysql(options: MysqlOptions = {}): Promise<Mysql> {
  const home = await installPeer('mysql')
  const [free] = await freePorts(1)
  const port = options.port || free!
  const folder = serverFolder('mysql', options.folder)
  const path = (name: string): string => join(folder.path, name)
  mkdirSync(folder.path, { recursive: true })
  if (!existsSync(path('files'))) cpSync(join(home, 'fresh'), path('files'), { recursive: true })
  const log = path('server.log')
  writeFileSync(log, '')
  const args = [...serverArgs(home, folder.path, port), ...(options.args ?? [])]
  const server = await startGuarded({
    name: 'mysql',
    command: 'bash',
    args: [runner, home, 'mysqld', ...args],
    log,
    graceSeconds: 30,
  })
  await waitUntilReady(server, () => logHas(log, 'ready for connections'))
  const client = ['--no-defaults', '--host=127.0.0.1', `--port=${port}`, '--user=root']
  const env = { MYSQL_PWD: password }
  return {
    host: '127.0.0.1',
    port,
    user: 'root',
    password,
    url: `mysql://root:${password}@127.0.0.1:${port}`,
    pid: server.pid,
    log,
    query: (sql) => mustRun('bash', [runner, home, 'mysql', ...client, '-N', '-B'], { input: sql, env }),
    program: (name, more, run) =>
      runProgram('bash', [runner, home, name, ...client, ...more], { ...run, env: { ...run?.env, ...env } }),
    async stop() {
      await server.stop()
      folder.remove()
    },
    crash: () => server.crash(),
  }
}

function serverArgs(home: string, folder: string, port: number): string[] {
  return [
    '--no-defaults',
    `--basedir=${home}/usr`,
    `--datadir=${folder}/files`,
    `--lc-messages-dir=${home}/usr/share/mysql`,
    `--character-sets-dir=${home}/usr/share/mysql/charsets`,
    `--plugin-dir=${home}/usr/lib/mysql/plugin`,
    ...(userInfo().uid === 0 ? ['--user=root'] : []),
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--socket=${folder}/server.sock`,
    `--pid-file=${folder}/server.pid`,
    '--mysqlx=OFF',
    '--server-id=1',
    '--skip-name-resolve',
    '--log-bin=binlog',
    '--binlog-row-image=FULL',
    '--binlog-row-metadata=FULL',
    '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON',
    '--secure-file-priv=',
    // Half of the idle memory, and nothing here reads it.
    '--performance-schema=OFF',
    '--innodb-buffer-pool-size=128M',
    '--innodb-redo-log-capacity=64M',
  ]
}
