import { readFileSync } from 'node:fs'
import { decodeText } from '../core/bytes/decode.ts'
import { ServiceError } from '../core/outcome.ts'

export type SetVariables = Readonly<Record<string, string | undefined>>

/**
 * A secret stands in its variable, or in the file that the variable with `_FILE` names.
 * @param faults is added to, one line a fault, without the secret
 */
export function readSecret(name: string, env: SetVariables, faults: string[]): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined) return env[name]?.trim()
  if (env[name] !== undefined) faults.push(`${name}_FILE: ${name} is set as well; set one of them`)
  try {
    const secret = decodeText(readFileSync(file), { what: 'The file' }).trim()
    if (secret === '') faults.push(`${name}_FILE: the file is empty`)
    return secret
  } catch (error) {
    const { message, code = 'error' } = error as NodeJS.ErrnoException
    const fix = code === 'EACCES' ? ': the user that runs the service needs to be able to read it' : ''
    const fault = error instanceof ServiceError ? message : `the file cannot be read (${code})${fix}`
    faults.push(`${name}_FILE: ${fault}`)
    return undefined
  }
}
