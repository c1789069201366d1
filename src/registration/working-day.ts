/** The same time of day on the next day, not counting this one, on which people work. */
export function sameTimeNextWorkingDay(start: Date): Date {
  const day = new Date(start)
  do day.setUTCDate(day.getUTCDate() + 1)
  while (day.getUTCDay() === 0 || day.getUTCDay() === 6)
  return day
}
