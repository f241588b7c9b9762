import type { ReadText } from './passages.ts'

const SENTENCES = 3
const LONGEST = 12
const VERB = /^(?:\S+\s+){1,8}?(?:is|are)\s+(?:also\s+|just\s+|simply\s+)?(?:an?|the|your|our|one of the)\s+/i
const ARTICLE = /^(?:an?|the)\s+/i
const NOUN_PHRASE_END =
  /\s(?:for|that|which|to|with|in|on|by|from|using|written|built|designed|where|who|when|made|used|aimed|inspired|powered|allowing|providing|supporting|featuring|as|at|into|through|via|so|while|if|is|are|can|lets?|allows|helps|makes|provides)\s|[;:()]|\s[-–—]\s/i

const nounPhrase = (words: string): string =>
  (words.split(NOUN_PHRASE_END, 1)[0] ?? '').replace(/,/g, ' ').trim().split(/\s+/).slice(0, LONGEST).join(' ')

/** What the document says its subject *is*: "X is a small library for …" gives "small library". */
export function definitionsIn({ opening }: ReadText): string[] {
  const found: string[] = []
  const sentences = opening.flatMap(paragraph => paragraph.split(/[.!?](?:\s+|$)/, SENTENCES)).slice(0, SENTENCES)
  sentences.forEach((sentence, place) => {
    const words = sentence.trim()
    if (VERB.test(words)) found.push(nounPhrase(words.replace(VERB, '')))
    else if (ARTICLE.test(words)) found.push(nounPhrase(words.replace(ARTICLE, '')))
    else if (place === 0) found.push(nounPhrase(words))
  })
  return found.filter(phrase => phrase !== '')
}
