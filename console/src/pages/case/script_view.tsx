// The scripts that the case runs on, with the lines at which it waits; and what a newer version of them changes.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '../../api/client';
import type { Bundle, InstanceDetail } from '../../api/types';
import { Failed, Loading } from '../../parts/states';
import { causeOf } from '../../people';
import { words } from '../../words';
import { changedFiles, diffLines } from './diff';
import { StandingView } from './standing_view';

export function useBundle(hash: string | undefined) {
  return useQuery({
    queryKey: ['bundle', hash],
    queryFn: ({ signal }) => api.get<Bundle>(`/v1/bundles/${hash}`, { signal }),
    enabled: Boolean(hash),
    staleTime: Infinity, // A hash says what is in it.
  });
}

// "discharge.lua:26" means workflows/discharge.lua; "lib/case.lua:168" is a path already.
export function placeOf(line: string, files: { [path: string]: string }): { file: string; line: number } | null {
  const cut = line.lastIndexOf(':');
  const name = line.slice(0, cut);
  const file = [name, `workflows/${name}`].find((path) => path in files);
  return file && cut > 0 ? { file, line: Number(line.slice(cut + 1)) } : null;
}

interface Mark {
  file: string;
  line: number;
  what: string;
}

function marksOf(instance: InstanceDetail, files: { [path: string]: string }): Mark[] {
  const waits = instance.waits_for.map((pending) => ({ line: pending.line, what: `waits for ${pending.kind}: ${pending.name}` }));
  const incidents = instance.incidents.filter((incident) => !incident.resolved_at && incident.line).map((incident) => ({ line: incident.line ?? '', what: `incident: ${causeOf(incident)}` }));
  return [...waits, ...incidents].flatMap(({ line, what }) => {
    const place = placeOf(line, files);
    return place ? [{ ...place, what }] : [];
  });
}

function Source({ text, marks, at }: { text: string; marks: Mark[]; at: number | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>(`[data-line="${at}"]`);
    if (box.current && line) box.current.scrollTop = line.offsetTop - box.current.offsetTop - box.current.clientHeight / 2;
  }, [at, text]);
  return (
    <div className="source" ref={box} tabIndex={0} role="region" aria-label="Source">
      {text.split('\n').map((line, index) => {
        const here = marks.filter((mark) => mark.line === index + 1);
        return (
          <div key={index} data-line={index + 1} className={`source-line ${here.length ? 'waits' : ''} ${index + 1 === at ? 'looked-at' : ''}`}>
            <span className="source-number" aria-hidden="true">
              {index + 1}
            </span>
            <code>{line || ' '}</code>
            {here.map((mark) => (
              <span key={mark.what} className="source-mark">
                {mark.what}
              </span>
            ))}
          </div>
        );
      })}
    </div>
  );
}

function Changes({ from, to }: { from: Bundle; to: Bundle }) {
  const changed = changedFiles(from.files, to.files);
  if (changed.length === 0) return <p className="muted">The scripts are the same.</p>;
  return (
    <div className="diffs">
      {changed.map((path) => (
        <details key={path} open={changed.length === 1}>
          <summary>
            <code>{path}</code>
          </summary>
          <pre className="diff" tabIndex={0}>
            {diffLines(from.files[path] ?? '', to.files[path] ?? '').map((line, index) => (
              <span key={index} className={`diff-${line.kind}`}>
                {{ same: '  ', gone: '- ', new: '+ ', cut: '' }[line.kind]}
                {line.text}
                {'\n'}
              </span>
            ))}
          </pre>
        </details>
      ))}
    </div>
  );
}

export function ScriptView({ instance }: { instance: InstanceDetail }) {
  const { data: bundle, error } = useBundle(instance.bundle);
  const live = useQuery({ queryKey: ['bundle', 'live'], queryFn: ({ signal }) => api.get<{ items: { name: string; hash: string }[] }>('/v1/bundles', { signal }) });
  const newer = live.data?.items.find((item) => item.name === bundle?.name && item.hash !== instance.bundle);
  const newerBundle = useBundle(newer?.hash).data;
  const marks = useMemo(() => (bundle ? marksOf(instance, bundle.files) : []), [bundle, instance]);
  const [chosen, setChosen] = useState<string>();
  const [at, setAt] = useState<number>();
  const wanted = useSearchParams()[0].get('line') ?? '';
  useEffect(() => {
    const place = bundle && placeOf(wanted, bundle.files);
    if (!place) return;
    setChosen(place.file);
    setAt(place.line);
  }, [wanted, bundle]);
  if (error) return <Failed error={error} />;
  if (!bundle) return <Loading what="the scripts" rows={6} />;
  const file = chosen ?? marks[0]?.file ?? Object.keys(bundle.files).find((path) => path.endsWith(`/${instance.workflow}.lua`)) ?? Object.keys(bundle.files)[0] ?? '';
  const scripts = Object.keys(bundle.files).filter((path) => path.endsWith('.lua') && !path.startsWith('tests/'));
  const show = (path: string, line?: number) => {
    setChosen(path);
    setAt(line);
  };
  const look = (line: string) => {
    const place = placeOf(line, bundle.files);
    if (place) show(place.file, place.line);
  };
  return (
    <div className="script">
      <div className="filters">
        <label className="inline-field grow">
          <span>File of {words(bundle.name).toLowerCase()}</span>
          <select value={file} onChange={(event) => show(event.target.value)}>
            {scripts.map((path) => (
              <option key={path} value={path}>
                {path}
                {marks.some((mark) => mark.file === path) ? ' (waits here)' : ''}
              </option>
            ))}
          </select>
        </label>
        <p className="muted">
          Version <code>{instance.bundle.slice(0, 12)}</code>
          {bundle.live ? ', live' : ', no longer live'}
        </p>
      </div>
      <div className="script-parts">
        <Source text={bundle.files[file] ?? ''} marks={marks.filter((mark) => mark.file === file)} at={at ?? marks.find((mark) => mark.file === file)?.line} />
        <section className="card standing" aria-labelledby="standing">
          <h2 id="standing">What its variables hold</h2>
          <StandingView instance={instance} look={look} />
        </section>
      </div>
      {newer && (
        <section aria-labelledby="changes">
          <h3 id="changes">
            What the live version <code>{newer.hash.slice(0, 12)}</code> changes
          </h3>
          {newerBundle ? <Changes from={bundle} to={newerBundle} /> : <Loading what="the live version" />}
        </section>
      )}
    </div>
  );
}
