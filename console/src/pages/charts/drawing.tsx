// How charts are drawn: a panel with its title, what it says, the drawing, and the figures behind it as a table.
import type { ReactNode } from 'react';
import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { words } from '../../words';

const TICK = { fill: 'var(--muted)', fontSize: 12 };
const COLOURS = ['var(--chart-1)', 'var(--chart-2)', 'var(--chart-3)', 'var(--chart-4)'];
const TOOLTIP = { contentStyle: { background: 'var(--card)', border: '1px solid var(--line)', borderRadius: 8 }, cursor: { fill: 'var(--sunken)' }, isAnimationActive: false };

export interface Row {
  [name: string]: string | number | null;
}

function Figures({ rows, label }: { rows: Row[]; label: string }) {
  const names = Object.keys(rows[0] ?? {});
  return (
    <details className="figures">
      <summary>Figures</summary>
      <div className="matrix-box" tabIndex={0} role="region" aria-label={`Figures: ${label}`}>
        <table className="matrix">
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {words(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={String(row[names[0] ?? ''])}>
                {names.map((name, at) => (at === 0 ? <th key={name} scope="row">{row[name]}</th> : <td key={name}>{row[name] ?? '–'}</td>))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function Panel({ title, says, rows, none = 'Nothing in this time.', children }: { title: string; says: string; rows: Row[]; none?: string; children: ReactNode }) {
  const id = title.toLowerCase().replace(/\W+/g, '-');
  return (
    <section className="card chart" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="muted">{says}</p>
      {rows.length === 0 ? (
        <p className="muted chart-none">{none}</p>
      ) : (
        <>
          <div className="chart-box" aria-hidden="true">
            {children}
          </div>
          <Figures rows={rows} label={title} />
        </>
      )}
    </section>
  );
}

function Axes({ x, formatX, unit }: { x: string; formatX?: (value: string) => string; unit?: string }) {
  return (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis dataKey={x} tick={TICK} stroke="var(--edge)" tickFormatter={formatX} minTickGap={18} />
      <YAxis allowDecimals={false} tick={TICK} stroke="var(--edge)" width={unit ? 60 : 44} unit={unit} />
    </>
  );
}

export const shortDay = (day: string) => day.slice(5);

export function Bars({ rows, x, names, stacked }: { rows: Row[]; x: string; names: string[]; stacked?: boolean }) {
  return (
    <ResponsiveContainer width="100%" height={230}>
      <BarChart data={rows} accessibilityLayer={false}>
        <Axes x={x} formatX={x === 'day' ? shortDay : undefined} />
        <Tooltip {...TOOLTIP} />
        {names.length > 1 && <Legend formatter={words} />}
        {names.map((name, at) => (
          <Bar key={name} dataKey={name} name={words(name)} fill={COLOURS[at]} stackId={stacked ? 'all' : undefined} isAnimationActive={false} radius={stacked ? 0 : 3} maxBarSize={42} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

// So few points are drawn as points as well: one alone is no line.
const FEW = 15;

// `unit` stands behind each value.
export function Lines({ rows, x, names, unit }: { rows: Row[]; x: string; names: string[]; unit?: string }) {
  const known = rows.filter((row) => names.some((name) => row[name] !== null)).length;
  return (
    <ResponsiveContainer width="100%" height={230}>
      <LineChart data={rows} accessibilityLayer={false}>
        <Axes x={x} formatX={x === 'day' ? shortDay : undefined} unit={unit} />
        <Tooltip {...TOOLTIP} />
        {names.length > 1 && <Legend formatter={words} />}
        {names.map((name, at) => (
          <Line key={name} dataKey={name} name={words(name)} unit={unit} stroke={COLOURS[at]} strokeWidth={2.5} dot={known < FEW} connectNulls isAnimationActive={false} />
        ))}
      </LineChart>
    </ResponsiveContainer>
  );
}
