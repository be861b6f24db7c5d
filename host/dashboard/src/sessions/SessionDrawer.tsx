// SPDX-License-Identifier: Apache-2.0
// One session: what it is, linking it, its screen, its webhooks, its configuration.
import { Alert, Button, Drawer, Group, Stack, Tabs, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { call, get, part, picture, words } from '../api/client';
import { putSession, type ServerState } from '../api/fleet';
import type { JsonObject, Session } from '../api/types';
import { useAsked, useFocusReturn } from '../ui/hooks';
import { JsonText } from '../ui/JsonText';
import { StatusMark } from '../ui/status';
import { toast } from '../ui/toast';
import { ACTIONS, possible, TITLES, type Action } from './actions';
import { ConfigEditor } from './ConfigEditor';
import { LinkPanel } from './LinkPanel';
import { metadataOf, phoneOf, type Row } from './rows';
import { WebhooksPanel } from './WebhooksPanel';

const SCREEN_AGAIN_MS = 3000;

function Overview({ row: { session, engine, server }, operations }: { row: Row; operations: string[] }) {
  const facts: [string, string | undefined][] = [
    ['Push name', session.me?.pushName], ['Phone', session.me ? `+${phoneOf(session)}` : undefined], ['Id', session.me?.id],
    ['LID', session.me?.lid], ['Device', session.me?.jid], ['Engine', engine], ['Worker', session.assignedWorker], ['Server', server.name],
    ...metadataOf(session),
  ];
  return (
    <Stack>
      {session.reason && <Alert color={session.status === 'FAILED' ? 'red' : 'yellow'} title={session.reason.id}>{session.reason.text}</Alert>}
      <dl className="facts">{facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="break">{value}</dd></div>)}</dl>
      <details><summary>{operations.length} operations of the engine</summary><Text size="sm" className="break">{operations.join(', ')}</Text></details>
      <details><summary>As the API shows it</summary><JsonText value={session} /></details>
    </Stack>
  );
}

function Screen({ row: { server, session } }: { row: Row }) {
  const { value, problem } = useAsked(() => picture(server, `/api/screenshot?session=${part(session.name)}`), [session.name], SCREEN_AGAIN_MS);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!value) return;
    const made = URL.createObjectURL(value);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [value]);
  if (url === undefined) return <Text c="dimmed">{problem ?? 'The picture is on its way'}</Text>;
  return <img className="screen" src={url} alt={`What the engine of ${session.name} shows now`} />;
}

function Config({ row, state }: { row: Row; state: ServerState }) {
  const { server, session } = row;
  const [config, setConfig] = useState<JsonObject>(session.config ?? {});
  const [valid, setValid] = useState(true);
  const [problem, setProblem] = useState<string>();
  const [waits, setWaits] = useState(false);
  const save = async () => {
    setWaits(true);
    setProblem(undefined);
    try {
      putSession(server, await call<Session>(server, 'PUT', `/api/sessions/${part(session.name)}`, { config }));
      toast(`The configuration of ${session.name} is saved`);
    } catch (error) {
      setProblem(words(error));
    }
    setWaits(false);
  };
  return (
    <Stack>
      <Text size="sm" c="dimmed">A session that runs starts again with what is saved.</Text>
      <ConfigEditor state={state} engine={row.engine} value={config} onChange={setConfig} onValid={setValid} />
      {problem && <Alert color="red" role="alert">{problem}</Alert>}
      <Group justify="flex-end" className="sticky-end"><Button loading={waits} disabled={!valid} onClick={() => void save()}>Save</Button></Group>
    </Stack>
  );
}

interface Props {
  row: Row | undefined; // not there yet, or erased
  states: ServerState[];
  panel: string;
  act: (action: Action, rows: Row[]) => void;
  onClose: () => void;
}

export function SessionDrawer({ row, states, panel, act, onClose }: Props) {
  useFocusReturn();
  const [shown, setShown] = useState(panel);
  const state = states.find(({ server }) => server.id === row?.server.id);
  const can = useAsked(
    () => (row ? get<{ operations: string[] }>(row.server, `/api/${part(row.session.name)}/capabilities`) : Promise.resolve({ operations: [] })),
    [row?.id, row?.engine]);
  const operations = can.value?.operations ?? [];
  // A new session is not in the list yet; one that was there and is not any more was erased.
  const was = useRef(false);
  useEffect(() => {
    if (row !== undefined) was.current = true;
    else if (was.current) onClose();
  }, [row]);
  if (row === undefined || state === undefined) return null;
  const { session } = row;
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}
      title={<Group gap="sm"><Text fw={700} size="lg" className="break">{session.name}</Text><span aria-live="polite"><StatusMark status={session.status} /></span></Group>}>
      <Group gap="xs" mb="md" className="drawer-actions">
        {ACTIONS.map((action) => (
          <Button key={action} size="xs" variant="default" {...(action === 'delete' && { c: 'var(--bad)' })} disabled={!possible(action, session)}
            onClick={() => act(action, [row])}>{TITLES[action]}</Button>
        ))}
      </Group>
      <Tabs value={shown} onChange={(next) => setShown(next ?? 'overview')} keepMounted={false}>
        <Tabs.List mb="md" className="drawer-tabs">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="link">Link</Tabs.Tab>
          {operations.includes('session.screenshot') && <Tabs.Tab value="screen">Screen</Tabs.Tab>}
          <Tabs.Tab value="webhooks">Webhooks</Tabs.Tab>
          <Tabs.Tab value="config">Configuration</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview"><Overview row={row} operations={operations} /></Tabs.Panel>
        <Tabs.Panel value="link"><LinkPanel row={row} /></Tabs.Panel>
        <Tabs.Panel value="screen"><Screen row={row} /></Tabs.Panel>
        <Tabs.Panel value="webhooks"><WebhooksPanel row={row} /></Tabs.Panel>
        <Tabs.Panel value="config"><Config row={row} state={state} /></Tabs.Panel>
      </Tabs>
    </Drawer>
  );
}
