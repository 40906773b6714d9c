// A real Chromium opens the console of a running node with the example, and every view shows what the node has: lists that live,
// links that lead somewhere, a query that runs; in light and dark, on a narrow screen, by keyboard. Pictures stay in .conformance/.
// needs: chromium
import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { freePorts, startChromium, type Browser, type BrowserPage } from '../../peers/index.ts'
import type { CheckShape, TableShape, TopicShape } from '../../src/console-api/index.ts'
import { startMillrace, type Millrace } from '../../tools/millrace-process.ts'
import { keptFile, temporaryFolder } from '../harness.ts'

let node: Millrace
let browser: Browser
let page: BrowserPage
let base: string
const project = join(temporaryFolder(), 'checkout')
let consolePort: string

const start = (): Promise<Millrace> => startMillrace({ project, env: { MILLRACE_CONSOLE_PORT: consolePort } })

before(async () => {
  cpSync(join(import.meta.dirname, '..', '..', 'examples', 'checkout'), project, {
    recursive: true,
    filter: (source) => basename(source) !== '.millrace',
  })
  consolePort = String((await freePorts(1))[0])
  base = `http://127.0.0.1:${consolePort}`
  // Each is known as soon as it stands: whatever fails after it, `after` ends it.
  await Promise.all([start().then((n) => (node = n)), startChromium().then((b) => (browser = b))])
  page = browser.page
  // Enriched checkouts come when the watermark has passed them, their lake table a moment later.
  await until('rows in both lake tables', async () => {
    const tables = await get<readonly TableShape[]>('/api/tables')
    return tables.length === 2 && tables.every((t) => Number(t.rows) > 0)
  })
})
after(async () => {
  await browser?.stop()
  await node?.stop()
})

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(base + path)).json()) as T
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 45_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within 45 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The table on the page: its heads, and its rows as text. */
async function readTable(): Promise<{ heads: string[]; rows: Record<string, string>[] }> {
  const { heads, cells } = (await page.evaluate(`({
    heads: [...document.querySelectorAll('thead th')].map((th) => th.innerText.trim()),
    cells: [...document.querySelectorAll('tbody tr')].map((tr) => [...tr.cells].map((td) => td.innerText.trim())),
  })`)) as { heads: string[]; cells: string[][] }
  return { heads, rows: cells.map((row) => Object.fromEntries(row.map((cell, i) => [heads[i]!, cell]))) }
}

/** Waits until the row whose first cell is `name` satisfies the test. @returns it */
async function rowOf(name: string, holds: (row: Record<string, string>) => boolean): Promise<Record<string, string>> {
  let row: Record<string, string> | undefined
  await until(`a row ${name}`, async () => {
    const { heads, rows } = await readTable()
    row = rows.find((r) => r[heads[0]!] === name)
    return row !== undefined && holds(row)
  })
  return row!
}

const number = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''))
const open = (path: string): Promise<unknown> => page.goto(base + path)
const keep = (name: string): Promise<unknown> => page.screenshot({ path: keptFile(`console-${name}.png`) })

test('topics: the example’s, and their records grow without a reload', async () => {
  await open('/')
  const found = await rowOf('checkout_events', (row) => number(row['Offsets']) > 0 && number(row['Offsets/s']) > 0)
  assert.deepEqual([found['Role'], found['Owner'], found['Partitions']], ['service', 'checkout', '4'])
  await rowOf('checkout_events', (row) => number(row['Offsets']) > number(found['Offsets']))
  const { rows } = await readTable()
  const known = await get<readonly TopicShape[]>('/api/topics')
  assert.deepEqual(
    rows.map((row) => row['Topic']).toSorted(),
    known
      .filter((t) => t.role !== 'internal')
      .map((t) => t.name)
      .toSorted(),
  )
  assert.equal(await page.title(), 'Topics · Millrace')
  await keep('topics')
})

test('one topic: decoded messages with a column per field, newest first, and who writes and reads it', async () => {
  await open('/topics')
  await rowOf('checkouts_enriched', (row) => number(row['Offsets']) > 0)
  await page.click('a[href="/topics/checkouts_enriched"]')
  await until('messages', async () => (await readTable()).rows.length === 50)
  const { heads, rows } = await readTable()
  const fields = 'checkout_id user_id merchant_id country risk_band category amount status event_time'.split(' ')
  assert.deepEqual(heads, ['Written', 'At', ...fields])
  assert.match(rows[0]!['country']!, /^[A-Z]{2}$/)
  assert.match(rows[0]!['amount']!, /^\d+\.\d\d$/)
  const offsets = rows.map((row) => Number(row['At']!.split(':')[1]))
  assert.deepEqual(
    offsets,
    offsets.toSorted((a, b) => b - a),
  )
  await until('newer messages', async () => Number((await readTable()).rows[0]!['At']!.split(':')[1]) > offsets[0]!)
  await until('its facts', async () => /Written by\s+checkouts_enriched/.test(await page.innerText('main')))
  assert.match(await page.innerText('main'), /Read by\s+approval_rate, velocity_alerts/)
  await page.click('button[aria-pressed]')
  assert.equal(await page.textContent('button[aria-pressed="true"]'), 'Go on')
  await keep('topic')
})

test('quarantine: which rule, why, and where the record was', async () => {
  await open('/topics/checkout_events.quarantine')
  await until('records', async () => (await readTable()).rows.length > 0)
  const { rows } = await readTable()
  const broken = rows.filter((row) => /^amount_positive checkout_events \d:\d+$/.test(row['Headers']!))
  assert.ok(broken.length > 0)
  for (const row of broken) assert.ok(Number(row['amount']) <= 0, JSON.stringify(row))
  assert.ok(rows.some((row) => /^decodable checkout_events \d:\d+\n.+\[MR-FORMAT-\d+\]$/.test(row['Headers']!)))
  await keep('quarantine')
})

test('pipelines: running, with live rates; one of them with its plan', async () => {
  await open('/pipelines')
  const found = await rowOf('checkouts_enriched', (row) => number(row['Rows in/s']) > 0)
  assert.deepEqual([found['State'], found['Reads']], ['running', 'checkout_events, users, merchants'])
  await rowOf('checkouts_enriched', (row) => number(row['Epoch']) > number(found['Epoch']))
  const { rows } = await readTable()
  assert.deepEqual([...new Set(rows.map((row) => row['State']))], ['running'])
  await keep('pipelines')
  await page.click('a[href="/pipelines/checkouts_enriched"]')
  await page.waitForSelector('pre')
  assert.match(await page.innerText('pre'), /^Sink\(table=\[checkouts_enriched\].*\n(.*\n)*.*TemporalJoin\(/)
  await keep('pipeline')
})

test('tables: rows of both grow as snapshots are committed', async () => {
  await open('/tables')
  const found = await rowOf('checkout.loan_balance', (row) => number(row['Rows']) > 0)
  assert.equal(found['Mode'], 'upsert')
  await rowOf('checkout.loan_balance', (row) => number(row['Snapshots']) > number(found['Snapshots']))
  await rowOf('checkout.checkouts_enriched', (row) => row['Mode'] === 'append' && number(row['Rows']) > 0)
  await keep('tables')
})

test('checks: the contract’s rule with how often it was broken', async () => {
  await open('/checks')
  const found = await rowOf('amount_positive', (row) => number(row['Broken']) > 0)
  const [known] = await get<readonly CheckShape[]>('/api/checks')
  assert.ok(number(found['Broken']) <= Number(known!.broken))
  assert.deepEqual(
    [found['Says'], found['Owner'], found['Kept in']],
    ['amount > 0', 'checkout', 'checkout_events.quarantine'],
  )
  await keep('checks')
})

test('slos: the objective, met, and who is called', async () => {
  await open('/slos')
  const found = await rowOf('checkouts-fresh', (row) => row['Now'] === 'met')
  assert.match(found['Objective']!, /^freshness_seconds ≤ 30 /)
  assert.match(found['Owner']!, /^checkout \(.+\)$/)
  await keep('slos')
})

test('lineage: a column leads to where it comes from', async () => {
  await open('/lineage')
  await until('columns', async () => (await readTable()).rows.length > 40)
  await keep('lineage')
  await page.fill('input', 'checkouts_enriched country')
  const row = await rowOf('checkouts_enriched', () => true)
  assert.deepEqual((await readTable()).rows.length, 1)
  assert.deepEqual(
    [row['Column'], row['Comes from'], row['By'], row['Owner']],
    ['country', 'users.country', 'identity', 'platform'],
  )
  await page.click('tbody td:nth-child(5) a')
  await rowOf('users', (users) => users['Column']!.startsWith('country'))
  assert.equal(await page.evaluate('decodeURIComponent(location.search)'), '?filter=users country')
})

test('explore: a query is run by keyboard; a mistake says what to do', async () => {
  await open('/explore')
  await page.fill('textarea', 'SELECT status, COUNT(*) AS n FROM checkouts_enriched GROUP BY status ORDER BY n DESC')
  await page.keyboard.press('Control+Enter')
  const approved = await rowOf('approved', (row) => number(row['n']) > 0)
  const declined = await rowOf('declined', (row) => number(row['n']) > 0)
  assert.ok(number(approved['n']) > number(declined['n']))
  assert.match(await page.innerText('[role=status]'), /^2 rows; read [\d,]+ rows in \d+ ms$/)
  await keep('explore')
  await page.fill('textarea', 'SELECT * FROM nowhere')
  await page.click('button.main')
  await page.waitForSelector('[role=alert]')
  assert.match(
    await page.innerText('[role=alert]'),
    /There is no topic or table nowhere\. Known are: .*\[MR-EXPLORE-002\]/,
  )
})

const views = [
  '/topics',
  '/topics/users',
  '/pipelines',
  '/pipelines/loan_balance',
  '/tables',
  '/checks',
  '/slos',
  '/lineage',
  '/explore',
]

test('on a narrow screen, and in the dark, nothing is cut off but what scrolls by itself', async () => {
  await page.setViewportSize({ width: 390, height: 800 })
  await page.emulateMedia({ colorScheme: 'dark' })
  for (const view of views) {
    await open(view)
    await page.waitForSelector(view === '/explore' ? 'textarea' : view.startsWith('/pipelines/') ? 'pre' : 'tbody tr')
    const [page_, screen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
      number,
      number,
    ]
    assert.ok(page_ <= screen, `${view} is ${page_} wide on a screen of ${screen}`)
    await keep(`narrow-dark${view.replaceAll('/', '-')}`)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  for (const view of ['/topics', '/topics/checkout_events.quarantine']) {
    await open(view)
    await page.waitForSelector('tbody tr')
    await keep(`dark${view.replaceAll('/', '-')}`)
  }
  const background = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
  assert.equal(background, 'rgb(17, 22, 28)')
  await page.emulateMedia({ colorScheme: 'light' })
})

test('by keyboard: every view is reached, and what has the focus is seen', async () => {
  await open('/topics')
  await page.waitForSelector('tbody tr')
  const focused = (): Promise<unknown> =>
    page.evaluate(
      '[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle, getComputedStyle(document.activeElement).outlineWidth].join()',
    )
  const seen: unknown[] = []
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press('Tab')
    seen.push(await focused())
  }
  const names = ['Millrace', 'Topics', 'Pipelines', 'Tables', 'Checks', 'SLOs', 'Lineage', 'Explore']
  assert.deepEqual(
    seen,
    names.map((name) => `${name},solid,2px`),
  )
  await page.keyboard.press('Enter')
  await page.waitForSelector('textarea')
  assert.equal(await page.evaluate('location.pathname'), '/explore')
  assert.equal(await page.innerText('nav a[aria-current=page]'), 'Explore')
})

test('the pages are small, and their scripts had nothing to complain about', async () => {
  const html = await (await fetch(base)).text()
  const scripts = [...html.matchAll(/src="([^"]+\.js)"/g)].map((match) => match[1]!)
  assert.ok(scripts.length > 0)
  let bytes = 0
  for (const path of scripts) bytes += gzipSync(await (await fetch(base + path)).bytes()).length
  assert.ok(bytes < 200_000, `${bytes} bytes of script, gzipped`)
  // Chromium says this of every answer that is no success; the mistaken query above is one.
  const said = browser.messages.filter((message) => !/Failed to load resource: .* 400/.test(message))
  assert.deepEqual(said, [])
})

test('when the node is gone the page says so, and lives again with it', async () => {
  await open('/topics')
  await until('it lives', async () => (await page.innerText('.node')).endsWith('live'))
  await node.crash()
  await until('it says so', async () => (await page.innerText('.node')).endsWith('not connected'))
  await keep('not-connected')
  node = await start()
  await until('it lives again', async () => (await page.innerText('.node')).endsWith(' live'))
  const { rows } = await readTable()
  assert.ok(rows.length >= 12)
})
