import type { Command } from 'commander'
import type { Client } from '../../client/index.ts'
import type { Terminal } from '../terminal.ts'

/** Lets a command say which service it means, and gives back how that one is asked. Nothing here opens the store. */
export function withService(command: Command, { env }: Pick<Terminal, 'env'>) {
  command.option('--url <url>', 'where the service is', env.TAGSMITH_URL ?? 'http://127.0.0.1:3000')
  return async ({ retries = 2 }: { readonly retries?: number } = {}): Promise<Client> => {
    const { createClient } = await import('../../client/index.ts')
    return createClient({ url: command.opts<{ url: string }>().url, apiKey: env.TAGSMITH_API_KEY, retries })
  }
}
