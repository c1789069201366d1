import type { Status } from '../entities/chatops/change-request.ts'

/**
 * The legal steps of a change request. The database holds the same table and refuses every other step.
 *
 *   unsent ── pending ── approved ── verifying ── done
 *     │          │           │           └── needs-attention   committed, but a postcondition or a job failed
 *     │          │           ├── cancelled        taken back before it was carried out; nothing written
 *     │          │           ├── stale            something moved between preview and execution, or its approver may
 *     │          │           │                    no longer approve; nothing written
 *     │          │           ├── failed           it could not be carried out; nothing written
 *     │          │           └── needs-attention  could not be tried for too long; nothing written
 *     │          └── rejected, cancelled, expired, stale
 *     └── cancelled, expired, stale
 *
 * There is no "executing": the one transaction takes an approved request to verifying.
 */
export const TRANSITIONS: Readonly<Record<Status, readonly Status[]>> = {
  unsent: ['pending', 'cancelled', 'expired', 'stale'],
  pending: ['approved', 'rejected', 'cancelled', 'expired', 'stale'],
  approved: ['verifying', 'cancelled', 'stale', 'failed', 'needs-attention'],
  verifying: ['done', 'needs-attention'],
  done: [],
  rejected: [],
  cancelled: [],
  expired: [],
  stale: [],
  failed: [],
  'needs-attention': [],
}

/** Whether a request in this state still holds its rows: no other request may write them. */
export function isOpen(status: Status): boolean {
  return status === 'pending' || status === 'approved' || status === 'verifying'
}
