// What is shown in place of data: nothing yet, nothing at all, or why not.
import type { ReactNode } from 'react';
import { ApiError } from '../api/client';
import { Icon, type IconName } from './icon';

export function Loading({ what, rows = 4 }: { what: string; rows?: number }) {
  return (
    <div className="loading" role="status">
      <span className="sr-only">Loading {what}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div className="bone" key={row} aria-hidden="true" />
      ))}
    </div>
  );
}

export function Empty({ title, icon = 'check', children }: { title: string; icon?: IconName; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <p className="empty-title">{title}</p>
      {children && <div className="empty-text">{children}</div>}
    </div>
  );
}

// Who is there is asked for already; there is nothing more to say.
const ASKED = ['BT801', 'BT802'];

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  if (known && ASKED.includes(known.code)) return null;
  return (
    <div className="failed" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <strong>{error instanceof Error ? sentence(error.message) : 'Something went wrong.'}</strong>
        </p>
        {known?.cure && <p>{sentence(known.cure)}</p>}
        {known?.code && (
          <p>
            <a href={`/errors/${known.code}`} target="_blank" rel="noreferrer">
              About {known.code}
            </a>
          </p>
        )}
        {again && (
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}
