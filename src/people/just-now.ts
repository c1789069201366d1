// Slack can send a click or a window twice: people select twice before the answer is there.

/** For so long the same person doing the same thing is taken for the same click. */
const JUST_NOW_MS = 60_000

/** Whether this person did it themselves a moment ago: then it is answered as it was, and nothing more is put on record. */
export function hasJustDone(
  actor: string,
  { by, at }: { by: string | null | undefined; at: Date | null | undefined },
  now: Date,
): boolean {
  return by === actor && at != null && now.getTime() - at.getTime() < JUST_NOW_MS
}
