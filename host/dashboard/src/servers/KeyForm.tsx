// SPDX-License-Identifier: Apache-2.0
// Typing the API key of a server.
import { Button, PasswordInput, Stack } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { unlock } from '../api/fleet';
import { keyOf, type Server } from '../api/servers';

export function KeyForm({ server, problem }: { server: Server; problem: string }) {
  const [key, setKey] = useState('');
  const [waits, setWaits] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setWaits(true);
    await unlock(server, key.trim());
    setWaits(false);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput label="API key" required autoComplete="off" data-autofocus value={key}
          description="Where the server was started it stands in the first lines, as WAHA_API_KEY. Kept in this tab only."
          error={keyOf(server) !== '' && !waits && (problem === 'Unauthorized' ? 'The server does not know this key' : problem)}
          onChange={({ currentTarget }) => setKey(currentTarget.value)} />
        <Button type="submit" loading={waits}>Open</Button>
      </Stack>
    </form>
  );
}
