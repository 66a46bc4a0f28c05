// Hears what a client says first on a connection, without taking it from whoever serves the connection then.
// Knows: the client's socket, for how long to listen. Does not know: what is done with the words.
import type { Duplex } from 'node:stream'
import type { FirstWords } from '../shared/exchange/plan-connect.ts'
import type { Clock } from './clock.ts'
import { readFirstWords } from './client-hello.ts'

// A client that speaks first does so when it reads the answer to its CONNECT, on this machine or beside it; the wait is for
// a machine that is busy with other things. One that is silent for longer waits for its server, which is late by this
// where its port does not tell (plan-connect.ts).
export const PATIENCE_MS = 5000

export interface Heard {
  /** `gone`: the client closed the connection, or its side of it. */
  readonly said: FirstWords | { readonly kind: 'gone' }
  /** All that was read. */
  readonly bytes: Buffer
}

/** Reads from `client`, `early` being what was read before; leaves it paused. */
export async function hearFirstWords(client: Duplex, early: Uint8Array, clock: Clock): Promise<Heard> {
  let bytes = Buffer.from(early)
  const { promise, resolve } = Promise.withResolvers<Heard['said']>()
  const judge = () => {
    const said = readFirstWords(bytes)
    if (said) resolve(said)
  }
  const take = (chunk: Uint8Array) => {
    bytes = Buffer.concat([bytes, chunk])
    judge()
  }
  const leave = () => resolve({ kind: 'gone' })
  // What came while near itself was busy is read before the wait is over.
  const cancel = clock.wake(PATIENCE_MS, () => setImmediate(resolve, { kind: 'other' }))
  client.on('data', take).once('end', leave).once('close', leave)
  judge()
  const said = await promise.then(words => {
    client.off('data', take).off('end', leave).off('close', leave).pause()
    cancel()
    return words
  })
  return { said, bytes }
}
