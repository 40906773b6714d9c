/** Series in all: a label that explodes must not take the memory; further ones are dropped. */
export const seriesMax = 100_000

/** Time slices kept per SLO: three days of minutes, the longest burn-rate window. */
export const slicesMax = 3 * 24 * 60

/** Commits in the window by which a group's partition is judged, as Burrow's default. */
export const lagCommitsMax = 10
/** Commits closer than this are one in the window. */
export const lagDistanceMs = 6_000
/** With more partitions than this in all, metrics are given per topic only. */
export const partitionSeriesMax = 2_000
