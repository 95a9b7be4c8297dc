// Where the script stands right now, and what its variables hold: its bundle runs over its journal again, on the server, read-only.
import { useQuery } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { InstanceDetail, Standing, StandingValue } from '../../api/types';
import { Failed, Loading } from '../../parts/states';
import { Facts, Value } from '../../parts/values';

export function useStanding(instance: InstanceDetail) {
  return useQuery({
    queryKey: ['instance', 'one', instance.id, 'standing'],
    queryFn: ({ signal }) => api.get<Standing>(`/v1/instances/${part(instance.id)}/standing`, { signal }),
    enabled: instance.status === 'running',
    retry: false,
  });
}

function One({ value }: { value: StandingValue }) {
  const whole = typeof value.value === 'object' && value.value !== null && Object.keys(value.value).length > 0;
  return (
    <div>
      <dt>
        <code>{value.name}</code>
        {value.outer && <span className="muted"> from around</span>}
      </dt>
      <dd>
        {value.said !== undefined ? (
          <span className="muted">a {value.said}</span>
        ) : value.value === null ? (
          <span className="muted">nil</span>
        ) : whole ? (
          <details>
            <summary>
              {Array.isArray(value.value) ? `a list of ${value.value.length}` : 'a table'}
              <span className="sr-only">: {value.name}</span>
            </summary>
            <Facts of={value.value} />
          </details>
        ) : (
          <Value value={value.value} />
        )}
      </dd>
    </div>
  );
}

function Values({ values }: { values: StandingValue[] }) {
  if (values.length === 0) return <p className="muted">No variables.</p>;
  return (
    <dl className="facts locals">
      {values.map((value) => (
        <One key={`${value.name} ${value.outer}`} value={value} />
      ))}
    </dl>
  );
}

// "all.home/" is the branch home of an all.
function nameOf(path: string): string {
  return path === '' ? 'The script' : `Branch ${path.replace(/\/$/, '').split('/').map((each) => each.replace(/^\w+(#\d+)?\./, '')).join(', ')}`;
}

export function StandingView({ instance, look }: { instance: InstanceDetail; look: (line: string) => void }) {
  const { data, error } = useStanding(instance);
  if (instance.status !== 'running') return <p className="muted">The script has ended.</p>;
  if (error) return <Failed error={error} />;
  if (!data) return <Loading what="the values" rows={3} />;
  return (
    <>
      {data.raised && (
        <p className="notice warn">
          It raised at{' '}
          <button type="button" className="line-link" onClick={() => look(data.raised?.line ?? '')}>
            {data.raised.line}
          </button>
          : {data.raised.message}
        </p>
      )}
      {data.branches.map((branch) => (
        <section key={branch.path} className="branch">
          <h3>{nameOf(branch.path)}</h3>
          {branch.waits_for === undefined && <p className="muted">It waits for its branches.</p>}
          {branch.frames.map((frame, at) => (
            <div key={at}>
              <p>
                {at > 0 && <span className="muted">called by </span>}
                {frame.function ? <code>{frame.function}</code> : at === branch.frames.length - 1 ? <code>run</code> : 'a function'}{' '}
                <button type="button" className="line-link" onClick={() => look(frame.line)}>
                  {frame.line}
                </button>
              </p>
              {at === 0 ? (
                <Values values={frame.values} />
              ) : (
                <details>
                  <summary>
                    Its variables<span className="sr-only"> at {frame.line}</span>
                  </summary>
                  <Values values={frame.values} />
                </details>
              )}
            </div>
          ))}
        </section>
      ))}
      <p className="muted">As {data.entries.toLocaleString()} entries of the journal leave it.</p>
    </>
  );
}
