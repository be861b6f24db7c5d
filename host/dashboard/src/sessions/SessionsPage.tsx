// SPDX-License-Identifier: Apache-2.0
// All sessions of all servers: find them, choose them, do something with them.
import { Alert, Button, Group, Loader, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { fleet } from '../api/fleet';
import { useStore } from '../api/store';
import { STATUSES, type Status } from '../api/types';
import { confirm } from '../ui/confirm';
import { statusWord } from '../ui/status';
import { ACTIONS, actOnAll, possible, QUESTIONS, TITLES, type Action } from './actions';
import { NewSession } from './NewSession';
import { ALL, rowsOf, select, type Row } from './rows';
import { SessionDrawer } from './SessionDrawer';
import { SessionTable, type Handlers } from './SessionTable';

async function act(action: Action, rows: Row[]): Promise<void> {
  const able = rows.filter((row) => possible(action, row.session));
  if (able.length === 0) return;
  const whom = able.length === 1 ? able[0]!.session.name : `${able.length} sessions`;
  const question = QUESTIONS[action];
  if (question === undefined || (await confirm(`${TITLES[action]} ${whom}?`, question, TITLES[action]))) {
    await actOnAll(action, able);
  }
}

export function SessionsPage() {
  const states = useStore(fleet);
  const rows = useMemo(() => rowsOf(states), [states]);
  const [wanted, setWanted] = useState(ALL);
  const deferred = useDeferredValue(wanted);
  const shown = useMemo(() => select(rows, deferred), [rows, deferred]);
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const chosenRows = useMemo(() => rows.filter((row) => ids.has(row.id)), [rows, ids]);
  const [opened, setOpened] = useState<{ id: string; panel: string } | null>(null);
  const [creating, setCreating] = useState(false);

  const handlers = useRef<Handlers>({
    open: (row, panel) => setOpened({ id: row.id, panel }),
    act: (action, of) => void act(action, of),
    select: (id, on) => setIds((old) => {
      const next = new Set(old);
      if (on) next.add(id); else next.delete(id);
      return next;
    }),
  }).current;

  const counts = useMemo(() => {
    const all = new Map<Status, number>();
    for (const { session } of rows) all.set(session.status, (all.get(session.status) ?? 0) + 1);
    return all;
  }, [rows]);
  const engines = useMemo(() => [...new Set(rows.map((row) => row.engine))].filter(Boolean).sort(), [rows]);
  const several = states.length > 1;
  const waits = states.some((state) => state.phase === 'connecting');
  const change = (edit: Partial<typeof ALL>) => setWanted({ ...wanted, ...edit });

  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1} size="h2">Sessions</Title>
        <Button onClick={() => setCreating(true)} disabled={!states.some((state) => state.phase === 'online')}>New session</Button>
      </Group>

      <div className="counts" role="group" aria-label="Filter by status">
        <button type="button" aria-pressed={wanted.status === ''} onClick={() => change({ status: '' })}>All <b>{rows.length}</b></button>
        {STATUSES.filter((status) => counts.has(status) || wanted.status === status).map((status) => (
          <button key={status} type="button" data-status={status} aria-pressed={wanted.status === status}
            onClick={() => change({ status: wanted.status === status ? '' : status })}>{statusWord(status)} <b>{counts.get(status) ?? 0}</b></button>
        ))}
      </div>

      <Group align="end" className="filters">
        <TextInput flex={1} miw={220} type="search" label="Search" placeholder="Name, phone, push name or metadata" value={wanted.text}
          onChange={({ currentTarget }) => change({ text: currentTarget.value })} />
        <NativeSelect label="Engine" value={wanted.engine} data={[{ value: '', label: 'All engines' }, ...engines]}
          onChange={({ currentTarget }) => change({ engine: currentTarget.value })} />
        {several && (
          <NativeSelect label="Server" value={wanted.server}
            data={[{ value: '', label: 'All servers' }, ...states.map(({ server }) => ({ value: server.id, label: server.name }))]}
            onChange={({ currentTarget }) => change({ server: currentTarget.value })} />
        )}
      </Group>

      {states.filter((state) => state.phase === 'unreachable').map(({ server, problem }) => (
        <Alert key={server.id} color="red" title={`${server.name} is not connected`}>{problem}. Trying again.</Alert>
      ))}

      {chosenRows.length > 0 && (
        <Group className="bulk" role="region" aria-label="Chosen sessions" gap="xs">
          <Text size="sm" fw={600}>{chosenRows.length} chosen</Text>
          {ACTIONS.map((action) => (
            <Button key={action} size="xs" variant="default" {...(action === 'delete' && { c: 'var(--bad)' })}
              disabled={!chosenRows.some((row) => possible(action, row.session))} onClick={() => void act(action, chosenRows)}>{TITLES[action]}</Button>
          ))}
          <Button size="xs" variant="subtle" onClick={() => setIds(new Set())}>Choose none</Button>
        </Group>
      )}

      <Text className="hidden" role="status">{shown.length} of {rows.length} sessions shown</Text>
      {shown.length > 0 && (
        <SessionTable rows={shown} chosen={ids} several={several} handlers={handlers}
          selectAll={(on) => setIds(new Set(on ? shown.map((row) => row.id) : []))} />
      )}
      {shown.length === 0 && (
        <Stack align="center" py={60} className="empty">
          {waits ? <Loader aria-label="Loading" /> : rows.length > 0 ? <Text c="dimmed">No session fits.</Text> : (
            <>
              <Text size="lg" fw={600}>No sessions yet</Text>
              <Text c="dimmed" ta="center">A session is one WhatsApp account. Create one, scan its code with the phone, and it works.</Text>
              <Button size="md" onClick={() => setCreating(true)} disabled={!states.some((state) => state.phase === 'online')}>Create your first session</Button>
            </>
          )}
        </Stack>
      )}

      {creating && (
        <NewSession states={states.filter((state) => state.phase === 'online')} onClose={() => setCreating(false)}
          onMade={(id, started) => { setCreating(false); setOpened({ id, panel: started ? 'link' : 'overview' }); }} />
      )}
      {opened && (
        <SessionDrawer key={opened.id} row={rows.find((row) => row.id === opened.id)} states={states} panel={opened.panel}
          act={handlers.act} onClose={() => setOpened(null)} />
      )}
    </Stack>
  );
}
