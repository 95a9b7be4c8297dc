// A record of the ledger, and how its parts read.
import type { Json, JsonObject } from '../../api/types';
import { words } from '../../words';

export interface AuditRecord {
  index: number;
  leaf: JsonObject;
  review?: JsonObject; // Of a use of break-glass.
}

export interface Evidence extends AuditRecord {
  proof: string;
  beside?: { [name: string]: string };
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

export function whoOf(leaf: JsonObject): { subject: string; as: string } {
  const by = object(leaf.by);
  return { subject: text(by.subject) || words(text(by.kind)), as: text(by.role) ? words(text(by.role)) : by.kind === 'person' ? '' : words(text(by.kind)) };
}

// "Task decided: medication review"
export function whatOf(leaf: JsonObject): string {
  const action = words(text(leaf.action).replace('.', ' '));
  const of = text(leaf.rule) || text(leaf.object);
  return of ? `${action}: ${/^[a-z_]+$/.test(of) ? words(of).toLowerCase() : of}` : action;
}

export function whyOf(leaf: JsonObject): string {
  return [text(leaf.reason_code) && words(text(leaf.reason_code)), text(leaf.reason)].filter(Boolean).join(': ');
}

export interface Checkpoint {
  origin: string;
  size: string;
  root: string;
  signed: string[]; // Who signed it.
}

// The signed checkpoint at the end of a C2SP tlog-proof: origin, size and root, an empty line, one line a signature.
export function checkpointOf(proof: string): Checkpoint | null {
  const at = proof.indexOf('\n\n');
  if (at < 0) return null;
  const [origin = '', size = '', root = ''] = proof.slice(at + 2).split('\n');
  const signed = [...proof.slice(at + 2).matchAll(/^— (\S+) /gm)].map((found) => found[1] ?? '');
  return size ? { origin, size, root, signed } : null;
}
