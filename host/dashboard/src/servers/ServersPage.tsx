// SPDX-License-Identifier: Apache-2.0
// The servers that this dashboard looks at.
import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { fleet, type Phase, type ServerState } from '../api/fleet';
import { addressOf, addServer, OWN, removeServer } from '../api/servers';
import { useStore } from '../api/store';
import { useFocusReturn } from '../ui/hooks';
import { statusWord } from '../ui/status';
import { Tag, type Tone } from '../ui/Tag';
import { KeyForm } from './KeyForm';

const PHASES: Record<Phase, [string, Tone]> = {
  online: ['Connected', 'ok'], connecting: ['Connecting', 'off'], locked: ['Key needed', 'wait'], unreachable: ['Not connected', 'bad'],
};

function Card({ state }: { state: ServerState }) {
  const { server, phase, version, sessions, live } = state;
  const [word, tone] = PHASES[phase];
  const counts = new Map<string, number>();
  for (const { status } of sessions.values()) counts.set(statusWord(status), (counts.get(statusWord(status)) ?? 0) + 1);
  const facts: [string, string][] = [
    ['Address', server.url || location.origin], ['Version', version ? `${version.version} on ${version.platform}` : ''],
    ['Default engine', version?.engine ?? ''], ['Worker', version?.worker?.id ?? ''], ['Events', phase === 'online' ? (live ? 'arrive' : 'interrupted') : ''],
    ['Sessions', [...counts].map(([status, count]) => `${count} ${status.charAt(0).toLowerCase()}${status.slice(1)}`).join(', ') || (phase === 'online' ? 'none' : '')],
  ];
  return (
    <section className="card">
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} size="h5" className="break">{server.name}</Title>
        <Tag tone={tone}>{word}</Tag>
      </Group>
      <dl className="facts">{facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="break">{value}</dd></div>)}</dl>
      {phase === 'locked' && <KeyForm server={server} problem={state.problem} />}
      {phase === 'unreachable' && <Text size="sm" c="var(--bad)">{state.problem}</Text>}
      {server.id !== OWN.id && <Group mt="sm"><Button size="xs" variant="default" onClick={() => removeServer(server)}>Remove</Button></Group>}
    </section>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  useFocusReturn();
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [key, setKey] = useState('');
  const [bad, setBad] = useState(false);
  const add = (event: FormEvent) => {
    event.preventDefault();
    const url = addressOf(address.trim());
    setBad(url === undefined);
    if (url === undefined) return;
    addServer(name.trim() || new URL(url).host, url, key.trim());
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Add a server" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={add}>
        <Stack>
          <TextInput label="Address" placeholder="https://whatsapp.example.com" required data-autofocus value={address}
            error={bad && 'This is no address of a server'} onChange={({ currentTarget }) => setAddress(currentTarget.value)} />
          <TextInput label="Name" description="Empty: its address" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} />
          <PasswordInput label="API key" description="Kept in this tab only" autoComplete="off" value={key} onChange={({ currentTarget }) => setKey(currentTarget.value)} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit">Add</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function ServersPage() {
  const [adding, setAdding] = useState(false);
  return (
    <Stack>
      <Group justify="space-between"><Title order={1} size="h2">Servers</Title><Button onClick={() => setAdding(true)}>Add a server</Button></Group>
      <div className="cards">{useStore(fleet).map((state) => <Card key={state.server.id} state={state} />)}</div>
      {adding && <Add onClose={() => setAdding(false)} />}
    </Stack>
  );
}
