// The workflow drawn as a graph with the path that this case took. Loaded when it is looked at: the layout is the largest part.
import { graphlib, layout } from '@dagrejs/dagre';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { HistoryEntry, InstanceDetail } from '../../api/types';
import { words } from '../../words';
import { pathOf, withUntaken, type NodeState, type PathGraph, type PathNode } from './path_graph';
import { useBundle } from './script_view';

const WIDTH = 190;
const HEIGHT = 58;
const STATES: Record<NodeState, string> = { done: 'Done', waits: 'Waits', failed: 'Failed', left: 'Given up', known: 'Not taken' };
const KINDS: Record<string, string> = { activity: 'Activity', task: 'Person', event: 'Message', signal: 'Signal', timer: 'Time', child: 'Other case', decision: 'Decision', promise: 'Answer', start: '', end: '' };

function place(graph: PathGraph) {
  const drawn = new graphlib.Graph();
  drawn.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 56, marginx: 12, marginy: 12 });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) drawn.setNode(node.id, { width: node.kind === 'start' || node.kind === 'end' ? 110 : WIDTH, height: HEIGHT });
  for (const edge of graph.edges) drawn.setEdge(edge.from, edge.to);
  layout(drawn);
  const size = drawn.graph() as { width?: number; height?: number };
  return { drawn, width: size.width ?? 0, height: size.height ?? 0 };
}

interface Point {
  x: number;
  y: number;
}

// From the right side of one box to the left side of another, level at both ends; the layout's own points are where it passes between boxes.
function curve(from: Point & { width: number }, to: Point & { width: number }, points: Point[]): string {
  const begin = { x: from.x + from.width / 2, y: from.y };
  const end = { x: to.x - to.width / 2, y: to.y };
  const between = points.slice(1, -1).filter((point) => point.x > begin.x && point.x < end.x);
  const stops = between.length > 1 ? [begin, ...between, end] : [begin, end];
  return stops.slice(1).reduce((path, stop, at) => {
    const last = stops[at] ?? begin;
    const middle = (last.x + stop.x) / 2;
    return `${path} C${middle} ${last.y} ${middle} ${stop.y} ${stop.x} ${stop.y}`;
  }, `M${begin.x} ${begin.y}`);
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function Box({ node, x, y, width }: { node: PathNode; x: number; y: number; width: number }) {
  const name = node.kind === 'timer' ? 'Wait for a time' : words((node.name || node.kind).replace('|...', ' and more').replace(':', ': '));
  return (
    <g className={`path-node path-${node.state}`} transform={`translate(${x - width / 2} ${y - HEIGHT / 2})`}>
      <rect width={width} height={HEIGHT} rx={9} />
      <text x={12} y={23} className="path-name">
        {short(name, width > 150 ? 23 : 12)}
      </text>
      <text x={12} y={43} className="path-kind">
        {short([KINDS[node.kind], node.result || STATES[node.state]].filter(Boolean).join(' · '), 28)}
      </text>
      <title>{`${name}: ${STATES[node.state]}${node.result ? `, ${node.result}` : ''} (${node.line})`}</title>
    </g>
  );
}

export default function PathView({ instance, entries }: { instance: InstanceDetail; entries: HistoryEntry[] }) {
  const [all, setAll] = useState(false);
  const bundle = useBundle(instance.bundle).data;
  const file = `workflows/${instance.workflow}.lua`;
  const source = bundle?.files[file];
  const taken = useMemo(() => pathOf(entries), [entries]);
  const graph = useMemo(() => (all && source ? withUntaken(taken, file, source) : taken), [all, source, taken, file]);
  const { drawn, width, height } = useMemo(() => place(graph), [graph]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const start = drawn.node('start') as { y: number } | undefined;
    if (box.current && start) box.current.scrollTop = start.y - box.current.clientHeight / 2;
  }, [drawn]);
  return (
    <>
      <div className="filters">
        <label className="check">
          <input type="checkbox" checked={all} disabled={!source} onChange={() => setAll(!all)} /> Also what the script has and this case did not take
        </label>
        <ul className="legend" aria-label="Legend">
          {(Object.keys(STATES) as NodeState[]).map((state) => (
            <li key={state} className={`legend-${state}`}>
              {STATES[state]}
            </li>
          ))}
        </ul>
      </div>
      <div className="path" ref={box} tabIndex={0} role="region" aria-label="The path as a drawing">
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label="The path of the case. The list below says the same.">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
              <path d="M0 0 8 4 0 8z" className="path-arrow" />
            </marker>
          </defs>
          {graph.edges.map((edge) => {
            const points = (drawn.edge(edge.from, edge.to) as { points?: Point[] } | undefined)?.points ?? [];
            const [from, to] = [drawn.node(edge.from), drawn.node(edge.to)] as (Point & { width: number })[];
            if (!from || !to) return null;
            return <path key={`${edge.from}>${edge.to}`} className={edge.taken ? 'path-edge' : 'path-edge untaken'} d={curve(from, to, points)} markerEnd="url(#arrow)" />;
          })}
          {graph.nodes.map((node) => {
            const { x, y, width: wide } = drawn.node(node.id) as { x: number; y: number; width: number };
            return <Box key={node.id} node={node} x={x} y={y} width={wide} />;
          })}
        </svg>
      </div>
      <details>
        <summary>The path as a list</summary>
        <ol>
          {graph.nodes.map((node) => (
            <li key={node.id}>
              {words(node.name || node.kind)}: {STATES[node.state].toLowerCase()}
              {node.result && `, ${node.result.toLowerCase()}`} {node.line && <code className="muted">{node.line}</code>}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}
