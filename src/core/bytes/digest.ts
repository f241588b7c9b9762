import { hash } from 'node:crypto'

/**
 * What names a text: 132 bits of its SHA-256. They are out of reach for anybody who looks for two texts that share them,
 * and short keys fit more to a page of a database.
 */
export const digest = (text: string | Buffer): string => hash('sha256', text, 'base64url').slice(0, 22)
