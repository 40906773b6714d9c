/** Series in all: a label that explodes must not take the memory; further ones are dropped. */
export const seriesMax = 100_000

/** Time slices kept per SLO: three days of minutes, the longest burn-rate window. */
export const slicesMax = 3 * 24 * 60
