// Prints what a delta says: for a person, or as one JSON object a line.
// Knows: records. Does not know: files, formats.

import type { DeltaRecord, WindowRecord } from '../shared/delta/show.ts'

// How much of added text a line shows.
const SAMPLE_BYTES = 48

/** One line of JSON for a record; added bytes are given as Base64. */
export function formatJson(record: DeltaRecord): string {
  if (record.kind !== 'add') return JSON.stringify(record)
  return JSON.stringify({ ...record, data: Buffer.from(record.data).toString('base64') })
}

/** One line for a person. */
export function formatText(record: DeltaRecord): string {
  switch (record.kind) {
    case 'vcdiff':
      return `VCDIFF (RFC 3284)${record.customCodeTable ? ', code table of its own' : ''}${
        record.application === undefined ? '' : `, application header ${JSON.stringify(record.application)}`
      }`
    case 'dcb':
      return `dcb (RFC 9842): base SHA-256 ${record.baseSha256}, ${record.contentBytes} bytes of Brotli content`
    case 'window':
      return formatWindow(record)
    case 'add':
      return `${place(record)} add   ${size(record)}  ${formatSample(record.data)}`
    case 'run':
      return `${place(record)} run   ${size(record)}  of ${formatSample(Uint8Array.of(record.byte))}`
    case 'copy':
      return `${place(record)} copy  ${size(record)}  from ${record.in} ${record.from} (mode ${record.mode})`
    case 'end':
      break
  }
  return (
    `${record.deltaBytes} bytes make ${record.targetBytes}, in ${record.windows} windows: ` +
    `${record.copiedBytes} copied, ${record.addedBytes} added, ${record.ranBytes} run`
  )
}

function formatWindow(record: WindowRecord): string {
  const { targetAt, targetBytes, segment, segmentAt, segmentBytes } = record
  const from = segment === 'none' ? 'no segment' : `${segment} ${segmentAt}..${segmentAt + segmentBytes}`
  const sum = record.adler32 === undefined ? 'no checksum' : `Adler-32 ${record.adler32}`
  return (
    `window ${record.number}: target ${targetAt}..${targetAt + targetBytes} from ${from}, ${sum}, ` +
    `${record.deltaBytes} bytes (data ${record.dataBytes}, ` +
    `instructions ${record.instructionBytes}, addresses ${record.addressBytes})`
  )
}

function place({ at }: { at: number }): string {
  return String(at).padStart(12)
}

function size({ bytes }: { bytes: number }): string {
  return String(bytes).padStart(9)
}

function formatSample(data: Uint8Array): string {
  const text = JSON.stringify(Buffer.from(data.subarray(0, SAMPLE_BYTES)).toString('latin1'))
  return data.length > SAMPLE_BYTES ? `${text}…` : text
}
