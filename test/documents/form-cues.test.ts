import { expect, test } from 'vitest'
import { readText } from '../../src/documents/passages.ts'
import { formCuesIn } from '../../src/ranker/definition.ts'

const kinds = (text: string) => formCuesIn(readText(text).passages).map(({ names }) => names[0])

test.each([
  ['a global installation', '```\nnpm install -g otter\n```', ['cli']],
  ['a call for help', 'Run `otter --help` to see more.', ['cli']],
  ['a usage line', '```\nUsage: otter [options]\n```', ['cli']],
  ['a dependency', '```\nnpm install otter\n```', ['lib']],
  ['an import', "```js\nimport { dive } from 'otter'\n```", ['lib']],
  ['an import in Python', '```python\nfrom otter import dive\n```', ['lib']],
  ['a port', '```\ncurl localhost:8080/otters\n```', ['server']],
  ['a page to host', 'Otter is self-hosted.', ['web application']],
  ['nothing of the kind', 'Otters are imported from Canada and usage varies.', []],
])('%s', (_, text, found) => {
  expect(kinds(text)).toEqual(found)
})

test('what is installed as a program is not taken for a library by its imports', () => {
  expect(kinds("```\nbrew install otter\n```\n\n```js\nimport x from 'y'\n```")).toEqual(['cli'])
})

test('says what it found', () => {
  expect(formCuesIn(readText('```\npip install otter\n```').passages)[0]?.sign).toBe('pip install otter')
})
