/** Messages in one answer: enough for a screen and for export by pages, small enough for one step. */
export const messagesMax = 1000

/** Milliseconds between two status events to a page. */
export const eventIntervalMs = 1000
