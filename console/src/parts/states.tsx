// What is shown in place of data: nothing yet, nothing at all, or why not.
import type { ReactNode } from 'react';
import { ApiError } from '../api/client';
import { useSession } from '../api/session';
import { words } from '../words';
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

// `page`: there is nothing else on the page, so that its title is the page's.
export function Empty({ title, icon = 'check', page, children }: { title: string; icon?: IconName; page?: boolean; children?: ReactNode }) {
  const Title = page ? 'h1' : 'p';
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <Title className="empty-title">{title}</Title>
      {children && <div className="empty-text">{children}</div>}
    </div>
  );
}

// Who is there is asked for already; there is nothing more to say.
const ASKED = ['BT801', 'BT802'];
const NO_RIGHT = 'BT807';

// What can be done about it, for a person rather than a program.
function cureOf(error: ApiError, roles: string[]): string {
  if (error.code !== NO_RIGHT) return error.cure;
  return `Ask somebody whose role has it. ${roles.length > 0 ? `Yours: ${roles.map(words).join(', ').toLowerCase()}.` : 'You have no role.'}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const roles = useSession()?.roles ?? [];
  const known = error instanceof ApiError ? error : null;
  const cure = known ? cureOf(known, roles) : '';
  if (known && ASKED.includes(known.code)) return null;
  return (
    <div className="failed" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <strong>{error instanceof Error ? sentence(error.message) : 'Something went wrong.'}</strong>
        </p>
        {cure && <p>{sentence(cure)}</p>}
        {known?.code && (
          <p>
            <a href={`/errors/${known.code}`} target="_blank" rel="noreferrer">
              About {known.code}
            </a>
          </p>
        )}
        {again && known?.status !== 403 && (
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}
