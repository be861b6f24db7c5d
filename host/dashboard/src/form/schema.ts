// SPDX-License-Identifier: Apache-2.0
// Reading a JSON Schema for a form.
import type { Json, JsonObject, Schema } from '../api/types';

export function resolve(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  let at: unknown = root;
  for (const step of schema.$ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    at = (at as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  const { $ref: _, ...beside } = schema;
  return { ...(at as Schema), ...beside };
}

// The one type beside null; undefined where there are several or none.
export function typeOf(schema: Schema): string | undefined {
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  if (types.length === 1) return types[0];
  if (schema.properties) return 'object';
  return schema.enum ? 'string' : undefined;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// `member` set to `value`, or taken out.
export function withMember(object: JsonObject, member: string, value: Json | undefined): JsonObject {
  const { [member]: _, ...rest } = object;
  return value === undefined ? rest : { ...object, [member]: value };
}

// "loginAfterMs" -> "Login after ms"
export function label(name: string): string {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

// The part of the config's schema that fits one engine: what all have, and its own section.
export function configSchema(root: Schema, sections: string[], own: string | undefined): Schema {
  const properties = Object.entries(root.properties ?? {}).filter(
    ([name]) => name !== 'engine' && (name === own || !sections.includes(name)));
  return { ...root, properties: Object.fromEntries(properties) };
}
