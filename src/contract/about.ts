import type { EntityManager } from 'typeorm'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { findUrnsOf } from '../register/schools/trainee-schools.ts'
import { formOf } from './stored.ts'
import { readSubject } from './subject.ts'

/** Trainees by number, and schools by URN. */
export type About = { trainees: string[]; urns: string[] }

/** Whom a request is about, or starts a job for; none is named twice. */
function traineesOf({ traineeId, subjects }: Pick<ChangeRequest, 'traineeId' | 'subjects'>): string[] {
  const written = subjects.flatMap((subject) => /^trainees:(\d+)$/.exec(subject)?.[1] ?? [])
  return [...new Set([...(traineeId === null ? [] : [traineeId]), ...written])]
}

/**
 * The same, with schools: the one that its form names, or else those of its trainee. An undo is also about everything that the
 * undone request was about.
 */
export async function findAbout(
  sql: EntityManager,
  request: Pick<ChangeRequest, 'traineeId' | 'subjects' | 'form'>,
): Promise<About> {
  const { kind, id } = readSubject((request.form && formOf(request.form)['subject']) ?? '')
  const named = kind === 'urn' ? [id] : []
  const urns = request.traineeId === null ? [] : await findUrnsOf(sql, request.traineeId)
  const undone = kind === 'request' ? await sql.findOneBy(ChangeRequest, { id }) : null
  const under = undone ? await findAbout(sql, undone) : { trainees: [], urns: [] }
  return {
    trainees: [...new Set([...traineesOf(request), ...under.trainees])],
    urns: [...new Set([...named, ...urns, ...under.urns])],
  }
}
