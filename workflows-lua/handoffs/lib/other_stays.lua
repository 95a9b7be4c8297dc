-- What a case hears of the other stays of its patient: whether one of them began when this one ended, so that the patient is looked
-- after there, and which of them a message without a number is of. case.others has, by number:
--   at, sent          when it began, as far as is known, and when that was written
--   cancelled         it never was one
--   left, left_sent   when it ended, and when that was written; left is nil while the patient is in
--   visit             of an outpatient, such as an observation: it ends no calls
--   account, alternate, admitted   by what else it is known: PID-18, PV1-50, PV1-44
--   teller            the system that has told of it first
local policy = require "policy"
local tables = require "tables"
local times = require "times"
local written = require "written"

local other_stays = {}

-- PV1-2 of those who come and go (HL7 table 0004).
local OUTPATIENT = { E = true, O = true, P = true, R = true }

function other_stays.is_visit(class) return OUTPATIENT[class or ""] == true end

-- ---- one of them began when this one ended ------------------------------------------------------------------------------------

local function is_readmission(case, other)
  if other.cancelled or other.visit or not other.at or not case.left then return false end
  local gap = other.at - case.left
  if gap > 0 then return gap <= times.days(policy.close_after_days) end
  if case.entered == nil or other.at < case.entered then return false end
  if case.disposition == "in_house" then return not other.left or other.left >= case.left end  -- Not one that was over by then.
  return not other.left and gap >= -times.hours(policy.transfer_overlap_hours)
end

-- The number of the stay that looks after the patient now, or nil: of several, the last.
function other_stays.readmitted_as(case)
  local latest
  for number, other in pairs(case.others) do
    if is_readmission(case, other) and (not latest or other.at > case.others[latest].at) then latest = number end
  end
  return latest
end

-- The change that it is for a case whose patient is followed up.
function other_stays.readmitted(case, number)
  local listens = case.phase == "out" and case.disposition ~= "died" and not case.died_after
  if number and listens and case.readmission ~= number and other_stays.readmitted_as(case) == number then
    return { kind = "readmitted", event = { encounter = number } }
  end
end

-- ---- what is told of one --------------------------------------------------------------------------------------------------------

local function overtaken(ctx, event)
  ctx:note(event.type .. " of another stay was overtaken by a later message: ignored")
end

-- By what else than its number a stay is known, and who tells of it. `stay` is a case, or what it knows of another stay.
function other_stays.learn_names(stay, event)
  local data = event.data or {}
  local function named_by(kind) return data.numbered_by == kind and event.encounter or nil end
  stay.account = data.account or named_by("account") or stay.account
  stay.alternate = data.alternate or named_by("alternate") or stay.alternate
  stay.teller = stay.teller or (event.source or {}).system
end

-- Keeps what is told of its admission; false when something that was written later is known.
local function hear(case, number, event, cancelled)
  local known, sent = case.others[number] or {}, written.when(event)
  if written.before(sent, known.sent) or known.cancelled and written.together(sent, known.sent) then return false end
  known.cancelled, known.sent = cancelled, sent or known.sent
  if not cancelled then
    known.at = written.past(event, event.occurred_at) or known.at
    known.visit = other_stays.is_visit((event.data or {}).class)
    known.admitted = times.parse((event.data or {}).admitted_at) or known.admitted
  end
  other_stays.learn_names(known, event)
  case.others[number] = known
  return true
end

function other_stays.admitted(case, ctx, number, event)
  if not hear(case, number, event, false) then return overtaken(ctx, event) end
  return other_stays.readmitted(case, number)
end

function other_stays.cancelled(case, ctx, number, event)
  if not hear(case, number, event, true) then return overtaken(ctx, event) end
  if number == case.readmission then return { kind = "readmission_cancelled" } end
end

-- Discharged, which may be the first that is heard of it; or not after all.
function other_stays.left(case, ctx, number, event, cancelled)
  local known, sent = case.others[number] or {}, written.when(event)
  local went_with_it = known.cancelled and known.sent and sent and not written.before(known.sent, sent)
  if went_with_it or written.before(sent, known.left_sent) then return overtaken(ctx, event) end
  local data = event.data or {}
  local left = written.past(event, data.discharged_at) or written.past(event, event.occurred_at)
  known.cancelled, known.left_sent = false, sent or known.left_sent
  known.left, known.visit = not cancelled and left or nil, known.visit or false
  known.at = known.at or written.past(event, data.admitted_at) or left
  other_stays.learn_names(known, event)
  case.others[number] = known
  return other_stays.readmitted(case, number)
end

-- An update that says when it ended.
function other_stays.updated(case, number, event)
  local known, sent, left = case.others[number], written.when(event), written.past(event, (event.data or {}).discharged_at)
  if not known or known.left or known.cancelled or not left or left < (known.at or left) or written.before(sent, known.sent) then return end
  known.left, known.left_sent = left, sent
end

-- Moved within a stay whose admission nobody has told: so the patient is in.
function other_stays.transferred(case, _, number, event)
  local data = event.data or {}
  if case.others[number] or other_stays.is_visit(data.class) then return nil end
  case.others[number] = { at = written.past(event, data.admitted_at) or written.past(event, event.occurred_at), visit = false }
  return other_stays.readmitted(case, number)
end

-- ---- which stay a message without its number is of ------------------------------------------------------------------------------

local CANCELS_ADMISSION = { ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.visit_cancelled"] = true }
local CANCELS_DISCHARGE = { ["encounter.discharge_cancelled"] = true, ["encounter.visit_end_cancelled"] = true }

-- All stays of the class that the message says, else of this one's, as far as this case knows: { number, at, left, names }.
local function known_stays(case, class)
  local stays, visit = {}, other_stays.is_visit(class or case.class)
  if (case.phase == "in" or case.phase == "out") and visit == other_stays.is_visit(case.class) then
    stays[1] = {
      number = case.encounter, at = case.entered, left = case.phase == "out" and case.left or nil,
      names = {
        account = case.account, alternate = case.alternate, admitted = case.admitted_at, numbered_by = case.numbered_by, teller = case.teller,
      },
    }
  end
  for number, other in pairs(case.others) do
    local is_one = not other.cancelled and other.visit == visit and (other.at or other.left)
    if is_one then stays[#stays + 1] = { number = number, at = other.at or other.left, left = other.left, names = other } end
  end
  return stays
end

-- The last of those in hospital, by when they began, or of those that have ended, by when they ended; and when that was.
local function last_of(stays, is_in)
  local last, since
  for _, stay in ipairs(stays) do
    local at = is_in and (stay.at or 0) or stay.left
    if is_in == (stay.left == nil) and (not since or at >= since) then last, since = stay.number, at end
  end
  return last, since
end

-- Of these stays the one that a message can only mean: a cancelled discharge is of the stay that ended last, unless another has begun since, so that
-- it is told again; all else of the one that is open, of several the one that began last. Nil when there is none.
local function meant_by(event, stays)
  local open, began = last_of(stays, true)
  local ended, left = last_of(stays, false)
  if CANCELS_ADMISSION[event.type] then return open end
  if CANCELS_DISCHARGE[event.type] then return open and ended and began >= left and open or ended or open end
  return open or ended
end

local HAS_NO_NUMBER = { admission = true, day = true }  -- A name that was made up.

local DAY = times.days(1)  -- Many senders say the day of an admission alone.

-- Whether what a stay is known by says that a message is of it: true or false; nil when it does not say.
local function is_named(names, data, number)
  if data.numbered_by == "admission" then
    local admitted = times.parse(data.admitted_at)
    return admitted and names.admitted and math.abs(admitted - names.admitted) < DAY
  end
  if data.numbered_by == nil then return names.numbered_by == "account" and names.account == data.account or nil end
  local name = names[data.numbered_by]
  return name and name == number
end

-- Another house may have a stay of this patient as well, of which nothing else was told.
local function is_told_by(stay, event)
  local system = (event.source or {}).system
  return system == nil or stay.names.teller == nil or stay.names.teller == system
end

-- Of one that is known by no such name, whose admission was not on another day and of which the same system has told.
local function may_be(stay, event)
  local admitted, known = times.parse(event.data.admitted_at), stay.names.admitted or stay.at
  if stay.left or is_named(stay.names, event.data, event.encounter) ~= nil or not is_told_by(stay, event) then return false end
  return not (admitted and known and math.abs(admitted - known) >= DAY)
end

-- What is told of a stay that is open, and begins or cancels none.
local OF_AN_OPEN_STAY = {
  ["encounter.discharged"] = true, ["encounter.discharge_cancelled"] = true, ["encounter.transferred"] = true, ["encounter.updated"] = true,
  ["encounter.visit_ended"] = true, ["encounter.visit_end_cancelled"] = true,
}

-- The number of the stay of which a message is told under another name: by the account, the alternate number or the day of the admission where
-- that is known; else it is of the one stay that is open and may be it, if there is only one; under a number, if that stay had none. An admission
-- is of a stay that is in.
local function number_by_name(case, event)
  local data, number = event.data, event.encounter
  local stays = known_stays(case, data.class)
  local is_admission = event.type == "encounter.admitted"
  local named = tables.filter(stays, function(stay) return is_named(stay.names, data, number) and not (is_admission and stay.left) end)
  if #named > 0 then return meant_by(event, named) end
  local open = tables.filter(stays, function(stay) return may_be(stay, event) end)
  if #open ~= 1 or not OF_AN_OPEN_STAY[event.type] then return nil end
  if data.numbered_by or HAS_NO_NUMBER[open[1].names.numbered_by or ""] then return open[1].number end
end

-- Whether this case is the one stay in hospital that can become an inpatient's by this message (A06), or an outpatient's (A07), under a number that
-- nobody has heard.
function other_stays.is_changed_by(case, event)
  local becomes_visit = event.type == "encounter.changed_to_outpatient"
  local is_change = becomes_visit or event.type == "encounter.admitted" and event.data.trigger == "A06"
  local number = event.encounter
  if not is_change or not number or case.others[number] or other_stays.is_visit(case.class) == becomes_visit then return false end
  local open = tables.filter(known_stays(case), function(stay) return stay.left == nil end)
  return #open == 1 and is_told_by(open[1], event)
end

-- What ends or cancels the part of a stay that had another number when the patient was an outpatient, and now she is an inpatient, or the
-- other way round.
local ENDS_PART = {
  ["encounter.discharged"] = true, ["encounter.visit_ended"] = true, ["encounter.updated"] = true,
  ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.visit_cancelled"] = true,
  ["encounter.discharge_cancelled"] = true, ["encounter.visit_end_cancelled"] = true,
}
function other_stays.is_of_former_part(case, event)
  local number, class = event.encounter or "", (event.data or {}).class
  if not ENDS_PART[event.type] or not case.numbers[number] or number == case.encounter then return false end
  return class ~= nil and other_stays.is_visit(class) ~= other_stays.is_visit(case.class)
end

-- The number that the message has, or that of the stay which it can only mean. Nil when there is none.
function other_stays.number_of(case, event)
  local number, data = event.encounter, event.data or {}
  if not number then return meant_by(event, known_stays(case, data.class)) end
  if case.numbers[number] or case.others[number] or not (data.numbered_by or data.trigger) then return number end
  return number_by_name(case, event) or number
end

return other_stays
