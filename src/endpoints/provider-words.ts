import type { UpstreamFailure } from './failures.ts'

const longestWords = 300
/** Bounds the work for a body of any size. */
const longestRead = 4_000
/** A part of a key this long or longer is left out as well, as some endpoints quote the start of it. */
const shortestSecret = 6

/**
 * What an endpoint said of a failure, for whoever runs the service: one line of at most 300 characters, without control
 * characters, markup and `secrets`. Null when it said nothing.
 */
export function providerWords({ status, code, text }: UpstreamFailure, secrets: readonly string[]): string | null {
  const plain = withoutMarkup(withoutSecrets(text.slice(0, longestRead), secrets))
  const said = plain.replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim()
  const number = status === undefined || said.startsWith(String(status)) ? '' : String(status)
  const word = code === undefined || said.includes(code) ? '' : `(${withoutSecrets(code.slice(0, 64), secrets)})`
  const line = [number, said, word].filter(part => part !== '').join(' ')
  const characters = [...line.replace(/[\p{C}\s]+/gu, ' ')]
  if (characters.length === 0) return null
  return characters.length > longestWords ? `${characters.slice(0, longestWords).join('')}…` : characters.join('')
}

const withoutMarkup = (text: string): string =>
  /^\W{0,20}(\d{3} )?\s*<(!doctype|html|\?xml)/iu.test(text)
    ? text.replace(/<(script|style)[^>]*>[^<]*/giu, ' ').replace(/<[^>]*>/gu, ' ')
    : text

/** Leaves out each key, and each run of its characters that is long enough to be of use to somebody. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.filter(secret => secret.length >= shortestSecret)
  const whole = known.reduce((rest, secret) => rest.replaceAll(secret, '[key]'), text)
  return whole.replace(/[\w.+/=-]{6,}/gu, run => (known.some(secret => secret.includes(run)) ? '[key]' : run))
}
