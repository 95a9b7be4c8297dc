// A form's JSON Schema as the fields that are asked for right now: references followed, conditions decided by what is filled in
// already. Whether an answer is right is the server's to say; here only what to ask.
import { Validator } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../../api/types';

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: Json[];
  const?: Json;
  default?: Json;
  format?: string;
  'x-widget'?: string; // "textarea", "datetime".
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: { [name: string]: Schema };
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  if?: Schema;
  then?: Schema;
  else?: Schema;
  dependentRequired?: { [name: string]: string[] };
  dependentSchemas?: { [name: string]: Schema };
  $ref?: string;
  $defs?: { [name: string]: Schema };
}

const DEEPEST = 30;

function at(root: Schema, pointer: string): Schema {
  let place: unknown = root;
  for (const part of pointer.split('/').slice(1)) {
    place = (place as { [name: string]: unknown } | undefined)?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return (place as Schema | undefined) ?? {};
}

// "#/$defs/refusal" of a form.
export function partOf(root: Schema, reference: string): Schema {
  return at(root, reference.slice(1));
}

function holds(condition: Schema, value: Json | undefined, root: Schema): boolean {
  return new Validator({ ...condition, $defs: root.$defs } as object, '2020-12').validate(value ?? {}).valid;
}

function join(a: Schema, b: Schema): Schema {
  return {
    ...a,
    ...b,
    properties: a.properties || b.properties ? { ...a.properties, ...Object.fromEntries(Object.entries(b.properties ?? {}).map(([name, schema]) => [name, { ...a.properties?.[name], ...schema }])) } : undefined,
    required: [...new Set([...(a.required ?? []), ...(b.required ?? [])])],
  };
}

// What the schema asks of a value as it is now.
export function effective(schema: Schema, value: Json | undefined, root: Schema, depth = 0): Schema {
  if (depth > DEEPEST) return {};
  let found: Schema = schema.$ref ? join(effective(at(root, schema.$ref.slice(1)), value, root, depth + 1), { ...schema, $ref: undefined }) : schema;
  const parts = [...(found.allOf ?? [])];
  if (found.if) {
    const chosen = holds(found.if, value, root) ? found.then : found.else;
    if (chosen) parts.push(chosen);
  }
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  for (const [name, dependent] of Object.entries(found.dependentSchemas ?? {})) if (object[name] !== undefined) parts.push(dependent);
  for (const [name, required] of Object.entries(found.dependentRequired ?? {})) if (object[name] !== undefined) parts.push({ required });
  for (const part of parts) found = join(found, { ...effective(part, value, root, depth + 1), allOf: undefined });
  return found;
}

export function typeOf(schema: Schema): string {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  return type ?? (schema.properties ? 'object' : schema.items ? 'array' : 'string');
}

export interface Choice {
  value: Json;
  name: string;
}

// The answers to choose from, when they are given one by one.
export function choicesOf(schema: Schema): Choice[] | null {
  if (schema.enum) return schema.enum.map((value) => ({ value, name: String(value).replaceAll('_', ' ') }));
  const options = schema.oneOf ?? schema.anyOf;
  if (!options?.length || !options.every((option) => option.const !== undefined)) return null;
  return options.map((option) => ({ value: option.const as Json, name: option.title ?? String(option.const).replaceAll('_', ' ') }));
}

// Without what was asked under a condition that no longer holds, and without empty answers.
export function answered(schema: Schema, value: Json | undefined, root: Schema = schema): Json | undefined {
  const now = effective(schema, value, root);
  if (Array.isArray(value)) return value.map((item) => answered(now.items ?? {}, item, root)).filter((item): item is Json => item !== undefined);
  if (typeof value !== 'object' || value === null) return value === '' ? undefined : value;
  if (!now.properties) return value;
  const kept: JsonObject = {};
  for (const [name, property] of Object.entries(now.properties)) {
    const answer = answered(property, value[name], root);
    if (answer !== undefined) kept[name] = answer;
  }
  return kept;
}
