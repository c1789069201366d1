import type { ChangesContext } from '../changes/context.ts'

export async function findUnpolled(_context: ChangesContext): Promise<number> {
  return 0
}

export async function lookAtAlerts(_context: ChangesContext): Promise<number> {
  return 0
}
