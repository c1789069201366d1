/** A DTTP id that shows at a glance what it is: a kind's letter, then the number of the row it belongs to. */
export function dttpId(kind: 'provider' | 'user' | 'school' | 'contact' | 'placement' | 'degree', id: number): string {
  const letter = { provider: 'b', user: 'e', school: '5', contact: 'c', placement: 'a', degree: 'd' }[kind]
  return `${letter}0000000-0000-4000-8000-${String(id).padStart(12, '0')}`
}
