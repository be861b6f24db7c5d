// SPDX-License-Identifier: Apache-2.0
// What can be done with a session, and with many at once.
import { call, part, words } from '../api/client';
import { dropSession, putSession } from '../api/fleet';
import type { Session } from '../api/types';
import { toast } from '../ui/toast';
import type { Row } from './rows';

export type Action = 'start' | 'stop' | 'restart' | 'logout' | 'delete';

export const ACTIONS: Action[] = ['start', 'stop', 'restart', 'logout', 'delete'];
export const TITLES: Record<Action, string> = {
  start: 'Start', stop: 'Stop', restart: 'Restart', logout: 'Log out', delete: 'Delete',
};
const DONE: Record<Action, string> = { start: 'started', stop: 'stopped', restart: 'restarted', logout: 'logged out', delete: 'deleted' };
// What a person is asked before it happens; the others can be undone by another click.
export const QUESTIONS: Partial<Record<Action, string>> = {
  logout: 'The linked device is removed from the phone, and the account has to be linked again.',
  delete: 'The linked device is removed from the phone. The session, its data and its waiting events are erased.',
};

// Requests that run at the same time.
const AT_ONCE = 6;

export const possible = (action: Action, { status }: Session): boolean =>
  action === 'start' ? status === 'STOPPED' || status === 'FAILED' : action === 'stop' ? status !== 'STOPPED' : true;

async function act(action: Action, { server, session }: Row): Promise<void> {
  const path = `/api/sessions/${part(session.name)}`;
  if (action === 'delete') {
    await call(server, 'DELETE', path);
    dropSession(server, session.name);
  } else {
    putSession(server, await call<Session>(server, 'POST', `${path}/${action}`));
  }
}

export async function actOnAll(action: Action, rows: Row[]): Promise<void> {
  const waiting = [...rows];
  const failures: string[] = [];
  const work = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      try {
        await act(action, row);
      } catch (error) {
        failures.push(`${row.session.name}: ${words(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const done = rows.length - failures.length;
  if (failures.length > 0) toast(`${TITLES[action]} failed. ${failures.slice(0, 3).join(' · ')}${failures.length > 3 ? ` and ${failures.length - 3} more` : ''}`, 'bad');
  if (done > 0 && rows.length > 1) toast(`${done} ${done === 1 ? 'session' : 'sessions'} ${DONE[action]}`);
}
