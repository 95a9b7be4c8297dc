-- One stay, as the discharge workflow knows it: what was heard about it, in the order in which it was heard, and what that
-- means. Nothing here waits except next_change.
--
-- A `change` is { kind, event } and says where the case goes next:
--   left                   the patient has been discharged
--   amended                the discharge was told again, with another destination
--   withdrawn              the discharge was cancelled (A13)
--   admit_cancelled        there never was a stay (A11)
--   admitted_after_all     there is one, under the same number
--   readmitted             a new stay began after this one
--   readmission_cancelled  and it never was one
--   died                   the patient died after the discharge
--   lives                  and that was told by mistake
--   other_number           another case goes on with this stay (lib/same_stay.lua)
--   contradicted           a message says that the patient lives, and the discharge says died
local policy = require "policy"
local same_stay = require "same_stay"
local times = require "times"

local Case = {}
Case.__index = Case

-- Outcomes as they are searched and reported.
local OUTCOMES = {
  home = "discharged",
  home_health = "discharged",
  facility = "discharged",
  ama = "ama_followup_review",
  died = "deceased_no_followup",
}

-- When it was written (MSH-7), as an instant; nil when it does not say.
local function sent_at(event) return times.parse((event.data or {}).sent_at) end

function Case.open(ctx, event)
  local case = setmetatable({
    encounter = event.encounter,                  -- The number that it has now.
    numbers = { [event.encounter] = ctx:now() },  -- All that it has had, and since when.
    renumbered = {},                              -- What was heard of numbers: the new one by the old one.
    heard = {},                                   -- Numbers of which a message has come that starts a case.
    claims = {},                                  -- What the case says to another that has a number of its own; lib/same_stay.lua.
    began = times.parse(event.recorded_at) or ctx:now(),
    phase = "in",  -- "in" hospital, "out", or "never" there
    others = {},   -- What was heard of other stays of the patient, by number: { at, sent, cancelled }.
    done = {},     -- Steps of the follow-up that are finished, by name.
    notices = {},  -- What was said to whom; lib/notices.lua.
    calls = 0,
  }, Case)
  ctx:set("encounter", event.encounter)
  ctx:set("stage", "in_hospital")
  case.last_sent = sent_at(event)
  case:learn(ctx, event)
  case:hear_of_death(ctx, event)
  return case
end

function Case:mine(event)
  return event.encounter == nil or self.numbers[event.encounter] ~= nil
end

-- Takes over what a message says about the stay; what it does not say stays as it was. One that was written before another that
-- has been heard only adds what is not known yet.
function Case:learn(ctx, event)
  local data, sent = event.data or {}, sent_at(event)
  local late = sent ~= nil and self.learned_sent ~= nil and sent < self.learned_sent
  if not late then self.learned_sent = sent or self.learned_sent end
  local ward = self.ward
  local function take(name, said)
    if said ~= nil and not (late and self[name] ~= nil) then self[name] = said end
  end
  take("admitted_at", times.parse(data.admitted_at))
  take("class", data.class)
  take("admission_type", data.admission_type)
  take("attending", data.attending)
  take("primary_care", data.primary_care)
  take("birth_date", event.patient and event.patient.birth_date)
  take("ward", data.ward)
  if self.ward ~= ward then ctx:set("ward", self.ward) end
end

-- ---- other stays --------------------------------------------------------------------------------------------------------

-- Keeps what a message says of another stay; false when something that was written later is known of it.
function Case:hear_of_other(number, event, cancelled)
  local known, sent = self.others[number] or {}, sent_at(event)
  if sent and known.sent and (sent < known.sent or sent == known.sent and known.cancelled) then return false end
  self.others[number] = {
    at = not cancelled and times.parse(event.occurred_at) or known.at,
    sent = sent or known.sent,
    cancelled = cancelled,
  }
  return true
end

-- The number of the stay that began after this one, or nil: of several, the last.
function Case:readmitted_as()
  local latest
  for number, other in pairs(self.others) do
    local after = other.at and self.left_said and not other.cancelled and other.at - self.left_said or 0
    if after > 0 and after <= times.days(policy.close_after_days) and (not latest or other.at > self.others[latest].at) then
      latest = number
    end
  end
  return latest
end

-- ---- death ----------------------------------------------------------------------------------------------------------------

-- Whether the patient lives is in every message that has PID-30; the one that was written last counts. "N" corrects only what was
-- told before: many senders write it for everybody of whom they have not heard yet.
function Case:hear_of_death(ctx, event)
  local said = event.patient and event.patient.deceased
  if event.type == "patient.died" then said = true end
  if type(said) ~= "boolean" or event.merge then return nil end
  local sent, before = sent_at(event), self.deceased or false
  if sent and self.death_sent and sent < self.death_sent then return nil end
  self.death_sent, self.deceased = sent or self.death_sent, said

  if self.phase == "in" and said ~= before then
    ctx:note(said and "The patient has died in hospital; the discharge has not been told yet" or "The patient lives: the death was told by mistake")
  elseif self.phase == "out" and said and self.disposition ~= "died" and not self.died_after then
    return { kind = "died" }
  elseif self.phase == "out" and before and not said then
    if self.died_after then return { kind = "lives" } end
    if self.disposition ~= "died" then return nil end
    if self.code and policy.disposition(self.code) == "died" then return { kind = "contradicted" } end
    return { kind = "amended", event = { id = event.id, source = event.source, data = {} } }
  end
end

-- ---- what a message means -----------------------------------------------------------------------------------------------

local MEANING = {}

-- True for a message that was written before the last one that changed this case: it was overtaken, and what it says is past. After
-- a cancelled admission it has to be newer: what was written in the same second was cancelled with it.
local function is_stale(case, ctx, event)
  local sent = sent_at(event)
  if sent and case.last_sent and (sent < case.last_sent or case.phase == "never" and sent == case.last_sent) then
    ctx:note(event.type .. " was overtaken by a later message: ignored")
    return true
  end
  case.last_sent = sent or case.last_sent
  return false
end

local function discharged(case, ctx, event)
  if not case:mine(event) or is_stale(case, ctx, event) then return nil end
  if case.phase ~= "out" then return { kind = "left", event = event } end
  local code = event.data.disposition_code
  local same = code == nil or code == case.code or policy.disposition(code) == case.disposition
  if same or case.disposition == "died" and case.deceased then
    ctx:note("The discharge was told again: nothing new")
    return nil
  end
  return { kind = "amended", event = event }
end
MEANING["encounter.discharged"] = discharged

local function cancelled(case, ctx, event)
  local number = event.encounter or case.readmission
  if number and not case.numbers[number] then
    if not case:hear_of_other(number, event, true) then
      ctx:note(event.type .. " was overtaken by a later message: ignored")
    elseif number == case.readmission then
      return { kind = "readmission_cancelled" }
    end
    return nil
  end
  if case.phase == "never" or is_stale(case, ctx, event) then return nil end
  return { kind = "admit_cancelled", event = event }
end
MEANING["encounter.admit_cancelled"] = cancelled
MEANING["encounter.deleted"] = cancelled

MEANING["encounter.admitted"] = function(case, ctx, event)
  if case:mine(event) then
    if case.phase == "never" then return not is_stale(case, ctx, event) and { kind = "admitted_after_all", event = event } or nil end
    case:learn(ctx, event)  -- It was overtaken by its discharge.
  elseif not case:hear_of_other(event.encounter, event, false) then
    ctx:note("Another admission was overtaken by its cancellation: ignored")
  elseif case.phase == "out" and case.disposition ~= "died" and not case.died_after and case:readmitted_as() == event.encounter then
    return { kind = "readmitted", event = event }
  end
end

local function discharge_cancelled(case, ctx, event)
  if not case:mine(event) or is_stale(case, ctx, event) then return nil end
  if case.phase == "out" then return { kind = "withdrawn", event = event } end
  if case.phase == "never" then return { kind = "admitted_after_all", event = event } end  -- So the patient is in.
  ctx:note("A discharge was cancelled that nobody had told of")
end
MEANING["encounter.discharge_cancelled"] = discharge_cancelled

-- Visits are no stays, but a sender may call the end of a stay one. Without a number it is none of ours.
local function of_a_visit(meaning)
  return function(case, ctx, event)
    if event.encounter then return meaning(case, ctx, event) end
  end
end
MEANING["encounter.visit_ended"] = of_a_visit(discharged)
MEANING["encounter.visit_cancelled"] = of_a_visit(cancelled)
MEANING["encounter.visit_end_cancelled"] = of_a_visit(discharge_cancelled)

MEANING["encounter.updated"] = function(case, ctx, event)
  if not case:mine(event) then return nil end
  case:learn(ctx, event)
  if case.phase == "out" and event.data.disposition_code then return discharged(case, ctx, event) end
end

-- This stay has another number from now on, and perhaps yet another, if that was heard before.
local function follow_numbers(case, ctx, number)
  repeat
    local new = case.renumbered[number]
    if new and not case.numbers[new.number] then
      case.numbers[new.number], case.others[new.number] = new.since, nil
      same_stay.add(ctx, case, new.number, new.since)
    end
    if new and new.number ~= case.encounter then
      case.encounter = new.number
      ctx:set("encounter", new.number)
    end
    number = new and new.number
  until not number or case.renumbered[number] == nil
end

MEANING["encounter.renumbered"] = function(case, ctx, event)
  local old, new, sent = event.data.previous_encounter, event.encounter, sent_at(event)
  if not old or not new or old == new then return nil end
  local since = times.parse(event.recorded_at) or ctx:now()
  local known = case.renumbered[old]
  if known and sent and known.sent and sent <= known.sent then return nil end
  case.renumbered[old], case.renumbered[new] = { number = new, since = since, sent = sent }, case.renumbered[new]
  if case.renumbered[new] and case.renumbered[new].number == old then case.renumbered[new] = nil end  -- And back again.

  if case.numbers[old] then
    follow_numbers(case, ctx, old)
    if case.readmission == new then return { kind = "readmission_cancelled" } end
  elseif case.numbers[new] then
    case.numbers[old] = since
    ctx:add_key(old)  -- This case was started before the number was told; the other one, if there is one, says which goes on.
  elseif case.others[old] then
    case.others[new], case.others[old] = case.others[old], nil
    if case.readmission == old then case.readmission = new end
  end
end

-- The discharge that came just before had no number, so that it was of the open stay; what it has started is not needed.
MEANING["encounter.discharged_unnumbered"] = function(case, ctx, event)
  local said = times.parse(event.data.discharged_at) or times.parse(event.occurred_at)
  if case.phase == "out" and case.left_said == said and not case.numbers[event.encounter] then
    same_stay.add(ctx, case, event.encounter, case.began, true)
  end
end

MEANING["case.key_held"] = function(case, ctx, event) same_stay.claim(ctx, case, event.data) end

-- A person has replaced what the message said about where the patient went.
MEANING["override.disposition"] = function(case, _, event)
  local after = event.data.after
  local kind = type(after) == "table" and after.outcome or after
  if case.phase == "out" and OUTCOMES[kind] and kind ~= case.disposition then
    return { kind = "amended", event = { data = { disposition = kind, reason = event.data.reason } } }
  end
end

MEANING["patient.merged"] = function(_, ctx)
  ctx:note("Two records of this patient became one; the case goes on under the one that stays")
end

-- These start a case under their number.
local STARTS = {
  ["encounter.admitted"] = true, ["encounter.discharged"] = true, ["encounter.discharged_unnumbered"] = true,
  ["encounter.admit_cancelled"] = true, ["encounter.discharge_cancelled"] = true,
}

-- What an event changes, or nil.
function Case:consider(ctx, event)
  if STARTS[event.type] and event.encounter then self.heard[event.encounter] = true end
  local change = self:hear_of_death(ctx, event)
  local meaning = MEANING[event.type]
  if meaning then return meaning(self, ctx, event) or change end
  if event.type:find("^encounter%.") and self:mine(event) then self:learn(ctx, event) end
  return change
end

-- Waits for the next message that changes something, in the order in which they came. Nil when `deadline` passed first.
-- Whoever runs this in a race may stop it at any moment: it never waits for anything but messages.
function Case:next_change(ctx, deadline)
  repeat
    local event = ctx:wait_event({ "encounter.*", "patient.*", "override.disposition", "case.key_held" }, { until_ = deadline })
    if not event then return nil end
    local change = self:consider(ctx, event)
    if change then return change end
  until false
end

-- ---- where it stands ------------------------------------------------------------------------------------------------------

-- The patient is out: where to, since when, and what that makes of the case.
function Case:leave(ctx, event)
  self:learn(ctx, event)
  local code = event.data.disposition_code or self.code
  local kind, known = policy.disposition(code)
  local reason = known and "as the discharge message says" or "the message gives no known disposition, so as for a patient who went home"
  if event.data.disposition then
    kind, reason = event.data.disposition, "a person decided otherwise: " .. event.data.reason
  elseif self.deceased then
    kind, reason = "died", "the patient has died"
  end

  local said = times.parse(event.data.discharged_at) or self.left_said or times.parse(event.occurred_at)
  self.phase, self.disposition, self.left_said = "out", kind, said
  self.code = code
  local now = ctx:now()
  local late = said > now or now - said > times.days(policy.late_message_days)
  self.left_at = late and now or said  -- Where every clock of the follow-up starts.

  ctx:decide("disposition", {
    outcome = kind,
    code = code,
    reason = reason,
    evidence = { event = event.id, message = event.source and event.source.message_id, late = late or nil },
  })
  ctx:set("disposition", kind)
  ctx:set("outcome", OUTCOMES[kind])
  ctx:set("stage", "follow_up")
  ctx:set("follow_up", "open")
end

-- The discharge is taken back, and all that it decided.
function Case:take_back(ctx)
  self.phase, self.disposition = "in", nil
  self.done, self.calls, self.ama, self.readmission, self.died_after = {}, 0, nil, nil, nil
  ctx:set("disposition", nil)
  ctx:set("outcome", nil)
  ctx:set("follow_up", nil)
  ctx:set("stage", "in_hospital")
end

function Case:close(ctx, follow_up)
  ctx:set("follow_up", follow_up)
  ctx:set("stage", "closed")
  return { outcome = ctx:get("outcome"), follow_up = follow_up, calls = self.calls }
end

-- "high" or "moderate": how soon somebody has to see the patient.
function Case:risk(ctx)
  local said = self.checklist and self.checklist.value and self.checklist.value.risk
  if said == "high" or said == "moderate" then return said, "as the nurse judged" end
  local stay = self.admitted_at and self.left_said - self.admitted_at or 0
  if stay >= times.days(policy.risk.long_stay_days) then return "high", "a long stay" end
  if self.admission_type == "E" then return "high", "an emergency admission" end
  local born = tonumber((self.birth_date or ""):match("^%d%d%d%d"))
  local year = tonumber(ctx:format_time(self.left_at):match("^%d%d%d%d"))
  if born and year - born >= policy.risk.age then return "high", "the patient's age" end
  return "moderate", "nothing that makes it high"
end

return Case
