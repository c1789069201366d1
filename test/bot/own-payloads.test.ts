import { describe, expect, test } from 'vitest'
import { isForUs, type Ourselves } from '../../src/bot/own-payloads.ts'

const ALONE: Ourselves = { teamId: 'T01', enterpriseId: null, appId: 'A01' }
const ON_GRID: Ourselves = { teamId: 'T01', enterpriseId: 'E01', appId: 'A01' }

const command = { command: '/trainee', team_id: 'T01', api_app_id: 'A01' }
const click = { type: 'block_actions', team: { id: 'T01' }, enterprise: null, api_app_id: 'A01' }

describe('a payload is let through', () => {
  test.each<[string, object, Ourselves]>([
    ['a command of our workspace', command, ALONE],
    ['a click of our workspace', click, ALONE],
    ['one that does not name its app', { ...command, api_app_id: undefined }, ALONE],
    ['a click on our Grid', { ...click, enterprise: { id: 'E01' } }, ON_GRID],
    ['one from another workspace of our Grid', { ...click, team: { id: 'T02' }, enterprise: { id: 'E01' } }, ON_GRID],
    ['one of our Grid that names no workspace', { ...click, team: null, enterprise: { id: 'E01' } }, ON_GRID],
    ['one whose workspace names the Grid', { ...click, team: { id: 'T02', enterprise_id: 'E01' } }, ON_GRID],
  ])('%s', (_, body, ourselves) => {
    expect(isForUs(body, ourselves)).toBe(true)
  })
})

describe('a payload is refused', () => {
  test.each<[string, object, Ourselves]>([
    ['of another app', { ...command, api_app_id: 'A02' }, ALONE],
    ['of another workspace (command)', { ...command, team_id: 'T02' }, ALONE],
    ['of another workspace (click)', { ...click, team: { id: 'T02' } }, ALONE],
    ['of another workspace that claims some Grid', { ...click, team: { id: 'T02' }, enterprise: { id: 'E01' } }, ALONE],
    ['of another Grid', { ...click, enterprise: { id: 'E02' } }, ON_GRID],
    ['of another Grid that names no workspace', { ...command, team_id: null, enterprise_id: 'E02' }, ON_GRID],
    ['that cannot be read', { ...command, team_id: 7 }, ALONE],
  ])('%s', (_, body, ourselves) => {
    expect(isForUs(body, ourselves)).toBe(false)
  })
})
