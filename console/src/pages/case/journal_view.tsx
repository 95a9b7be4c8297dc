// The journal entry by entry, as the API gives it: for those who look for the cause of something.
import type { HistoryEntry } from '../../api/types';

export function JournalView({ entries, more }: { entries: HistoryEntry[]; more?: () => void }) {
  return (
    <div className="journal">
      {entries.map(({ index, at, type, ...rest }) => (
        <details key={index} className="journal-entry">
          <summary>
            <span className="muted">{index}</span> <strong>{type}</strong> <time className="muted">{at}</time>
          </summary>
          <pre tabIndex={0}>{JSON.stringify(rest, null, 2)}</pre>
        </details>
      ))}
      {more && (
        <button type="button" className="button" onClick={more}>
          More
        </button>
      )}
    </div>
  );
}
