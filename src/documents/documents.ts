import { Buffer } from 'node:buffer'
import { LRUCache } from 'lru-cache'
import { digest } from '../core/bytes/digest.ts'
import { faultOfText } from '../core/bytes/formats.ts'
import type { ReadDocument } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import { isUsable, reduceText, wholeText } from './reduce.ts'

export interface Documents {
  /** @throws ServiceError unusable_text */
  read(original: string, options: { readonly reduce: boolean }): ReadDocument
}

const documentsKept = 10_000

/** What came of documents that were seen before is known, and their text only made again when somebody looks at it. */
export function createDocuments({ textBudget }: { readonly textBudget: number }): Documents {
  const seen = new LRUCache<string, Omit<ReadDocument, 'text'>>({ max: documentsKept })

  return {
    read(given, { reduce }) {
      // Half of a character that a client cut in two is no text: many providers turn it down.
      const original = given.toWellFormed()
      const digestOfOriginal = digest(original)
      if (!reduce) {
        refuseNoText(original)
        const { text, coverage } = usable(wholeText(original))
        return {
          ...{ digest: digestOfOriginal, originalDigest: digestOfOriginal, coverage },
          text: kept(Buffer.from(text)),
        }
      }
      const known = seen.get(digestOfOriginal)
      if (known) return { ...known, text: () => reduceText(original, textBudget).text }
      refuseNoText(original)
      const { text, coverage } = usable(reduceText(original, textBudget))
      const bytes = Buffer.from(text)
      const document = {
        digest: text === original ? digestOfOriginal : digest(bytes),
        ...{ originalDigest: digestOfOriginal, coverage },
      }
      seen.set(digestOfOriginal, document)
      return { ...document, text: kept(bytes) }
    },
  }
}

/** Bytes lie beside the heap, which is copied when it is collected, and are half of a string with a letter that is not Latin. */
const kept = (bytes: Buffer) => () => bytes.toString()

function refuseNoText(text: string): void {
  const fault = faultOfText(text)
  if (fault !== undefined) throw new ServiceError('unusable_text', `The text ${fault}.`)
}

function usable<Document extends { readonly text: string }>(document: Document): Document {
  if (isUsable(document.text)) return document
  throw new ServiceError('unusable_text', 'The text is blank, or holds nothing but markup and images.')
}
