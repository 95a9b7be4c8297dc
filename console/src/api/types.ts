// What the API sends, as far as the console reads it. The server's document is GET /openapi.json.

export interface Page<T> {
  items: T[];
  next?: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  cure?: string;
  errors?: { pointer: string; keyword: string; message: string }[];
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type TaskStatus = 'open' | 'claimed' | 'on_hold' | 'decided' | 'cancelled' | 'timed_out';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';

// The definition as its script gave it.
export interface TaskRequest {
  why?: string;
  title?: string;
  form?: string;
  data?: Json;
  sources?: { [name: string]: { system?: string; as_of?: string } }; // Of the data, by field.
  approvals?: { need?: number };
}

export interface Outcome {
  name: string;
  title?: string;
  reason_required: boolean;
  reason_codes: { code: string; title?: string }[]; // Not empty: one of them is needed.
  form_part?: string; // Absent: the whole form; "none"; or a part of it, "#/$defs/..".
}

export interface NextStep {
  at: string;
  kind: 'due' | 'escalation' | 'reminder' | 'hold_ends' | 'follow_up';
  role?: string;
  person?: string;
  text?: string;
}

export interface Comment {
  by: string;
  at: string;
  text: string | { text?: string; document?: Json };
}

export interface Decision {
  at: string;
  occurred_at?: string; // Of what could only be entered later: when it was decided.
  by: { subject: string; role?: string };
  outcome: string;
  reason?: string;
  reason_code?: string;
  value?: Json;
}

export interface Task {
  id: string;
  name: string;
  status: TaskStatus;
  version: number;
  instance: string;
  workflow: string;
  patient?: string;
  created_at: string;
  due?: string;
  closed_at?: string;
  roles: string[];
  subjects: string[];
  claimed_by?: string;
  votes: { subject: string; outcome: string; value?: Json; at: string }[];
  units?: string[];
  priority?: Priority;
  owner?: string; // Who delegated it: it comes back to them.
  form?: string;
  hold?: { reason: string; by: string; since: string; until?: string; condition?: string; stops_clock: boolean };
  follow_up?: string;
  outcomes: Outcome[];
  next_steps?: NextStep[];
  comments?: Comment[];
  draft?: { value: Json; at: string }; // Of whoever asks; only with one task.
  line?: string;
  request?: TaskRequest;
  decision?: Decision;
  case?: { attributes?: { [name: string]: Json }; paused?: boolean; patient?: Demographics }; // In a listing with=case.
}

export interface TaskEvidence {
  task: Task;
  form?: { name: string; version: string; schema: JsonObject };
  script: { bundle?: string; line?: string; file?: string; text?: string };
  decision?: Json;
  evidence?: JsonObject;
}

export interface Alert {
  id: string;
  name: string;
  condition?: string;
  tier: 'suggestion' | 'queued' | 'interruption';
  status: 'open' | 'acknowledged' | 'dismissed' | 'corrected' | 'cleared';
  version: number;
  instance: string;
  workflow: string;
  patient?: string;
  raised_at: string;
  settled_at?: string;
  settled_by?: string;
  reason?: string;
  fired: number;
  suppressed: number;
  roles: string[];
  request?: { why?: string; level?: number; thresholds?: number[]; data?: Json };
}

export type InstanceStatus = 'running' | 'completed' | 'failed' | 'cancelled';

export interface Instance {
  id: string;
  workflow: string;
  status: InstanceStatus;
  paused: boolean;
  open_incidents: number;
  patient?: string;
  business_key?: string;
  bundle: string;
  started_at: string;
  closed_at?: string;
  parent?: string;
  parent_seq?: number;
  attributes: { [name: string]: Json };
  outcome?: JsonObject;
}

export interface Pending {
  instance: string;
  seq: number;
  kind: string;
  key: string;
  name: string;
  line: string;
  since: string;
  due?: string;
  attempt?: number;
  backing_off?: boolean;
  request?: Json;
}

export interface Incident {
  id: string;
  instance: string;
  number: number;
  workflow: string;
  patient?: string;
  cause: { code: string; message?: string; details?: Json };
  line?: string;
  seq?: number;
  opened_at: string;
  resolved_at?: string;
  resolution?: string;
  offers?: { action: 'retry' | 'edit' | 'skip' | 'rewind' | 'cancel' | 'pause'; sentence: string; needs: string[] }[];
}

export interface IncidentDetail extends Incident {
  activity?: string;
  input?: Json; // Of the activity that failed.
  rewind?: { rewind_to: number; at: string; step: string; name: string; kind: string; line?: string }[];
}

export interface InstanceDetail extends Instance {
  waits_for: Pending[];
  open_tasks: Task[];
  incidents: Incident[];
  children: string[];
}

export interface HistoryEntry {
  index: number;
  at: string;
  type: string;
  [field: string]: Json;
}

export interface Demographics {
  name?: { family?: string; given?: string } | string;
  birth_date?: string;
  sex?: string;
  deceased?: Json;
  [field: string]: Json | undefined;
}

export interface Patient {
  id: string;
  identifiers: { system: string; value: string; type?: string }[];
  demographics?: Demographics;
  merged_into?: string;
  merged_from?: string[];
  open_instances: { id: string; workflow: string; business_key?: string }[];
  events: number;
  last_at?: string;
}

export interface Allergy {
  kind?: string;
  code?: string;
  name?: string;
  severity?: string;
  reactions?: string[];
}

export interface PatientSummary {
  identity: { how: 'identifier'; identifiers: number; joined: number };
  allergies?: { items: Allergy[]; as_of: string; source: string; event: string }; // Absent: nobody has said.
  pending_orders: { order: string; name?: string; status: string; since: string; source: string }[];
  recent: { id: string; type: string; occurred_at: string; source: string }[];
  events: number;
  looked_back: number;
}

export interface PatientEvent {
  id: string;
  type: string;
  patient?: string;
  occurred_at: string;
  recorded_at: string;
  source: string;
  message_id: string;
  format: string;
  mapping?: string;
  event: JsonObject;
}

export interface StoredMessage {
  source: string;
  message_id: string;
  format: string;
  state: 'accepted' | 'quarantined';
  received_at: string;
  reason_code?: string;
  reason?: string;
  events: string[];
  raw?: string;
  raw_base64?: string;
}

export interface Board {
  now: string;
  cases: { workflow: string; stage: string; unit: string; open: number; oldest: string; ages: number[] }[];
  queues: { role: string; open: number; late: number; soon: number }[];
  open_tasks: number;
  late_tasks: number;
  soon_tasks: number;
  counted_to: number;
  incidents: number;
  quarantined: number;
}

export interface SeriesRow {
  day: string;
  count: number;
  workflow: string;
  outcome?: string;
  name?: string;
  in?: 'late' | 'in_time';
  code?: string;
  bucket?: number;
}

export interface Series {
  first: string;
  last: string;
  bucket_minutes: number[];
  started: SeriesRow[];
  closed: SeriesRow[];
  tasks_created: SeriesRow[];
  tasks_taken: SeriesRow[]; // Bucket: until whoever decided had it.
  tasks_decided: SeriesRow[];
  tasks_withdrawn: SeriesRow[];
  incidents: SeriesRow[];
}

export interface OverrideFigures {
  days: { day: string; workflow: string; rule: string; count: number }[];
  rules: { workflow: string; rule: string; overrides: number; decisions: number; reversed: number }[];
}

// One thing that a case waits for. `sentence` is Baton's, `told` the script's own words.
export interface WhyWait {
  kind: 'incident' | 'task' | 'event' | 'signal' | 'promise' | 'child' | 'activity' | 'timer';
  seq?: number;
  name: string;
  line?: string;
  since: string;
  sentence: string;
  told?: string;
  owner: { kind: string; roles: string[]; persons: string[]; named?: string; sentence: string };
  deadline?: { at?: string; sentence: string; told?: string };
  unblock: string[];
  task?: string;
  child?: string;
  incident?: number;
  failure?: string;
  on_hold: boolean;
}

export interface Why {
  state: 'waiting' | 'paused' | 'stopped' | 'cancelling' | 'working' | 'closed';
  sentence: string;
  told?: string;
  exists: string;
  paused?: string;
  paused_reason?: string;
  waits: WhyWait[];
  unblock: string[];
}

export interface WhyTask {
  sentence: string;
  told?: string;
  exists: string;
  with: string; // Why it is with whom it is with.
  wait: WhyWait;
  history: { at: string; sentence: string }[];
}

export interface StandingValue {
  name: string;
  outer: boolean;
  value?: Json;
  said?: string; // What it is, where it is no data.
}

export interface Standing {
  instance: string;
  bundle: string;
  entries: number;
  raised?: { line: string; message: string };
  branches: { path: string; waits_for?: number; frames: { line: string; function?: string; values: StandingValue[] }[] }[];
}

// What a workflow promises: so soon after its beginning something has happened.
export interface Promised {
  workflow: string;
  promise: string;
  within: string;
  reached: string;
  open: number;
  at_risk: number;
  broken: number;
  kept_in_30_days: number;
  broken_in_30_days: number;
}

export interface WhatIf {
  id: string;
  expires_at: string;
  bundle: string;
  now: string;
  next: number; // The next entry of reality that the sandbox was not told.
  reality_ends_at: number;
  status: InstanceStatus;
  outcome?: JsonObject;
  entries: HistoryEntry[];
  waits_for: Pending[];
  open_tasks: Task[];
  suppressed: { kind: string; name: string; line?: string; at: string }[];
  why: Why;
}

export interface WhatIfDifference {
  items: { key: string; kind: string; verdict: 'same' | 'different' | 'only_reality' | 'only_sandbox'; reality_line?: string; sandbox_line?: string; reality?: Json; sandbox?: Json }[];
}

export interface Bundle {
  name: string;
  hash: string;
  live: boolean;
  files: { [path: string]: string };
  workflows?: { name: string; module: string; queries: string[] }[];
}
