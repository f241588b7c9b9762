import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import type { ItemPage } from '../../src/core/batch/batch-results.ts'
import { isSampled } from '../../src/page/review/order.ts'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, type PageRoutes, startBrowser } from '../support/browser.ts'

async function answered(count: number, routes: PageRoutes = {}) {
  const service = await startBatchService()
  const { body } = await service.submit(someLines(count), { query: '?min_confidence=0' })
  await service.until(body.id, ended)
  const browser = await startBrowser()
  /** Another person: nothing of one is seen by the other but through the service. */
  const open = async () => {
    const watched = await openPage(browser, { routes })
    await watched.page.goto(`${service.url}/#/review/${body.id}?order=upload`)
    await isReady(watched.page)
    return watched
  }
  return { ...service, ...(await open()), open, id: body.id }
}
const idInHand = (page: Page) => page.getByRole('article').getByRole('heading').textContent()

/** Until the card is there and the keys act. */
const isReady = (page: Page) => page.locator('section[aria-label="Review area"][aria-busy="false"]').waitFor()
const said = (page: Page, number: number) => page.getByText(`${number} reviewed`, { exact: true }).waitFor()

async function feedbackOf(url: string): Promise<Record<string, unknown>[]> {
  const text = await (await fetch(`${url}/feedback?format=entries`)).text()
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

test('20 answers are reviewed by the keyboard alone, corrected, and taken back', async () => {
  const { page, troubles, url } = await answered(22)
  await expectAccessible(page)
  for (let number = 1; number <= 16; number += 1) {
    await page.keyboard.press('Enter')
    await said(page, number)
    await isReady(page)
  }
  await page.keyboard.press('1')
  await page.keyboard.press('Enter')
  await said(page, 17)
  await isReady(page)
  await page.keyboard.press('Backspace')
  await said(page, 18)
  await isReady(page)
  await page.keyboard.press('r')
  await said(page, 19)
  await isReady(page)
  await page.keyboard.press('/')
  await page.keyboard.type('blockchain')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await said(page, 20)
  await isReady(page)
  const given = await feedbackOf(url)
  expect(given).toHaveLength(20)
  const of = (id: number) => given.find(entry => entry.id === id) ?? {}
  expect(of(0)).toMatchObject({ rejected: [], missing: [], none: false })
  expect(of(16).rejected).toHaveLength(1)
  expect(of(17)).toMatchObject({ accepted: [], missing: [], none: true })
  expect(of(18)).toMatchObject({ accepted: [], missing: [], none: false })
  expect(of(19).missing).toHaveLength(1)
  await page.getByText('80.0 % as suggested').waitFor()
  for (let number = 19; number >= 0; number -= 1) {
    await page.keyboard.press('u')
    await said(page, number)
    await isReady(page)
  }
  expect(await feedbackOf(url)).toEqual([])
  expect(troubles).toEqual([])
})

test('a held Enter, and keys while an answer is being saved, judge nothing that was not seen', async () => {
  const held = Promise.withResolvers<void>()
  const routes = { '**/feedback': (route: Route) => held.promise.then(() => route.continue()) }
  const { page, troubles, url } = await answered(6, routes)
  await page.keyboard.down('Enter')
  for (let repeat = 0; repeat < 20; repeat += 1) await page.keyboard.down('Enter')
  await page.keyboard.up('Enter')
  for (const key of ['Enter', 'Backspace', 'r', 'ArrowRight', 'u']) await page.keyboard.press(key)
  held.resolve()
  await said(page, 1)
  await isReady(page)
  expect(await feedbackOf(url)).toHaveLength(1)
  await page.getByText('2 of 6 answers').waitFor()
  // Nor do keys act while somebody types, or anywhere but in the review area.
  await page.keyboard.press('/')
  await page.keyboard.type('ruu1')
  expect(await page.getByRole('searchbox').inputValue()).toBe('ruu1')
  await page.getByLabel('Order').focus()
  await page.keyboard.press('r')
  expect(await feedbackOf(url)).toHaveLength(1)
  expect(troubles).toEqual([])
})

test('two people never have the same answer in hand; what one left, skipped or judged the other sees at once', async () => {
  const { page, open, troubles } = await answered(3)
  const other = await open()
  expect([await idInHand(page), await idInHand(other.page)]).toEqual(['0', '1'])
  await other.page.getByText('1 in the hands of others').waitFor()
  await page.keyboard.press('Enter')
  await said(page, 1)
  await isReady(page)
  expect(await idInHand(page)).toBe('2')
  await page.getByText('One was passed over: another person has it').waitFor()
  await other.page.keyboard.press('ArrowRight')
  await other.page.getByText('That was the last one.').waitFor()
  await page.keyboard.press('ArrowLeft')
  await isReady(page)
  expect(await idInHand(page)).toBe('1')
  expect([...troubles, ...other.troubles]).toEqual([])
})

test('what was skipped or judged stays so beyond the sitting, and what was skipped can be asked for', async () => {
  const { page, troubles, id } = await answered(4)
  await page.keyboard.press('ArrowRight')
  await isReady(page)
  await page.keyboard.press('Enter')
  await said(page, 1)
  await isReady(page)
  await page.reload()
  await isReady(page)
  await page.getByText('1 judged before').waitFor()
  await page.getByText('1 of 2 answers').waitFor()
  expect(await idInHand(page)).toBe('2')
  await page.getByRole('link', { name: '1 that you skipped' }).click()
  await page.getByText('1 of 1 answer', { exact: true }).waitFor()
  await isReady(page)
  expect([await idInHand(page), new URL(page.url()).hash]).toEqual(['0', `#/review/${id}?order=skipped`])
  expect(troubles).toEqual([])
})

test('only the answers with a tag, and a random 5 % of them, are looked through when that is chosen', async () => {
  const { page, troubles, url, id } = await answered(60)
  await page.getByText('1 of 60 answers').waitFor()
  const { data } = (await (await fetch(`${url}/batches/${id}/items?limit=200`)).json()) as ItemPage
  const tagsOf = ({ result }: ItemPage['data'][number]) => ('tags' in result ? result.tags : [])
  const tag = tagsOf(data[0]!)[0]!
  const withTag = data.filter(item => tagsOf(item).includes(tag)).length
  await page.getByLabel('Only the tag').selectOption(String(tag))
  await page.getByText(`1 of ${withTag} answer`).waitFor()
  expect(withTag).toBeLessThan(60)
  await page.getByLabel('Only the tag').selectOption('')
  await page.getByLabel('Order').selectOption('sample')
  const sampled = data.filter(({ index }) => isSampled(index))
  await page.getByText(`1 of ${sampled.length} answer`).waitFor()
  await isReady(page)
  expect(await idInHand(page)).toBe(String(sampled[0]!.index))
  expect(troubles).toEqual([])
})

test('a name that a person gives goes with what they judge', async () => {
  const { page, troubles, url } = await answered(2)
  await page.getByLabel('Your name').fill('ada')
  await page.keyboard.press('Tab')
  await isReady(page)
  expect(await idInHand(page)).toBe('0')
  await page.getByRole('region', { name: 'Review area' }).focus()
  await page.keyboard.press('Enter')
  await said(page, 1)
  expect(await feedbackOf(url)).toMatchObject([{ id: 0, by: 'ada' }])
  expect(troubles).toEqual([])
})
