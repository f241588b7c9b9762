import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** The name of all who come in without a key. */
export const anonymous = 'anonymous'

export const scopes = ['classify', 'batch', 'admin'] as const
/** What a key opens. */
export type Scope = (typeof scopes)[number]

const limitNames = ['rate', 'concurrency', 'tokens', 'usd'] as const
/** The most a key may use; undefined means no limit. */
export type KeyLimits = { readonly [limit in (typeof limitNames)[number]]?: number }

/** A key as it is stored: never the key itself. */
export interface ApiKey {
  readonly name: string
  readonly hash: Buffer
  readonly scopes: readonly Scope[]
  readonly limits: KeyLimits
}

/** Whose batches are meant: a batch is seen by the key that made it alone. */
export interface Owner {
  readonly key: string
  /** For operators: all keys there are, whose batches are theirs. Those of nobody among them are seen as well. */
  readonly keys?: readonly string[] | undefined
}

const nameForm = /^[A-Za-z][\w.-]{0,63}$/
const hashForm = /^sha256:[0-9a-f]{64}$/

const hashOf = (key: string) => createHash('sha256').update(key).digest()

/**
 * Reads lines of `name sha256:… scope,scope [rate=…] [concurrency=…] [tokens=…] [usd=…]`; what follows a `#` is a
 * remark. Faults name the line by its number alone, as somebody may have stored a key in place of its hash.
 */
export function readApiKeys(text: string): { keys: ApiKey[]; faults: string[] } {
  const faults: string[] = []
  const keys = text.split(/[\n;]/).flatMap((line, index) => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/)
    if (words[0] === '') return []
    const key = readApiKey(words)
    if (typeof key !== 'string') return [key]
    faults.push(`line ${index + 1} ${key}`)
    return []
  })
  const twin = keys.find(({ name }, index) => keys.findIndex(other => other.name === name) !== index)
  if (twin) faults.push(`the name ${twin.name} comes twice`)
  return { keys, faults }
}

function readApiKey([name = '', hash = '', scopeList = '', ...rest]: string[]): ApiKey | string {
  if (!nameForm.test(name)) return 'does not begin with a name of letters, digits, ".", "_" and "-"'
  if (!hashForm.test(hash)) return 'has no sha256: and 64 hex digits after the name; make one with tagsmith keys new'
  const opened = readScopes(scopeList)
  if (typeof opened === 'string') return opened
  const limits = readLimits(rest)
  if (typeof limits === 'string') return limits
  return { name, hash: Buffer.from(hash.slice('sha256:'.length), 'hex'), scopes: opened, limits }
}

function readScopes(list: string): Scope[] | string {
  const words = list.split(',')
  const known = words.every(word => scopes.includes(word as Scope))
  return known ? (words as Scope[]) : `has a scope that is none of ${scopes.join(', ')}`
}

function readLimits(words: readonly string[]): KeyLimits | string {
  const pairs = words.map(word => word.split('=') as [string, string | undefined])
  const right = pairs.every(([name, value = '']) => {
    const form = name === 'usd' ? /^\d+(\.\d+)?$/ : /^[1-9]\d*$/
    return limitNames.includes(name as keyof KeyLimits) && form.test(value)
  })
  if (!right) return `has a limit that is none of ${limitNames.map(name => `${name}=<number>`).join(', ')}`
  return Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]))
}

/** A new key, and the line to store in its place. */
export function createApiKey(name: string, { opens, limits }: { opens: readonly Scope[]; limits: KeyLimits }) {
  const key = `tagsmith_${randomBytes(32).toString('base64url')}`
  const limitWords = Object.entries(limits).map(([limit, value]) => `${limit}=${value}`)
  const line = [name, `sha256:${hashOf(key).toString('hex')}`, opens.join(','), ...limitWords].join(' ')
  const { faults } = readApiKeys(line)
  return { key, line, faults }
}

/** The key that was sent. Every stored hash is compared, so that the time tells nothing about any of them. */
export function findApiKey(keys: readonly ApiKey[], sent: string): ApiKey | undefined {
  const hash = hashOf(sent)
  let found: ApiKey | undefined
  for (const key of keys) {
    if (timingSafeEqual(key.hash, hash)) found = key
  }
  return found
}
