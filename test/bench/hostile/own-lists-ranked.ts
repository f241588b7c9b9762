import { scenario as asked } from './own-lists.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  ...asked,
  name: 'own-lists-ranked',
  about: `${asked.about}, answered by the embedded ranker`,
  env: { OPENAI_BASE_URL: '', OPENAI_MODEL: '' },
}
