/** Cuts text as byte-pair tokenizers do where it matters: digits in groups of three at most, punctuation merged. */
export const tokensOf = (text: string): string[] => text.match(/\d{1,3}| ?\p{L}+|[^\S\n]+|\n+|[^\s\p{L}\d]+/gu) ?? []

const bytesPerToken = 4

export const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken)
