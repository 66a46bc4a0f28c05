// Reads a stream and says when it pauses, so that what has come can be sent on without waiting for more.
// Knows: time, as the shell's. Does not know: what is done in a pause.

export type Arrival =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Nothing came for the given time; the stream has not ended. Said once for each silence. */
  | { readonly kind: 'pause' }

/** The chunks of `source`, and a `pause` after each `pauseMs` of silence. */
export async function* withPauses(source: AsyncIterable<Uint8Array>, pauseMs: number): AsyncGenerator<Arrival> {
  const reading = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = reading.next()
      if (await isSlow(next, pauseMs)) yield { kind: 'pause' }
      const { done, value } = await next
      if (done) return
      yield { kind: 'bytes', bytes: value }
    }
  } finally {
    await reading.return?.()
  }
}

async function isSlow(next: Promise<unknown>, pauseMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const slow = new Promise<true>(resolve => {
    timer = setTimeout(resolve, pauseMs, true)
  })
  try {
    // A failure of `next` is the reader's to see, when it awaits it.
    return await Promise.race([slow, next.then(quick, quick)])
  } finally {
    clearTimeout(timer)
  }
}

function quick(): false {
  return false
}
