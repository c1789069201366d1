// node build.mjs <folder> <programs>: makes of each program, with the packages that it needs, a few files of JavaScript. Node.js
// loads them in half the time that it takes for the 1,900 files that the bot is made of.
import { readFile, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { build } from 'esbuild'

const [outdir, ...entryPoints] = process.argv.slice(2)

/**
 * Of packages the source maps name the files, and not the lines. Node.js reads a map as a whole at the first error, and with
 * every line of theirs that takes half a second and 90 MB.
 */
const roughlyMapped = {
  name: 'source maps without the lines of packages',
  setup(building) {
    building.onLoad({ filter: /node_modules.*\.[cm]?js$/ }, async ({ path }) => {
      const map = { version: 3, sources: [basename(path)], mappings: 'AAAA' }
      const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
      return { contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=${url}`, loader: 'default' }
    })
  },
}

await rm(outdir, { recursive: true, force: true })
await build({
  entryPoints,
  outdir,
  bundle: true,
  splitting: true, // what is loaded only where it is needed has a file of its own
  external: ['@bull-board/*', 'msgpackr-extract'], // the dashboard reads its pages from its package; the other is optional
  platform: 'node',
  format: 'esm',
  target: 'node20',
  keepNames: true, // errors and entities are known by the names of their classes
  sourcemap: true,
  sourcesContent: false,
  plugins: [roughlyMapped],
  // For packages that are no ES modules.
  banner: {
    js: "import { createRequire as requiring } from 'node:module'; const require = requiring(import.meta.url);",
  },
  logLevel: 'warning',
})
