// A line of text with what helps to fill it in, and what is wrong with it; neither is part of its name.
import { useId } from 'react';

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  help?: string;
  error?: string;
}

export function TextField({ label, value, change, help, error }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} value={value} autoComplete="off" aria-invalid={Boolean(error)} aria-describedby={help || error ? `${id}-more` : undefined} onChange={(event) => change(event.target.value)} />
      {(help || error) && (
        <p id={`${id}-more`} className={error ? 'field-error' : 'field-help'}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}
