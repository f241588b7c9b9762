import { expect, test } from 'vitest'
import { readText } from '../../src/documents/passages.ts'
import { definitionsIn } from '../../src/ranker/definition.ts'

test.each([
  ['Otter is a small library for counting fish.', 'small library'],
  ['Otter is the fastest, tiniest river simulator that runs anywhere.', 'fastest tiniest river simulator'],
  ['A terminal browser for sea charts.', 'terminal browser'],
  ['Very quiet logger for Java', 'Very quiet logger'],
])('finds what "%s" says its subject is', (sentence, found) => {
  expect(definitionsIn(readText(`# Otter\n\n${sentence}\n`))).toContain(found)
})

test('looks at the opening alone', () => {
  const text = `# Otter\n\nOne sentence stands here. Two sentences stand here. Three stand here now. It is a compiler.`
  expect(definitionsIn(readText(text)).join(' ')).not.toContain('compiler')
})
