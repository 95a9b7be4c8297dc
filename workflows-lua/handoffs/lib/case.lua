-- One stay, as the discharge workflow knows it: what was heard about it, in the order in which it was heard, and what that
-- means. Nothing here waits except next_change.
--
-- A `change` is { kind, event } and says where the case goes next:
--   left                   the patient has been discharged
--   may_have_left          so an update may mean it (lib/updates.lua), or the discharge itself does not say it
--   in_after_all           and that was taken back
--   amended                the discharge was told again, with another destination
--   withdrawn              the discharge was cancelled (A13)
--   back                   the patient was admitted again, under the same number
--   admit_cancelled        there never was a stay (A11)
--   admitted_after_all     there is one, under the same number
--   readmitted             a new stay began after this one
--   readmission_cancelled  and it never was one
--   died                   the patient died after the discharge
--   lives                  and that was told by mistake
--   life_in_hospital       either of both, before the discharge
--   other_number           another case goes on with this stay (lib/same_stay.lua)
--   moved_after            the patient was moved to another ward after the discharge
--   redated                the discharge was told again, with a later day
--   contradicted           a message says that the patient lives, and the discharge says died
--   moved_away             the stay, or an identifier of the patient, was moved to another record
--   moved_back             and back again
local death = require "death"
local other_stays = require "other_stays"
local policy = require "policy"
local questions = require "questions"
local same_stay = require "same_stay"
local siblings = require "siblings"
local tables = require "tables"
local times = require "times"
local updates = require "updates"
local written = require "written"

local Case = {}
Case.__index = Case

-- Outcomes as they are searched and reported.
local OUTCOMES = {
  home = "discharged",
  home_health = "discharged",
  facility = "discharged",
  ama = "ama_followup_review",
  died = "deceased_no_followup",
  in_house = "discharged",
}

-- When it was written (MSH-7), as an instant; nil when it does not say.
local function sent_at(event)
  local sent = written.when(event)
  return sent and sent.first
end

function Case.open(ctx, event)
  local case = setmetatable({
    encounter = event.encounter,                  -- The number that it has now.
    numbers = { [event.encounter] = ctx:now() },  -- All that it has had, and since when.
    renumbered = {},                              -- What was heard of numbers: the new one by the old one.
    heard = {},                                   -- Numbers of which a message has come that starts a case.
    claims = {},                                  -- What the case says to another that has a number of its own; lib/same_stay.lua.
    began = times.parse(event.recorded_at) or ctx:now(),
    phase = "in",  -- "in" hospital, "out", or "never" there; "asked" while nobody knows whether it is a stay
    heard_at = ctx:now(),  -- When anybody last told of this stay.
    others = {},   -- What was heard of other stays of the patient, by number; lib/other_stays.lua.
    done = {},     -- Steps of the follow-up that are finished, by name.
    notices = {},  -- What was said to whom; lib/notices.lua.
    calls = 0,
  }, Case)
  ctx:set("encounter", event.encounter)
  ctx:set("stage", "in_hospital")
  case.last_sent = written.when(event)
  case.numbered_by = event.data.numbered_by
  case:learn(ctx, event)
  death.hear(case, ctx, event)
  return case
end

-- Whether a message is of this stay: by its number, or, where it has none, as the stay that it can only mean.
function Case:mine(event)
  return self.numbers[other_stays.number_of(self, event) or ""] ~= nil
end

-- Whether this is a number of the stay, or of its account.
function Case:is_called(number)
  return number ~= nil and (self.numbers[number] ~= nil or self.account == number)
end

-- The emergency department goes on to write of the visit that led to a stay, under its number and as class E.
local CHANGES_CLASS = { ["encounter.admitted"] = true, ["encounter.changed_to_outpatient"] = true }
local function says_class(event)
  return CHANGES_CLASS[event.type] or (event.data or {}).class ~= "E"
end

-- Takes over what a message says about the stay; what it does not say stays as it was. One that was written before another that
-- has been heard only adds what is not known yet.
function Case:learn(ctx, event)
  local data, sent = event.data or {}, written.when(event)
  local late = written.before(sent, self.learned_sent)
  self.learned_sent = written.later(self.learned_sent, sent)
  local ward = self.ward
  local function take(name, said)
    if said ~= nil and not (late and self[name] ~= nil) then self[name] = said end
  end
  local admitted = event.type == "encounter.admitted"
  if admitted then self.admitted_sent = written.later(self.admitted_sent, sent) end
  self.entered = self.entered or written.past(event, admitted and event.occurred_at or data.admitted_at)
  take("admitted_at", times.parse(data.admitted_at))
  if says_class(event) then take("class", data.class) end
  take("admission_type", data.admission_type)
  take("attending", data.attending)
  take("primary_care", data.primary_care)
  take("birth_date", event.patient and event.patient.birth_date)
  take("ward", data.ward)
  if not late then other_stays.learn_names(self, event) end
  if self.ward ~= ward then ctx:set("ward", self.ward) end
end

-- The number of the stay that looks after the patient now, or nil.
function Case:readmitted_as() return other_stays.readmitted_as(self) end

-- ---- what a message means -----------------------------------------------------------------------------------------------

local MEANING = {}

-- True for a message that was written before the last one that changed this case: it was overtaken, and what it says is past. After
-- a cancelled admission it has to be newer: what was written in the same second was cancelled with it.
local function is_stale(case, ctx, event)
  local sent = written.when(event)
  if written.before(sent, case.last_sent) or case.phase == "never" and written.together(sent, case.last_sent) then
    ctx:note(event.type .. " was overtaken by a later message: ignored")
    return true
  end
  case.last_sent = sent or case.last_sent
  return false
end

-- `meaning` is for what is told of this stay, `of_another` for what is told of another one of the patient.
local function either(meaning, of_another)
  return function(case, ctx, event)
    local number = other_stays.number_of(case, event)
    if not number then return nil end
    if case.numbers[number] then return meaning(case, ctx, event) end
    return of_another(case, ctx, number, event)
  end
end

-- The same destination, and a day that is later: so it was told too early.
local function is_later_day(case, event)
  local said = times.parse(event.data.discharged_at)
  return said ~= nil and said - case.left_said >= times.days(1)
end

-- Whether a code says another destination than was said before, by a message or by the person who has replaced what it said. One that nobody
-- knows says none.
local function is_elsewhere(case, code)
  local kind, known = policy.disposition(code)
  local told, was_known = policy.disposition(case.code)
  return known and kind ~= case.disposition and not (was_known and kind == told)
end

local function told_again(case, ctx, event)
  local same = not is_elsewhere(case, event.data.disposition_code)
  if not same and not (case.disposition == "died" and case.deceased) then return { kind = "amended", event = event } end
  if is_later_day(case, event) and not case.readmission and not case.died_after then return { kind = "redated", event = event } end
  ctx:note("The discharge was told again: nothing new")
end

local function discharged(case, ctx, event)
  if is_stale(case, ctx, event) then return nil end
  if case.phase == "in" and policy.says_still_here(event.data.disposition_code) then return { kind = "may_have_left", event = event } end
  if case.phase ~= "out" then return { kind = "left", event = updates.as_foretold(case, event) } end
  return told_again(case, ctx, event)
end

local function another_left(case, ctx, number, event) return other_stays.left(case, ctx, number, event, false) end

MEANING["encounter.discharged"] = either(discharged, another_left)

local function cancelled(case, ctx, event)
  if case.phase == "never" then return nil end
  if written.before(written.when(event), case.admitted_sent) then
    ctx:note(event.type .. " was overtaken by a later admission: ignored")
    return nil
  end
  return not is_stale(case, ctx, event) and { kind = "admit_cancelled", event = event } or nil
end
MEANING["encounter.admit_cancelled"] = either(cancelled, other_stays.cancelled)
MEANING["encounter.deleted"] = MEANING["encounter.admit_cancelled"]

-- A second admission of the stay, which began after the patient had left: not the first one told again, and not of somebody who has died.
local function is_back(case, event)
  local at = times.parse(event.data.admitted_at)
  local is_second = at ~= nil and case.admitted_at ~= nil and at > case.admitted_at
  return is_second and case.phase == "out" and case.disposition ~= "died" and not case.deceased and at > case.left
end

MEANING["encounter.admitted"] = either(function(case, ctx, event)
  local kind = case.phase == "never" and "admitted_after_all" or is_back(case, event) and "back"
  if kind then return not is_stale(case, ctx, event) and { kind = kind, event = event } or nil end
  case:learn(ctx, event)  -- It was overtaken by its discharge.
  updates.is_in(case, event)
end, other_stays.admitted)

-- Who is moved to another bed after the discharge may be in; so it is when that was told late.
local function transferred(case, ctx, event)
  case:learn(ctx, event)
  updates.is_in(case, event)
  local at = written.past(event, event.occurred_at)
  local is_out = case.phase == "out" and case.disposition ~= "died" and not case.died_after and not case.readmission
  if not is_out or not at or at <= case.left or (case.asked_about_move or 0) >= at then return nil end
  if written.before(written.when(event), case.last_sent) then return nil end
  case.asked_about_move = at
  return { kind = "moved_after", event = event }
end
MEANING["encounter.transferred"] = either(transferred, other_stays.transferred)

local function discharge_cancelled(case, ctx, event)
  if is_stale(case, ctx, event) then return nil end
  if case.phase == "out" then return { kind = "withdrawn", event = event } end
  if case.phase == "never" then return { kind = "admitted_after_all", event = event } end  -- So the patient is in.
  ctx:note("A discharge was cancelled that nobody had told of")
  return updates.take_back(case, event)
end

local function another_did_not_leave(case, ctx, number, event) return other_stays.left(case, ctx, number, event, true) end

MEANING["encounter.discharge_cancelled"] = either(discharge_cancelled, another_did_not_leave)

-- The emergency department goes on to write of its visit under the number of the stay that came of it.
local function of_emergency_visit(case, event) return event.data.class == "E" and case.class ~= "E" end

-- What is told of a visit (PV1-2 is E, O, P or R) is of this stay when it carries its number, or when the stay is of that class, as an
-- observation is. That of the emergency department ends no stay but its own, and makes none of another that was cancelled.
local function of_a_visit(meaning)
  return function(case, ctx, event)
    local class, number = event.data.class, event.encounter and other_stays.number_of(case, event)
    local of_its_class = class ~= nil and class == case.class
    if not number then return of_its_class and meaning(case, ctx, event) or nil end
    local other = case.others[number]
    if case.numbers[number] and of_emergency_visit(case, event) or class == "E" and other and not other.visit then return nil end
    if case.numbers[number] or other then return meaning(case, ctx, event) end
  end
end
MEANING["encounter.visit_ended"] = of_a_visit(MEANING["encounter.discharged"])
MEANING["encounter.visit_cancelled"] = of_a_visit(MEANING["encounter.admit_cancelled"])
MEANING["encounter.visit_end_cancelled"] = of_a_visit(MEANING["encounter.discharge_cancelled"])

local function another_updated(case, _, number, event) return other_stays.updated(case, number, event) end

MEANING["encounter.updated"] = either(function(case, ctx, event)
  case:learn(ctx, event)
  local says_discharge = event.data.disposition_code or event.data.discharged_at
  if not says_discharge or of_emergency_visit(case, event) then return nil end
  if case.phase == "out" then return discharged(case, ctx, event) end
  updates.foretell(ctx, case, event)
end, another_updated)

-- Another record has the stay now, or an identifier under which this patient was known, or was never this patient's; or this one has it again.
-- The stay that looked after the patient may be another's as well.
local function moved_away(case, ctx, event)
  if event.encounter and event.encounter == case.readmission then
    case.others[event.encounter].cancelled = true
    ctx:note("The new stay was moved to another record")
    return { kind = "readmission_cancelled" }
  end
  local is_open = case.phase == "in" or case.phase == "out" and not case.readmission and not case.died_after
  if is_open and not case.moved_away and (event.encounter == nil or case:is_called(event.encounter)) then return { kind = "moved_away", event = event } end
end
MEANING["encounter.moved_away"] = moved_away
MEANING["patient.identifiers_moved_away"] = moved_away
MEANING["patient.unlinked"] = moved_away

MEANING["encounter.moved"] = function(case, _, event)
  if case.moved_away and case:is_called(event.encounter) then return { kind = "moved_back" } end
end

-- Its referrals know the stay by its number.
local function take_number(case, ctx, number)
  case.encounter = number
  ctx:set("encounter", number)
  for _, referral in ipairs(case.referral_ids or {}) do ctx:signal(referral, "stay_number", { number = number }) end
end

-- This stay has another number from now on, and perhaps yet another, if that was heard before.
local function follow_numbers(case, ctx, number)
  repeat
    local new = case.renumbered[number]
    if new and not case.numbers[new.number] then
      case.numbers[new.number], case.others[new.number] = new.since, nil
      same_stay.add(ctx, case, new.number, new.since)
    end
    if new and new.number ~= case.encounter then take_number(case, ctx, new.number) end
    number = new and new.number
  until not number or case.renumbered[number] == nil
end

-- A stay of the patient had the number `old` and has `new`, as a message has told at `since`, or another case that has heard it. Returns what that changes.
function Case:renumber(ctx, old, new, since, sent)
  local case, known = self, self.renumbered[old]
  if known and sent and known.sent and sent <= known.sent then return nil end
  if case.account == old then case.account = new end
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

MEANING["encounter.renumbered"] = function(case, ctx, event)
  local old, new = event.data.previous_encounter, event.encounter
  if old and new and old ~= new then return case:renumber(ctx, old, new, times.parse(event.recorded_at) or ctx:now(), sent_at(event)) end
end

-- Who becomes an inpatient or an outpatient may get another number with it (A06, A07), also where the message does not say the old one.
local function follow_class(case, ctx, event)
  if not CHANGES_CLASS[event.type] or case.phase ~= "in" or case.numbers[event.encounter or ""] then return end
  if case.numbers[event.data.previous_encounter or ""] then
    MEANING["encounter.renumbered"](case, ctx, event)
  elseif not event.data.previous_encounter and other_stays.is_changed_by(case, event) then
    case:renumber(ctx, case.encounter, event.encounter, times.parse(event.recorded_at) or ctx:now(), sent_at(event))
  end
end

-- The discharge that came just before had no number, so that it was of the open stay; what it has started is not needed.
MEANING["encounter.discharged_unnumbered"] = function(case, ctx, event)
  local said = times.parse(event.data.discharged_at) or times.parse(event.occurred_at)
  if case.phase == "out" and case.left_said == said and not case.numbers[event.encounter] then
    same_stay.add(ctx, case, event.encounter, case.began, true)
  end
end

MEANING["case.key_held"] = function(case, ctx, event)
  same_stay.claim(ctx, case, event.data)
  siblings.met(ctx, case, event.data)
end

-- A person has replaced what the message said about where the patient went.
MEANING["override.disposition"] = function(case, _, event)
  local after = event.data.after
  local kind = type(after) == "table" and after.outcome or after
  if case.phase == "out" and OUTCOMES[kind] and kind ~= case.disposition then
    return { kind = "amended", event = { data = { disposition = kind, reason = event.data.reason } } }
  end
end

MEANING["patient.merged"] = function(case, ctx, event)
  ctx:note("Two records of this patient became one; the case goes on under the one that stays")
  siblings.meet(ctx, case, event)
end
MEANING["patient.renumbered"] = function(case, ctx, event) siblings.meet(ctx, case, event) end

-- These start a case under their number.
local STARTS = {
  ["encounter.admitted"] = true, ["encounter.discharged"] = true, ["encounter.discharged_unnumbered"] = true,
  ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.discharge_cancelled"] = true,
}

-- All that begins a case: what is known of the patient is told to it.
local BEGINS = {
  ["encounter.admitted"] = true, ["encounter.discharged"] = true, ["encounter.discharged_unnumbered"] = true,
  ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.discharge_cancelled"] = true, ["encounter.moved"] = true,
}

-- A message of this stay under another name than its number: what was started under that ends. The number that a stay has got at last is its own.
local function follow_name(case, ctx, event)
  local number, data = event.encounter, event.data or {}
  if not number or case.numbers[number] or case.others[number] or not case:mine(event) then return end
  if not data.numbered_by then
    ctx:note { numbered = number }
    case.numbers[number], case.numbered_by = case.began, nil
    take_number(case, ctx, number)
  end
  if STARTS[event.type] or not data.numbered_by then same_stay.add(ctx, case, number, case.began, true) end
end

-- What an event changes, or nil.
function Case:consider(ctx, event)
  local number = event.encounter
  follow_class(self, ctx, event)
  if event.type:find("^encounter%.") then follow_name(self, ctx, event) end
  if STARTS[event.type] and number then self.heard[number] = true end
  if BEGINS[event.type] and number and not self.numbers[number] then siblings.tell(ctx, self, number) end
  local change = death.hear(self, ctx, event)
  local is_of_stay = event.type:find("^encounter%.") and self:mine(event)
  if is_of_stay then self.heard_at = ctx:now() end
  local meaning = not other_stays.is_of_former_part(self, event) and MEANING[event.type]
  if meaning then return meaning(self, ctx, event) or change end
  if is_of_stay and not other_stays.is_of_former_part(self, event) then self:learn(ctx, event) end
  return change
end

-- The next message that changes something, in the order in which they came, or what one has said that comes true now. Nil when `deadline`
-- passed first.
local function next_of_messages(ctx, case, deadline)
  repeat
    local foretold = updates.due_at(case)
    local event = ctx:wait_event({ "encounter.*", "patient.*", "override.disposition", "case.key_held" }, {
      until_ = foretold and math.min(foretold, deadline or foretold) or deadline,
      why = "What is told of the stay or the patient may change what is owed",
    })
    local comes_true = not event and foretold and ctx:now() >= foretold
    if not event and not comes_true then return nil end
    local change
    if event then change = case:consider(ctx, event) else change = updates.come_true(case) end
    if change then return change end
  until false
end

-- Waits for what changes something: a message, or what another case knows. Nil when `deadline` passed first. Whoever runs this in a race may
-- stop it at any moment: it never waits for anything but these.
function Case:next_change(ctx, deadline)
  local _, change = ctx:race {
    message = function(s) return next_of_messages(s, self, deadline) end,
    sibling = function(s) return siblings.next_change(s, self) end,
  }
  return change
end

-- ---- where it stands ------------------------------------------------------------------------------------------------------

-- Sets where every clock of the follow-up starts; true when that is not when the patient left. Whoever is out has left by now, also where the
-- message names a day to come, and not before she came: such a day is a mistake.
function Case:start_clocks(ctx, said)
  local now = ctx:now()
  if self.entered and said < self.entered - times.days(1) then
    ctx:note("The day of the discharge is before the admission, and not believed")
    said = now
  end
  local late = said > now or now - said > times.days(policy.late_message_days)
  self.left_said, self.left, self.left_at = said, math.min(said, now), late and now or said
  return late
end

-- The patient is out: where to, since when, and what that makes of the case.
function Case:leave(ctx, event)
  self:learn(ctx, event)
  local code = event.data.disposition_code or self.code
  local kind, known = policy.disposition(code)
  local reason = known and "as the discharge message says" or "the message gives no known disposition, so as for a patient who went home"
  if event.data.disposition then
    kind, reason = event.data.disposition, "a person decided otherwise: " .. event.data.reason
  elseif self.deceased and not self.died_after then
    kind, reason = "died", "the patient has died"
  end
  if kind == "died" then self.died_after = nil end  -- So it was in hospital.

  self.phase, self.disposition, self.code = "out", kind, code
  self.foretold, self.doubt, self.gone = nil, nil, nil
  local late = self:start_clocks(ctx, times.parse(event.data.discharged_at) or self.left_said or times.parse(event.occurred_at))
  ctx:decide("disposition", {
    outcome = kind,
    code = code,
    reason = reason,
    evidence = questions.evidence(event, { late = late or nil }),
  })
  ctx:set("disposition", kind)
  ctx:set("outcome", OUTCOMES[kind])
  ctx:set("stage", "follow_up")
  ctx:set("follow_up", kind == "died" and "none" or "open")
end

-- The patient went elsewhere: what was reached holds there as well, but others have to be told.
function Case:redirect()
  self.done.notices, self.ama, self.readmission = nil, nil, nil
end

-- The discharge is taken back, and all that it decided.
function Case:take_back(ctx)
  self.taken_back = { left = self.left_said, code = self.code }
  self.foretold, self.doubt, self.gone = nil, nil, nil
  self.phase, self.disposition, self.left, self.dead_by = "in", nil, nil, nil
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

return Case
