// A line on standard error that says how far long work has come.
// Knows: terminals, time. Says nothing within the first second, nor when standard error is not a terminal.

const FIRST_MS = 1000
const EVERY_MS = 250

/** Passes `chunks` on and, when `wanted`, shows how many bytes have passed. */
export async function* showProgress(chunks: AsyncIterable<Uint8Array>, wanted: boolean): AsyncGenerator<Uint8Array> {
  const isShown = wanted && process.stderr.isTTY
  const started = Date.now()
  let bytes = 0
  let nextAt = started + FIRST_MS
  for await (const chunk of chunks) {
    yield chunk
    bytes += chunk.length
    const now = Date.now()
    if (!isShown || now < nextAt) continue
    nextAt = now + EVERY_MS
    const mebibytes = bytes / 1024 / 1024
    process.stderr.write(
      `\r${mebibytes.toFixed(0)} MiB read, ${((mebibytes * 1000) / (now - started)).toFixed(1)} MiB/s `,
    )
  }
  if (isShown && Date.now() > started + FIRST_MS) process.stderr.write('\n')
}
