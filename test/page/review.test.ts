import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'

async function answered(count: number) {
  const service = await startBatchService()
  const { body } = await service.submit(someLines(count), { query: '?min_confidence=0' })
  await service.until(body.id, ended)
  const watched = await openPage(await startBrowser())
  await watched.page.goto(`${service.url}/#/review/${body.id}?order=upload`)
  await isReady(watched.page)
  return { ...service, ...watched, id: body.id }
}

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
  const { page, troubles, url } = await answered(6)
  const held = Promise.withResolvers<void>()
  await page.route('**/feedback', async route => {
    await held.promise
    await route.continue()
  })
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
