import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page, type Route } from 'playwright-core'
import { afterAll, expect, onTestFinished } from 'vitest'

const executablePath = '/usr/bin/chromium'
const wcag22 = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const launch = (args: readonly string[] = []) => chromium.launch({ executablePath, args: ['--no-sandbox', ...args] })

let shared: Promise<Browser> | undefined
afterAll(async () => (await shared)?.close())

/**
 * The browser of a test file: it takes longer to start than most tests, and each context in it knows nothing of the
 * others. One that is started with arguments is for this test alone.
 */
export async function startBrowser(...args: readonly string[]): Promise<Browser> {
  if (args.length === 0) {
    shared ??= launch()
    return shared
  }
  const browser = await launch(args)
  onTestFinished(() => browser.close())
  return browser
}

export interface WatchedPage {
  readonly page: Page
  /** What went wrong in the page so far: errors, what it logged as one, what its policy stopped. */
  readonly troubles: readonly string[]
}

/** What becomes of the requests of a page, by the pattern of their address. */
export type PageRoutes = Readonly<Record<string, (route: Route) => Promise<void>>>

interface OpenPageOptions extends BrowserContextOptions {
  readonly routes?: PageRoutes
}

/** A page of which every error, and everything that its content security policy stops, is kept. */
export async function openPage(
  browser: Browser,
  { routes = {}, ...options }: OpenPageOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  // On a machine that has other work to do.
  page.setDefaultTimeout(120_000)
  // Before anything is loaded: a page that is open already may still send a request past a route that was just set.
  for (const [pattern, handle] of Object.entries(routes)) await page.route(pattern, handle)
  const troubles: string[] = []
  page.on('pageerror', error => troubles.push(error.message))
  page.on('console', message => {
    // The browser says so of every answer that is not ok, those that a test provokes too.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      troubles.push(message.text())
  })
  await page.exposeFunction('tellViolation', (what: string) => troubles.push(what))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', event =>
    tellViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`)
  return { page, troubles }
}

/** Finds nothing that WCAG 2.2 AA forbids, by what axe can tell, in the light scheme and in the dark one. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate(axe.source)
    const { violations, passes } = (await page.evaluate(
      `axe.run(document, { runOnly: ${JSON.stringify(wcag22)} })`,
    )) as AxeResults
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    expect({ colorScheme, found }).toEqual({ colorScheme, found: [] })
    expect(passes.length).toBeGreaterThan(5)
  }
}

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
  readonly passes: readonly unknown[]
}
