// Units by stages: how many cases, and how many of them have been open for longer than a week. A cell chooses its cases.
import type { Board } from '../../api/types';
import { words } from '../../words';
import type { CaseFilter } from './case_filter';

interface Props {
  places: Board['cases'];
  filter: CaseFilter;
  choose: (stage: string, unit: string) => void;
}

const OLD = 3; // The ages from here on are those above a week.

export function Matrix({ places, filter, choose }: Props) {
  const stages = [...new Set(places.map((place) => place.stage))].sort();
  const units = [...new Set(places.map((place) => place.unit))].sort();
  const of = (unit: string, stage: string) => places.find((place) => place.unit === unit && place.stage === stage);
  const sum = (chosen: Board['cases']) => chosen.reduce((total, place) => total + place.open, 0);
  const chosen = (stage: string, unit: string) => filter.stage === stage && filter.unit === unit;
  return (
    <div className="matrix-box" tabIndex={0} role="region" aria-label="Cases by unit and stage">
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col">Unit</th>
            {stages.map((stage) => (
              <th key={stage} scope="col">
                {stage ? words(stage) : 'No stage'}
              </th>
            ))}
            <th scope="col">All</th>
          </tr>
        </thead>
        <tbody>
          {units.map((unit) => (
            <tr key={unit}>
              <th scope="row">{unit || 'No unit'}</th>
              {stages.map((stage) => {
                const place = of(unit, stage);
                if (!place) return <td key={stage} className="muted">–</td>;
                const old = place.ages.slice(OLD).reduce((total, count) => total + count, 0);
                return (
                  <td key={stage}>
                    <button type="button" className="cell" aria-pressed={chosen(stage, unit)} onClick={() => (chosen(stage, unit) ? choose('', '') : choose(stage, unit))}>
                      <strong>{place.open.toLocaleString()}</strong>
                      {old > 0 && <span className="cell-old">{old.toLocaleString()} over 7 d</span>}
                    </button>
                  </td>
                );
              })}
              <td>
                <strong>{sum(places.filter((place) => place.unit === unit)).toLocaleString()}</strong>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All</th>
            {stages.map((stage) => (
              <td key={stage}>
                <strong>{sum(places.filter((place) => place.stage === stage)).toLocaleString()}</strong>
              </td>
            ))}
            <td>
              <strong>{sum(places).toLocaleString()}</strong>
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
