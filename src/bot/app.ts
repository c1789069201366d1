import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  App,
  type BlockAction,
  type ButtonAction,
  ExpressReceiver,
  type MessageShortcut,
  SocketModeReceiver,
  type ViewSubmitAction,
} from '@slack/bolt'
import type { Application } from 'express'
import type { Logger } from 'pino'
import { openHome, openHomeList, turnHomePage } from '../handlers/app-home.ts'
import type { HandlerContext } from '../handlers/context.ts'
import type { Click } from '../handlers/entry-points.ts'
import { choosePlaybook, startPlaybook, startUndo, submitForm } from '../handlers/form/playbook-form.ts'
import { dismissAlert, openDismissal, startFromAlert } from '../handlers/job-alert.ts'
import { turnRequestsPage } from '../handlers/lists/find.ts'
import { turnHistoryPage } from '../handlers/lists/history.ts'
import { startFromJob } from '../handlers/lists/job-offer.ts'
import { turnJobsPage } from '../handlers/lists/jobs-list.ts'
import { chooseFix, fixThisTrainee, hearMessage } from '../handlers/messages.ts'
import { pointToAlert, pointToCard } from '../handlers/old-message.ts'
import { markDealtWith } from '../handlers/request/dealt-with.ts'
import { approveRequest, cancelRequest, openRejection, rejectRequest } from '../handlers/request/decision.ts'
import { changeAnswers, discardUnsent, openUnsent } from '../handlers/request/draft.ts'
import { startFollowUp } from '../handlers/request/follow-up.ts'
import { copySteps, markSteps, saveTicks, showChanges, unmarkSteps } from '../handlers/request/manual-steps.ts'
import { askForApproval } from '../handlers/request/preview.ts'
import { previewAgain } from '../handlers/request/preview-again.ts'
import { openQuestion, sendQuestion } from '../handlers/request/question.ts'
import { reviewRequest, turnReviewPage } from '../handlers/request/review.ts'
import { continueWait, stopWait, waitForSchool } from '../handlers/school-wait.ts'
import { traineeCommand } from '../handlers/trainee-command.ts'
import { ACTIONS, MODALS } from '../views/kit/ids.ts'
import type { Clicks } from './clicks.ts'
import { trackInFlight } from './in-flight.ts'
import { named, type Speaker } from './naming.ts'
import { type Ourselves, type Own, refuseOthers } from './own-payloads.ts'
import { slackLogger } from './slack/log.ts'

export type SlackSettings = {
  mode: 'socket' | 'http'
  botToken: string
  appToken?: string | undefined
  signingSecret: string
  apiUrl: string
  ourselves: Ourselves
  command: string
  speaker: Speaker
}

/** A connected bot. `stop` takes nothing new and waits for what is being answered. */
export type RunningBot = { isConnected: () => boolean; stop: () => Promise<void> }

/**
 * Registers every entry point and starts listening. In http mode Slack's requests arrive on `web`, at /slack/events.
 * Throws if the token is not valid.
 */
export async function startBot(
  context: HandlerContext,
  settings: SlackSettings,
  { web, clicks }: { web: Application; clicks: Clicks },
  log: Logger,
): Promise<RunningBot> {
  const logger = slackLogger(log)
  web.use(EVENTS, clicks.count)
  const receiver =
    settings.mode === 'http'
      ? new ExpressReceiver({ signingSecret: settings.signingSecret, app: web, endpoints: EVENTS, logger })
      : new SocketModeReceiver({ appToken: settings.appToken ?? '', logger, ...socketOptions(settings) })
  const app = new App({
    token: settings.botToken,
    receiver,
    logger,
    clientOptions: {
      slackApiUrl: settings.apiUrl,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true, // else one answer of "too many" holds up every click of this process
      timeout: 10_000,
    },
    deferInitialization: true,
  })
  const inFlight = trackInFlight(app)
  const own: Own = (given) => lettingOthersIn(named(given, settings.speaker), clicks)
  refuseOthers(app, settings.ourselves, log, own)
  register(app, context, own)
  callCommand(app, settings.command)
  app.error(async (error) => log.error({ error: error.name, code: error.code }, 'Slack request failed'))
  await app.init()
  let connected = settings.mode === 'http'
  if (receiver instanceof SocketModeReceiver) {
    receiver.client.on('connected', () => {
      connected = true
    })
    receiver.client.on('reconnecting', () => {
      connected = false
    })
    receiver.client.on('disconnected', () => {
      connected = false
    })
    await app.start().catch(async (error: unknown) => {
      await app.stop().catch(() => {}) // else it would go on trying to connect
      throw error
    })
  }
  return {
    isConnected: () => connected,
    async stop() {
      inFlight.refuse()
      await inFlight.drained()
      if (settings.mode === 'socket') await app.stop()
    },
  }
}

/**
 * After an acknowledgement, lets Node handle the clicks that have arrived meanwhile, and waits until they are acknowledged, too.
 * Only then the handler goes on with what takes longer.
 */
function lettingOthersIn<G extends object>(given: G, clicks: Clicks): G {
  const { ack } = given as { ack?: (...answer: unknown[]) => Promise<unknown> }
  if (typeof ack !== 'function') return given
  const acknowledge = async (...answer: unknown[]) => {
    await ack(...answer)
    await nextTurn()
    await clicks.passed()
  }
  return { ...given, ack: acknowledge }
}

/** Where Slack's requests arrive. */
const EVENTS = '/slack/events'

function register(app: App, context: HandlerContext, own: Own): void {
  const onCard = (act: (context: HandlerContext, click: Click) => Promise<void>) => async (args: Click) => {
    await act(context, own(args))
    await pointToCard(context, own(args))
  }
  const onAlert = (act: (context: HandlerContext, click: Click) => Promise<void>) => async (args: Click) => {
    await act(context, own(args))
    await pointToAlert(context, own(args))
  }
  app.command('/trainee', (args) => traineeCommand(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.chooser, (args) => choosePlaybook(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.form, (args) => submitForm(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.preview, (args) => askForApproval(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.review, (args) => approveRequest(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.reject, (args) => rejectRequest(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.question, (args) => sendQuestion(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.dismissAlert, (args) => dismissAlert(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.steps, (args) => saveTicks(context, own(args)))
  app.view<ViewSubmitAction>(MODALS.wait, (args) => waitForSchool(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.openReview, onCard(reviewRequest))
  app.action<BlockAction<ButtonAction>>(ACTIONS.reviewPage, (args) => turnReviewPage(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.openQuestion, (args) => openQuestion(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.openReject, onCard(openRejection))
  app.action<BlockAction<ButtonAction>>(ACTIONS.cancelRequest, onCard(cancelRequest))
  app.action<BlockAction<ButtonAction>>(ACTIONS.previewAgain, onCard(previewAgain))
  app.action<BlockAction<ButtonAction>>(ACTIONS.openUnsent, (args) => openUnsent(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.changeAnswers, (args) => changeAnswers(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.discardUnsent, (args) => discardUnsent(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.startPlaybook, (args) => startPlaybook(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.startFollowUp, onCard(startFollowUp))
  app.action<BlockAction<ButtonAction>>(ACTIONS.startOtherFollowUp, onCard(startFollowUp))
  app.action<BlockAction<ButtonAction>>(ACTIONS.startUndo, onCard(startUndo))
  app.action<BlockAction<ButtonAction>>(ACTIONS.copySteps, onCard(copySteps))
  app.action<BlockAction<ButtonAction>>(ACTIONS.markSteps, onCard(markSteps))
  app.action<BlockAction<ButtonAction>>(ACTIONS.unmarkSteps, onCard(unmarkSteps))
  app.action<BlockAction<ButtonAction>>(ACTIONS.markDealtWith, onCard(markDealtWith))
  app.action<BlockAction<ButtonAction>>(ACTIONS.showChanges, onCard(showChanges))
  app.action<BlockAction<ButtonAction>>(ACTIONS.startFromJob, (args) => startFromJob(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.jobsPage, (args) => turnJobsPage(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.requestsPage, (args) => turnRequestsPage(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.homeList, (args) => openHomeList(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.homePage, (args) => turnHomePage(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.historyPage, (args) => turnHistoryPage(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.startFromAlert, onAlert(startFromAlert))
  app.action<BlockAction<ButtonAction>>(ACTIONS.openDismissal, onAlert(openDismissal))
  app.action<BlockAction<ButtonAction>>(ACTIONS.continueWait, (args) => continueWait(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.stopWait, (args) => stopWait(context, own(args)))
  app.action<BlockAction<ButtonAction>>(ACTIONS.chooseFix, (args) => chooseFix(context, own(args)))
  app.action(ACTIONS.openCard, ({ ack }) => ack())
  app.action(ACTIONS.viewTrainee, ({ ack }) => ack())
  app.action(ACTIONS.viewInDttp, ({ ack }) => ack())
  app.event('app_home_opened', (args) => openHome(context, own(args)))
  app.event('message', (args) => hearMessage(context, own(args)))
  app.shortcut<MessageShortcut>('fix-this-trainee', (args) => fixThisTrainee(context, own(args)))
}

/** Slack names the command as it is called in this workspace; the registration above does not. */
function callCommand(app: App, command: string): void {
  const processEvent = app.processEvent.bind(app)
  app.processEvent = (event) =>
    processEvent(event.body['command'] === command ? { ...event, body: { ...event.body, command: '/trainee' } } : event)
}

function socketOptions({ apiUrl }: SlackSettings) {
  return { installerOptions: { clientOptions: { slackApiUrl: apiUrl } } }
}
