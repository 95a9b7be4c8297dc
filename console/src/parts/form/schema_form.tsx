// Draws a form's fields from its JSON Schema, and beside each what the server found wrong with it.
import { useId } from 'react';
import type { Json, JsonObject } from '../../api/types';
import { words } from '../../words';
import { choicesOf, effective, typeOf, type Schema } from './schema';

export interface FieldError {
  pointer: string; // RFC 6901.
  message: string;
}

interface FieldProps {
  schema: Schema;
  root: Schema;
  value: Json | undefined;
  change: (value: Json | undefined) => void;
  errors: FieldError[];
  pointer: string;
  name: string;
  required: boolean;
}

const LONG = 200; // From this length on, text gets several lines.

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

// A time of the day is sent as RFC 3339 has it, with the zone of the clock on the wall here.
function withZone(clock: string): string {
  const minutes = -new Date().getTimezoneOffset();
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0');
  return `${clock}:00${minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`}`;
}

function About({ schema, id, error }: { schema: Schema; id: string; error?: string }) {
  return (
    <>
      {schema.description && (
        <p className="field-help" id={`${id}-help`}>
          {schema.description}
        </p>
      )}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </>
  );
}

function Entry({ schema, value, change, required, name, id, error }: FieldProps & { id: string; error?: string }) {
  const type = typeOf(schema);
  const shared = { id, 'aria-invalid': Boolean(error), 'aria-required': required, 'aria-describedby': [schema.description && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined };
  const choices = choicesOf(schema);
  if (choices) {
    return (
      <select {...shared} value={value === undefined ? '' : JSON.stringify(value)} onChange={(event) => change(event.target.value ? (JSON.parse(event.target.value) as Json) : undefined)}>
        <option value="">{required ? 'Choose' : 'Not given'}</option>
        {choices.map((choice) => (
          <option key={JSON.stringify(choice.value)} value={JSON.stringify(choice.value)}>
            {choice.name}
          </option>
        ))}
      </select>
    );
  }
  if (type === 'number' || type === 'integer') {
    return <input {...shared} type="number" inputMode="decimal" step={type === 'integer' ? 1 : 'any'} min={schema.minimum} max={schema.maximum} value={typeof value === 'number' ? value : ''} onChange={(event) => change(event.target.value === '' ? undefined : Number(event.target.value))} />;
  }
  const text = typeof value === 'string' ? value : '';
  if (schema['x-widget'] === 'textarea' || (schema.maxLength ?? 0) > LONG) return <textarea {...shared} rows={3} value={text} onChange={(event) => change(event.target.value || undefined)} />;
  if (schema.format === 'date-time' || schema['x-widget'] === 'datetime') {
    // The field has no zone; what it says is meant by the clock on the wall here.
    const local = text ? new Date(Date.parse(text) - new Date(text).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : '';
    return <input {...shared} type="datetime-local" value={local} onChange={(event) => change(event.target.value ? new Date(event.target.value).toISOString() : undefined)} />;
  }
  if (schema.format === 'time') return <input {...shared} type="time" value={text.slice(0, 5)} onChange={(event) => change(event.target.value ? withZone(event.target.value) : undefined)} />;
  return <input {...shared} type={{ date: 'date', email: 'email' }[schema.format ?? ''] ?? 'text'} value={text} autoComplete="off" aria-label={schema.title || name ? undefined : 'Value'} onChange={(event) => change(event.target.value || undefined)} />;
}

function Several(props: FieldProps & { id: string; error?: string }) {
  const { schema, root, value, change, errors, pointer, name, id, error } = props;
  const items = Array.isArray(value) ? value : [];
  const item = effective(schema.items ?? {}, undefined, root);
  const choices = choicesOf(item);
  const title = schema.title ?? words(name);
  if (choices) {
    const has = (choice: Json) => items.some((one) => JSON.stringify(one) === JSON.stringify(choice));
    return (
      <fieldset className="form-group" aria-describedby={error ? `${id}-error` : undefined}>
        <legend>{title}</legend>
        {choices.map((choice) => (
          <label key={JSON.stringify(choice.value)} className="check">
            <input type="checkbox" checked={has(choice.value)} onChange={() => change(has(choice.value) ? items.filter((one) => JSON.stringify(one) !== JSON.stringify(choice.value)) : [...items, choice.value])} />
            {choice.name}
          </label>
        ))}
        <About schema={schema} id={id} error={error} />
      </fieldset>
    );
  }
  return (
    <fieldset className="form-group" aria-describedby={error ? `${id}-error` : undefined}>
      <legend>{title}</legend>
      {items.map((one, at) => (
        <div key={at} className="form-item">
          <Field schema={schema.items ?? {}} root={root} value={one} errors={errors} pointer={`${pointer}/${at}`} name={`${title} ${at + 1}`} required change={(next) => change(items.with(at, next ?? (typeOf(item) === 'object' ? {} : '')))} />
          <button type="button" className="button quiet" onClick={() => change(items.toSpliced(at, 1))}>
            Remove<span className="sr-only"> {title} {at + 1}</span>
          </button>
        </div>
      ))}
      <About schema={schema} id={id} error={error} />
      <button type="button" className="button" onClick={() => change([...items, typeOf(item) === 'object' ? {} : ''])}>
        Add<span className="sr-only"> to {title}</span>
      </button>
    </fieldset>
  );
}

export function Field(props: FieldProps) {
  const id = useId();
  const schema = effective(props.schema, props.value, props.root);
  const { value, change, root, errors, pointer, name, required } = props;
  const error = errors.find((one) => one.pointer === pointer)?.message;
  const label = schema.title ?? words(name);
  const type = typeOf(schema);
  if (schema.const !== undefined) return null; // There is nothing to ask.
  if (type === 'object') {
    const object: JsonObject = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
    const fields = Object.entries(schema.properties ?? {}).map(([part, property]) => (
      <Field key={part} schema={property} root={root} value={object[part]} errors={errors} pointer={`${pointer}/${escape(part)}`} name={part} required={schema.required?.includes(part) ?? false} change={(next) => change({ ...object, [part]: next } as JsonObject)} />
    ));
    if (!pointer) return <>{fields}</>;
    return (
      <fieldset className="form-group">
        <legend>{label}</legend>
        {fields}
      </fieldset>
    );
  }
  if (type === 'array') return <Several {...props} schema={schema} id={id} error={error} />;
  if (type === 'boolean') {
    return (
      <div className="field">
        <label className="check">
          <input id={id} type="checkbox" checked={value === true} aria-invalid={Boolean(error)} aria-describedby={error ? `${id}-error` : undefined} onChange={(event) => change(event.target.checked)} />
          {label}
        </label>
        <About schema={schema} id={id} error={error} />
      </div>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {required && <span className="muted">(required)</span>}
      </label>
      <Entry {...props} schema={schema} id={id} error={error} />
      <About schema={schema} id={id} error={error} />
    </div>
  );
}

interface Props {
  schema: Schema;
  root?: Schema; // Of the whole form, where only a part is asked for.
  value: Json | undefined;
  change: (value: Json | undefined) => void;
  errors: FieldError[];
}

export function SchemaForm({ schema, root = schema, value, change, errors }: Props) {
  return (
    <div className="schema-form">
      <Field schema={schema} root={root} value={value} change={change} errors={errors} pointer="" name="" required />
      {errors.filter((error) => error.pointer === '').map((error) => (
        <p key={error.message} className="field-error">
          {error.message}
        </p>
      ))}
    </div>
  );
}
