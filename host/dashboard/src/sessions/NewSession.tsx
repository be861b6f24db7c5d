// SPDX-License-Identifier: Apache-2.0
// Creating a session.
import { Accordion, Alert, Button, Group, Modal, NativeSelect, Stack, Switch, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { call, words } from '../api/client';
import { putSession, type ServerState } from '../api/fleet';
import type { JsonObject, Session } from '../api/types';
import { useFocusReturn } from '../ui/hooks';
import { ConfigEditor } from './ConfigEditor';

const NAME = /^[a-zA-Z0-9_-]{0,54}$/;

interface Props {
  states: ServerState[];
  onClose: () => void;
  onMade: (id: string, started: boolean) => void;
}

export function NewSession({ states, onClose, onMade }: Props) {
  useFocusReturn();
  const [at, setAt] = useState(states[0]!.server.id);
  const state = states.find(({ server }) => server.id === at) ?? states[0]!;
  const [name, setName] = useState(state.sessions.has('default') ? '' : 'default');
  const [engine, setEngine] = useState('');
  const [start, setStart] = useState(true);
  const [config, setConfig] = useState<JsonObject>({});
  const [valid, setValid] = useState(true);
  const [problem, setProblem] = useState<string>();
  const [waits, setWaits] = useState(false);
  const normal = state.version?.engine ?? '';
  const badName = NAME.test(name) ? undefined : 'Letters, digits, - and _, at most 54';

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setWaits(true);
    try {
      const made = await call<Session>(state.server, 'POST', '/api/sessions',
        { name, start, config: engine === '' ? config : { ...config, engine } });
      putSession(state.server, made);
      onMade(`${state.server.id}/${made.name}`, start);
    } catch (error) {
      setProblem(words(error));
      setWaits(false);
    }
  };

  return (
    <Modal opened onClose={onClose} title="New session" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={create}>
        <Stack>
          {states.length > 1 && (
            <NativeSelect label="Server" value={at} data={states.map(({ server }) => ({ value: server.id, label: server.name }))}
              onChange={({ currentTarget }) => setAt(currentTarget.value)} />
          )}
          <TextInput label="Name" description="Empty: the server makes one up" placeholder="session_…" data-autofocus value={name}
            error={badName} maxLength={54} onChange={({ currentTarget }) => setName(currentTarget.value.trim())} />
          <NativeSelect label="Engine" value={engine} onChange={({ currentTarget }) => setEngine(currentTarget.value)}
            data={[{ value: '', label: `Default (${normal})` }, ...state.engines.map(({ id, name: title }) => ({ value: id, label: title && title !== id ? `${id} – ${title}` : id }))]} />
          <Switch label="Start it at once" checked={start} onChange={({ currentTarget }) => setStart(currentTarget.checked)} />
          <Accordion variant="contained">
            <Accordion.Item value="config">
              <Accordion.Control>Configuration</Accordion.Control>
              <Accordion.Panel>
                <ConfigEditor state={state} engine={engine || normal} value={config} onChange={setConfig} onValid={setValid} />
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
          {problem && <Alert color="red" role="alert">{problem}</Alert>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={waits} disabled={!valid || badName !== undefined}>Create</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
