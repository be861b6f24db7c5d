// SPDX-License-Identifier: Apache-2.0
// A form for any JSON Schema: what is left empty is left out of the value.
import { Button, Checkbox, Fieldset, Group, JsonInput, NativeSelect, PasswordInput, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { Json, JsonObject, Schema } from '../api/types';
import { isObject, label, resolve, typeOf, withMember } from './schema';
import { KeyValues } from './KeyValues';

interface FieldProps {
  schema: Schema;
  root: Schema;
  name: string;
  required?: boolean;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

const NOT_SET = '';

function words(schema: Schema, name: string, required = false) {
  return { label: schema.title ?? label(name), description: schema.description, required };
}

// A choice that can be none: the server's default counts then.
function Choice({ schema, name, required, value, onChange, choices }: FieldProps & { choices: Json[] }) {
  const fallback = schema.default === undefined || schema.default === null ? '' : ` (${String(schema.default)})`;
  const data = [
    { value: NOT_SET, label: `Default${fallback}` },
    ...choices.map((choice) => ({
      value: JSON.stringify(choice),
      label: choice === true ? 'Yes' : choice === false ? 'No' : String(choice),
    })),
  ];
  return (
    <NativeSelect {...words(schema, name, required)} data={data}
      value={value === undefined || value === null ? NOT_SET : JSON.stringify(value)}
      onChange={({ currentTarget: { value: chosen } }) => onChange(chosen === NOT_SET ? undefined : JSON.parse(chosen))} />
  );
}

function TextField({ schema, name, required, value, onChange }: FieldProps) {
  const Input = schema['x-secret'] ? PasswordInput : TextInput;
  return (
    <Input {...words(schema, name, required)} autoComplete="off" placeholder={schema.default == null ? '' : String(schema.default)}
      {...(schema.maxLength !== undefined && { maxLength: schema.maxLength })} value={typeof value === 'string' ? value : ''}
      onChange={({ currentTarget: { value: text } }) => onChange(text === '' ? undefined : text)} />
  );
}

function NumberField({ schema, name, required, value, onChange }: FieldProps) {
  return (
    <TextInput {...words(schema, name, required)} type="number" min={schema.minimum} max={schema.maximum}
      step={typeOf(schema) === 'integer' ? 1 : 'any'} placeholder={schema.default == null ? '' : String(schema.default)}
      value={typeof value === 'number' ? value : ''}
      onChange={({ currentTarget: { value: text } }) => onChange(text === '' ? undefined : Number(text))} />
  );
}

function ManyOf({ schema, name, required, value, onChange, choices }: FieldProps & { choices: string[] }) {
  return (
    <Checkbox.Group {...words(schema, name, required)} value={Array.isArray(value) ? value.map(String) : []}
      onChange={(chosen) => onChange(chosen)}>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt="xs">
        {choices.map((choice) => <Checkbox key={choice} size="xs" value={choice} label={choice === '*' ? '* (all)' : choice} />)}
      </SimpleGrid>
    </Checkbox.Group>
  );
}

function Lines({ schema, name, required, value, onChange }: FieldProps) {
  return (
    <Textarea {...words(schema, name, required)} autosize placeholder="One in each line"
      value={Array.isArray(value) ? value.join('\n') : ''}
      onChange={({ currentTarget: { value: text } }) => onChange(text === '' ? undefined : text.split('\n'))} />
  );
}

function List({ schema, root, name, value, onChange }: FieldProps) {
  const items = Array.isArray(value) ? value : [];
  const replace = (next: Json[]) => onChange(next.length === 0 ? undefined : next);
  return (
    <Fieldset legend={label(name)}>
      <Text size="xs" c="dimmed">{schema.description}</Text>
      {items.map((item, i) => (
        <Stack key={i} className="list-item" gap="xs">
          <Field schema={schema.items ?? {}} root={root} name={`${label(name)} ${i + 1}`} value={item}
            onChange={(changed) => replace(items.map((other, at) => (at === i ? (changed ?? {}) : other)))} />
          <Group><Button size="compact-xs" variant="subtle" c="var(--bad)" onClick={() => replace(items.filter((_, at) => at !== i))}>
            Remove {label(name).toLowerCase()} {i + 1}
          </Button></Group>
        </Stack>
      ))}
      <Button mt="xs" size="xs" variant="default" onClick={() => replace([...items, {}])}>Add to {label(name).toLowerCase()}</Button>
    </Fieldset>
  );
}

function Members({ schema, root, value, onChange }: Omit<FieldProps, 'name'>) {
  const object = isObject(value) ? value : {};
  // What an object needs counts once there is one.
  const needs = value === undefined ? [] : (schema.required ?? []);
  return (
    <Stack gap="sm">
      {Object.entries(schema.properties ?? {}).map(([member, sub]) => (
        <Field key={member} schema={sub} root={root} name={member} required={needs.includes(member)}
          value={object[member]}
          onChange={(changed) => {
            const next = withMember(object, member, changed);
            onChange(Object.keys(next).length === 0 ? undefined : next);
          }} />
      ))}
    </Stack>
  );
}

function Field(props: FieldProps) {
  const schema = resolve(props.schema, props.root);
  const field = { ...props, schema };
  const choices = schema.enum?.filter((choice) => choice !== null);
  if (choices) return <Choice {...field} choices={choices} />;
  switch (typeOf(schema)) {
    case 'boolean':
      return <Choice {...field} choices={[true, false]} />;
    case 'string':
      return <TextField {...field} />;
    case 'integer':
    case 'number':
      return <NumberField {...field} />;
    case 'array': {
      const items = resolve(schema.items ?? {}, props.root);
      if (items.enum) return <ManyOf {...field} choices={items.enum.map(String)} />;
      return typeOf(items) === 'object' ? <List {...field} /> : <Lines {...field} />;
    }
    case 'object':
      if (schema.properties) {
        return (
          <Fieldset legend={schema.title ?? label(props.name)}>
            {schema.description && <Text size="xs" c="dimmed" mb="xs">{schema.description}</Text>}
            <Members {...field} />
          </Fieldset>
        );
      }
      return <KeyValues {...words(schema, props.name)} value={isObject(props.value) ? props.value : {}} onChange={props.onChange} />;
    default:
      return (
        <JsonInput {...words(schema, props.name, props.required)} autosize
          defaultValue={props.value === undefined ? '' : JSON.stringify(props.value)} validationError="This is no JSON"
          onChange={(text) => {
            try {
              props.onChange(text.trim() === '' ? undefined : JSON.parse(text));
            } catch { /* not yet */ }
          }} />
      );
  }
}

export function SchemaForm({ schema, value, onChange }: { schema: Schema; value: JsonObject; onChange: (value: JsonObject) => void }) {
  return <Members schema={schema} root={schema} value={value} onChange={(changed) => onChange((changed ?? {}) as JsonObject)} />;
}
