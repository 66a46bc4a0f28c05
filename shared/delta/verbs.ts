// The three verbs at which a match finder and a writer meet.
// Knows: nothing. A parse calls them in the order of the target, and together they make exactly the target.

export interface Verbs {
  /** The next `bytes` bytes are those of the target itself, at `at`. */
  add(at: number, bytes: number): void
  /** The next `bytes` bytes are at `address`: in the base, or, from the base's length on, in the target window. */
  copy(address: number, bytes: number): void
  /** The next `bytes` bytes all are `byte`. */
  run(byte: number, bytes: number): void
}
