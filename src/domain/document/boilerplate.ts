const BOILERPLATE =
  /^\W{0,8}(?:licen[cs]|copyright|contribut|sponsor|backer|install|getting started|get started|quick ?start|setup|set up|requirement|prerequisite|build(?:ing)?\b|compil|develop(?:ment|ing)?\b|running (?:the )?tests?|tests?\b|testing\b|docker\b|communit|security polic|report(?:ing)? (?:a )?(?:bug|vulnerab)|support\b|help\b|contact|credit|acknowledg|thank|author|maintainer|change ?log|release|roadmap|to ?do\b|faq|frequently|code of conduct|stargazer|star history|table of contents|contents\b|download|upgrad|updat|donat|who uses|used by|documentation\b|docs\b|links?\b|resources\b|see also|related|references?\b|citation|disclaimer|badges?\b|versioning|update)/i
const MONEY = /sponsor|backer|patron/i
const GENERIC_TITLE =
  /^\W{0,8}(?:overview|introduction|intro|features?|about|getting started|readme|welcome|summary|description|background|what is (?:this|it)|usage|documentation|table of contents|contents|installation|install|quick ?start|news)\W*$/i

/** Is this the heading of a section that every project has, whatever it is about? */
export const isBoilerplateHeading = (heading: string): boolean => BOILERPLATE.test(heading) || MONEY.test(heading)

/** Is this heading too general to be the title of anything? */
export const isGenericTitle = (heading: string): boolean => GENERIC_TITLE.test(heading)
