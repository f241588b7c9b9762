import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'

/** The whole service without its doors. */
export async function classifierFor(env: Record<string, string>) {
  const { classifier } = await createServices(loadConfig(env))
  return classifier
}
