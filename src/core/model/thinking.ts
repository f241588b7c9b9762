/** How a model marks what it thinks before it answers. A thought that was never ended holds no answer. */
interface Row {
  readonly opens: RegExp
  /** What the answer follows. */
  readonly closes: RegExp
  readonly source: string
}

const rows: readonly Row[] = [
  {
    opens: /<(?:think|thinking|thought|reason|reasoning|seed:think)>/,
    closes: /<\/(?:think|thinking|thought|reason|reasoning|seed:think)>/,
    source: 'docs.vllm.ai, Reasoning Outputs: deepseek_r1, qwen3, granite, seed_oss; Open WebUI strips the others',
  },
  { opens: /\[THINK\]/, closes: /\[\/THINK\]/, source: 'mistralai/Magistral-Small-2507, model card' },
  { opens: /◁think▷/, closes: /◁\/think▷/, source: 'docs.sglang.ai, Reasoning Parser: kimi' },
  {
    opens: /<\|START_THINKING\|>/,
    closes: /<\|END_THINKING\|>/,
    source: 'docs.cohere.com, Command A Reasoning: prompt format',
  },
  {
    opens: /<\|begin_of_thought\|>/,
    closes: /<\|end_of_thought\|>/,
    source: 'huggingface.co/datasets/open-thoughts/OpenThoughts-114k',
  },
  { opens: /<\|channel>thought/, closes: /<channel\|>/, source: 'google/gemma-4, chat_template.jinja' },
  {
    // A call of a tool is no thought, though it comes on the channel for comments.
    opens: /<\|channel\|>(?:analysis|commentary(?! to=))/,
    closes: /<\|channel\|>(?:final|commentary to=[\w.]{1,80}) ?(?:<\|constrain\|>\w{0,20})?<\|message\|>/,
    source: 'cookbook.openai.com, OpenAI harmony response format',
  },
  // The same where the server took the special tokens out and left their words.
  {
    opens: /(?:^\s*|assistant)analysis(?=[a-z"'{])/,
    closes: /assistantfinal/,
    source: 'github.com/Augustas11/macprovider/issues/743: "analysisWe need to answer … assistantfinalfour"',
  },
]

const anyOf = (marks: readonly RegExp[], flags: string) =>
  new RegExp(marks.map(({ source }) => source).join('|'), flags)
const closing = anyOf(
  rows.map(({ closes }) => closes),
  'gi',
)
const opening = anyOf(
  rows.map(({ opens }) => opens),
  'i',
)

export interface Spoken {
  /** What stands outside of any thought. */
  readonly text: string
  /** Whether the reply ended inside a thought. */
  readonly endedThinking: boolean
}

/** Takes the thoughts off a reply. Some servers swallow the opening mark, so all up to the last closing one is thought. */
export function withoutThinking(reply: string): Spoken {
  let end = 0
  for (const { 0: mark, index } of reply.matchAll(closing)) end = index + mark.length
  const rest = reply.slice(end)
  const open = rest.search(opening)
  return open === -1 ? { text: rest, endedThinking: false } : { text: rest.slice(0, open), endedThinking: true }
}
