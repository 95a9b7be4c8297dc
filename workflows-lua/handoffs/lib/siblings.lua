-- What the cases of one patient tell each other. A case hears no message that came before it began; those that are open then have heard
-- them, and hear of its stay as well. So each of them tells the new one, once, what it knows: of the patient's death, of its own stay and
-- of the others, and of their numbers. Where none is open, nobody tells.
--
-- Where two records become one, their cases have not heard the same either. All that hear of the merge add a key that is named after it: so each
-- is told of those that have done so before ("case.key_held"), tells them what it knows, and is told what they know.
local death = require "death"
local other_stays = require "other_stays"
local tables = require "tables"
local written = require "written"

local siblings = {}

local SIGNAL = "patient_known"

local function stay_of(case)
  local never = case.phase == "never"
  return {
    at = case.entered, left = case.phase == "out" and case.left or nil, left_sent = case.phase == "out" and case.last_sent or nil, cancelled = never,
    sent = never and case.last_sent or case.admitted_sent, visit = other_stays.is_visit(case.class),
    account = case.account, alternate = case.alternate, admitted = case.admitted_at, teller = case.teller,
  }
end

-- Of the other stays only the latest are told. Each open case tells its own, so what is left out is over, and of long ago. Under a number
-- that is given to many (a patient to test with, people whose name is not known) there are hundreds of stays: were each told of all of
-- them by all, what is written would grow with their cube, and one such number would take the server's memory and time from everybody.
local MOST_STAYS = 20

local function latest(others)
  local function began(number) return type(others[number].at) == "number" and others[number].at or 0 end
  local numbers, told = tables.sorted(tables.keys(others), began), {}
  for place = math.max(1, #numbers - MOST_STAYS + 1), #numbers do told[numbers[place]] = others[numbers[place]] end
  return told
end

local function known_by(case)
  local stays = { [case.encounter] = case.phase ~= "asked" and stay_of(case) or nil }
  for other, stay in pairs(latest(case.others)) do stays[other] = stays[other] or stay end
  local dead = case.deceased and not case.dead_by or nil  -- Whoever is admitted after a discharge that says died was not.
  local lives_sent = not case.deceased and case.death_sent or nil  -- So a death that is told again is none.
  return { stays = stays, numbers = case.renumbered, dead = dead, dead_sent = dead and case.death_sent or nil, lives_sent = lives_sent }
end

-- Both may be about one stay, of which some messages came to the one record and some to the other.
local function known_at_meeting(ctx, case, meeting)
  return tables.merge(known_by(case), { meeting = meeting, stay = { number = case.encounter, instance = ctx.instance, sent = case.last_sent } })
end

-- Tells the case of that number, if there is one.
function siblings.tell(ctx, case, number)
  case.told = case.told or {}
  if case.told[number] or not ctx.patient then return end
  case.told[number] = true
  ctx:signal(ctx:case_id("discharge", number), SIGNAL, known_by(case))
end

local MOST_MEETINGS = 50  -- A case may add a hundred keys.

-- The key under which they meet: named after the message, of at most 200 characters.
local function meeting_of(event)
  local source = event.source or {}
  local name = ("merge:%s|%s"):format(source.message_id or "", source.system or "")
  return (name:gsub("[\x80-\xff]", "?"):sub(1, 200))
end

-- Two records of the patient became one, as this event says. Told again it brings nobody new.
function siblings.meet(ctx, case, event)
  local ended = event.merge and event.merge.identifiers[1]
  if not ended then return end
  local name = ("%s|%s"):format(ended.system, ended.value)
  case.meetings, case.merges = case.meetings or {}, case.merges or {}
  if case.merges[name] or #tables.keys(case.merges) >= MOST_MEETINGS then return end
  local meeting = meeting_of(event)
  case.merges[name], case.meetings[meeting] = true, true
  ctx:add_key(meeting)
end

-- Another case has heard of that merge before.
function siblings.met(ctx, case, held)
  if case.meetings and case.meetings[held.key] then
    ctx:signal(held.instance, SIGNAL, tables.merge(known_at_meeting(ctx, case, held.key), { from = ctx.instance }))
  end
end

-- The number that a stay has now, as far as this case knows.
local function number_now(case, number)
  local seen = {}
  while case.renumbered[number] and not seen[number] do
    seen[number] = true
    number = case.renumbered[number].number
  end
  return number
end

-- Of the same stay, what was written later counts; that it has ended not every case has heard.
local function take_stays(case, stays)
  for said, stay in pairs(stays) do
    local number = number_now(case, said)
    local known, is_stay = case.others[number], type(stay) == "table"
    local is_newer = is_stay and (not known or written.before(known.sent, stay.sent))
    if is_newer and not case.numbers[number] then
      case.others[number] = stay
    elseif is_stay and known and not known.left and type(stay.left) == "number" and not written.before(stay.left_sent, known.left_sent) then
      known.left, known.left_sent = stay.left, stay.left_sent
    end
  end
end

local function heard_of_stays(case)
  local now = case.readmission and case.others[case.readmission]
  if now and now.cancelled then return { kind = "readmission_cancelled" } end
  return other_stays.readmitted(case, other_stays.readmitted_as(case))
end

-- Of numbers that have changed, as { number, since, sent } by the old one.
local function take_numbers(case, ctx, numbers)
  local change
  for old, told in pairs(type(numbers) == "table" and numbers or {}) do
    local is_one = type(old) == "string" and type(told) == "table" and type(told.number) == "string" and type(told.since) == "number"
    if is_one then change = case:renumber(ctx, old, told.number, told.since, type(told.sent) == "number" and told.sent or nil) or change end
  end
  return change
end

local function is_stretch(sent) return type(sent) == "table" and type(sent.first) == "number" and type(sent.last) == "number" end

-- Of two cases of one stay the one goes on that has heard the message which was written last.
local function goes_on_with(case, told)
  local stay = type(told.stay) == "table" and told.stay or {}
  local is_same = case.numbers[stay.number or ""] ~= nil and type(stay.instance) == "string"
  if not is_same or not is_stretch(stay.sent) then return nil end
  if written.before(case.last_sent, stay.sent) then return { kind = "other_number", event = { instance = stay.instance } } end
  local known = told.stays[stay.number]
  if type(known) == "table" and type(known.at) == "number" then case.entered = case.entered or known.at end
end

-- Takes what another case tells, and returns what that changes, if anything.
local function hear(case, ctx, told)
  if type(told) ~= "table" or type(told.stays) ~= "table" then return nil end  -- Anybody may send a signal.
  local met = case.meetings ~= nil and case.meetings[told.meeting or ""] == true
  if met and type(told.from) == "string" then ctx:signal(told.from, SIGNAL, known_at_meeting(ctx, case, told.meeting)) end
  local same = met and goes_on_with(case, told)
  if same then return same end
  local renumbered = take_numbers(case, ctx, told.numbers)
  take_stays(case, told.stays)
  -- Whoever wrote "N" to the other record before the merge knew nothing of a death in this one.
  local sent = not met and type(told.dead_sent) == "table" and told.dead_sent or {}
  local died = told.dead == true and death.hear(case, ctx, {
    type = "patient.died", data = { sent_at = sent.first, sent_until = sent.last },
  })
  local lives = not met and is_stretch(told.lives_sent) and death.hear(case, ctx, {
    type = "patient.updated", patient = { deceased = false }, data = { sent_at = told.lives_sent.first, sent_until = told.lives_sent.last },
  })
  return died or lives or renumbered or heard_of_stays(case)
end

-- Waits until another case tells what changes something: a change as in lib/case.lua.
function siblings.next_change(ctx, case)
  repeat
    local change = hear(case, ctx, ctx:wait_signal(SIGNAL, { why = "Another case of this patient may know more" }))
    if change then return change end
  until false
end

return siblings
