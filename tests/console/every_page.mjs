// A ward with something on every page, and the pages: what is pictured and what axe looks at.
import { Ward } from './ward.mjs';

const NOT_UNDERSTOOD = 'MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|20260302070000||ADT^A01^ADT_A01|BAD1|P|2.5.1\rEVN|A01|20260302070000\r';

// Somebody who may see everything, late in the day: some tasks are late, some are not.
export async function busyWard(binary, people = 12) {
  const ward = await Ward.start(binary);
  await ward.admit(people);
  await ward.post('/v1/instances', { workflow: 'broken', id: 'broken-1', input: { missing: 'end date' } });
  await ward.send([NOT_UNDERSTOOD]);
  await ward.askForRides();
  await ward.addPerson('sam.okafor', 'Sam Okafor', ['operator', 'physician', 'charge_nurse', 'nurse', 'unit_clerk', 'auditor', 'records_officer', 'admin'], ['MED']);
  await ward.advance('11h');
  await ward.plan();
  await ward.decideSome('sam.okafor');
  return ward;
}

// Name, address, and what is there once the page stands.
export async function everyPage(ward) {
  const followed = (await ward.get('/v1/instances?attribute.stage=follow_up')).items[0];
  const task = (await ward.get('/v1/tasks?role=nurse')).items[0];
  const id = encodeURIComponent(followed.id);
  return [
    ['inbox', '/inbox', '.task-row'],
    ['task', `/inbox/${encodeURIComponent(task.id)}?view=roles`, '#context-case'],
    ['ride', '/inbox/ride-0.1?view=unit', '#next-steps'],
    ['alerts', '/alerts', '.alert'],
    ['board', '/board', '.table tbody a'],
    ['queues', '/duty', '#queues'],
    ['rota', '/duty?tab=rota&unit=MED', '.shift'],
    ['covers', '/duty?tab=covers', '.reviews li'],
    ['case', `/cases/${id}`, '#waits'],
    ['history', `/cases/${id}?tab=history`, '.told'],
    ['decisions', `/cases/${id}?tab=decisions`, '.decided-one'],
    ['path', `/cases/${id}?tab=path`, '.path-node'],
    ['what_if', `/cases/${id}?tab=what-if`, '.what-if-begin'],
    ['script', `/cases/${id}?tab=script`, '.branch'],
    ['case_messages', `/cases/${id}?tab=messages`, '#tab-body .card'],
    ['journal', `/cases/${id}?tab=journal`, '.journal-entry'],
    ['patients', '/patients', '.table tbody a'],
    ['patient', `/patients/${encodeURIComponent(followed.patient)}`, '#story'],
    ['incidents', '/incidents', 'h1'],
    ['messages', '/messages?state=accepted', '.table tbody a'],
    ['charts', '/charts', '.recharts-bar-rectangle'],
    ['audit', '/audit', '.table tbody a'],
    ['record', `/audit?q=case&instance=${id}&record=20`, '#proof'],
    ['explain', `/audit?q=explain&instance=${id}`, '.told'],
    ['reproduce', `/audit?q=reproduce&instance=${id}`, '.notice'],
    ['ready', `/audit?q=ready:overrides`, '.ready h3'],
    ['keeping', '/audit?tab=keeping', '.reviews li'],
    ['break_glass', '/audit?tab=break-glass', '#break-glass'],
    ['sql', '/audit?tab=sql', '#sql'],
    ['people', '/access', '.reviews li'],
    ['keys', '/access?tab=keys', '.reviews li'],
    ['roles', '/access?tab=roles', '.role'],
  ];
}
