import type { FastifyRequest } from 'fastify'
import { anonymous } from '../domain/api-key.ts'
import type { Owner } from '../services/batches.ts'

/** Whose batches a request is about. Without keys, all who reach the service are one. */
export const ownerOf = ({ apiKey }: FastifyRequest): Owner => ({ key: apiKey?.name ?? anonymous })
