// node:zlib on this thread: what its streams are given is worked off at once, and called back in the same turn of the loop,
// so that a run depends on its seed alone. Brotli compresses the easy way: how small things get is not what is simulated.
// Knows: the native handle behind Node's zlib streams, which can also work in place. Does not know: who compresses what.
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  createInflate,
} from 'node:zlib'

/** What Node's zlib streams call; `write` works in a thread and calls back, `writeSync` works in place. */
interface Handle {
  onerror: (...args: unknown[]) => void
  init(...args: unknown[]): unknown
  write(...args: unknown[]): void
  writeSync(...args: unknown[]): void
}

// Less than five finds too little in a dictionary for deltas to pay.
const BROTLI_QUALITY = { plain: 1, dictionary: 5 }

const callbacks = new WeakMap<object, (this: Handle) => void>()

let isDone = false

/** From now on, for good. */
export function workWithoutThreads(): void {
  if (isDone) return
  isDone = true
  for (const make of [createBrotliCompress, createBrotliDecompress, createGunzip, createGzip, createInflate]) {
    const stream = make()
    // @ts-expect-error -- Node's own, which its types leave out
    patch(Object.getPrototypeOf(stream._handle))
    stream.destroy()
  }
}

function patch(prototype: Handle): void {
  const init = Reflect.get(prototype, 'init')
  prototype.init = function (this: Handle, ...args: unknown[]) {
    if (this.constructor.name === 'BrotliEncoder') ease(args)
    const callback = args.find(each => typeof each === 'function')
    if (callback) callbacks.set(this, callback as (this: Handle) => void)
    return init.apply(this, args)
  }
  prototype.write = function (this: Handle, ...args: unknown[]) {
    let failed = false
    const tell = this.onerror
    const setTell = (next: Handle['onerror']) => Reflect.set(this, 'onerror', next)
    setTell((...error) => {
      failed = true
      tell.apply(this, error)
    })
    this.writeSync(...args)
    setTell(tell)
    if (!failed) process.nextTick(() => callbacks.get(this)?.call(this))
  }
}

function ease([params, , , dictionary]: unknown[]): void {
  const most = dictionary ? BROTLI_QUALITY.dictionary : BROTLI_QUALITY.plain
  const quality = constants.BROTLI_PARAM_QUALITY
  const given = params as Uint32Array
  given[quality] = Math.min(given[quality] as number, most)
}
