// Claims about Adler-32.
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { adler32 } from '../../../shared/delta/adler32.ts'
import { randomBytes } from './samples.ts'

t.test('adler32 is the sum that zlib writes at the end of its stream (RFC 1950 §2.2)', async t => {
  for (const bytes of [0, 1, 7, 8, 9, 2047, 2048, 2049, 5551, 5552, 5553, 70000]) {
    for (const content of [randomBytes(bytes, bytes), Buffer.alloc(bytes, 255)]) {
      t.equal(adler32(content), deflateSync(content).readUInt32BE(deflateSync(content).length - 4), `${bytes} bytes`)
    }
  }
})
