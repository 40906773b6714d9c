// A real browser: Debian's Chromium, headless, driven by playwright-core. It reaches nothing but this machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPeer } from '../install.ts'

/** The part of playwright's Page that tests use; its documents describe each. */
export interface BrowserPage {
  goto(
    url: string,
    options?: { waitUntil?: 'load' | 'networkidle' | 'domcontentloaded'; timeout?: number },
  ): Promise<unknown>
  title(): Promise<string>
  textContent(selector: string): Promise<string | null>
  innerText(selector: string): Promise<string>
  click(selector: string): Promise<void>
  fill(selector: string, value: string): Promise<void>
  waitForSelector(selector: string, options?: { timeout?: number }): Promise<unknown>
  waitForFunction(expression: string, argument?: unknown, options?: { timeout?: number }): Promise<unknown>
  evaluate(expression: string): Promise<unknown>
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>
  setViewportSize(size: { width: number; height: number }): Promise<void>
  emulateMedia(options: { colorScheme?: 'light' | 'dark'; reducedMotion?: 'reduce' }): Promise<void>
  readonly keyboard: { press(key: string): Promise<void> }
  on(event: 'pageerror', listener: (error: Error) => void): void
  on(event: 'console', listener: (line: { type(): string; text(): string }) => void): void
}

export interface Browser {
  readonly page: BrowserPage
  readonly version: string
  /** Errors of the page and lines of its console, as they came: 'error: …', 'log: …'. */
  readonly messages: readonly string[]
  stop(): Promise<void>
}

interface Context {
  pages(): BrowserPage[]
  newPage(): Promise<BrowserPage>
  browser(): { version(): string } | null
  close(): Promise<void>
}
interface Playwright {
  chromium: { launchPersistentContext(profile: string, options: object): Promise<Context> }
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

/** Opens an empty page of 1280 × 800. It ends with this process. @throws PeerUnavailable */
export async function startChromium(): Promise<Browser> {
  const home = await installPeer('chromium')
  const { chromium } = createRequire(join(home, 'playwright', 'package.json'))('playwright-core') as Playwright
  const profile = mkdtempSync(join(tmpdir(), 'millrace-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: join(home, 'usr', 'lib', 'chromium', 'chromium'),
    headless: true,
    chromiumSandbox: false,
    viewport: { width: 1280, height: 800 },
    args: flags,
    env: { ...process.env, LD_LIBRARY_PATH: join(home, 'libraries'), FONTCONFIG_FILE: join(home, 'fonts.conf') },
  })
  const page = context.pages()[0] ?? (await context.newPage())
  const messages: string[] = []
  page.on('pageerror', (error) => messages.push(`error: ${error.message}`))
  page.on('console', (line) => messages.push(`${line.type()}: ${line.text()}`))
  return {
    page,
    version: context.browser()?.version() ?? '',
    messages,
    async stop() {
      await context.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/**
 * Opens a page, waits until it is quiet, and leaves a picture of it.
 * @returns its title, and what it said on its console, errors first to look at
 */
export async function chromiumScreenshot(
  url: string,
  file: string,
): Promise<{ title: string; version: string; messages: readonly string[] }> {
  const browser = await startChromium()
  try {
    await browser.page.goto(url, { waitUntil: 'networkidle' })
    await browser.page.screenshot({ path: file, fullPage: true })
    return { title: await browser.page.title(), version: browser.version, messages: browser.messages }
  } finally {
    await browser.stop()
  }
}
