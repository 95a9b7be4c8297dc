-- The mappings: what HL7 messages come to mean.
local test = require "test"
local json = require "json"

-- The control id is made of the trigger: each message has its own.
local function adt(trigger, pid, more)
  return table.concat({
    "MSH|^~\\&|EHR|GENHOSP|BATON|HUB|20260302090000-0500||ADT^" .. trigger .. "|M-" .. trigger .. "|P|2.5.1",
    "EVN|" .. trigger .. "|20260302090000-0500",
    pid or "PID|1||P1^^^GENHOSP^MR~555^^^SSA^SS||Doe^Jane||19400423|F",
    more or "PV1|1|I|MED^101^A|R|||||||||||||||E1",
  }, "\r")
end

local function map(t, name, text)
  local events, reason = t:map(name, text)
  t:truthy(events, reason)
  return events[1], events
end

local function pv1(class, disposition)
  return "PV1|1|" .. class .. "|MED^101^A||||||||||||||||E1|||||||||||||||||" .. disposition .. "||||||||20260301080000|20260302083000"
end

test.case("an admission tells who, which stay, where and when", function(t)
  local event = map(t, "adt", adt("A01"))
  t:equal(event.type, "encounter.admitted")
  t:equal(event.encounter, "E1")
  t:equal(event.occurred_at, "2026-03-02T09:00:00-05:00")
  t:equal(event.patient.identifiers[1], { system = "GENHOSP", value = "P1", type = "MR" })
  t:equal(event.patient.birth_date, "1940-04-23")
  t:equal(event.data.ward, "MED")
end)

test.case("blanks that fill a field up make no other patient, and no other stay", function(t)
  local event = map(t, "adt", adt("A01", "PID|1||P1   ^^^GENHOSP  ^MR ||Doe  ^Jane||19400423|F", "PV1|1|I|MED  ^101^A|R|||||||||||||||E1   |   |"))
  t:equal(event.patient.identifiers, { { system = "GENHOSP", value = "P1", type = "MR" } })
  t:equal({ event.encounter, event.data.ward, event.patient.name.family }, { "E1", "MED", "Doe" })
end)

test.case("a discharge happened when PV1-45 says, and tells where to", function(t)
  local event = map(t, "adt", adt("A03", nil, pv1("I", "07")))
  t:equal(event.type, "encounter.discharged")
  t:equal(event.occurred_at, "2026-03-02T08:30:00-05:00")
  t:equal(event.data.disposition_code, "07")
end)

test.case("the end of an emergency visit is no discharge", function(t)
  t:equal(map(t, "adt", adt("A03", nil, pv1("E", "01"))).type, "encounter.visit_ended")
  local event = map(t, "adt", adt("A03", nil, pv1("e", "01")))  -- Senders differ.
  t:equal({ event.type, event.data.class }, { "encounter.visit_ended", "E" })
end)

test.case("each cancellation has a type of its own", function(t)
  t:equal(map(t, "adt", adt("A11")).type, "encounter.admit_cancelled")
  t:equal(map(t, "adt", adt("A12")).type, "encounter.transfer_cancelled")
  t:equal(map(t, "adt", adt("A13")).type, "encounter.discharge_cancelled")
end)

test.case("AL1 lists all allergies, IAM says what has changed, and silence is not none", function(t)
  local event = map(t, "adt", adt("A08", nil, "AL1|1|DA|PEN^Penicillin|SV|Rash~Wheezing\rAL1|2|FA|PNUT^Peanut|MO"))
  t:equal(event.data.allergies[1], { kind = "drug", code = "PEN", name = "Penicillin", severity = "severe", reactions = { "Rash", "Wheezing" } })
  t:equal(event.data.allergies[2].name, "Peanut")
  t:equal(event.data.allergies_are, nil)
  event = map(t, "adt", adt("A60", nil, "IAM|1|DA^Drug|PEN^Penicillin|U|Rash|D"))
  t:equal(event.data.allergies[1].change, "removed")
  t:equal(event.data.allergies_are, "changes")
  t:equal(map(t, "adt", adt("A01")).data.allergies, nil)
end)

test.case("a merge ends the identifiers of MRG in favour of those of PID", function(t)
  local event = map(t, "adt", adt("A40", nil, "MRG|OLD1^^^GENHOSP^MR"))
  t:equal(event.type, "patient.merged")
  t:equal(event.patient.identifiers[1].value, "P1")
  t:equal(event.merge.identifiers[1].value, "OLD1")
end)

test.case("a number in MRG without an authority is of the one that gave the patient's own number", function(t)
  local pid = "PID|1||77^^^SSA^SS~P1^^^MASTER^MR||Doe^Jane"
  t:equal(map(t, "adt", adt("A40", pid, "MRG|OLD1")).merge.identifiers, { { system = "MASTER", value = "OLD1" } })
  t:equal(map(t, "adt", adt("A40", pid, "MRG|OLD1^^^GENHOSP")).merge.identifiers[1].system, "GENHOSP")
end)

test.case("a message that says that the patient is dead tells it to everybody", function(t)
  local _, events = map(t, "adt", adt("A08", "PID|1||P1^^^GENHOSP^MR||Doe^Jane||19400423|F||||||||||||||||||||||Y"))
  t:equal(events[1].type, "encounter.updated")
  t:equal(events[2].type, "patient.died")
  t:equal(events[2].data.sent_at, events[1].data.sent_at)
  t:truthy(events[2].data.sent_at)
end)

test.case("whether the patient is dead may be said in small letters", function(t)
  local function of(said) return map(t, "adt", adt("A08", "PID|1||P1^^^GENHOSP^MR||Doe^Jane" .. ("|"):rep(25) .. said)).patient.deceased end
  t:equal({ of("y"), of("n") }, { true, false })
end)

test.case("a merge that says that the patient is dead tells it to everybody as well", function(t)
  local _, events = map(t, "adt", adt("A40", "PID|1||P1^^^GENHOSP^MR||Doe^Jane" .. ("|"):rep(25) .. "Y", "MRG|OLD1^^^GENHOSP^MR"))
  t:equal({ events[1].type, events[2].type }, { "patient.merged", "patient.died" })
end)

test.case("an admission of which only the day is said happened when it was recorded, if that was on the same day", function(t)
  local function at(admitted) return map(t, "adt", adt("A01", nil, "PV1|1|I|MED" .. ("|"):rep(41) .. admitted)).occurred_at end
  t:equal(at("20260302"), "2026-03-02T09:00:00-05:00")
  t:equal(at("20260301"), "2026-03-01T00:00:00-05:00")
  t:equal(at("20260302081500"), "2026-03-02T08:15:00-05:00")
end)

test.case("HL7's null takes a death back", function(t)
  local event = map(t, "adt", adt("A08", 'PID|1||P1^^^GENHOSP^MR||Doe^Jane' .. ("|"):rep(24) .. '""|""'))
  t:equal(event.patient.deceased, false)
end)

test.case("a message that was written at no certain moment of a day, an hour or a minute says when that ends", function(t)
  local function of(written) return map(t, "adt", (adt("A01"):gsub("|20260302090000%-0500||ADT", "|" .. written .. "||ADT"))).data end
  t:equal(of("20260302-0500").sent_until, "2026-03-03T04:59:59.999Z")
  t:equal(of("202603020900-0500").sent_until, "2026-03-02T14:00:59.999Z")
  t:equal(of("20260302090000-0500").sent_until, nil)
end)

test.case("a stay that is moved is told to both records", function(t)
  local _, events = map(t, "adt", adt("A45", nil, "MRG|P9^^^GENHOSP^MR||||E1\rPV1|1|I|MED||||||||||||||||E1"))
  t:equal({ events[1].type, events[1].patient.identifiers[1].value }, { "encounter.moved", "P1" })
  t:equal({ events[2].type, events[2].patient.identifiers[1].value, events[2].encounter }, { "encounter.moved_away", "P9", "E1" })
end)

test.case("a bed's state is understood and means nothing here", function(t)
  local events = t:map("adt", adt("A20"))
  t:equal(#events, 0)
end)

test.case("a trigger that is not in the standard goes to quarantine with a reason", function(t)
  local events, reason = t:map("adt", adt("A99"))
  t:equal(events, nil)
  t:contains(reason, "A99")
end)

test.case("a message about nobody goes to quarantine with a reason", function(t)
  local events, reason = t:map("adt", adt("A01", "PID|1||||Doe^Jane"))
  t:equal(events, nil)
  t:contains(reason, "names no patient")
end)

test.case("an admission without a visit number is a stay all the same", function(t)
  t:equal(map(t, "adt", adt("A01", nil, "PV1|1|I|MED")).encounter, "unnumbered-2026-03-02")
end)

test.case("a discharge without a visit number is of the open stay, and also starts one under the name of its day", function(t)
  local _, events = map(t, "adt", adt("A03", nil, "PV1|1|I|MED"))
  t:equal(#events, 2)
  t:equal({ events[1].type, events[1].encounter }, { "encounter.discharged" })
  t:equal({ events[2].type, events[2].encounter }, { "encounter.discharged_unnumbered", "unnumbered-2026-03-02" })
  t:equal(#select(2, map(t, "adt", adt("A03", nil, "PV1|1|E|MED"))), 1, "a visit's end starts nothing")
end)

local function hospital(t)
  t:clock("2026-03-02T09:00:00-05:00")
  t:mock("pharmacy.home_list", json.array {})
  t:mock("ehr.active_orders", json.array {})
  t:mock("ehr.pending_results", json.array {})
  t:mock("ehr.summary_status", { complete = true })
  t:mock("notices.send", { acknowledged = true })
end

test.case("a discharge without any number, of a stay that nobody has heard of, is followed up", function(t)
  t:crash_everywhere()
  hospital(t)
  t:message(adt("A03", nil, "PV1|1|I|MED"))
  t:skip("1m")
  t:equal(t:instance("discharge"):attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a discharge without any number ends the stay that is open, and is followed up once", function(t)
  t:crash_everywhere()
  hospital(t)
  t:message(adt("A01"))
  local case = t:instance("discharge", "E1")
  t:skip("1h")
  t:message(adt("A03", nil, "PV1|1|I|MED"))
  t:skip("5m")
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(t:instance("discharge"):attribute("outcome"), "other_number")
  t:equal(#t:tasks("follow_up_call"), 1)
  t:equal(#t:calls("notices.send"), 2, "of the admission and of the discharge")
end)

test.case("a result tells its order, and what is abnormal in it", function(t)
  local event = map(t, "results", table.concat({
    "MSH|^~\\&|LAB|GENHOSP|BATON|HUB|20260302090000||ORU^R01|M1|P|2.5.1",
    "PID|1||P1^^^GENHOSP^MR",
    "OBR|1|O7|F7|600-7^Blood culture^LN|||20260302080000|||||||||||||||20260302085500|||F",
    "OBX|1|ST|1^Growth||S. aureus|||AA|||F",
  }, "\r"))
  t:equal(event.type, "result.final")
  t:equal(event.data.order, "O7")
  t:equal(event.data.critical, true)
  t:equal(event.data.abnormal[1].name, "Growth")
end)

test.case("a code is told by its name, a text with all its lines, and one that is too long is cut between characters", function(t)
  local event = map(t, "results", table.concat({
    "MSH|^~\\&|LAB|GENHOSP|BATON|HUB|20260302090000||ORU^R01|M1|P|2.5.1",
    "PID|1||P1^^^GENHOSP^MR",
    "OBR|1|O7|F7|PATH^Pathology|||20260302080000|||||||||||||||20260302085500|||F",
    "OBX|1|CWE|1^Organism||112283007^Escherichia coli^SCT|||POS|||F",
    "OBX|2|TX|2^Text||first~second||||||F",
    "OBX|3|FT|3^Long||x" .. ("\u{e9}"):rep(3000) .. "||||||F",
  }, "\r"))
  t:equal(event.data.abnormal[1].value, "Escherichia coli")
  t:equal(event.data.narrative[1].value, "first\nsecond")
  t:equal(event.data.narrative[2].value, "x" .. ("\u{e9}"):rep(1999) .. " [cut]")
  t:equal(event.data.sent_at, "2026-03-02T09:00:00.000Z")
end)

test.case("a value is told whole, whatever its type, and however a sender escapes", function(t)
  local data = map(t, "results", table.concat({
    "MSH|^~\\&|LAB|GENHOSP|BATON|HUB|20260302090000||ORU^R01|M1|P|2.5.1",
    "PID|1||P1^^^GENHOSP^MR",
    "OBR|1|O7|F7|MICRO^Microbiology|||20260302080000|||||||||||||||20260302085500|||F",
    "OBX|1|SN|1^CRP||>^200|mg/l||H|||F",
    "OBX|2|SN|2^ANA||^1^:^640|||A|||F",
    "OBX|3|CWE|3^Organism||3092008^Staphylococcus aureus^SCT~112283007^Escherichia coli^SCT|||A|||F",
    "OBX|4|CWE|4^Other||^^^^^^^^Something rare|||A|||F",
    "OBX|5|TX|5^Text||D&C on 2 March ^ no malignancy||||||F",
    "OBX|6|ED|6^Report||LAB^application^pdf^Base64^JVBERi0xLjQK||||||F",
    'OBX|7|ST|7^Nothing||""||||||F',
  }, "\r")).data
  local values = {}
  for i, found in ipairs(data.abnormal) do values[i] = found.value end
  t:equal(values, { ">200", "1:640", "Staphylococcus aureus\nEscherichia coli", "Something rare" })
  t:equal(data.narrative[1].value, "D&C on 2 March ^ no malignancy")
  t:equal(data.narrative[2].value, "[pdf: see the record]")
  t:equal(data.narrative[3].value, nil)
end)

test.case("the results of several patients in one message are each their own, and so is when they were", function(t)
  local first, events = map(t, "results", table.concat({
    "MSH|^~\\&|LAB|GENHOSP|BATON|HUB|20260302090000||ORU^R01|M1|P|2.5.1",
    "PID|1||P1^^^GENHOSP^MR",
    "OBR|1|O1|F1|K^Potassium|||20260301080000|||||||||||||||20260302081000|||F",
    "OBX|1|NM|K^Potassium||4.1|mmol/l||N|||F",
    "PID|2||P2^^^GENHOSP^MR",
    "OBR|1|O2|F2|K^Potassium|||20260301080000|||||||||||||||20260302082000|||F",
    "OBX|1|NM|K^Potassium||7.1|mmol/l||HH|||F",
    "OBR|2|O3|F3|NA^Sodium|||20260301080000|||||||||||||||20260302083000|||F",
    "OBX|1|NM|NA^Sodium||138|mmol/l||N|||F",
  }, "\r"))
  t:equal({ first.patient.identifiers[1].value, first.data.order, first.data.critical }, { "P1", "O1", false })
  t:equal({ events[2].patient.identifiers[1].value, events[2].data.order, events[2].data.critical }, { "P2", "O2", true })
  t:equal({ events[3].patient.identifiers[1].value, #events }, { "P2", 3 })
  t:contains(events[2].occurred_at, "T08:20:00")
  t:contains(events[3].occurred_at, "T08:30:00")
end)

test.case("an order whose numbers stand in ORC alone is known by them", function(t)
  local _, events = map(t, "results", table.concat({
    "MSH|^~\\&|LAB|GENHOSP|BATON|HUB|20260302090000||ORU^R01|M1|P|2.5.1",
    "PID|1||P1^^^GENHOSP^MR",
    "ORC|RE|O1^EHR|F1^LAB",
    "OBR|1|||K^Potassium|||20260301080000|||||||||||||||20260302081000|||F",
    "OBX|1|NM|K^Potassium||7.1|mmol/l||HH|||F",
    "OBR|2|O2|F2|NA^Sodium|||20260301080000|||||||||||||||20260302081000|||F",
    "OBX|1|NM|NA^Sodium||138|mmol/l||N|||F",
  }, "\r"))
  t:equal({ events[1].data.order, events[1].data.filler_order, events[1].data.without_values }, { "O1", "F1", nil })
  t:equal({ events[2].data.order, events[2].data.filler_order }, { "O2", "F2" })
end)

test.case("what the laboratory has written beside a value is told with it", function(t)
  local event = map(t, "results", table.concat({
    "MSH|^~\\&|LAB|GENHOSP|BATON|HUB|20260302090000||ORU^R01|M1|P|2.5.1",
    "PID|1||P1^^^GENHOSP^MR",
    "NTE|1||of the patient",
    "OBR|1|O1|F1|BMP^Panel|||20260301080000|||||||||||||||20260302081000|||F",
    "NTE|1||of the order",
    "OBX|1|NM|K^Potassium||7.1|mmol/l||HH|||F",
    "NTE|1||Specimen hemolyzed~Please repeat",
    "OBX|2|NM|NA^Sodium||128|mmol/l||L|||F",
  }, "\r"))
  t:equal(event.data.abnormal[1].comment, "Specimen hemolyzed\nPlease repeat")
  t:equal(event.data.abnormal[2].comment, nil)
end)

test.case("an appointment tells when it begins", function(t)
  local event = map(t, "appointments", table.concat({
    "MSH|^~\\&|SCH|GENHOSP|BATON|HUB|20260302090000||SIU^S12|M1|P|2.5.1",
    "SCH|P9|V1||||Follow up||FOLLOWUP|||^^^20260309100000",
    "PID|1||P1^^^GENHOSP^MR",
  }, "\r"))
  t:equal(event.type, "appointment.booked")
  t:equal({ event.data.appointment, event.data.placer }, { "V1", "P9" })
  t:equal(event.data.kind, "FOLLOWUP")
  t:contains(event.data.starts_at, "2026-03-09T10:00:00")
  event = map(t, "appointments", table.concat({
    "MSH|^~\\&|SCH|GENHOSP|BATON|HUB|20260302090000||SIU^S12|M2|P|2.7",
    "SCH|P9|V1||||Follow up||FOLLOWUP",
    "TQ1|1||||||20260310110000",
    "PID|1||P1^^^GENHOSP^MR",
  }, "\r"))
  t:contains(event.data.starts_at, "2026-03-10T11:00:00")
end)

test.case("each of several patients of one appointment has it", function(t)
  local _, events = map(t, "appointments", table.concat({
    "MSH|^~\\&|SCH|GENHOSP|BATON|HUB|20260302090000||SIU^S12|M1|P|2.5.1",
    "SCH|P9|V1||||Training||FOLLOWUP|||^^^20260309100000",
    "PID|1||P1^^^GENHOSP^MR",
    "PID|2||P2^^^GENHOSP^MR",
  }, "\r"))
  t:equal({ events[1].patient.identifiers[1].value, events[2].patient.identifiers[1].value, #events }, { "P1", "P2", 2 })
  t:equal(events[2].data.appointment, "V1")
end)

test.case("a document is known by its own number, and not by that of whoever gives them", function(t)
  local function document(number)
    return map(t, "documents", table.concat({
      "MSH|^~\\&|DOC|GENHOSP|BATON|HUB|20260302090000||MDM^T02|M1|P|2.5.1",
      "EVN|T02|20260302090000",
      "PID|1||P1^^^GENHOSP^MR",
      "TXA|1|DS|TX|20260302085500||||||||" .. number .. "|||||AU",
    }, "\r")).data.document
  end
  t:equal({ document("D1^EPIC^1.2.840.114350^ISO"), document("^^89137"), document("D2") }, { "D1", "89137", "D2" })
end)

test.case("a discharge summary tells whether it is signed", function(t)
  local event = map(t, "documents", table.concat({
    "MSH|^~\\&|DOC|GENHOSP|BATON|HUB|20260302090000||MDM^T02|M1|P|2.5.1",
    "EVN|T02|20260302090000",
    "PID|1||P1^^^GENHOSP^MR",
    "PV1|1|I|MED||||||||||||||||E1",
    "TXA|1|DS|TX|20260302085500||||||||D1|||||AU",
  }, "\r"))
  t:equal(event.type, "discharge_summary.created")
  t:equal(event.data.complete, true)
  t:equal(event.encounter, "E1")
end)

test.case("the answer to a referral tells whether it was accepted", function(t)
  local event = map(t, "referrals", table.concat({
    "MSH|^~\\&|CLINIC|HEART|BATON|HUB|20260302090000||RRI^I12|M1|P|2.5.1",
    "RF1|A^Accepted|R||||R1|20260302",
    "PID|1||P1^^^GENHOSP^MR",
  }, "\r"))
  t:equal(event.type, "referral.answered")
  t:equal(event.data.referral, "R1")
  t:equal(event.data.status, "accepted")
end)

-- The whole way in: message, patient, workflow.
test.case("a stay told in HL7 becomes a case", function(t)
  t:clock("2026-03-02T09:00:00-05:00")
  t:mock("pharmacy.home_list", json.array {})
  t:mock("ehr.active_orders", json.array {})
  t:mock("ehr.pending_results", json.array {})
  t:mock("ehr.summary_status", { complete = true })
  t:mock("notices.send", { acknowledged = true })
  t:message(adt("A01"))
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("stage"), "in_hospital")
  t:message(adt("A03", nil, pv1("I", "01")))
  t:equal(case:attribute("outcome"), "discharged")
end)
