// One alert: what it says, of which case, how often it was told, and the three answers to it.
import { useState } from 'react';
import { Link } from 'react-router';
import { may } from '../../api/session';
import type { Alert } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { Failed } from '../../parts/states';
import { ago, when, words } from '../../words';
import { useSettle, whyOf } from './alerts';
import { WhoseName } from './whose';

const ASKS = {
  dismiss: { title: 'Dismiss the alert', confirm: 'Dismiss', text: 'It helps nobody here. Your reason goes to whoever answers for the rule.' },
  correct: { title: 'Correct the alert', confirm: 'Correct', text: 'What it says is not so. Say what is.' },
} as const;

export function AlertCard({ alert, now, inCase }: { alert: Alert; now: number; inCase?: boolean }) {
  const [asked, setAsked] = useState<keyof typeof ASKS | null>(null);
  const settle = useSettle(alert);
  const open = alert.status === 'open';
  return (
    <article className={`card alert alert-${alert.tier}`} aria-label={`Alert: ${whyOf(alert)}`}>
      <header>
        <Icon name={alert.tier === 'suggestion' ? 'check' : 'alert'} />
        <div>
          <h3>{whyOf(alert)}</h3>
          <p className="muted">
            {!inCase && <WhoseName patient={alert.patient} />}
            {words(alert.name)}, <span title={when(alert.raised_at)}>{ago(alert.raised_at, now)}</span>
            {!inCase && (
              <>
                , <Link to={`/cases/${encodeURIComponent(alert.instance)}`}>the case</Link>
              </>
            )}
            {alert.fired > 1 && `, told ${alert.fired} times`}
            {alert.suppressed > 0 && `, held back ${alert.suppressed} times`}
            {!open && `, ${words(alert.status).toLowerCase()}${alert.settled_by ? ` by ${alert.settled_by}` : ''}`}
          </p>
          {alert.reason && <p>“{alert.reason}”</p>}
        </div>
      </header>
      {open && may('task.work') && (
        <div className="actions">
          <button type="button" className="button primary" disabled={settle.isPending} onClick={() => settle.mutate({ how: 'acknowledge' })}>
            Seen to
          </button>
          <button type="button" className="button" onClick={() => setAsked('dismiss')}>
            Dismiss
          </button>
          <button type="button" className="button" onClick={() => setAsked('correct')}>
            Not so
          </button>
        </div>
      )}
      {settle.error && !asked && <Failed error={settle.error} />}
      {asked && (
        <ReasonDialog title={ASKS[asked].title} confirm={ASKS[asked].confirm} close={() => setAsked(null)} pending={settle.isPending} error={settle.error && <Failed error={settle.error} />} act={(reason) => settle.mutate({ how: asked, reason }, { onSuccess: () => setAsked(null) })}>
          <p>{ASKS[asked].text}</p>
        </ReasonDialog>
      )}
    </article>
  );
}
