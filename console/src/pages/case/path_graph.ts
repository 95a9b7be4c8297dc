// The path that a case has taken, as a graph: what it did and waits for, and what came after what. Read from the journal alone: an
// operation's key says in which branch it stands ("race.work/all.notice/activity:notices.send").
import type { HistoryEntry, Json, JsonObject } from '../../api/types';
import { words } from '../../words';
import type { Operation } from './journal';

export type NodeState = 'done' | 'waits' | 'failed' | 'left' | 'known';
export interface PathNode {
  id: string;
  kind: string; // activity, task, event, .. decision, start, end, script.
  name: string;
  state: NodeState;
  line: string;
  result: string;
}
export interface PathGraph {
  nodes: PathNode[];
  edges: { from: string; to: string; taken: boolean }[];
}

// ["", "race.work", "race.work/all.notice"]: the branches that a key is in, outermost first.
function branchesOf(key: string): string[] {
  const parts = key.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

function outcomeOf(value: Json | undefined): string {
  const outcome = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject).outcome : undefined;
  return typeof outcome === 'string' ? words(outcome) : '';
}

export function pathOf(entries: HistoryEntry[]): PathGraph {
  const nodes: PathNode[] = [{ id: 'start', kind: 'start', name: 'Begin', state: 'done', line: '', result: '' }];
  const edges: PathGraph['edges'] = [];
  const byLine = new Map<string, PathNode>();
  const bySeq = new Map<number, PathNode>();
  const lastIn = new Map<string, string>([['', 'start']]); // The last node of each branch.

  const add = (key: string, line: string, kind: string, name: string): PathNode => {
    const branches = branchesOf(key);
    const branch = branches.at(-1) ?? '';
    // In its own branch after what was last there, else after what the branch grew from.
    const before = branches.toReversed().map((one) => lastIn.get(one)).find((one) => one !== undefined) ?? 'start';
    // The same line in the same branch again is the same place: a loop.
    const place = `${branch.replace(/#\d+/g, '')}|${line}|${name}`;
    let node = byLine.get(place);
    if (!node) {
      node = { id: place, kind, name, state: 'waits', line, result: '' };
      byLine.set(place, node);
      nodes.push(node);
    }
    const id = node.id;
    if (before !== id && !edges.some((edge) => edge.from === before && edge.to === id)) edges.push({ from: before, to: id, taken: true });
    lastIn.set(branch, id);
    return node;
  };

  for (const entry of entries) {
    if (entry.type === 'OperationScheduled') {
      const operation = entry.operation as unknown as Operation;
      const node = add(operation.key, operation.line, operation.kind, operation.name);
      node.state = 'waits';
      bySeq.set(operation.seq, node);
    } else if (entry.type === 'OperationResolved') {
      const node = bySeq.get(Number(entry.seq));
      const outcome = (entry.outcome ?? {}) as JsonObject;
      if (node) {
        node.state = outcome.failure ? 'failed' : 'done';
        node.result = outcomeOf(outcome.value);
        // What goes on after a race goes on after its winner.
        for (const branch of branchesOf(node.id.split('|')[0] ?? '')) if (!branch) lastIn.set(branch, node.id);
      }
    } else if (entry.type === 'OperationCancelled') {
      const node = bySeq.get(Number(entry.seq));
      if (node) node.state = 'left';
    } else if (entry.type === 'DecisionRecorded') {
      const node = add(String(entry.key), String(entry.line), 'decision', String(entry.name));
      node.state = 'done';
      node.result = outcomeOf(entry.decision);
    } else if (['Completed', 'Failed', 'Cancelled'].includes(entry.type)) {
      nodes.push({ id: 'end', kind: 'end', name: words(entry.type), state: entry.type === 'Failed' ? 'failed' : 'done', line: '', result: '' });
      edges.push({ from: lastIn.get('') ?? 'start', to: 'end', taken: true });
    }
  }
  return { nodes, edges };
}

const CALL = /[:.](task|activity|wait_event|wait_signal|sleep_until|sleep|child|decide)\(\s*(?:"([^"]+)")?/;
const KINDS: Record<string, string> = { wait_event: 'event', wait_signal: 'signal', sleep_until: 'timer', sleep: 'timer', decide: 'decision' };

// Adds the places of the workflow's own file at which the case has not been: each after the place before it in the file.
export function withUntaken(graph: PathGraph, file: string, source: string): PathGraph {
  const name = file.replace(/^workflows\//, '');
  const nodes = [...graph.nodes];
  const edges = [...graph.edges];
  const known = new Map<number, string>();
  for (const node of graph.nodes) {
    const cut = node.line.lastIndexOf(':');
    if (node.line.slice(0, cut) === name) known.set(Number(node.line.slice(cut + 1)), node.id);
  }
  let before = 'start';
  source.split('\n').forEach((text, index) => {
    const line = index + 1;
    const taken = known.get(line);
    if (taken) before = taken;
    const call = taken ? null : CALL.exec(text);
    if (!call || text.trimStart().startsWith('--')) return;
    const id = `untaken|${line}`;
    nodes.push({ id, kind: KINDS[call[1] ?? ''] ?? call[1] ?? '', name: call[2] ?? '', state: 'known', line: `${name}:${line}`, result: '' });
    edges.push({ from: before, to: id, taken: false });
    before = id;
  });
  return { nodes, edges };
}
