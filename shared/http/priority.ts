// How urgent a response is to the client: what its Priority field says (RFC 9218), else what the kind of the request tells.
// Knows: request fields. Does not know: what else is asked for at the same time.
import { parseDictionary } from 'structured-headers'
import { type FieldList, valueOf } from './fields.ts'

export interface Priority {
  /** 0, most urgent, to 7 (RFC 9218 §4.1). */
  readonly urgency: number
  /** Whether the client can use it piece by piece (RFC 9218 §4.2). */
  readonly incremental: boolean
}

// Without a word of the client all share: one that has it all in its turn would hold up the pages of another tab.
const shared = (urgency: number): Priority => ({ urgency, incremental: true })

/** For what carries anything: tunnels, WebSockets. RFC 9218 §4.1: the default is 3. */
export const DEFAULT_PRIORITY = shared(3)

// What blocks a page before what fills it, as browsers rank it themselves (Fetch Standard, destinations).
const byDestination: ReadonlyMap<string, Priority> = new Map([
  ['document', shared(1)],
  ['frame', shared(1)],
  ['iframe', shared(2)],
  ['style', shared(2)],
  ['script', shared(2)],
  ['font', shared(2)],
  ['empty', shared(3)],
  ['image', shared(5)],
  ['audio', shared(5)],
  ['video', shared(5)],
  ['track', shared(5)],
])
const byAccept: readonly (readonly [begins: string, priority: Priority])[] = [
  ['text/html', shared(1)],
  ['text/css', shared(2)],
  ['image/', shared(5)],
]
// Who asks for a part of something is about to ask for the rest.
const PART = shared(6)

/** The priority of the response to a request with these fields. */
export function priorityOf(fields: FieldList): Priority {
  const told = valueOf(fields, 'priority')
  const read = told === undefined ? undefined : readPriority(told)
  if (read) return read
  if (valueOf(fields, 'range') !== undefined) return PART
  const destination = byDestination.get(valueOf(fields, 'sec-fetch-dest') ?? '')
  if (destination) return destination
  const accept = valueOf(fields, 'accept')?.toLowerCase() ?? ''
  return byAccept.find(([begins]) => accept.startsWith(begins))?.[1] ?? DEFAULT_PRIORITY
}

/** RFC 9218 §4: members that are missing, or not what they should be, have their defaults; a malformed field says nothing. */
function readPriority(text: string): Priority | undefined {
  try {
    const members = parseDictionary(text)
    const urgency = members.get('u')?.[0]
    const isUrgency = typeof urgency === 'number' && Number.isInteger(urgency) && urgency >= 0 && urgency <= 7
    return { urgency: isUrgency ? urgency : DEFAULT_PRIORITY.urgency, incremental: members.get('i')?.[0] === true }
  } catch {
    return undefined
  }
}
