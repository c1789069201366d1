// The least a Bolt app can do: acknowledge a command. What the bot's own times stand beside.
import { createServer } from 'node:http'
import { App, ExpressReceiver, LogLevel } from '@slack/bolt'
import express from 'express'

const settings = process.env
const web = express()
const receiver = new ExpressReceiver({ signingSecret: settings['SLACK_SIGNING_SECRET'] ?? '', app: web })
const app = new App({
  token: settings['SLACK_BOT_TOKEN'] ?? '',
  receiver,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: settings['SLACK_API_URL'] ?? '' },
  deferInitialization: true,
})
app.command('/trainee', ({ ack }) => ack())
await app.init()
web.get('/readyz', (_request, response) => void response.json({ ready: true }))
createServer((request, response) => web(request, response)).listen(Number(settings['HTTP_PORT']), '127.0.0.1')
