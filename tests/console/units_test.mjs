// The console's own reckoning, without a browser: percentiles, differences of texts, the path of a case, the fields of a form.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const source = new URL('../../console/src/', import.meta.url);
const { build } = createRequire(createRequire(new URL('../../console/package.json', import.meta.url)).resolve('vite'))('esbuild');
const folder = mkdtempSync(join(tmpdir(), 'baton-console-units-'));
const units = {};

before(async () => {
  for (const [name, path] of Object.entries({ series: 'pages/charts/series.ts', diff: 'pages/case/diff.ts', path: 'pages/case/path_graph.ts', schema: 'parts/form/schema.ts', words: 'words.ts', people: 'people.ts', live: 'api/live.ts', decisions: 'pages/case/decisions.ts', journal: 'pages/case/journal.ts', questions: 'pages/audit/questions.ts', filter: 'pages/board/case_filter.ts', week: 'pages/duty/week.ts' })) {
    const out = join(folder, `${name}.mjs`);
    await build({ entryPoints: [new URL(path, source).pathname], outfile: out, bundle: true, format: 'esm', logLevel: 'error' });
    units[name] = await import(pathToFileURL(out));
  }
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('a percentile is the upper bound of its bucket, and says so beyond the last', () => {
  const { percentile, minutes } = units.series;
  const bounds = [1, 5, 60];
  const rows = [{ bucket: 0, count: 5 }, { bucket: 1, count: 4 }, { bucket: 3, count: 1 }];
  assert.equal(percentile(rows, 0.5, bounds), 1);
  assert.equal(percentile(rows, 0.9, bounds), 5);
  assert.equal(percentile(rows, 0.99, bounds), Infinity);
  assert.equal(percentile([], 0.5, bounds), null);
  assert.equal(minutes(Infinity, bounds), 'over 1 h');
  assert.equal(minutes(2880, bounds), '2 d');
});

test('a trend has the half of each span, and nothing where nothing ended', () => {
  const { trend, spansOf } = units.series;
  const days = ['2026-03-01', '2026-03-02'];
  const rows = [{ day: '2026-03-02', bucket: 1, count: 3 }, { day: '2026-03-02', bucket: 2, count: 1 }];
  assert.deepEqual(trend(days, { discharge: rows }, [60, 120, 600]), [
    { day: '2026-03-01', discharge: null },
    { day: '2026-03-02', discharge: 2 },
  ]);
  const quarter = Array.from({ length: 90 }, (_, at) => new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10));
  assert.equal(spansOf(quarter), 7);
  assert.deepEqual(units.series.perSpan(quarter, { begun: [{ day: quarter[8], count: 2 }, { day: quarter[13], count: 1 }] }).slice(0, 3).map((week) => week.begun), [0, 3, 0]);
  assert.deepEqual(trend(quarter, { discharge: [{ day: quarter[8], bucket: 0, count: 1 }] }, [60]).slice(0, 2), [
    { day: quarter[0], discharge: null },
    { day: quarter[7], discharge: 1 },
  ]);
});

test('a week begins on its Monday, and its shifts come once more in the next, each once', () => {
  const { mondayOf, withNextWeek, repeated, hours } = units.week;
  const monday = mondayOf(Date.parse('2026-03-04T12:00:00'));
  assert.equal(monday.getDay(), 1);
  assert.equal(mondayOf(Date.parse('2026-03-08T23:59:00')).getTime(), monday.getTime());
  assert.equal(mondayOf(Date.parse('2026-03-04T12:00:00'), 1).getTime(), mondayOf(Date.parse('2026-03-11T12:00:00')).getTime());
  const shift = { person: 'ann', from: new Date('2026-03-03T21:00:00').toISOString(), to: new Date('2026-03-04T06:00:00').toISOString() };
  const twice = withNextWeek([shift], monday);
  assert.deepEqual(twice.map((one) => one.from), [shift.from, new Date('2026-03-10T21:00:00').toISOString()]);
  assert.deepEqual(withNextWeek(twice, monday), twice);
  assert.deepEqual(repeated(shift, 2).map((one) => one.to), [shift.to, new Date('2026-03-05T06:00:00').toISOString()]);
  assert.equal(repeated(shift, 400).length, 28);
  assert.match(hours(shift), /^(21:00|0?9:00\sPM)–/);
});

test('days without anything stand in a chart as nothing', () => {
  const { daysOf, perSpan } = units.series;
  const days = daysOf({ first: '2026-02-27', last: '2026-03-01' });
  assert.deepEqual(perSpan(days, { begun: [{ day: '2026-03-01', count: 2 }, { day: '2026-03-01', count: 1 }] }), [
    { day: '2026-02-27', begun: 0 },
    { day: '2026-02-28', begun: 0 },
    { day: '2026-03-01', begun: 3 },
  ]);
});

test('a difference shows what went, what came, and a little around it', () => {
  const lines = (texts) => texts.join('\n');
  const same = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const changed = same.with(10, 'another');
  const found = units.diff.diffLines(lines(same), lines(changed));
  assert.deepEqual(found.filter((line) => line.kind !== 'same').map((line) => `${line.kind} ${line.text}`), ['cut …', 'gone line 10', 'new another', 'cut …']);
  assert.equal(found.filter((line) => line.kind === 'same').length, 6);
  assert.deepEqual(units.diff.changedFiles({ a: '1', b: '1' }, { a: '1', b: '2', c: '3' }), ['b', 'c']);
});

function scheduled(seq, kind, key, name, line) {
  return { index: seq, at: '', type: 'OperationScheduled', operation: { seq, kind, key, name, line } };
}

test('the path forks where branches begin, and goes on after what a loop came back to', () => {
  const { pathOf } = units.path;
  const graph = pathOf([
    { index: 0, at: '', type: 'Started' },
    scheduled(1, 'activity', 'all.a/activity:fetch', 'fetch', 'x.lua:1'),
    scheduled(2, 'task', 'all.b/task:ask', 'ask', 'x.lua:2'),
    { index: 3, at: '', type: 'OperationResolved', seq: 1, outcome: { failure: { code: 'no' } } },
    scheduled(3, 'activity', 'all.a/activity:fetch#2', 'fetch', 'x.lua:1'),
    { index: 5, at: '', type: 'OperationResolved', seq: 2, outcome: { value: { outcome: 'yes' } } },
    { index: 6, at: '', type: 'Completed' },
  ]);
  const name = (id) => graph.nodes.find((node) => node.id === id).name;
  assert.deepEqual(graph.nodes.map((node) => `${node.name} ${node.state}`), ['Begin done', 'fetch waits', 'ask done', 'Completed done']);
  assert.deepEqual(graph.edges.map((edge) => `${name(edge.from)}>${name(edge.to)}`).slice(0, 2), ['Begin>fetch', 'Begin>ask']);
});

test('what the script has and the case did not take is drawn after the place before it', () => {
  const { pathOf, withUntaken } = units.path;
  const taken = pathOf([scheduled(1, 'task', 'task:ask', 'ask', 'x.lua:2')]);
  const all = withUntaken(taken, 'workflows/x.lua', 'local a\nctx:task("ask", {})\n-- ctx:task("no")\nctx:activity("later")\n');
  const later = all.nodes.at(-1);
  assert.equal(`${later.name} ${later.state} ${later.line}`, 'later known x.lua:4');
  assert.deepEqual(all.edges.at(-1), { from: taken.nodes[1].id, to: later.id, taken: false });
});

const FORM = {
  type: 'object',
  properties: { risk: { enum: ['low', 'high'] }, orders: { type: 'array', items: { $ref: '#/$defs/order' } } },
  if: { properties: { risk: { const: 'high' } }, required: ['risk'] },
  then: { properties: { why: { type: 'string' } }, required: ['why'] },
  $defs: { order: { type: 'object', properties: { service: { type: 'string' } } } },
};

test('a form asks for more when an answer makes it', () => {
  const { effective } = units.schema;
  assert.deepEqual(Object.keys(effective(FORM, { risk: 'low' }, FORM).properties), ['risk', 'orders']);
  const high = effective(FORM, { risk: 'high' }, FORM);
  assert.deepEqual(Object.keys(high.properties), ['risk', 'orders', 'why']);
  assert.deepEqual(high.required, ['why']);
});

test('answers that are no longer asked for, and empty ones, are not sent', () => {
  const { answered } = units.schema;
  assert.deepEqual(answered(FORM, { risk: 'low', why: 'old', orders: [{ service: 'home care', extra: 1 }, { service: '' }] }), { risk: 'low', orders: [{ service: 'home care' }, {}] });
});

test('choices have the names that the form gives them', () => {
  assert.deepEqual(units.schema.choicesOf({ oneOf: [{ const: 'a_b', title: 'First' }, { const: 'c_d' }] }), [{ value: 'a_b', name: 'First' }, { value: 'c_d', name: 'c d' }]);
  assert.equal(units.schema.choicesOf({ oneOf: [{ type: 'string' }] }), null);
});

test('time that is left reads as people say it', () => {
  const now = Date.parse('2026-03-02T12:00:00Z');
  const { dueText, lateness } = units.words;
  assert.equal(dueText('2026-03-02T12:45:00Z', now), '45\u00a0min left');
  assert.equal(dueText('2026-03-01T10:00:00Z', now), '1\u00a0d 2\u00a0h late');
  assert.equal(dueText('2026-03-02T12:00:20Z', now), 'under a minute left');
  assert.equal(lateness('2026-03-02T12:45:00Z', now), 'soon');
  assert.equal(lateness(undefined, now), 'none');
});

test('people are told apart by age, sex and birth; what is hidden is said to be', () => {
  const now = Date.parse('2026-03-02T12:00:00Z');
  assert.equal(units.people.tellApart({ birth_date: '1943-04-23', sex: 'M' }, now), '82 y, male, born 1943-04-23');
  assert.equal(units.people.nameOf({ name: { family: 'Upton', given: 'Kristopher' } }), 'Upton, Kristopher');
  assert.equal(units.people.nameOf({ name: '***' }), 'Name hidden');
});

test('a list is read again only for news that may change it', () => {
  const { concerns } = units.live;
  const list = (meta, ids = []) => ({ queryKey: ['task', 'list'], meta, state: { data: { pages: [{ items: ids.map((id) => ({ id })) }] } } });
  const mine = list({ roles: ['nurse'], people: ['ann'] }, ['held']);
  assert.ok(concerns(mine, 'task', { id: 'new', roles: ['nurse'] }), 'it may come onto the list');
  assert.ok(concerns(mine, 'task', { id: 'held', roles: ['pharmacist'] }), 'it may leave the list');
  assert.ok(concerns(mine, 'task', { id: 'new', roles: ['pharmacist'], people: ['ann'] }), 'it was given to the person');
  assert.ok(!concerns(mine, 'task', { id: 'new', roles: ['pharmacist'], people: ['bo'] }));
  assert.ok(concerns(list({}), 'task', { id: 'new', roles: ['pharmacist'] }), 'a list of everything hears everything');
  assert.ok(concerns(mine, 'task', { id: '' }), 'so many that they are not named');
  assert.ok(!concerns(mine, 'incident', { id: 'new' }));
  const one = { queryKey: ['task', 'one', 'a', 'why'], meta: undefined, state: { data: {} } };
  assert.ok(concerns(one, 'task', { id: 'a' }) && !concerns(one, 'task', { id: 'b' }));
});

test('a decision and what replaced it stand together', () => {
  const entries = [
    { index: 0, at: '1', type: 'OperationScheduled', operation: { seq: 1, kind: 'task', key: 'task:review', name: 'review', line: 'a.lua:3' } },
    { index: 1, at: '2', type: 'OperationResolved', seq: 1, outcome: { value: { outcome: 'approve', reason: 'fits', by: { subject: 'bo', role: 'pharmacist' } } } },
    { index: 2, at: '3', type: 'DecisionRecorded', key: 'decide:hold', name: 'hold', line: 'a.lua:9', decision: { outcome: 'release' } },
    { index: 3, at: '4', type: 'OutcomeOverridden', target: 'decide:hold', before: { outcome: 'release' }, after: { outcome: 'keep' }, reason: 'fever', by: { subject: 'cho', role: 'physician' } },
  ];
  const found = units.decisions.decisionsOf(entries);
  assert.deepEqual(found.map((one) => [one.kind, one.name, one.outcome, one.by, one.line]), [['person', 'review', 'approve', 'bo (pharmacist)', 'a.lua:3'], ['script', 'hold', 'release', '', 'a.lua:9']]);
  assert.equal(found[1].overrides[0].by, 'cho (physician)');
  assert.equal(units.decisions.holdsNow(found[1]), 'keep');
  assert.equal(units.decisions.holdsNow(found[0]), 'approve');
});

test('the story of a case leaves numbers, times and names as they are', () => {
  const { tell } = units.journal;
  const set = { index: 0, at: '1', type: 'AttributesSet', attributes: { potassium: 3.5, ward: 'MED.2', stage: 'follow_up' } };
  assert.equal(tell(set, new Map()).what, 'Potassium is 3.5; Ward is MED.2; Stage is Follow up');
  const given = { index: 1, at: '2', type: 'TaskChanged', seq: 1, action: 'reassign', subject: 'anna.meier' };
  assert.match(tell(given, new Map()).what, /anna\.meier$/);
});

test('a question to the ledger asks for what was filled in, and not before it is whole', () => {
  const { QUESTIONS, queryOf, isWhole } = units.questions;
  const read = QUESTIONS.find((one) => one.id === 'read');
  assert.ok(!isWhole(read, { patient: ' ' }));
  assert.deepEqual(queryOf(read, { patient: ' p1 ', from: '2026-03-02T07:00', person: 'left over' }), { action: 'patient.read', patient: 'p1', from: new Date('2026-03-02T07:00').toISOString() });
});

test('a batch asks for the same cases as the list shows, and an empty filter says all', () => {
  const { batchQueryOf, EVERYTHING } = units.filter;
  assert.deepEqual(batchQueryOf(EVERYTHING, 0), { all: true });
  assert.deepEqual(batchQueryOf({ ...EVERYTHING, workflow: 'discharge', unit: 'MED', stage: 'follow_up', only: 'paused' }, 0), { workflow: 'discharge', unit: 'MED', attributes: { stage: 'follow_up' }, paused: true });
});
