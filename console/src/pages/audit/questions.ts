// What an auditor comes with, as questions that are ready to be asked: docs/AUDITORS.md has the same, for the command line.
import { instantOf } from '../../words';

export interface Field {
  name: string; // As the API has it.
  label: string;
  needed?: boolean;
}

export interface Question {
  id: string;
  asks: string;
  says: string; // What the answer is, and what it is not.
  fields: Field[];
  answer: 'records' | 'latest' | 'explain' | 'reproduce' | 'ready';
  filter?: { [name: string]: string };
}

const PATIENT: Field = { name: 'patient', label: 'Patient id', needed: true };
const CASE: Field = { name: 'instance', label: 'Case id', needed: true };
const FROM: Field = { name: 'from', label: 'From' };
const TO: Field = { name: 'to', label: 'Until' };

export const QUESTIONS: Question[] = [
  { id: 'latest', asks: 'What happened last?', says: 'The last hundred records of the whole ledger.', fields: [], answer: 'latest' },
  { id: 'patient', asks: 'Who saw or changed anything of this patient?', says: 'Every record about the patient, oldest first; lists on which they stood are among them.', fields: [PATIENT, FROM, TO], answer: 'records' },
  { id: 'read', asks: 'Who was shown this patient’s data?', says: 'Each was committed before the first byte left.', fields: [PATIENT, FROM, TO], answer: 'records', filter: { action: 'patient.read' } },
  { id: 'disclosed', asks: 'Who got this patient’s data outside of the house?', says: 'Every request that an activity sent out, with its destination and the source line that sent it.', fields: [PATIENT, FROM, TO], answer: 'records', filter: { action: 'patient.disclosed' } },
  { id: 'person', asks: 'What did this person do?', says: 'Or this service, script or model: whatever has a sign-in name.', fields: [{ name: 'person', label: 'Sign-in name', needed: true }, FROM, TO], answer: 'records' },
  { id: 'case', asks: 'What is recorded of this case?', says: 'Every record of the case, oldest first.', fields: [CASE], answer: 'records' },
  { id: 'explain', asks: 'Why was this case decided so?', says: 'Each decision with its step, source line and bundle, on what evidence, and the record that binds it.', fields: [CASE], answer: 'explain' },
  { id: 'reproduce', asks: 'Would it be decided the same again?', says: 'Runs the case’s own bundle over its journal again, read-only, and compares.', fields: [CASE], answer: 'reproduce' },
  { id: 'decided', asks: 'What did the people who decided see?', says: 'Open a record: its evidence is what was on the screen, and how old it was.', fields: [CASE], answer: 'records', filter: { action: 'task.decided' } },
  { id: 'overrides', asks: 'Which overrides were there?', says: 'Each has what was proposed, what holds instead, by whom, and why.', fields: [{ name: 'rule', label: 'Decision or task' }, { name: 'person', label: 'Sign-in name' }, FROM, TO], answer: 'records', filter: { action: 'outcome.overridden' } },
  { id: 'model', asks: 'What did this model decide?', says: 'With its confidence, and what people made of it.', fields: [{ name: 'model', label: 'Model', needed: true }, FROM, TO], answer: 'records' },
  { id: 'refused', asks: 'Who tried what they may not do?', says: 'Every request that the policy or the sign-in refused.', fields: [{ name: 'person', label: 'Sign-in name' }, FROM, TO], answer: 'records', filter: { action: 'access.refused' } },
  { id: 'deployed', asks: 'Which scripts went live, and who brought them?', says: 'With the check of the cases that were open then.', fields: [FROM, TO], answer: 'records', filter: { action: 'bundle.deployed' } },
];

export function isWhole(question: Question, values: { [name: string]: string }): boolean {
  return question.fields.every((field) => !field.needed || Boolean(values[field.name]?.trim()));
}

export function queryOf(question: Question, values: { [name: string]: string }): { [name: string]: string | undefined } {
  const query: { [name: string]: string | undefined } = { ...question.filter };
  for (const { name } of question.fields) {
    const value = values[name]?.trim();
    if (value) query[name] = name === 'from' || name === 'to' ? instantOf(value) : value;
  }
  return query;
}
