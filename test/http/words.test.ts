import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { BatchHeader } from '../../src/core/batch/batch-settings.ts'
import { ClassifyRequest } from '../../src/core/classification.ts'
import { type ConfigError, faultsOf } from '../../src/core/faults.ts'
import { createChoices } from '../../src/core/tags/choices.ts'
import { readTagList } from '../../src/core/tags/tag-list.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { emptyFolder } from '../support/command.ts'
import { startService } from '../support/service.ts'

const text = '# A router\n\nIt routes packets over IPv6.'

describe('what is wrong is said in words of our own', () => {
  test.each<[body: object, pointer: string, detail: string]>([
    [{ text, tags: [] }, '/tags', 'is empty'],
    [{ text, max_tags: 0 }, '/max_tags', 'is less than 1'],
    [{ text, max_tags: 51 }, '/max_tags', 'is more than 50'],
    [{ text, min_confidence: 1.5 }, '/min_confidence', 'is more than 1'],
    [{ text, prompt: '' }, '/prompt', 'is empty'],
    [{ text, prompt: 'p'.repeat(129) }, '/prompt', 'holds more than 128 characters'],
    [{ text, tags: [{ id: 1, name: '' }] }, '/tags/0/name', 'is empty'],
    [
      { text, tags: [{ id: 1, name: 'a', aliases: Array(51).fill('b') }] },
      '/tags/0/aliases',
      'holds more than 50 entries',
    ],
    [{ text, id: true }, '/id', 'is neither a string nor a safe integer'],
    [{}, '/text', 'is missing'],
  ])('%j', async (body, pointer, detail) => {
    const { classify } = await startService()
    expect((await classify(body)).json()).toMatchObject({ errors: [{ pointer, detail }] })
  })

  test('whatever is sent', () => {
    const wrong = fc.record({
      text: fc.jsonValue(),
      id: fc.jsonValue(),
      tags: fc.jsonValue(),
      max_tags: fc.jsonValue(),
    })
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), wrong), value => {
        for (const schema of [ClassifyRequest, BatchHeader]) {
          const { error } = schema.safeParse(value)
          for (const { message } of error ? faultsOf(error) : []) expect(message).toMatch(/^[a-z]/)
        }
      }),
    )
  })

  test('also of settings', () => {
    const faults = () => {
      try {
        loadConfig({ PORT: '99999', LOG_LEVEL: 'loud', TEXT_BUDGET: '1', ALLOWED_HOSTS: 'http://x' })
        return []
      } catch (error) {
        return (error as ConfigError).faults
      }
    }
    expect(faults().toSorted()).toEqual([
      'ALLOWED_HOSTS.0: holds something that is no host name or address',
      'LOG_LEVEL: is none of trace, debug, info, warn, error, fatal, silent',
      'PORT: is more than 65535',
      'TEXT_BUDGET: is less than 100',
    ])
  })
})

test.each<[what: string, ask: { query?: string; body?: object | string; type?: string }, id: unknown]>([
  ['the id of a query', { query: '?id=12523', body: ' ' }, '12523'],
  ['that of a query beside JSON that is none', { query: '?id=12523', body: '{', type: 'application/json' }, '12523'],
  ['that of a query that is wrong elsewhere', { query: '?id=12523&max_tags=99', body: text }, '12523'],
  ['the id of a body', { body: { id: 7, text: ' ' } }, 7],
  ['that of a body that is wrong elsewhere', { body: { id: 7, txt: 'a' } }, 7],
  ['no id where none was sent', { body: ' ' }, undefined],
  ['no id that is none', { body: { id: { a: 1 }, text } }, undefined],
])('an error carries %s', async (_, { query = '', body = '', type }, id) => {
  const { classify } = await startService()
  const answer = await classify(body, { query, ...(type && { type }) })
  expect(answer.statusCode).toBeGreaterThanOrEqual(400)
  expect(answer.json().id).toEqual(id)
})

test('JSON that is none is told with its place', async () => {
  const { classify } = await startService()
  const told = async (body: string) => (await classify(body, { type: 'application/json' })).json().detail
  expect(await told('{"text":"a",}')).toBe('The body is not valid JSON: column 13.')
  expect(await told('{\n "text": "a"\n "id": 1\n}')).toBe('The body is not valid JSON: line 3, column 2.')
  const line = (await classify('{"text":"a"', { type: 'application/x-ndjson' })).json()
  expect(line.error.detail).toBe('Line 1 is not valid JSON: it ends too early.')
})

describe('ids of tags with blanks around them', () => {
  const tags = (...ids: (string | number)[]) => ids.map((id, index) => ({ id, name: `tag ${index}` }))
  test.each([[[' 36', '36']], [['36', '36\t']], [[36, ' 36']], [['\u00a036', '36']]])(
    '%j are the same to a model, so the list is refused',
    ids => {
      expect(readTagList(tags(...ids)).faults).toEqual([
        { pointer: '/1/id', message: 'is the same id as that of entry 0, but for blanks' },
      ])
    },
  )
  test('a blank one is none', () => {
    expect(readTagList(tags(' ')).faults).toEqual([{ pointer: '/0/id', message: 'is blank' }])
  })
  test('one alone is read with and without them, and comes back as it is', () => {
    const { list } = readTagList(tags(' 36', '7'))
    const { decode } = createChoices(list!.tags, 'ids')
    for (const value of [' 36', '36']) expect(decode(value)).toMatchObject({ id: ' 36' })
  })
})

test('what is stored is for the user of the service alone', async () => {
  const directory = join(emptyFolder(), 'data')
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
  const store = await openSqliteStore({ directory })
  const file = join(directory, 'tagsmith.sqlite')
  expect([directory, file, `${file}-wal`].map(modeOf)).toEqual(['700', '600', '600'])
  await store.close()
})

test('what an earlier version left readable is so no more', async () => {
  const directory = emptyFolder()
  await (await openSqliteStore({ directory })).close()
  const file = join(directory, 'tagsmith.sqlite')
  chmodSync(file, 0o644)
  await (await openSqliteStore({ directory })).close()
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
})
