// What is held back until further notice, whether it has come to rest yet, and letting it go on.
import { useState } from 'react';
import { Link } from 'react-router';
import { may } from '../../api/session';
import type { Board } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { ago, when } from '../../words';
import { PauseDialog } from './pause_dialog';
import { useEndPause, usePauses, whatOf, type Pause } from './pauses';

const TIMERS: Record<Pause['timers'], string> = { freeze: 'Times stand still.', run: 'Times run on.', on_resume: 'Times that fire are acted upon afterwards.' };

// What is still in flight, and where: until that is nothing, whoever works on the system behind waits.
function Rest({ pause, now }: { pause: Pause; now: number }) {
  const held = (pause.now?.paused ?? pause.paused ?? 0).toLocaleString();
  const flying = pause.now?.in_flight ?? 0;
  if (pause.state === 'quiet') {
    return (
      <p role="status">
        <span className="chip going">Quiet</span> {held} held back, nothing is in flight{pause.quiet_at && `, since ${ago(pause.quiet_at, now)}`}.
      </p>
    );
  }
  if (pause.state === 'ending') return <p role="status"><span className="chip">Goes on</span> The cases are let go, one after the other.</p>;
  return (
    <>
      <p role="status">
        <span className="chip high">Coming to rest</span> {held} held back, {flying.toLocaleString()} still with something in flight.
      </p>
      {(pause.now?.instances ?? []).length > 0 && (
        <p className="muted">
          {pause.now?.instances.map((id) => (
            <Link key={id} to={`/cases/${encodeURIComponent(id)}`} className="in-flight">
              {id}
            </Link>
          ))}
        </p>
      )}
    </>
  );
}

function One({ pause, now }: { pause: Pause; now: number }) {
  const [asked, setAsked] = useState(false);
  const end = useEndPause(pause.id);
  return (
    <li className="batch">
      <div>
        <p>
          <strong>{whatOf(pause)}</strong>{' '}
          <span className="muted" title={when(pause.begun_at)}>
            {pause.by.subject}, {ago(pause.begun_at, now)}
          </span>
        </p>
        <p>“{pause.reason}”</p>
        <Rest pause={pause} now={now} />
        <p className="muted">{TIMERS[pause.timers]}</p>
      </div>
      {may('batch.run') && pause.state !== 'ending' && (
        <button type="button" className="button" onClick={() => { end.reset(); setAsked(true); }}>
          Let go on<span className="sr-only">: {whatOf(pause)}</span>
        </button>
      )}
      {asked && (
        <ReasonDialog title="Let go on" confirm="Let go on" close={() => setAsked(false)} pending={end.isPending} error={end.error && <Failed error={end.error} />} act={(reason) => end.mutate(reason, { onSuccess: () => setAsked(false) })}>
          <p>{whatOf(pause)}: all cases that this holds back go on where they stopped, with the messages that came meanwhile.</p>
        </ReasonDialog>
      )}
    </li>
  );
}

function Ended({ pauses }: { pauses: Pause[] }) {
  if (pauses.length === 0) return null;
  return (
    <details>
      <summary>{pauses.length === 1 ? 'One that has ended' : `${pauses.length} that have ended`}</summary>
      <ul className="plain">
        {pauses.map((pause) => (
          <li key={pause.id}>
            {whatOf(pause)}: “{pause.reason}” <span className="muted">{pause.by.subject}, {when(pause.begun_at)}{pause.ended_at && ` to ${when(pause.ended_at)}`}{pause.ended_by && `, ended by ${pause.ended_by}`}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function PauseList({ board, now }: { board: Board | undefined; now: number }) {
  const { data, error, refetch } = usePauses();
  const [asked, setAsked] = useState(false);
  const begins = may('batch.run');
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data || (data.items.length === 0 && !begins)) return null;
  const standing = data.items.filter((pause) => pause.state !== 'ended');
  return (
    <section className="card" aria-labelledby="pauses">
      <div className="card-head">
        <h2 id="pauses">Held back until further notice</h2>
        {begins && (
          <button type="button" className="button" onClick={() => setAsked(true)}>
            Hold back
          </button>
        )}
      </div>
      {standing.length === 0 && <p className="muted">Nothing is held back: all workflows, versions and units go on.</p>}
      <ul className="plain">
        {standing.map((pause) => (
          <One key={pause.id} pause={pause} now={now} />
        ))}
      </ul>
      <Ended pauses={data.items.filter((pause) => pause.state === 'ended')} />
      {asked && <PauseDialog board={board} close={() => setAsked(false)} />}
    </section>
  );
}
