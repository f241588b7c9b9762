import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { OutputForm } from '../../catalogue/index.ts'
import { ServiceError } from '../../core/outcome.ts'
import { charsetOption, examples, readList, readMatching, readNumber, textOption } from '../common/flags.ts'
import type { CommandContext } from '../terminal.ts'
import type { TagFlags } from './tag-flags.ts'

const more = `${examples(
  'tagsmith tag readmes/ --to tags.csv',
  'tagsmith tag projects.csv --id id --text name,readme --to tags.ndjson',
  'tagsmith tag --from sqlite:projects.db --query "select id, readme as text from projects" \\\n' +
    "    --into 'update projects set tags = $tags where id = $id'",
  'tagsmith tag readmes/ --to tags.csv --dry-run',
  'tagsmith tag readmes/ --to tags.csv --url http://127.0.0.1:3000',
)}
What has an answer under the same text, list, prompt and model is kept, and costs nothing.
Exit codes: 0 all items have an answer, 1 some failed or the run was ended (run it again), 2 the command, a setting or
the input is wrong, 130 you left with Ctrl-C.`

export function addTagCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('tag')
    .description('tag a catalogue: what is new or changed is asked about, the rest keeps its answer')
    .argument(
      '[source...]',
      'files, folders or globs; CSV, TSV, NDJSON and JSON hold many texts; - reads NDJSON from stdin',
    )
    .option('--to <file>', 'where the answers go, as its name says: .ndjson, .json, .csv or .tsv; - writes to stdout')
    .option('--form <form>', 'ndjson, json, csv or tsv, whatever the name of the file', readForm)
    .option('--row-per-tag', 'CSV and TSV: one row for each tag, and not for each item')
    .option('--state <file>', 'where answers are kept for the next run; beside --to when left out')
    .option('--id <column>', 'what the id is called in rows and entries', 'id')
    .option(...textOption)
    .option(
      '--id-pattern <regexp>',
      'what of a path is the id, by the first group; else the path in the folder, and with several, as they were named',
      readPattern,
    )
    .option('--include <globs>', 'only these files of folders, such as **/README.md', readList, [])
    .option('--exclude <globs>', 'not these files of folders', readList, [])
    .option('--from <database>', 'postgres://… or sqlite:file, read by --query')
    .option('--query <sql>', 'what to read there; its columns are named by --id and --text')
    .option(
      '--into <sql>',
      'a statement for each answer, in the same database, with $id, $tags and $names; or the name of a table',
    )
    .option(...charsetOption)
    .option(
      '--url <url>',
      'ask a running service, with the key in TAGSMITH_API_KEY; this process answers when left out',
    )
    .option('--tags <list.json>', 'the tag list; that of the prompt when left out')
    .option('--prompt <name>', 'the prompt to use')
    .option(
      '--max-tags <number>',
      'the most tags of an answer, 1 to 50',
      readMatching(/^([1-9]|[1-4]\d|50)$/, 'a number from 1 to 50'),
    )
    .option('--cheap', 'ask no model where the embedded ranker is sure enough, as tagsmith calibrate found')
    .option('--dry-run', 'count and price what would be asked, and ask nothing')
    .option('--changed', 'say of each text why it is asked about')
    .option('--confirm-usd <dollars>', 'ask before a run that may cost more', readNumber)
    .option('--max-usd <dollars>', 'end the run once it has cost this much', readNumber)
    .option('--max-failed <number>', 'end the run when more fail: a number, or a share such as 5%', readMaxFailed)
    .option('--report <file.html>', 'what came of the run, as a page to keep')
    .addHelpText('after', more)
    .action(
      run(async (sources: string[], flags: TagFlags) => {
        checkFlags(sources, flags)
        const { tagCatalogue } = await import('./tag-catalogue.ts')
        return tagCatalogue(sources, flags, terminal)
      }),
    )
}

/** @throws ServiceError for flags that do not go together */
function checkFlags(sources: readonly string[], { to, form, from, query, into }: TagFlags): void {
  const wrong = (message: string) => new ServiceError('invalid_request', message)
  if (from === undefined && sources.length === 0)
    throw wrong('Name what to tag: a file, a folder, - or --from a database.')
  if (from !== undefined && sources.length > 0) throw wrong('Name files or --from a database, not both.')
  if ((from === undefined) !== (query === undefined)) throw wrong('--from and --query go together.')
  if (into !== undefined && from === undefined)
    throw wrong('--into writes to the database of --from, which is not set.')
  if (to === undefined && into === undefined) throw wrong('Say where the answers go: --to FILE, or --into a database.')
  if (to !== undefined && form === undefined && !/^-$|^[^.]*$|\.(ndjson|jsonl|json|csv|tsv|txt)$/i.test(basename(to)))
    throw wrong(`--to ${to}: call it .csv, .tsv, .json or .ndjson, or say with --form what it is to be.`)
}

function readForm(value: string): OutputForm {
  if (value === 'ndjson' || value === 'json' || value === 'csv' || value === 'tsv') return value
  throw new InvalidArgumentError('Forms are ndjson, json, csv and tsv.')
}

function readPattern(value: string): RegExp {
  try {
    return new RegExp(value, 'u')
  } catch {
    throw new InvalidArgumentError('It is not a regular expression.')
  }
}

function readMaxFailed(value: string): TagFlags['maxFailed'] {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(value)
  if (!match) throw new InvalidArgumentError('It is neither a number nor a share such as 5%.')
  return match[2] === '%' ? { share: Number(match[1]) / 100 } : { items: Number(match[1]) }
}
