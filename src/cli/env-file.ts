import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { decodeText } from '../core/bytes/decode.ts'

/**
 * The settings of a `.env`, none when there is no such file. Node's own reader takes a byte order mark for a part of
 * the first name.
 * @throws ServiceError unusable_text
 */
export const readEnvFile = (file: string): Readonly<Record<string, string | undefined>> =>
  existsSync(file) ? parseEnv(decodeText(readFileSync(file), { what: file })) : {}
