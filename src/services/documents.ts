import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Coverage } from '../domain/document/coverage.ts'
import { isUsable, reduceText, wholeText } from '../domain/document/reduce.ts'
import { ServiceError } from '../domain/outcome.ts'

/** A document as a model is shown it. */
export interface ReadDocument {
  /** Of its text. */
  readonly digest: string
  readonly coverage: Coverage
  readonly text: string
}

export interface Documents {
  /** @throws ServiceError unusable_text */
  read(original: string, options: { readonly reduce: boolean }): ReadDocument
}

const documentsKept = 10_000

/** What came of documents that were seen before is known, and their text only made again when somebody looks at it. */
export function createDocuments({ textBudget }: { readonly textBudget: number }): Documents {
  const seen = new LRUCache<string, Omit<ReadDocument, 'text'>>({ max: documentsKept })

  return {
    read(original, { reduce }) {
      const digestOfOriginal = digest(original)
      if (!reduce) return { digest: digestOfOriginal, ...usable(wholeText(original)) }
      const known = seen.get(digestOfOriginal)
      if (known) return new SeenDocument(known, () => reduceText(original, textBudget).text)
      const { text, coverage } = usable(reduceText(original, textBudget))
      const document = { digest: text === original ? digestOfOriginal : digest(text), coverage }
      seen.set(digestOfOriginal, document)
      return { ...document, text }
    },
  }
}

/** Most documents that are known have an answer that is known, and nobody asks for their text. */
class SeenDocument implements ReadDocument {
  readonly digest: string
  readonly coverage: Coverage
  // An accessor of a class, as one of a literal would have V8 keep every text until it collects all it has.
  readonly #read: () => string
  #text: string | undefined

  constructor({ digest, coverage }: Omit<ReadDocument, 'text'>, read: () => string) {
    this.digest = digest
    this.coverage = coverage
    this.#read = read
  }

  get text(): string {
    this.#text ??= this.#read()
    return this.#text
  }
}

function usable<Document extends { readonly text: string }>(document: Document): Document {
  if (isUsable(document.text)) return document
  throw new ServiceError('unusable_text', 'The text is blank, or holds nothing but markup and images.')
}

/** 132 bits are out of reach for anybody who looks for two texts that share them, and short keys fit more to a page. */
export const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22)
