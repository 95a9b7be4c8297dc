// Shows a JSON value to a person: names as words, times as times, lists as lists.
import type { Json, JsonObject } from '../api/types';
import { when, words } from '../words';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/; // The whole of it: a sentence may begin with a time.
const NAME = /^[a-z]+(_[a-z0-9]+)+$/; // A word of the scripts' making.

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function Value({ value }: { value: Json | undefined }) {
  if (value === null || value === undefined || value === '') return <span className="muted">not given</span>;
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>;
  if (typeof value === 'string' && NAME.test(value)) return <>{words(value).toLowerCase()}</>;
  if (typeof value === 'string') return INSTANT.test(value) ? <time dateTime={value}>{when(value)}</time> : <span className="text">{value}</span>;
  if (typeof value === 'number') return <>{value}</>;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="muted">none</span>;
    return (
      <ul className="values">
        {value.map((item, index) => (
          <li key={index}>
            <Value value={item} />
          </li>
        ))}
      </ul>
    );
  }
  return <Facts of={value} />;
}

export function Facts({ of }: { of: Json | undefined }) {
  if (of === undefined || !isObject(of)) return <Value value={of} />;
  const fields = Object.entries(of);
  if (fields.length === 0) return <p className="muted">Nothing was given.</p>;
  return (
    <dl className="facts">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
