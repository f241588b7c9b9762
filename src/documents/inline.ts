import { decodeHTMLStrict } from 'entities/decode'

/*
 * What stands inside a line of Markdown. Every pattern is linear in the text: quantifiers are bounded, and none reaches
 * over the end of a line.
 */

/** Entities as the characters they stand for, `Z&uuml;rich` as Zürich; what is no entity stays as it is written. */
export const withCharacters = (text: string): string => decodeHTMLStrict(text).replaceAll('\u00a0', ' ')

export const IMAGE = /!\[([^\][\n]{0,300})\](?:\([^()\n]{0,2000}\)|\[[^\][\n]{0,100}\])/gu
const LINK_TARGET = /\]\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)/g
const REFERENCE = /\]\[[^[\]\n]{0,100}\]/g
const RST_LINK = /`([^`<\n]{1,200})<[^>`\n]{1,500}>`_{1,2}/g
const RST_ROLE = /:[a-z][a-z:+-]{1,30}:(?=`)/g
const ADDRESS = /(?:\b(?:https?|ftp|git|ssh):\/\/|\bwww\.)[^\s)>\]]+/gi
const LINK = /\[[^[\]\n]{0,300}\](?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^[\]\n]{0,100}\])/g

const BADGE =
  /badge|logo|status|banner|screenshot|shield|build|licen[cs]e|coverage|version|backer|sponsor|chat|discord|gitter|slack|download|release|follow|star|join|npm|workflow|demo/i

/** The words of an image that says something; pictures named by one or two words, and badges, say nothing. */
export function altText(alt: string): string {
  return alt.split(/\s+/).filter(word => word !== '').length >= 4 && !BADGE.test(alt) ? alt : ''
}

const NAVIGATION_SHARE = 0.4

const countWords = (text: string): number => text.match(/[\p{L}\p{N}]{2,}/gu)?.length ?? 0

/** Is this paragraph a row of links, as pages put above their text? */
export function isNavigation(markdown: string): boolean {
  if (!markdown.includes('](') && !markdown.includes('][')) return false
  const outside = countWords(plainWords(markdown.replace(IMAGE, ' ').replace(LINK, ' ')))
  return outside < NAVIGATION_SHARE * countWords(plainWords(markdown))
}

/** The words of a paragraph: link texts stay, targets, addresses, badges and markup go. */
export function plainWords(markdown: string): string {
  return markdown
    .replace(IMAGE, (_, alt: string) => ` ${altText(alt)} `)
    .replace(LINK_TARGET, ' ')
    .replace(REFERENCE, ' ')
    .replace(RST_LINK, '$1')
    .replace(RST_ROLE, '')
    .replace(ADDRESS, ' ')
    .replace(/[*`|[\]]+/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .trim()
}
