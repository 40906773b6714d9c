// Bounds of decoding: what a peer may make us allocate.

export const wireLimits = {
  /** Array elements in one message. An element of a few bytes becomes an object of about a hundred. */
  elementsMax: 500_000,
  /** A byte field of at least this size is sent from where it lies instead of being copied into the frame. */
  partBytesMin: 4096,
} as const
