import { Buffer } from 'node:buffer'
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
  /** Made when it is asked for: while a model thinks, no string of it is held. */
  readonly text: () => string
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
      if (!reduce) {
        const { text, coverage } = usable(wholeText(original))
        return { digest: digestOfOriginal, coverage, text: kept(Buffer.from(text)) }
      }
      const known = seen.get(digestOfOriginal)
      if (known) return { ...known, text: () => reduceText(original, textBudget).text }
      const { text, coverage } = usable(reduceText(original, textBudget))
      const bytes = Buffer.from(text)
      const document = { digest: text === original ? digestOfOriginal : digest(bytes), coverage }
      seen.set(digestOfOriginal, document)
      return { ...document, text: kept(bytes) }
    },
  }
}

/** Bytes lie beside the heap, which is copied when it is collected, and are half of a string with a letter that is not Latin. */
const kept = (bytes: Buffer) => () => bytes.toString()

function usable<Document extends { readonly text: string }>(document: Document): Document {
  if (isUsable(document.text)) return document
  throw new ServiceError('unusable_text', 'The text is blank, or holds nothing but markup and images.')
}

/** 132 bits are out of reach for anybody who looks for two texts that share them, and short keys fit more to a page. */
export const digest = (text: string | Buffer): string => hash('sha256', text, 'base64url').slice(0, 22)
