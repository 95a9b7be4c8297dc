// The journal of a case as sentences for people. What a sentence says stands in the entry; nothing is guessed.
import type { HistoryEntry, Json, JsonObject } from '../../api/types';
import { span, when, words } from '../../words';

export interface Operation {
  seq: number;
  kind: string;
  key: string;
  name: string;
  line: string;
  request?: Json;
  due?: string;
}

export interface Told {
  entry: HistoryEntry;
  what: string;
  by?: string;
  detail?: Json;
  tone: 'plain' | 'person' | 'decision' | 'message' | 'trouble' | 'end' | 'small';
  line?: string;
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

// A word of the scripts' making without its underscores; numbers, times and names as they are.
function said(value: Json): string {
  return typeof value === 'string' && /^[a-z]+(_[a-z0-9]+)*$/.test(value) ? words(value) : text(value);
}

function byOf(value: Json | undefined): string | undefined {
  const by = object(value);
  return by.kind === 'person' && typeof by.subject === 'string' ? by.subject + (by.role ? ` (${words(text(by.role)).toLowerCase()})` : '') : undefined;
}

const BEGUN: Record<string, (name: string) => string> = {
  activity: (name) => `${words(name)} was begun`,
  timer: () => 'A time is waited for',
  task: (name) => `A person is asked: ${words(name)}`,
  event: (name) => `A message is waited for: ${name}`,
  signal: (name) => `A signal is waited for: ${name}`,
  child: (name) => `Another case is begun: ${words(name)}`,
  promise: (name) => `An answer is waited for: ${name}`,
};

function resolved(operation: Operation | undefined, entry: HistoryEntry): Told {
  const outcome = object(entry.outcome);
  const failure = object(outcome.failure);
  const by = byOf(entry.by);
  const name = operation?.name ?? `operation ${text(entry.seq)}`;
  if (outcome.failure) return { entry, what: `${words(name)} failed: ${text(failure.message) || text(failure.code)}`, tone: 'trouble', detail: outcome.failure, line: operation?.line };
  const value = object(outcome.value);
  if (operation?.kind === 'task') {
    const decider = object(value.by);
    return { entry, what: `${words(name)}: ${words(text(value.outcome))}`, by: text(decider.subject) || by, tone: 'person', detail: outcome.value, line: operation.line };
  }
  const ends: Record<string, string> = { timer: 'The time came', event: `A message came: ${name}`, signal: `A signal came: ${name}`, child: `Another case ended: ${words(name)}` };
  return { entry, what: ends[operation?.kind ?? ''] ?? `${words(name)} was done`, by, tone: 'plain', detail: outcome.value, line: operation?.line };
}

// Each entry in words; what only the machine needs is of the tone "small".
export function tell(entry: HistoryEntry, operations: Map<number, Operation>): Told {
  const operation = operations.get(Number(entry.seq));
  const by = byOf(entry.by);
  switch (entry.type) {
    case 'Started':
      return { entry, what: `The case began${entry.parent ? ', asked for by another case' : ''}`, by, tone: 'plain', detail: entry.input };
    case 'OperationScheduled': {
      const begun = entry.operation as unknown as Operation;
      const say = BEGUN[begun.kind] ?? ((name: string) => `${words(name)} was begun`);
      return { entry, what: say(begun.name) + (begun.kind === 'timer' && begun.due ? `: ${when(begun.due)}` : ''), tone: begun.kind === 'task' ? 'person' : 'small', detail: begun.request, line: begun.line };
    }
    case 'OperationResolved':
      return resolved(operation, entry);
    case 'OperationCancelled':
      return { entry, what: `${words(operation?.name ?? '')} is no longer waited for`, tone: 'small', line: operation?.line };
    case 'SignalReceived':
      return { entry, what: `The signal ${text(entry.name)} came`, by, tone: 'message', detail: entry.payload };
    case 'EventReceived':
      return { entry, what: words(text(entry.event_type)), tone: 'message', detail: entry.event };
    case 'UpdateAccepted':
      return { entry, what: `An update: ${words(text(entry.name))}`, by, tone: 'person', detail: entry.payload };
    case 'DecisionRecorded': {
      const decision = object(entry.decision);
      return { entry, what: `Decided, ${words(text(entry.name)).toLowerCase()}: ${words(text(decision.outcome))}${decision.reason ? `, ${text(decision.reason)}` : ''}`, tone: 'decision', detail: entry.decision, line: text(entry.line) };
    }
    case 'OutcomeOverridden':
      return { entry, what: `Overridden, ${words(text(entry.target).replace(/^.*:/, '')).toLowerCase()}: ${text(entry.reason)}`, by, tone: 'decision', detail: { before: entry.before ?? null, after: entry.after ?? null, reason_code: entry.reason_code ?? null } };
    case 'TaskChanged':
      return { entry, what: `${words(operation?.name ?? 'Task')}: ${text(entry.action)}${entry.subject ? `, ${said(entry.subject)}` : ''}`, by, tone: 'person', detail: entry.data };
    case 'AttributesSet':
      return { entry, what: Object.entries(object(entry.attributes)).map(([name, value]) => `${words(name)} is ${value === null ? 'no longer known' : said(value)}`).join('; '), tone: 'small' };
    case 'NoteWritten':
    case 'Noted':
      return { entry, what: text(entry.note), tone: 'plain', line: text(entry.line) };
    case 'AttemptFailed':
      return { entry, what: `${words(operation?.name ?? '')}, attempt ${text(entry.attempt)} failed; again ${when(text(entry.retry_at))}`, tone: 'trouble', detail: entry.failure, line: operation?.line };
    case 'IncidentOpened':
      return { entry, what: `An incident: ${text(object(entry.cause).message) || text(object(entry.cause).code)}`, tone: 'trouble', detail: entry.cause, line: text(entry.line) };
    case 'IncidentResolved':
      return { entry, what: `The incident was resolved: ${text(entry.action)}${entry.reason ? `, ${text(entry.reason)}` : ''}`, by, tone: 'person' };
    case 'AlertRaised':
      return { entry, what: `People are told of this: ${words(text(entry.name))}`, tone: 'plain', detail: entry.alert, line: text(entry.line) };
    case 'AlertChanged':
      return { entry, what: `The alert was ${text(entry.action)}${entry.reason ? `: ${text(entry.reason)}` : ''}`, by, tone: 'person' };
    case 'InputEdited':
      return { entry, what: `The input of ${words(operation?.name ?? 'a step').toLowerCase()} was changed${entry.reason ? `: ${text(entry.reason)}` : ''}`, by, tone: 'person', detail: { before: entry.before ?? null, after: entry.after ?? null } };
    case 'RecordedLate':
      return { entry, what: `What follows was done ${when(text(entry.occurred_at))}, and could only be entered now`, by, tone: 'person' };
    case 'SignalSent':
      return { entry, what: `Sent the signal ${text(entry.name)} to another case`, tone: 'plain', detail: entry.payload, line: text(entry.line) };
    case 'KeyAdded':
      return { entry, what: `Messages about ${text(entry.business_key)} are for this case too`, tone: 'plain', line: text(entry.line) };
    case 'ContinuedAsNew':
      return { entry, what: 'Began anew with what it knew', tone: 'plain', detail: entry.input };
    case 'ClockJumped':
      return { entry, what: `The server’s clock jumped by ${span(Number(entry.by_ms))}`, tone: 'trouble' };
    case 'TimersMoved':
      return { entry, what: `Its times moved by ${span(Number(entry.by_ms))}`, tone: 'small' };
    case 'Paused':
      return { entry, what: `Put on hold${entry.reason ? `: ${text(entry.reason)}` : ''}`, by, tone: 'person' };
    case 'Resumed':
      return { entry, what: `Goes on${entry.reason ? `: ${text(entry.reason)}` : ''}`, by, tone: 'person' };
    case 'CancelRequested':
      return { entry, what: `Asked to end${entry.reason ? `: ${text(entry.reason)}` : ''}`, by, tone: 'person' };
    case 'PatientChanged':
      return { entry, what: 'Two records of this patient became one', tone: 'message' };
    case 'BundleChanged':
      return { entry, what: 'Moved to another version of the scripts', by, tone: 'person' };
    case 'Completed':
      return { entry, what: 'The case ended', tone: 'end', detail: entry.result ?? entry.value };
    case 'Failed':
      return { entry, what: 'The case failed', tone: 'end', detail: entry.failure };
    case 'Cancelled':
      return { entry, what: `The case was cancelled${entry.reason ? `: ${text(entry.reason)}` : ''}`, tone: 'end' };
    default:
      return { entry, what: words(entry.type.replace(/([a-z])([A-Z])/g, '$1 $2')), tone: 'small' };
  }
}

export function operationsOf(entries: HistoryEntry[]): Map<number, Operation> {
  const all = new Map<number, Operation>();
  for (const entry of entries) {
    if (entry.type !== 'OperationScheduled') continue;
    const operation = entry.operation as unknown as Operation;
    all.set(operation.seq, operation);
  }
  return all;
}
