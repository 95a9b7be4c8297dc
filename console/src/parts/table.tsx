// A table of any length: only the rows in sight are drawn, more are asked for when the end comes near. Rows of one height.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';

export interface Column<Row> {
  key: string;
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  className?: string;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  more?: () => void;
  selected?: Set<string>;
  onSelect?: (selected: Set<string>) => void;
  rowName?: (row: Row) => string; // What a row's checkbox is called.
  current?: string;
}

const ROW = 46;

export function Table<Row>({ label, columns, rows, rowKey, more, selected, onSelect, rowName, current }: Props<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const window = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 8 });
  const shown = window.getVirtualItems();
  const first = shown[0]?.start ?? 0;
  const last = shown.at(-1);
  useEffect(() => {
    if (more && (last?.index ?? 0) >= rows.length - 20) more();
  }, [last?.index, rows.length, more]);

  const toggle = (key: string) => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect?.(next);
  };
  const all = selected !== undefined && rows.length > 0 && rows.every((row) => selected.has(rowKey(row)));

  return (
    <div className="table-box" ref={scroller} tabIndex={0} role="region" aria-label={`Table: ${label}`}>
      <table className="table" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {selected && (
              <th className="pick">
                <input type="checkbox" aria-label="Select all that are loaded" checked={all} onChange={() => onSelect?.(all ? new Set() : new Set(rows.map(rowKey)))} />
              </th>
            )}
            {columns.map((column) => (
              <th key={column.key} scope="col" className={column.className}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true" style={{ height: first }} />}
          {shown.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const key = rowKey(row);
            return (
              <tr key={key} aria-rowindex={index + 2} aria-current={key === current || undefined} className={selected?.has(key) ? 'picked' : undefined} style={{ height: ROW }}>
                {selected && (
                  <td className="pick">
                    <input type="checkbox" aria-label={`Select ${rowName?.(row) ?? key}`} checked={selected.has(key)} onChange={() => toggle(key)} />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.key} className={column.className}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {last && window.getTotalSize() > last.end && <tr aria-hidden="true" style={{ height: window.getTotalSize() - last.end }} />}
        </tbody>
      </table>
    </div>
  );
}
