import { z } from 'zod'
import { PersonName } from '../feedback.ts'

/** How long an item that somebody looks at is kept from others. */
export const reviewTime = 300_000

export const ReviewRequest = z
  .strictObject({
    by: PersonName.describe('Who looks at the item.'),
    state: z
      .enum(['open', 'skipped', 'judged'])
      .describe(
        '`open`: it is being looked at, and for five minutes by nobody else; `skipped`: left for later, by anybody; `judged`: done, which `POST /feedback` says in full.',
      ),
  })
  .meta({ id: 'ReviewRequest', examples: [{ by: 'ada', state: 'open' }] })
export type ReviewRequest = z.infer<typeof ReviewRequest>
export type ReviewState = ReviewRequest['state']

export const ItemReview = ReviewRequest.extend({
  index: z.int().min(0).describe('The place of the item in the upload, from 0.'),
  expires_at: z.int().nullable().describe('Of an open one: when others may have it, in seconds since 1970; else null.'),
}).meta({ id: 'ItemReview', examples: [{ index: 0, by: 'ada', state: 'open', expires_at: 1_795_387_018 }] })
export type ItemReview = z.infer<typeof ItemReview>

export const ReviewPage = z
  .strictObject({ data: z.array(ItemReview), has_more: z.boolean() })
  .meta({ id: 'ReviewPage' })
export type ReviewPage = z.infer<typeof ReviewPage>
