// Every failure that Hunch can name: one table, one class.
// Knows: codes, the side that failed, the status a client gets, whether asking again can help, what a person can do.
// Does not know: who catches it. One place in each shell turns a fault into a status or an exit code.

/** Where a failure lies, seen from the user: their program, this machine, the link, the far host, or the site. */
export type FaultSide = 'client' | 'near' | 'link' | 'far' | 'origin'

/** Whether the same request may succeed if it is sent again: at once, after a while, or not as it stands. */
export type FaultRetry = 'now' | 'later' | 'never'

interface FaultRow {
  readonly side: FaultSide
  /** The HTTP status that the client gets (RFC 9110 §15). */
  readonly status: number
  readonly retry: FaultRetry
  readonly title: string
  readonly advice: string
}

export const faults = {
  // The command line and its files.
  USAGE: row('client', 400, 'never', 'The command line is not right', 'Run the command with --help.'),
  CONFIG: row('client', 400, 'never', 'The configuration is not right', 'Mend the key that is named, or remove it.'),
  PORT_IN_USE: row(
    'client',
    500,
    'later',
    'The address is already in use',
    'Stop the other program, or choose another port with --listen or --port.',
  ),
  CANNOT_LISTEN: row('client', 500, 'never', 'Cannot listen on that address', 'Choose an address of this machine.'),
  CANNOT_READ: row('client', 500, 'never', 'A file cannot be read or written', 'Check the path and its permissions.'),
  STORE_FORMAT: row(
    'client',
    500,
    'never',
    'The kept versions are of a newer Hunch',
    'Use that version of Hunch, or another --data; or delete the file: it holds nothing that cannot be fetched again.',
  ),

  // What the client sent.
  CLIENT_LOCKED_OUT: row(
    'client',
    429,
    'later',
    'This proxy takes no passwords from your address for a while',
    'Too many wrong ones came from it. Wait, and check the password that your program has.',
  ),
  CLIENT_CREDENTIAL: row(
    'client',
    407,
    'never',
    'This proxy wants a user name and a password',
    'Any name, and the password that near printed at its first start.',
  ),
  CLIENT_BAD_URL: row('client', 400, 'never', 'That is not a web address', 'Check the address.'),
  CLIENT_BAD_REQUEST: row('client', 400, 'never', 'The request is malformed', 'The program that sent it is at fault.'),
  CLIENT_FIELDS_TOO_LARGE: row(
    'client',
    431,
    'never',
    'The request fields are too large',
    'Delete the cookies of this site and try again.',
  ),
  CLIENT_MISDIRECTED: row(
    'client',
    421,
    'never',
    'The request is for another site than its connection',
    'The program that sent it is at fault.',
  ),
  CLIENT_GONE: row('client', 499, 'never', 'The client closed its connection', 'Nothing needs to be done.'),

  // Near itself.
  NEAR_INTERNAL: row('near', 500, 'now', 'The near proxy failed', 'Try again; its log says more.'),
  NEAR_UNSUPPORTED: row(
    'near',
    501,
    'never',
    'Hunch cannot do that inside a connection that it has opened',
    'Start near with --exclude and the name of the site: then it is tunnelled.',
  ),

  // The link.
  LINK_UNREACHABLE: row(
    'link',
    502,
    'later',
    'The far proxy cannot be reached',
    'Check that you are online and that `hunch far` runs at that address. Near keeps trying.',
  ),
  LINK_CLOSED: row('link', 502, 'now', 'The link to the far proxy broke', 'Try again; near is connecting anew.'),
  LINK_TIMEOUT: row('link', 504, 'later', 'The far proxy does not answer', 'The link may be very slow, or down.'),
  LINK_PIN: row(
    'link',
    502,
    'never',
    'The far proxy is not the one that was pinned',
    'If its certificate was made anew, start near with the line that far prints now. If not, someone is in between.',
  ),
  LINK_TLS: row('link', 502, 'never', 'No TLS 1.3 connection with the far proxy', 'Is that address a far proxy?'),
  LINK_PROTOCOL: row(
    'link',
    502,
    'never',
    'Near and far speak different versions of the protocol',
    'Install the same version of Hunch on both sides.',
  ),
  LINK_CREDENTIAL: row(
    'link',
    502,
    'never',
    'The far proxy does not accept this credential',
    'Start near with the line that far prints now; a join code works once and for an hour.',
  ),
  LINK_BAD_PART: row('link', 502, 'now', 'The far proxy sent something malformed', 'Try again; report it if it stays.'),
  LINK_DIGEST: row('link', 502, 'now', 'A rebuilt page did not match its digest', 'Try again; report it if it stays.'),

  // Far.
  FAR_INTERNAL: row('far', 502, 'now', 'The far proxy failed', 'Try again; the log of far says more.'),
  FAR_BUSY: row('far', 503, 'later', 'The far proxy is at its limit', 'Wait a moment.'),
  FAR_SHARE: row(
    'far',
    429,
    'later',
    'Your share of the far proxy is used up',
    'Wait a moment; whoever runs far sets how much each may take.',
  ),
  FAR_LOCKED_OUT: row(
    'far',
    429,
    'later',
    'The far proxy takes no credentials from this address for a while',
    'Too many wrong ones came from it. Wait, and check the line that near is started with.',
  ),
  FAR_FORBIDDEN: row(
    'far',
    403,
    'never',
    'The far proxy does not connect to that address',
    'It does so when it is started with --allow-private, or --allow-ports for ports that it does not connect to.',
  ),

  // The origin.
  ORIGIN_NAME: row('origin', 502, 'later', 'The name of the site is not known', 'Check the address.'),
  ORIGIN_REFUSED: row('origin', 502, 'later', 'The site refused the connection', 'It may be down; try later.'),
  ORIGIN_UNREACHABLE: row('origin', 502, 'later', 'The site cannot be reached', 'It may be down; try later.'),
  ORIGIN_TLS: row('origin', 502, 'never', 'The site has no valid certificate', 'The site must mend it.'),
  ORIGIN_RESET: row('origin', 502, 'now', 'The site broke the connection', 'Try again.'),
  ORIGIN_TIMEOUT: row('origin', 504, 'later', 'The site does not answer', 'It may be overloaded; try later.'),
  ORIGIN_LENGTH: row('origin', 502, 'now', 'The site sent less than it announced', 'Try again.'),
  ORIGIN_CODING: row('origin', 502, 'now', 'The site sent broken compression', 'Try again; the site must mend it.'),
  ORIGIN_BAD_RESPONSE: row('origin', 502, 'never', 'The site sent a malformed response', 'The site must mend it.'),

  // Deltas: raised by shared/delta, turned into a link fault by whoever asked for the delta.
  DELTA_MALFORMED: row('link', 502, 'never', 'The delta is malformed', 'Make it again.'),
  DELTA_TRUNCATED: row('link', 502, 'never', 'The delta ends too early', 'Copy it again, or make it again.'),
  DELTA_BASE: row('link', 502, 'never', 'The delta was made from another base', 'Use the base that it was made from.'),
  DELTA_CHECKSUM: row(
    'link',
    502,
    'never',
    'The target does not match its checksum',
    'Wrong base, or a damaged delta.',
  ),
  DELTA_TOO_LARGE: row(
    'link',
    502,
    'never',
    'The delta makes more than is allowed',
    'Raise the limit if you trust it.',
  ),
  DELTA_UNSUPPORTED: row('link', 502, 'never', 'The delta uses a feature that is not supported', 'Make it without.'),
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof faults

/** A failure with its code; everything else about it is in the table. `message` says what was seen, for a person. */
export class Fault extends Error {
  readonly code: FaultCode
  /** When asking again can help (RFC 9110 §10.2.3), where that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: FaultCode, message: string, options?: { cause?: unknown; retryAfterSeconds?: number | undefined }) {
    super(message, options)
    this.name = 'Fault'
    this.code = code
    this.retryAfterSeconds = options?.retryAfterSeconds
  }

  get side(): FaultSide {
    return faults[this.code].side
  }

  get status(): number {
    return faults[this.code].status
  }

  get retry(): FaultRetry {
    return faults[this.code].retry
  }

  get title(): string {
    return faults[this.code].title
  }

  get advice(): string {
    return faults[this.code].advice
  }
}

/** Whether `text` is a code of the table: a far of another version may know others. */
export function isFaultCode(text: unknown): text is FaultCode {
  return typeof text === 'string' && Object.hasOwn(faults, text)
}

/** Gives `error` back when it is a fault already, and wraps it under `code` when it is not. */
export function asFault(error: unknown, code: FaultCode): Fault {
  if (error instanceof Fault) return error
  const message = error instanceof Error ? error.message : String(error)
  return new Fault(code, message, { cause: error })
}

function row<Side extends FaultSide, Retry extends FaultRetry>(
  side: Side,
  status: number,
  retry: Retry,
  title: string,
  advice: string,
) {
  return { side, status, retry, title, advice } as const
}
