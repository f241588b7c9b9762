import type { FastifyInstance, FastifyReply } from 'fastify'

const checkMs = 1_000

/**
 * Cuts a connection whose client does not read its answer for so long, in milliseconds: what waits to be sent is held
 * in memory, and what makes it is held up. A stream that has nothing to say just now is left alone.
 */
export function cutSlowReaders(app: FastifyInstance, { timeout }: { timeout: number }): void {
  const open = new Map<FastifyReply['raw'], { sent: number; since: number }>()
  const timer = setInterval(() => {
    const now = performance.now()
    for (const [response, state] of open) {
      const { socket } = response
      const isWaiting = response.writableLength > 0 || (socket?.writableLength ?? 0) > 0
      if (!isWaiting || socket === null || socket.bytesWritten - socket.writableLength !== state.sent) {
        open.set(response, { sent: socket ? socket.bytesWritten - socket.writableLength : 0, since: now })
      } else if (now - state.since > timeout) socket.destroy()
    }
  }, checkMs).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.addHook('onRequest', (_request, { raw }, done) => {
    open.set(raw, { sent: 0, since: performance.now() })
    raw.once('close', () => open.delete(raw))
    done()
  })
}
