import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { markdownOf } from '../../src/documents/index.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { runInProcess } from '../support/terminal.ts'

const fixture = (name: string) => new URL(`../fixtures/documents/markup/${name}`, import.meta.url).pathname
const read = (name: string) => markdownOf(readFileSync(fixture(name), 'utf8'), name)
const markdown = readFileSync(fixture('README.md'), 'utf8')
/** What a reader sees, whatever marks it. */
const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}.-]+/gu)!

test.each(['README.rst', 'README.adoc', 'README.org'])(
  '%s has the headings, code and links of its Markdown twin',
  name => {
    const text = read(name)
    for (const line of ['# Tracewire', '```', 'tracewire capture --interface eth0 | tracewire show'])
      expect(text.split('\n')).toContain(line)
    for (const heading of ['Features', 'Usage', 'Configuration']) expect(text).toMatch(RegExp(`^## ${heading}$`, 'm'))
    expect(text).toContain('[protocol notes](https://example.org/notes)')
    expect(text).toContain('`lab.yaml`')
    for (const unread of ['ecommerce', 'lab.png', ':toc', 'CUSTOM_ID', '::']) expect(text).not.toContain(unread)
  },
)

test.each(['README.rst', 'README.adoc', 'README.org'])('%s reads as its Markdown twin does', name => {
  const own = words(read(name)).join(' ')
  const twin = words(markdown.replace(/!\[.*\)\n/, '')).join(' ')
  expect(own).toBe(twin)
})

test.each(['rst', 'adoc', 'org', 'html'])(
  'README.%s gets the tags of its Markdown twin from the embedded ranker',
  async ending => {
    const tagsOf = async (name: string) => {
      const { exitCode, stdout } = await runInProcess(['classify', fixture(name), '--id', 'x'])
      expect(exitCode).toBe(0)
      return JSON.parse(stdout).tags
    }
    const twin = await tagsOf('README.md')
    expect(twin).not.toEqual([])
    expect(await tagsOf(`README.${ending}`)).toEqual(twin)
  },
  60_000,
)

test.each<[what: string, name: string, text: string, expected: string]>([
  ['a heading below a line', 'a.rst', 'One\n---\n\nTwo\n~~~\n', '# One\n\n## Two\n'],
  ['a code block with options', 'a.rst', '.. code-block:: sh\n   :linenos:\n\n   ls\n\nEnd', '\n```\nls\n```\n\n\nEnd'],
  ['a role', 'a.rst', 'See :ref:`the guide <guide>` and :class:`Router`.', 'See the guide and Router.'],
  ['a substitution', 'a.rst', '|build| A router.', ' A router.'],
  ['a warning', 'a.rst', '.. warning::\n\n   Not for the internet.', '\nWarning:\n\nNot for the internet.\n'],
  ['a list and its depth', 'a.adoc', '* one\n** two\n. three', '- one\n  - two\n- three'],
  [
    'a cross reference',
    'a.adoc',
    'See <<install,how to install>> and xref:a.adoc[that].',
    'See how to install and that.',
  ],
  ['a table', 'a.adoc', '|===\n|Name |Use\n|===', '\nName  Use\n'],
  ['a heading with a keyword and tags', 'a.org', '* TODO [#A] Packets :net:lab:', '# Packets'],
  ['a quote', 'a.org', '#+begin_quote\nIt traces.\n#+end_quote', '\nIt traces.\n'],
  ['a block that nothing closes', 'a.org', '#+begin_src sh\nls', 'ls'],
  ['a block that nothing closes', 'a.adoc', '----\nls', 'ls'],
  ['any other file', 'a.md', '* TODO x\n.. note:: y\n= z', '* TODO x\n.. note:: y\n= z'],
])('%s in %s', (_, name, text, expected) => {
  expect(markdownOf(text, name)).toBe(expected)
})

test('no text makes the reading fail, and a megabyte of any line is read in linear time', () => {
  const line = fc.constantFrom(
    '----',
    '====',
    '..',
    '.. x::',
    '::',
    '#+begin_a',
    '#+end_a',
    ':END:',
    ':PROPERTIES:',
    '* a',
    '|===',
    '  b',
    '',
    '`a <',
    '[[',
    '<<a',
    '|a|',
  )
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('rst', 'adoc', 'org'), (lines, ending) => {
      expect(typeof markdownOf(lines.join('\n'), `a.${ending}`)).toBe('string')
    }),
    { numRuns: 2_000 },
  )
  const begin = cpuTime()
  for (const part of [
    '`',
    '[[',
    '<<a',
    '|a',
    ':a:\n',
    '   :a:\n',
    '#+begin_a\n',
    '----\n..\n',
    '.. x::\n',
    '~a ',
    'link:',
    '[',
    '::\n',
    '{',
  ])
    for (const ending of ['rst', 'adoc', 'org']) markdownOf(part.repeat(1_000_000 / part.length), `a.${ending}`)
  for (const ending of ['rst', 'adoc', 'org'])
    markdownOf(
      Array.from({ length: 60_000 }, (_, index) => `#+begin_a${index}\n${'-'.repeat(4 + (index % 90))}`).join('\n'),
      `a.${ending}`,
    )
  expect(cpuTime() - begin).toBeLessThan(120_000)
}, 300_000)
