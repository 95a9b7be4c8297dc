// What every page has around it: the way past the navigation, the navigation, who is signed in, whether what is shown is live.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { NavLink, useLocation } from 'react-router';
import { useLiveState, watch } from './api/live';
import { Account } from './pages/account';
import { Interruption } from './pages/alerts/interruption';
import { may, useSessionState } from './api/session';
import { signOut } from './api/sign_in';
import { Icon, type IconName } from './parts/icon';
import { KeysHelp } from './parts/keys_help';
import { applyTheme, readTheme, type Theme } from './theme';

// Only what the person has the right to see is offered.
const PLACES: { to: string; label: string; icon: IconName; needs: string }[] = [
  { to: '/inbox', label: 'Inbox', icon: 'inbox', needs: 'task.read' },
  { to: '/alerts', label: 'Alerts', icon: 'bell', needs: 'task.read' },
  { to: '/board', label: 'Board', icon: 'board', needs: 'instance.read' },
  { to: '/duty', label: 'Duty', icon: 'duty', needs: 'task.read' },
  { to: '/patients', label: 'Patients', icon: 'person', needs: 'patient.read' },
  { to: '/incidents', label: 'Incidents', icon: 'alert', needs: 'incident.read' },
  { to: '/messages', label: 'Messages', icon: 'mail', needs: 'message.read' },
  { to: '/charts', label: 'Charts', icon: 'chart', needs: 'metrics.read' },
  { to: '/audit', label: 'Audit', icon: 'ledger', needs: 'audit.read' },
  { to: '/access', label: 'Access', icon: 'key', needs: 'people.manage' },
];

function LiveMark() {
  const live = useLiveState();
  const text = { connecting: 'Connecting', live: 'Live', lost: 'Not live: reconnecting' }[live];
  return (
    <p className={`live live-${live}`} role="status">
      <span className="live-dot" aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}

const NEXT_THEME: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const change = () => {
    const next = NEXT_THEME[theme];
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" className="button quiet icon-button" onClick={change} title={`Theme: ${theme}`}>
      <Icon name={theme === 'dark' ? 'moon' : theme === 'light' ? 'sun' : 'contrast'} />
      <span className="sr-only">Theme: {theme}. Change</span>
    </button>
  );
}

// Moves the focus to the page's heading when the page changes, so that a reader hears where it is.
function useFocusOnPage() {
  const page = useLocation().pathname.split('/')[1];
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page]);
  return main;
}

export function Shell({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { session, ended } = useSessionState();
  const main = useFocusOnPage();
  const live = may('live.watch');
  useEffect(() => (live && !ended ? watch(queries) : undefined), [queries, live, ended, session?.subject]);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header className="rail">
        <p className="brand">
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect width="32" height="32" rx="8" className="brand-box" />
            <path d="M9 23 23 9" className="brand-stick" />
          </svg>
          <span>Baton</span>
        </p>
        <nav aria-label="Main">
          <ul>
            {PLACES.filter((place) => may(place.needs)).map((place) => (
              <li key={place.to}>
                <NavLink to={place.to} className="place">
                  <Icon name={place.icon} />
                  <span>{place.label}</span>
                </NavLink>
              </li>
            ))}
          </ul>
        </nav>
        <div className="rail-end">
          {live && <LiveMark />}
          <div className="rail-tools">
            <ThemeButton />
            <KeysHelp />
          </div>
          {session && <Account session={session} />}
          <button type="button" className="button quiet" onClick={() => void signOut()}>
            <Icon name="leave" />
            <span>Sign out</span>
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        <Interruption />
        {children}
      </main>
    </div>
  );
}
