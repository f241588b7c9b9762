import type { UpstreamFailure, Verdict } from '../core/model/engine.ts'
import { waitMilliseconds } from '../core/time/retry-after.ts'
import { type Circumstances, failureRules, unavailable } from './failure-rules.ts'
import { type FailureWords, wordsOf } from './failure-words.ts'

/** What a failure means for the request, and whether the same call may be made again. */
export function judge(
  failure: UpstreamFailure,
  { answered = false, decides = false }: { answered?: boolean; decides?: boolean } = {},
): Verdict {
  if (failure.kind === 'timeout')
    return unavailable('The model endpoint did not answer in time: UPSTREAM_TIMEOUT_MS is how long a call may take.')
  if (failure.kind === 'network') {
    return unavailable(`The model endpoint at OPENAI_BASE_URL cannot be reached${networkFault(failure.below)}.`)
  }
  const { status } = failure
  if (status !== undefined && status >= 300 && status < 400) {
    const to = redirectOf(failure)
    return {
      code: 'upstream_config',
      retry: false,
      message: `OPENAI_BASE_URL: this address answers with a redirect (${status})${to === undefined ? '' : ` to ${to}`}, which is not followed, as the text and the key would go there; set it to the address that answers itself.`,
    }
  }
  const words = wordsOf(failure)
  const ruled = byRule(failure, words, { page: words.page, answered, decides, told: isTold(failure) })
  if (ruled) return ruled
  if (status !== undefined && status >= 500) return unavailable(`The model endpoint failed with status ${status}.`)
  if (status !== undefined && status >= 400) {
    return {
      code: 'upstream_config',
      retry: false,
      message: `The model endpoint rejected the request with status ${status}${reason(failure)}: check OPENAI_BASE_URL and OPENAI_MODEL.`,
    }
  }
  // A gateway may show a page for a moment, so it is worth another try.
  return words.page
    ? {
        code: 'upstream_config',
        retry: true,
        message: `OPENAI_BASE_URL: this address answers with a web page, not with ${decides ? 'decisions' : 'chat completions'}.`,
      }
    : unavailable(
        `The model endpoint answered with something that is ${decides ? 'no decision: OPENAI_API says how it is asked' : 'no chat completion'}.`,
      )
}

/** The origin that a redirect leads to; undefined for one of the same origin, and for what is no address. */
function redirectOf({ headers }: UpstreamFailure): string | undefined {
  const location = headers?.get('location') ?? ''
  return URL.canParse(location) ? new URL(location).origin : undefined
}

function byRule(
  { status = 200 }: UpstreamFailure,
  { codes: said, text }: FailureWords,
  circumstances: Circumstances,
): Verdict | undefined {
  return failureRules.find(({ statuses, codes, says, when }) => {
    if (statuses && !statuses.includes(status)) return false
    if (when && !when(circumstances)) return false
    if (!codes && !says) return true
    return (codes && said.some(code => codes.test(code))) || says?.test(text)
  })?.verdict
}

const isTold = ({ headers, body }: UpstreamFailure): boolean =>
  waitMilliseconds({ headers: headers ?? {}, body, now: Date.now() }) !== undefined

const reason = ({ code }: UpstreamFailure) => (code !== undefined && /^[\w.-]{1,64}$/.test(code) ? ` (${code})` : '')

interface Row {
  readonly codes: RegExp
  readonly means: string
}

/**
 * What the operating system, TLS and undici call the reasons why no answer came, and what they mean for an operator.
 * https://nodejs.org/api/errors.html#common-system-errors, https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const rows: readonly Row[] = [
  { codes: /^ENOTFOUND$/, means: 'the name of its host is not known' },
  { codes: /^EAI_/, means: 'the names of hosts cannot be looked up just now' },
  { codes: /^ECONNREFUSED$/, means: 'nothing listens at its port' },
  { codes: /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, means: 'no connection came about in time' },
  { codes: /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/, means: 'the connection was cut' },
  { codes: /^(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, means: 'there is no way to its network' },
  { codes: /^(EACCES|EPERM)$/, means: 'this machine does not allow the connection' },
  { codes: /^CERT_HAS_EXPIRED$/, means: 'its TLS certificate has expired' },
  { codes: /^CERT_NOT_YET_VALID$/, means: 'its TLS certificate is not valid yet: look at the clock of this machine' },
  { codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/, means: 'its TLS certificate is for another name' },
  {
    codes: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH)/,
    means: 'its TLS certificate is not trusted; NODE_EXTRA_CA_CERTS names a file with your own authority',
  },
  {
    codes: /^(ERR_SSL_|EPROTO$|ERR_TLS_)/,
    means: 'it does not speak TLS there, or another version of it: is it http or https',
  },
  { codes: /^(HPE_|UND_ERR_|ERR_HTTP)/, means: 'what it answers is not HTTP: is it http or https' },
]

/** In words, with the code itself; empty where the code is unknown or none. */
function networkFault(code: string | undefined): string {
  if (code === undefined || !/^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return ''
  const row = rows.find(({ codes }) => codes.test(code))
  return row ? `: ${row.means} (${code})` : ` (${code})`
}

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
