import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { parseJson } from '../../core/json-fault.ts'
import { ServiceError } from '../../core/outcome.ts'
import type { TagList } from '../../core/tags/tag-list.ts'
import type { StoredAnswer } from '../../quality/index.ts'
import { collect, examples } from '../common/flags.ts'
import { readGoldFile, readTags, readText } from '../input.ts'
import { type CommandContext, exitCodes, type Terminal } from '../terminal.ts'

interface CheckFlags {
  readonly gold?: string
  readonly before?: string
  readonly answers?: string
  readonly replaced: readonly string[]
  readonly again?: string
}

/** Under `tagsmith tags`. */
export function addTagsCheckCommand(tags: Command, { terminal, run }: CommandContext): void {
  tags
    .command('check')
    .description('tell what of a list makes answers worse, and what a change of it means for stored answers')
    .argument('<list.json>', 'the list')
    .option('--gold <gold.jsonl>', 'labelled texts, to tell tags that fit none or too many')
    .option('--before <list.json>', 'the list as it was')
    .option('--answers <answers.ndjson>', 'lines of {"id","tags","text"?}: answers under the list as it was')
    .option('--replaced <old=new>', 'a removed id that another stands for now; again for another', collect, [])
    .option('--again <file>', 'where to write the answers that are worth asking again')
    .addHelpText(
      'after',
      examples(
        'tagsmith tags check list.json --gold gold.jsonl',
        'tagsmith tags check list.json --before before.json --answers answers.ndjson --again again.ndjson',
      ),
    )
    .action(
      run(async (file: string, flags: CheckFlags) => {
        const { listHealth } = await import('../../quality/index.ts')
        const { list } = await readTags(file, terminal)
        const gold = flags.gold === undefined ? [] : await readGoldFile(flags.gold, terminal)
        const findings = listHealth(list, gold)
        for (const { kind, words } of findings) terminal.stdout.write(`${kind.replaceAll('_', ' ')}: ${words}\n`)
        if (findings.length === 0) terminal.stdout.write('nothing to mend\n')
        if (flags.before !== undefined)
          await tellChange([(await readTags(flags.before, terminal)).list, list], flags, terminal)
        return exitCodes.ok
      }),
    )
}

async function tellChange(lists: readonly [TagList, TagList], flags: CheckFlags, terminal: Terminal): Promise<void> {
  const { createSuggestions, listChange } = await import('../../quality/index.ts')
  const { createRanker, loadWordVectors } = await import('../../ranker/index.ts')
  const lines = flags.answers === undefined ? [] : (await readText(flags.answers, terminal)).split('\n').filter(Boolean)
  const answers = lines.map((line, index) => readAnswer(line, index + 1))
  const replacedBy = new Map(flags.replaced.map(readPair))
  const change = listChange(lists, {
    replacedBy,
    suggests: createSuggestions(createRanker(lists[1], { vectors: loadWordVectors() })),
  })
  const again = new Set(answers.filter(answer => change.reasonToAskAgain(answer) !== undefined).map(({ id }) => id))
  const untold = answers.filter(change.isUntold).length
  const parts = ['added', 'removed', 'renamed', 'reworded', 'reused'] as const
  const told = parts.flatMap(part => (change[part].length > 0 ? [`${part}: ${change[part].join(', ')}`] : []))
  if (change.reused.length > 0)
    told.push('an id that was given up is better not given again: old answers would mean the new tag')
  told.push(`${again.size} of ${answers.length} answers are worth asking again`)
  if (untold > 0) told.push(`${untold} answers came without a text: nobody can say whether an added tag fits them`)
  terminal.stdout.write(`${told.join('\n')}\n`)
  if (flags.again === undefined) return
  const worth = lines.filter((_, index) => again.has(answers[index]!.id))
  await writeFile(flags.again, worth.map(line => `${line}\n`).join(''))
}

function readAnswer(line: string, number: number): StoredAnswer {
  const value = parseJson(line) as { id?: unknown; tags?: unknown; text?: unknown } | undefined
  if (!value || !Array.isArray(value.tags))
    throw new ServiceError('invalid_request', `Line ${number} of the answers is no {"id","tags"}.`)
  const text = typeof value.text === 'string' ? value.text : undefined
  return { id: String(value.id ?? number), tags: value.tags.map(String), text }
}

function readPair(pair: string): [string, string] {
  const [, old, now] = /^([^=]+)=([^=]+)$/.exec(pair) ?? []
  if (old === undefined || now === undefined)
    throw new ServiceError('invalid_request', `--replaced ${pair} is not of the form old=new.`)
  return [old, now]
}
