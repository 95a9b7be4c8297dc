-- HL7 v2 ADT: where a patient is, and who a patient is. Trigger events: HL7 v2.5.1, table 0003 and chapter 3.
local mapping = require "mapping"
local clinical = require "clinical"
local tables = require "tables"
local times = require "times"

local NOTHING = {}  -- Understood, and nothing for a workflow to know.

local TRIGGERS = {
  A01 = "encounter.admitted",
  A02 = "encounter.transferred",
  A03 = "encounter.discharged",
  A04 = "encounter.registered",
  A05 = "encounter.preadmitted",
  A06 = "encounter.admitted",                      -- An outpatient becomes an inpatient.
  A07 = "encounter.changed_to_outpatient",
  A08 = "encounter.updated",
  A09 = "encounter.departing",
  A10 = "encounter.arriving",
  A11 = "encounter.admit_cancelled",
  A12 = "encounter.transfer_cancelled",
  A13 = "encounter.discharge_cancelled",
  A14 = "encounter.admit_planned",
  A15 = "encounter.transfer_planned",
  A16 = "encounter.discharge_planned",
  A17 = "encounter.beds_swapped",
  A18 = "patient.merged",
  A19 = NOTHING,                                   -- A query.
  A20 = NOTHING,                                   -- A bed's state; nobody lies in it.
  A21 = "encounter.leave_started",
  A22 = "encounter.leave_ended",
  A23 = "encounter.deleted",
  A24 = "patient.linked",
  A25 = "encounter.discharge_plan_cancelled",
  A26 = "encounter.transfer_plan_cancelled",
  A27 = "encounter.admit_plan_cancelled",
  A28 = "patient.added",
  A29 = "patient.deleted",
  A30 = "patient.merged",
  A31 = "patient.updated",
  A32 = "encounter.arrival_cancelled",
  A33 = "encounter.departure_cancelled",
  A34 = "patient.merged",
  A35 = "account.merged",
  A36 = "patient.merged",
  A37 = "patient.unlinked",
  A38 = "encounter.preadmit_cancelled",
  A39 = "patient.merged",
  A40 = "patient.merged",
  A41 = "account.merged",
  A42 = "encounter.renumbered",                    -- Two visit numbers become one.
  A43 = "patient.identifiers_moved",
  A44 = "account.moved",
  A45 = "encounter.moved",
  A46 = "patient.renumbered",
  A47 = "patient.renumbered",
  A48 = "patient.renumbered",
  A49 = "account.renumbered",
  A50 = "encounter.renumbered",
  A51 = "encounter.renumbered",
  A52 = "encounter.leave_cancelled",
  A53 = "encounter.leave_end_cancelled",
  A54 = "encounter.attending_changed",
  A55 = "encounter.attending_change_cancelled",
  A60 = "patient.allergies_updated",
  A61 = "encounter.consulting_changed",
  A62 = "encounter.consulting_change_cancelled",
}

-- In these the identifiers of MRG end in favour of those of PID, so running cases follow.
local ENDS_IDENTIFIERS = { ["patient.merged"] = true, ["patient.renumbered"] = true }

-- A visit to the emergency department or a clinic ends with A03 and is cancelled with A11 as well, but it is no stay (HL7 table 0004).
local OUTPATIENT = { E = true, O = true, P = true, R = true }
local OF_A_VISIT = {
  ["encounter.discharged"] = "encounter.visit_ended",
  ["encounter.discharge_cancelled"] = "encounter.visit_end_cancelled",
  ["encounter.admit_cancelled"] = "encounter.visit_cancelled",
  ["encounter.deleted"] = "encounter.visit_cancelled",
}
-- With A01 a patient is given a bed, as for an observation (O), or by the emergency department (E): that is a stay. Of those who come again and
-- again (R) or are still to come (P) it is none.
local COMES_AND_GOES = { R = true, P = true }

local function type_for_class(type, class)
  if type == "encounter.admitted" and COMES_AND_GOES[class] then return "encounter.visit_begun" end
  return OUTPATIENT[class] and OF_A_VISIT[type] or type
end

local FIELDS = { A01 = { "EVN-6", "PV1-44" }, A03 = { "PV1-45", "EVN-6" } }

-- When it happened. Where the field says the day alone, or its midnight, the time of the recording says more, if that was on the same day.
local function when(m, trigger)
  local at, recorded = clinical.occurred_at(m, table.unpack(FIELDS[trigger] or {})), clinical.occurred_at(m)
  local is_day = at and at:find("T00:00:00", 1, true)
  return is_day and recorded and recorded:sub(1, 10) == at:sub(1, 10) and recorded or at
end

-- When the message was written, and where it says only the day, the hour or the minute, the end of that (lib/written.lua).
local SPANS = { [8] = times.days(1), [10] = times.hours(1), [12] = times.minutes(1) }
local function written(m)
  local at = m.sent or m:time("EVN-2")
  local span = SPANS[#((m:get(m.sent and "MSH-7" or "EVN-2") or ""):match("^%d*"))]
  return { at = at, until_ = at and span and times.format(times.parse(at) + span - 1) }
end

-- PV1-2, in capitals: senders differ.
local function class_of(m)
  local class = m:get("PV1-2.1")
  return class and class:upper()
end

local function stay(m)
  local ward, location = clinical.place(m, "PV1-3")
  return {
    trigger = m.trigger,
    alternate = m:get("PV1-50.1"),
    account = m:get("PID-18.1"),
    class = class_of(m),
    admission_type = m:get("PV1-4.1"),
    ward = ward,
    location = location,
    attending = clinical.provider(m, "PV1-7"),
    primary_care = clinical.provider(m, "PD1-4"),
    disposition_code = m:get("PV1-36.1"),
    discharged_to = m:get("PV1-37.1"),
    admitted_at = m:time("PV1-44"),
    discharged_at = m:time("PV1-45"),
    expected_discharge = m:time("PV2-9"),
    reason = m:get("PV2-3.2") or m:get("PV2-3.1"),
  }
end

local SEVERITIES = { SV = "severe", MO = "moderate", MI = "mild", U = "unknown" }  -- HL7 table 0128
local KINDS = { DA = "drug", FA = "food", MA = "various", MC = "contact", EA = "environment", AA = "animal", PA = "plant", LA = "pollen" }  -- HL7 table 0127
local CHANGES = { A = "added", D = "removed", U = "changed" }  -- HL7 table 0323

-- AL1 lists all allergies; IAM says what has changed. A message with neither says nothing of allergies: that is not "none".
local function allergies(m)
  local list, are = {}, nil
  for _, segment in ipairs(m.list) do
    if segment.name == "AL1" or segment.name == "IAM" then
      local reactions = {}
      for _, reaction in ipairs(segment:all("5")) do reactions[#reactions + 1] = reaction:get("1") end
      local change = segment.name == "IAM" and CHANGES[segment:get("6.1") or ""] or nil
      if change then are = "changes" end
      list[#list + 1] = {
        kind = KINDS[segment:get("2.1") or ""], code = segment:get("3.1"), name = segment:get("3.2") or segment:get("3.1"),
        severity = SEVERITIES[segment:get("4.1") or ""], reactions = #reactions > 0 and reactions or nil, change = change,
      }
    end
  end
  if #list == 0 then return nil end
  return list, are
end

-- The number that the stay had before: in MRG-5, and of whom the class is changed in the field of MRG that answers to the one where the
-- number is (clinical.encounter).
local CHANGES_CLASS = { A06 = true, A07 = true }
local function previous_number(m, trigger)
  if not CHANGES_CLASS[trigger] or m:get("PV1-19.1") then return m:get("MRG-5.1") end
  return m:get(m:get("PV1-50.1") and "MRG-6.1" or "MRG-3.1")
end

-- MRG-1: the numbers of the other record. Many senders leave out who gave one; then it was whoever gave the patient's own of that type.
local function previous_identifiers(m, patient)
  local function own(type) return tables.find(patient.identifiers, function(each) return each.type == type end) end
  local list = {}
  for _, repetition in ipairs(m:all("MRG-1")) do
    local value, type = repetition:get("1"), repetition:get("5")
    local system = repetition:get("4.1") or repetition:get("4.2") or (own(type or "MR") or own("MR") or patient.identifiers[1]).system
    if value then list[#list + 1] = { system = system, value = value, type = type } end
  end
  return list
end

local function event_of(m, trigger, type, sent)
  type = type_for_class(type, class_of(m) or "")
  local data = m:segment("PV1") and stay(m) or { trigger = trigger }
  data.previous_encounter = previous_number(m, trigger)
  data.sent_at, data.sent_until = sent.at, sent.until_
  data.allergies, data.allergies_are = allergies(m)

  local event, reason, field = clinical.event(m, type, when(m, trigger), data)
  if not event then return nil, reason, field end
  -- A stay that nobody numbered gets the name of its first day, so that it can be followed at all.
  if type == "encounter.admitted" and not event.encounter then
    event.encounter, event.data.numbered_by = "unnumbered-" .. event.occurred_at:sub(1, 10), "day"
  end

  if m:segment("MRG") then
    local old = previous_identifiers(m, event.patient)
    if ENDS_IDENTIFIERS[type] and #old > 0 then
      event.merge = { identifiers = old }
    elseif #old > 0 then
      event.data.from = old
    end
  end
  return event
end

-- A discharge without a number is of the stay that is open. Nobody may have heard of that one: then it is followed up under the name
-- of its last day, which this second event starts and open cases take back (lib/same_stay.lua of the workflows).
local function unnumbered_of(_, event)
  if event.type ~= "encounter.discharged" or event.encounter then return nil end
  return {
    type = "encounter.discharged_unnumbered",
    patient = event.patient,
    encounter = "unnumbered-" .. event.occurred_at:sub(1, 10),
    occurred_at = event.occurred_at,
    data = event.data,
  }
end

-- Where the account is the number of the stay (clinical.encounter), a new account number is a new number of the stay.
local function renumbered_of(m, event)
  local old = m:get("MRG-3.1")
  if event.type ~= "account.renumbered" or not old or not event.encounter then return nil end
  return {
    type = "encounter.renumbered",
    patient = event.patient,
    encounter = event.encounter,
    occurred_at = event.occurred_at,
    data = { trigger = m.trigger, previous_encounter = old, sent_at = event.data.sent_at, sent_until = event.data.sent_until },
  }
end

-- What the other record is to know, which has lost a stay or an identifier to the patient of the message.
local MOVES_AWAY = {
  ["encounter.moved"] = "encounter.moved_away",
  ["account.moved"] = "encounter.moved_away",
  ["patient.identifiers_moved"] = "patient.identifiers_moved_away",
}
local function moved_away_of(m, event)
  local type = MOVES_AWAY[event.type]
  if not type or not event.data.from then return nil end
  return {
    type = type,
    patient = { identifiers = event.data.from },
    encounter = type == "encounter.moved_away" and (m:get("MRG-5.1") or m:get("MRG-3.1") or event.encounter) or nil,
    occurred_at = event.occurred_at,
    data = { trigger = m.trigger, to = event.patient.identifiers, sent_at = event.data.sent_at, sent_until = event.data.sent_until },
  }
end

-- An account that is moved may be the number of a stay, which is then moved as well.
local function moved_of(_, event)
  if event.type ~= "account.moved" or not event.encounter then return nil end
  return { type = "encounter.moved", patient = event.patient, encounter = event.encounter, occurred_at = event.occurred_at, data = event.data }
end

-- Whatever else the message says: when it also says that the patient is dead, everybody who plans to call has to know.
local function death_of(m, event)
  if not event.patient.deceased then return nil end
  return {
    type = "patient.died",
    patient = event.patient,
    encounter = event.encounter,
    occurred_at = m:time("PID-29") or event.occurred_at,
    data = { trigger = m.trigger, sent_at = event.data.sent_at, sent_until = event.data.sent_until },
  }
end

-- Merges and links may carry several patients, each with a PID of its own; so does the swap of two beds. A45 may move several stays of one
-- patient, each with an MRG of its own.
local function parts(m)
  local groups, stays = m:groups("PID"), m.trigger == "A45" and m:groups("MRG") or {}
  if #stays > 1 then
    for _, group in ipairs(stays) do table.insert(group.list, 1, m:segment("PID")) end
    groups = stays
  end
  if #groups < 2 then return { m } end
  for _, group in ipairs(groups) do table.insert(group.list, 1, m:segment("EVN")) end
  return groups
end

-- All that one part of the message tells, but a death.
local function events_of(part, trigger, type, sent)
  local event, reason, field = event_of(part, trigger, type, sent)
  if not event then return nil, reason, field end
  local events = { event }
  for _, more in ipairs { unnumbered_of, renumbered_of, moved_of, moved_away_of } do events[#events + 1] = more(part, event) end
  return events
end

local function link(events, groups)
  for i, event in ipairs(events) do
    event.data.linked = {}
    for j, group in ipairs(groups) do
      if j ~= i then
        for _, identifier in ipairs(group:identifiers("PID-3")) do table.insert(event.data.linked, identifier) end
      end
    end
  end
end

return mapping.define {
  name = "adt",
  format = "hl7v2",
  types = { "ADT" },

  map = clinical.reader(function(m)
    local trigger = m.trigger
    local type = TRIGGERS[trigger or ""]
    if type == NOTHING then return {} end
    if not type then return nil, "ADT^" .. tostring(trigger) .. " is no trigger event of HL7 table 0003 that this mapping knows" end

    local events, deaths = {}, {}
    local groups, sent = parts(m), written(m)
    for _, part in ipairs(groups) do
      local told, reason, field = events_of(part, trigger, type, sent)
      if not told then return nil, reason, field end
      table.move(told, 1, #told, #events + 1, events)
      deaths[#deaths + 1] = death_of(part, told[1])
    end
    if type == "patient.linked" or type == "patient.unlinked" then link(events, groups) end
    for _, death in ipairs(deaths) do events[#events + 1] = death end
    return events
  end),
}
