import { plainWords } from './inline.ts'

/*
 * A section is boilerplate when its whole heading is: at least one phrase of `SUBJECTS`, and beside it nothing but
 * `COMPANIONS`. So "Our contributors", "License (MIT)" and "Reporting a bug" are, while "License plate recognition",
 * "Contributor analytics" and "Citation parsing" are about something.
 */

/** What every project has a section on. */
const SUBJECTS = [
  'licen[cs](?:e|es|ing|ed)|copyrights?|(?:third[ -]party|open source|source code|software) licen[cs]es?|contributor licen[cs]e agreement',
  '(?:code |financial )?contribut(?:e|ing|ion|ions|or|ors)|code of conduct',
  'sponsors?|sponsorships?|sponsoring|sponsored by|backers?|patrons?|patreon|donate|donating|donations?|donors?|supporters|support (?:us|me|the (?:project|author|developers?)|this project|our work|development)|buy (?:me|us) an? (?:coffee|beer)',
  'acknowledge?ments?|acknowledging|thanks|thank you|shout ?outs?|credits?|authors?|maintainers?|maintained by',
  'stargazers?|star history|star gazers?|stars over time',
  'table of contents|change ?logs?|(?:security|vulnerability) (?:disclosure )?policy|report(?:ing)? (?:a )?(?:bugs?|vulnerabilit(?:y|ies))',
  'disclaimers?|citation|citing|cite|bib ?tex',
]
/** These are boilerplate alone, and with an article or a pronoun; with any other word they may be about anything. */
const LONE_SUBJECTS = 'contents|toc|translations|citations|badges?'
/** What may stand beside a subject without making it another. */
const COMPANIONS = new Set(
  `a an the my our your its this these that all any some other and or nor amp of for from to by with in on under at as via per over time how what who why
  is are be can may we i us me you please become becoming get getting see also here more many huge big very
  project projects repo repository package work file files list section page notice notices info information details detail policy guide guides
  guideline guidelines agreement terms conditions statement legal third party note notes summary hall wall fame
  mit apache bsd gpl gplv2 gplv3 lgpl agpl agplv3 mpl isc unlicense gnu affero lesser general public creative commons cc0 cc by sa nc zlib boost clause version only later v1 v2 v3 0 1 2 3 4
  gold silver bronze platinum diamond premium main major top title generous corporate individual organization organizations organisation organisations companies
  financial monthly recurring former past previous current active original lead core community team development feedback feature request requests people everyone everybody friends individuals
  github gitlab paypal bitcoin opencollective collective`.split(/\s+/),
)
const subject = new RegExp(`(?<![\\p{L}\\p{N}])(?:${SUBJECTS.join('|')})(?![\\p{L}\\p{N}])`, 'gu')
const loneSubject = new RegExp(`^(?:the |our |my |this )?(?:${LONE_SUBJECTS})$`, 'u')
/** Nearly every heading is told by this alone. */
const mayBeSubject =
  /licen|copyr|contri|conduct|spons|backer|patr|dona|donor|support|buy|ackno|thank|shout|credit|autho|maint|star|conten|toc|change|secur|vulner|report|discl|cit|bib|trans|badge/iu
const people = /(?<!\S)(?:sponsors?|backers|contributors|maintainers|authors)(?!\S)/u
const longestHeading = 100

/** Is this the heading of a section that every project has and that says nothing of what it is? */
export function isBoilerplateHeading(heading: string, title = ''): boolean {
  if (heading.length > longestHeading * 5 || !mayBeSubject.test(heading)) return false
  const words = headingWords(heading)
  if (words.length > longestHeading) return false
  if (loneSubject.test(words)) return true
  const rest = words.replace(subject, ' ')
  if (rest === words) return false
  // "Carbon sponsors" are those of Carbon; "Carbon credits" may be what it trades.
  const names = people.test(words) ? headingWords(title).split(' ') : []
  return rest.split(' ').every(word => word === '' || COMPANIONS.has(word) || names.includes(word))
}

/** How a project is installed, built and kept: little about its subject, as it is the same for many. */
const HOW_TO =
  /^(?:install|getting started|get started|quick ?start|setup|set up|requirement|prerequisite|build(?:ing)?\b|compil|develop(?:ment|ing)?\b|running (?:the )?tests?|tests?\b|testing\b|docker\b|communit|support\b|help\b|contact|release|roadmap|to ?do\b|faq|frequently|download|upgrad|updat|who uses|used by|documentation\b|docs\b|links?\b|resources\b|see also|related|references?\b|versioning)/

/** Does a section of this heading say less of its subject than others do? */
export const isMinorHeading = (heading: string, title?: string): boolean =>
  isBoilerplateHeading(heading, title) || HOW_TO.test(headingWords(heading))

const GENERIC_TITLE =
  /^(?:overview|introduction|intro|features?|about|getting started|readme|welcome|summary|description|background|what is (?:this|it)|usage|documentation|table of contents|contents|installation|install|quick ?start|news)$/

/** Is this heading too general to be the title of anything? */
export const isGenericTitle = (heading: string): boolean => GENERIC_TITLE.test(headingWords(heading))

const numbering = /^\W{0,8}(?:\d{1,3}(?:\.\d{1,3}){0,4}[.):]?|[ivx]{1,5}[.):]|[a-z][.)])\s+(?=\S)/u
const shortcode = /:[a-z0-9_+-]{1,40}:/gu
const anchor = /\{#[^{}]{0,100}\}/gu
const tag = /<[^<>]{0,1000}>/gu

/** A heading as it is said: lower case, and without numbering, emoji, links, markup and punctuation. */
function headingWords(heading: string): string {
  const said = plainWords(heading.replace(anchor, ' ').replace(tag, ' '))
  return said
    .toLowerCase()
    .replace(shortcode, ' ')
    .replace(numbering, '')
    .replace(/['’]s?(?![\p{L}\p{N}])/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
