-- What an update (A08) says of a discharge that nobody has told (A03). It corrects one that it has overtaken; and some senders tell none
-- at all. So an update that says when the patient left, or that she has died, is the discharge itself when none has come a while later.
-- One that says only where the patient goes, or that she goes on a day to come, may be a plan: then a person is asked.
--
-- case.foretold has what the last of them said: { event, sent, code, left }, and when it comes true: { at, certain }; `at` is nil
-- once somebody was asked. Of one that says "still a patient" it has neither `code` nor `left`.
local policy = require "policy"
local tables = require "tables"
local times = require "times"
local written = require "written"

local updates = {}

-- Left over from a discharge that was cancelled: many senders do not empty the fields.
local function is_left_over(case, said)
  local before = case.taken_back or {}
  return (said.left == nil or times.parse(said.left) == before.left) and (said.code == nil or said.code == before.code)
end

-- Not before the last admission. A day alone is its beginning, which may be before the hour of that.
local function has_left(case, said, now)
  local left, since = times.parse(said.left), case.admitted_at or case.entered
  if left == nil then return policy.disposition(said.code) == "died" end
  local is_day = tostring(said.left):find("T00:00:00", 1, true) ~= nil
  return left <= now and (since == nil or left + (is_day and times.days(1) or 0) > since)
end

-- When it comes true. One that says the same as before, or is as certain, does not put that off.
local function wait_of(ctx, case, said, before)
  local asked = case.still_here
  if is_left_over(case, said) or asked and asked.code == said.code and asked.left == said.left then return nil end
  local now = ctx:now()
  said.certain = has_left(case, said, now) or nil
  local from = said.certain and now or math.max(now, times.parse(said.left) or now)
  local at = from + times.hours(said.certain and policy.discharge_by_update.wait_hours or policy.discharge_by_update.ask_after_hours)
  local is_same = before and before.at and before.certain == said.certain and before.left == said.left
  return is_same and math.min(before.at, at) or at
end

-- What an update said of the discharge before that was told; only an update that was written later corrects it.
function updates.foretell(ctx, case, event)
  local sent, code, before = written.when(event), event.data.disposition_code, case.foretold
  if written.before(sent, case.last_sent) or before and written.before(sent, before.sent) then return end
  if policy.says_still_here(code) then  -- Nothing is left of what was written before it, also where that comes late.
    case.foretold = { event = event, sent = sent }
    return
  end
  local _, known = policy.disposition(code)
  local said = { event = event, sent = sent, code = known and code or nil, left = event.data.discharged_at }
  if not said.code and not said.left then return end
  said.at = wait_of(ctx, case, said, before)
  case.foretold = said
end

local function says_discharge(said) return said ~= nil and (said.code or said.left) ~= nil end

-- The discharge, as the update corrects it that has overtaken it.
function updates.as_foretold(case, event)
  local said = case.foretold
  case.foretold, case.doubt = nil, nil
  if not says_discharge(said) or not written.before(written.when(event), said.sent) then return event end
  case.last_sent = said.sent
  local data = tables.merge(event.data, { disposition_code = said.code, discharged_at = said.left })
  return tables.merge(event, { source = said.event.source, data = data })
end

-- A discharge was cancelled, as this message says: the change that this is, if any. What was written later stays.
function updates.take_back(case, event)
  if says_discharge(case.foretold) and written.before(written.when(event), case.foretold.sent) then return nil end
  case.foretold = nil
  return case.doubt and { kind = "in_after_all" } or nil
end

-- A later message shows that the patient is in: what was said before is no discharge.
function updates.is_in(case, event)
  if case.foretold and not written.before(written.when(event), case.foretold.sent) then case.foretold.at = nil end
end

-- When what an update said comes true, or nil; not while a person is asked whose stay it is.
function updates.due_at(case)
  return case.phase == "in" and not case.moved_away and case.foretold and case.foretold.at or nil
end

-- And it has: the change that this is. Of whom a person has said that she is gone, nobody is asked.
function updates.come_true(case)
  local said = case.foretold
  if not said.certain and not case.gone then
    said.at = nil
    return { kind = "may_have_left", event = said.event }
  end
  case.foretold = nil
  case.last_sent = written.later(case.last_sent, said.sent)
  return { kind = "left", event = said.event }
end

return updates
