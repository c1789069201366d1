// Whatever serves every playbook knows none of them by its name, and no field of a form that is one playbook's own.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { playbooks } from '../../src/playbooks/index.ts'

const ROOMS = ['changes', 'handlers', 'views', 'bot', 'queue']
/** Which every form has, or may have. */
const SHARED = ['subject', 'reason', 'ticket']

const oneOf = (names: Iterable<string>) => `(${[...new Set(names)].join('|')})`
const NAME = oneOf(playbooks.map(({ name }) => name))
const FIELD = oneOf(playbooks.flatMap(({ form }) => Object.keys(form)).filter((field) => !SHARED.includes(field)))
/** An effect that settles a registration is named as the playbook which plans it. */
const OF_AN_EFFECT = /\b(?:kind === |case |EffectOf<)'[\w-]+'/g
const KNOWING = [
  new RegExp(`['"\`]${NAME}['"\`]`, 'g'),
  new RegExp(`/playbooks/${NAME}/`, 'g'),
  new RegExp(`\\b(?:form|values|typed|formOf\\(.*?\\)|readFormValues\\(.*?\\))\\??\\.?\\[['"]${FIELD}['"]\\]`, 'g'),
  new RegExp(`\\b(?:form|typed)\\??\\.${FIELD}\\b`, 'g'),
  new RegExp(`\\btypedIn\\([^)]*['"]${FIELD}['"]`, 'g'),
]

/** What a source text knows of single playbooks. */
function knownIn(text: string): string[] {
  const code = text.replaceAll(OF_AN_EFFECT, '')
  return KNOWING.flatMap((pattern) => [...code.matchAll(pattern)].map(([found]) => found))
}

test('handlers, the lifecycle and what they show treat all playbooks alike', () => {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join('src', room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join('src', room, file)),
  )
  expect(files.length).toBeGreaterThan(100)
  const known = files.flatMap((file) => knownIn(readFileSync(file, 'utf8')).map((found) => ({ file, found })))
  expect(known).toEqual([])
})

test.each([
  `if (playbook === 'fix-route') return`,
  `import { planFor } from '../../playbooks/re-register/plan.ts'`,
  `const route = formOf(request.form)['route']`,
  `readFormValues(view.state.values)['duration']`,
  'const { form: { subject }, form } = request; form.replace',
  `typedIn(changeRequest, 'decision')`,
])('what knows a playbook is found: %s', (text) => {
  expect(knownIn(text)).toHaveLength(1)
})

test.each([`case 'settle-registration':`, `typedIn(request, 'reason')`, `words.replace('a', 'b')`])(
  'and nothing else: %s',
  (text) => {
    expect(knownIn(text)).toEqual([])
  },
)
