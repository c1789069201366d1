import { configDefaults, defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.ts'

// Not UTC, and an hour off it for half the year: code that mistakes Register's UTC times for local ones fails here.
process.env['TZ'] = 'Europe/London'

/** Tests that need more than most machines have, or more time: each runs where its variable is 1. */
const DEMANDING = { BROWSER: 'test/browser/**', CONTAINER: 'test/container/**' }
const unwanted = Object.entries(DEMANDING).flatMap(([name, files]) => (process.env[name] === '1' ? [] : [files]))

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...unwanted],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/support/tally-reporter.ts'],
    maxWorkers: 6, // for two cores: most tests wait for other processes, or for time to pass
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      reportOnFailure: true,
    },
    isolate: false, // a worker loads our modules once and runs many files with them: nothing may be kept in a module
    // A wait ends on its condition (expect.poll, or slack.until). These bounds are for what never comes true.
    expect: { poll: { timeout: 120_000, interval: 50 } },
    testTimeout: 300_000,
    hookTimeout: 120_000,
    chaiConfig: { truncateThreshold: 2_000 },
  },
})
