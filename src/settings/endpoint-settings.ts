import { isPrivateHost } from './private-hosts.ts'

/** What is wrong with a setting, in words that repeat no secret; undefined when it can work. */
type Fault = string | undefined

/** Space, control, format and private characters, and what word processors make of dots and quotes. */
const misplaced = /[\p{C}\p{Z}…“”„‘’]/u
const quotes = /^(["'`]).*\1$/u
const placeholder = /^(sk-)?(\.{2,}|…+)$|^<.+>$/u

const characterNames = new Map([
  ['\n', 'a line break'],
  ['\r', 'a line break'],
  ['\t', 'a tab'],
  [' ', 'a space'],
  ['\u00a0', 'a no-break space'],
  ['\u200b', 'a zero-width space'],
  ['\ufeff', 'a byte order mark'],
  ['…', 'an ellipsis'],
])

/** Names the first character of this kind, and its place: that gives no secret away. */
function characterFault(value: string, unfit: RegExp): Fault {
  const found = unfit.exec(value)
  if (!found) return undefined
  const [character] = found
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  const name = characterNames.get(character)
  const place = [...value.slice(0, found.index)].length + 1
  return `its character ${place} does not belong there (${name === undefined ? code : `${name}, ${code}`}); write or copy it again`
}

/** A key goes into a header, which holds printable ASCII; no provider makes keys with spaces. */
function keyFault(key: string): Fault {
  if (placeholder.test(key)) return 'is the placeholder of the documentation, not a key'
  if (/^bearer\s/i.test(key)) return 'begins with "Bearer", which is added to the key by itself; leave it out'
  if (quotes.test(key)) return 'stands in quotation marks, which would be sent with it; leave them out'
  return characterFault(key, /[^\x21-\x7e]/u)
}

const endpointPath = /\/((?:chat\/)?completions|decisions|systemone|embeddings)\/?$/

/** An address is called with `/chat/completions`, `/decisions` or `/systemone` behind it. */
function addressFault(address: string): Fault {
  // That it is no address at all is said elsewhere.
  if (!URL.canParse(address)) return undefined
  const misplacedFault = characterFault(address, misplaced)
  if (misplacedFault) return misplacedFault
  const { username, password, search, hash, pathname } = new URL(address)
  if (username !== '' || password !== '')
    return 'holds a user name or a password, which no request carries; put the key into OPENAI_API_KEY'
  if (search !== '' || hash !== '')
    return 'ends in a query or a fragment, behind which no path can follow; leave it out'
  const [, added] = endpointPath.exec(pathname) ?? []
  if (added !== undefined)
    return `ends in the path that is added to it by itself; leave out /${added === 'completions' ? 'chat/completions' : added}`
  return undefined
}

/** A name goes into JSON, which takes anything; but none of these is in a name by intent. */
const modelFault = (model: string): Fault => characterFault(model, /[\p{C}\p{Zl}\p{Zp}\u00a0…“”„‘’]/u)

/** What is wrong with the settings of an endpoint, each under its name: such a setting cannot work, whoever is asked. */
export function endpointFaults(settings: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === undefined) return []
    const faultOf = name.includes('KEY') ? keyFault : name.includes('URL') ? addressFault : modelFault
    const fault = faultOf(value)
    return fault === undefined ? [] : [`${name}: ${fault}`]
  })
}

/**
 * In milliseconds. A model of 1.5 billion parameters on two cores takes up to 90 s for its first call with the shipped
 * list, and a minute for each long text after that; one behind a public address that is silent for 30 s has stalled.
 */
const localTimes = { request: 600_000, call: 300_000 }
const remoteTimes = { request: 60_000, call: 30_000 }
const timesOf = (baseUrl: string) => (isPrivateHost(new URL(baseUrl).host) ? localTimes : remoteTimes)

/** Whether an endpoint is on this machine or network, and the most time one call of it may take, as `set` or by default. */
export const endpointTimes = (baseUrl: string, set: number | undefined): { local: boolean; callTime: number } => ({
  local: isPrivateHost(new URL(baseUrl).host),
  callTime: set ?? timesOf(baseUrl).call,
})

/** The most time a request may take, where no setting says so: enough for the slowest endpoint that it may ask. */
export const defaultRequestTime = (endpoints: readonly { readonly baseUrl: string }[]): number =>
  Math.max(remoteTimes.request, ...endpoints.map(({ baseUrl }) => timesOf(baseUrl).request))
