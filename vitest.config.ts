import { configDefaults, defineConfig } from 'vitest/config'

// Not UTC, and an hour off it for half the year: code that mistakes Register's UTC times for local ones fails here.
process.env['TZ'] = 'Europe/London'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env['BROWSER'] === '1' ? [] : ['test/browser/**'])],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/support/tally-reporter.ts'],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
