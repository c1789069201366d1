# The bot alone, without what only its demo and its tests need. How to build and run it: docs/installing.md.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY sandbox/programs/package.json ./sandbox/programs/
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json build.mjs ./
COPY src ./src
RUN npm run build
# Optional packages are left out too: they are a faster reading of Redis' answers, and the compiler again.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE manifest.yml ./
# What operators run in the database.
COPY src/entities/roles.sql src/entities/grants.sql src/entities/revoke-create.sql ./src/entities/
COPY bin/chatops ./bin/
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The account "node" of the image, by number: Kubernetes' runAsNonRoot cannot look a name up.
USER 1000:1000
EXPOSE 3000
# Whether the process runs, not whether the database answers: starting it again would not help there.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.HTTP_PORT || 3000) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
