import { parseJson } from '../../core/json-fault.ts'
import type { Report } from '../../quality/index.ts'

export type Variant = Report['variants'][number]

/** A variant of a run, by the file that it came in. */
export interface Run {
  readonly label: string
  readonly file: string
  readonly variant: Variant
}

/** Reads what `tagsmith evaluate --json` wrote. @throws Error in words */
export function readRuns(file: string, text: string): Run[] {
  const report = parseJson(text) as Partial<Report> | undefined
  if (report?.version !== 1 || !Array.isArray(report.variants))
    throw new Error(`${file} is not what "tagsmith evaluate --json" writes.`)
  return report.variants.map(variant => ({ label: `${variant.name} (${file})`, file, variant }))
}

export type Judged = Variant['documents'][number]

/** A document to which the two runs gave other tags. */
export interface Changed {
  readonly id: string
  readonly expected: readonly string[]
  readonly left: Judged
  readonly right: Judged
}

const sameTags = (left: readonly string[], right: readonly string[]) =>
  left.length === right.length && left.every(tag => right.includes(tag))

/** The documents that both have and that were answered otherwise, those that changed most first. */
export function changedDocuments(left: Variant, right: Variant): Changed[] {
  const others = new Map(right.documents.map(document => [document.id, document]))
  return left.documents
    .flatMap(one => {
      const other = others.get(one.id)
      const isSame = other === undefined || (other.outcome === one.outcome && sameTags(one.given, other.given))
      return isSame ? [] : [{ id: one.id, expected: one.expected, left: one, right: other }]
    })
    .sort((a, b) => Math.abs(b.right.f1 - b.left.f1) - Math.abs(a.right.f1 - a.left.f1))
}
