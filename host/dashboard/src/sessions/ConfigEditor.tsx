// SPDX-License-Identifier: Apache-2.0
// A session's config: a form made from the server's schema, or the JSON itself.
import { JsonInput, SegmentedControl, Stack } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ServerState } from '../api/fleet';
import type { JsonObject } from '../api/types';
import { configSchema, isObject } from '../form/schema';
import { SchemaForm } from '../form/SchemaForm';

interface Props {
  state: ServerState;
  engine: string;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
  onValid: (valid: boolean) => void;
}

export function ConfigEditor({ state, engine, value, onChange, onValid }: Props) {
  const [view, setView] = useState('form');
  const [text, setText] = useState('');
  const [bad, setBad] = useState(false);
  const schema = useMemo(() => {
    const builtin = ['noweb', 'gows', 'webjs'];
    const sections = [...new Set([...builtin, ...state.engines.map((known) => known.configSection)])];
    return configSchema(state.schema, sections, state.engines.find((known) => known.id === engine)?.configSection);
  }, [state.schema, state.engines, engine]);
  const validity = (valid: boolean) => {
    setBad(!valid);
    onValid(valid);
  };
  const show = (next: string) => {
    if (next === 'json') setText(JSON.stringify(value, null, 2));
    validity(true);
    setView(next);
  };
  const edit = (changed: string) => {
    setText(changed);
    try {
      const parsed = JSON.parse(changed.trim() === '' ? '{}' : changed);
      validity(isObject(parsed));
      if (isObject(parsed)) onChange(parsed);
    } catch {
      validity(false);
    }
  };
  return (
    <Stack>
      <SegmentedControl value={view} onChange={show} aria-label="View of the configuration"
        data={[{ value: 'form', label: 'Form' }, { value: 'json', label: 'JSON' }]} />
      {view === 'form'
        ? <SchemaForm key={engine} schema={schema} value={value} onChange={onChange} />
        : <JsonInput label="Configuration" autosize minRows={12} value={text} onChange={edit} error={bad && 'This is no JSON object'} classNames={{ input: 'code' }} />}
    </Stack>
  );
}
