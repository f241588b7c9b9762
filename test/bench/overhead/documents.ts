import { readFileSync } from 'node:fs'

export const readme = readFileSync(new URL('../../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')

let serial = 0
/** Unlike any before it also once it is reduced, or answers would be known. */
export const freshText = () => `Number ${++serial}. ${readme}`
export const fresh = () => JSON.stringify({ id: '12523', text: freshText() })
export const same = JSON.stringify({ id: '12523', text: readme })
