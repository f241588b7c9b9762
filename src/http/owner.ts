import type { Owner } from '../services/batches.ts'

/** Whose batches a request is about. Until there are keys, all who reach the service are one. */
export const ownerOf = (): Owner => ({ key: 'anonymous' })
