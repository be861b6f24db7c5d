// SPDX-License-Identifier: Apache-2.0
// A map of texts, as rows of name and value.
import { Button, Fieldset, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Json, JsonObject } from '../api/types';

interface Props {
  label: string;
  description: string | undefined;
  value: JsonObject;
  onChange: (value: JsonObject | undefined) => void;
}

export function KeyValues({ label, description, value, onChange }: Props) {
  // Names being typed may be empty or twice the same, which an object cannot hold.
  const [rows, setRows] = useState<[string, Json][]>(() => Object.entries(value));
  const change = (next: [string, Json][]) => {
    setRows(next);
    const named = next.filter(([name]) => name !== '');
    onChange(named.length === 0 ? undefined : Object.fromEntries(named));
  };
  const edit = (i: number, row: [string, Json]) => change(rows.map((other, at) => (at === i ? row : other)));
  return (
    <Fieldset legend={label}>
      <Text size="xs" c="dimmed">{description}</Text>
      {rows.map(([name, text], i) => (
        <Group key={i} mt="xs" wrap="nowrap">
          <TextInput aria-label={`${label}: name ${i + 1}`} placeholder="Name" value={name}
            onChange={({ currentTarget }) => edit(i, [currentTarget.value, text])} />
          <TextInput aria-label={`${label}: value ${i + 1}`} placeholder="Value" flex={1} value={String(text ?? '')}
            onChange={({ currentTarget }) => edit(i, [name, currentTarget.value])} />
          <Button size="xs" variant="subtle" c="var(--bad)" aria-label={`Remove ${label.toLowerCase()} ${i + 1}`}
            onClick={() => change(rows.filter((_, at) => at !== i))}>Remove</Button>
        </Group>
      ))}
      <Button mt="xs" size="xs" variant="default" onClick={() => setRows([...rows, ['', '']])}>Add to {label.toLowerCase()}</Button>
    </Fieldset>
  );
}
