// A field for a person's sign-in name, with those to choose from whom rotas and covers name.
import { useId } from 'react';
import { usePeople } from './roster';

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  error?: string;
}

export function PersonField({ label, value, change, error }: Props) {
  const id = useId();
  const people = usePeople();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} list={`${id}-people`} value={value} autoComplete="off" aria-invalid={Boolean(error)} aria-describedby={error ? `${id}-error` : undefined} onChange={(event) => change(event.target.value)} />
      <datalist id={`${id}-people`}>
        {people.map((person) => (
          <option key={person} value={person} />
        ))}
      </datalist>
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
