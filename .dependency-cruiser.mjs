// The import rule: which room of src/ may import which. `npm run check` keeps to it; docs/architecture.md draws it.

/** Top to bottom. A room imports only from the floors below its own; rooms on one floor do not know each other. */
const FLOORS = [
  ['main', 'cli'],
  ['services'],
  ['bot', 'queue'],
  ['handlers'],
  ['views'],
  ['alerts', 'pausing'],
  ['changes'],
  ['playbooks'],
  ['jobs'],
  ['registration'],
  ['schools', 'brake'],
  ['trainee', 'people'],
  ['ledger', 'outbox'],
  ['contract'],
  ['world', 'errors'],
  ['dttp', 'gias', 'trello', 'sidekiq'],
  ['failures'],
  ['compatibility'],
  ['register', 'personal-data'],
  ['entities', 'config', 'log', 'pages'],
  ['calendar', 'words', 'uuid'],
  ['error-facts'],
]

/** The files of some rooms: those in a folder of that name, or the one file of that name. */
const filesOf = (rooms) => `^src/(${rooms.join('|')})(/|\\.ts$)`

const upward = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `${room} imports only what stands below it`,
    severity: 'error',
    from: { path: filesOf([room]) },
    to: {
      path: filesOf(
        FLOORS.slice(0, floor + 1)
          .flat()
          .filter((other) => other !== room),
      ),
    },
  })),
)

export default {
  forbidden: [
    ...upward,
    {
      name: 'every room has a floor',
      comment: 'Add the new room to FLOORS in .dependency-cruiser.mjs, and to docs/architecture.md.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: filesOf(FLOORS.flat()) },
    },
    {
      name: 'no circles',
      severity: 'error',
      from: { path: '^(src|sandbox)/' },
      to: { circular: true },
    },
    {
      name: 'a playbook knows no other playbook',
      severity: 'error',
      from: { path: '^src/playbooks/([^/]+)/' },
      to: { path: '^src/playbooks/[^/]+/', pathNot: '^src/playbooks/$1/' },
    },
    {
      name: 'only what talks to Slack knows Bolt',
      comment: 'The views take the types of Block Kit from it.',
      severity: 'error',
      from: { path: '^src/', pathNot: filesOf(['services', 'bot', 'handlers', 'views']) },
      to: { path: 'node_modules/@slack/' },
    },
    {
      name: 'only what runs and shows queues knows BullMQ and Redis',
      comment: 'migrate.ts sets up BullMQ’s tables; sidekiq/ reads Register’s Redis.',
      severity: 'error',
      from: { path: '^src/', pathNot: [filesOf(['queue', 'bot', 'sidekiq']), '^src/entities/migrate'] },
      to: { path: 'node_modules/(bullmq|ioredis|@bull-board)/' },
    },
    {
      name: 'the bot needs no development package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'the bot knows neither its tests nor the demo',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|test)/' },
    },
  ],
  options: {
    // TypeScript 7 has no API for tools; swc reads its syntax instead, imports of types included.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
