-- What the scheduling system has said, appointment by appointment. Of each the message that was written last counts; one that was overtaken,
-- or is told again, is no news. So a booking that is told twice is no second appointment, and a patient who was missed once was missed once.
--
-- An appointment is { id, placer, at, state, kind, referral, sent }; its state is "booked", "kept", "missed" or "cancelled". `known` is a list of them.
-- `ours(appointment)` says which of them the caller is about.
local policy = require "policy"
local tables = require "tables"
local times = require "times"
local written = require "written"

local appointments = {}

local WHY = "The scheduling system may tell of an appointment"

local STATES = {
  ["appointment.booked"] = "booked", ["appointment.rescheduled"] = "booked",
  ["appointment.kept"] = "kept", ["appointment.missed"] = "missed", ["appointment.cancelled"] = "cancelled",
}

-- By the number of the scheduling system (SCH-2), or by that of who asked for the appointment (SCH-1) where one of the two says only that.
local function is_same(each, id, placer)
  return each.id == id or placer ~= nil and each.placer == placer and (each.id == placer or id == placer)
end

-- One without a number is known by its time, also to the message that brings its number.
local function entry_of(known, id, at, placer)
  local entry = id and tables.find(known, function(each) return is_same(each, id, placer) end)
    or tables.find(known, function(each) return each.at == at and (each.id == nil or id == nil) end)
  if not entry then
    entry = { at = at }
    table.insert(known, entry)
  end
  if id and (id ~= placer or not entry.id) then entry.id = id end
  entry.placer = placer or entry.placer
  return entry
end

-- What a message makes of an appointment. One that was kept or missed is not booked by being told again with the time that it had.
local function state_after(entry, type, at)
  local state = STATES[type]
  local moved = at ~= nil and at ~= entry.at
  if state == nil then state = moved and "booked" or entry.state or "booked" end
  local over = entry.state == "kept" or entry.state == "missed"
  return state == "booked" and over and not moved and entry.state or state
end

-- Takes over what a message says. The appointment when that is news; nil when it was overtaken or told again.
function appointments.hear(known, event)
  local data = event.data or {}
  local sent, at = written.when(event), times.parse(data.starts_at)
  local entry = entry_of(known, data.appointment, at, data.placer)
  if written.before(sent, entry.sent) then return nil end
  entry.sent = sent or entry.sent
  local state = state_after(entry, event.type, at)
  local news = state ~= entry.state or at ~= nil and at ~= entry.at
  entry.state, entry.at = state, at or entry.at
  entry.kind, entry.referral = data.kind or entry.kind, data.referral or entry.referral
  return news and entry or nil
end

-- One that a person has booked; its number may be missing.
function appointments.book(known, id, at)
  local entry = entry_of(known, id, at)
  entry.at, entry.state = at, "booked"
  return entry
end

-- The earliest of ours in this state, or nil.
function appointments.find(known, state, ours)
  local found
  for _, entry in ipairs(known) do
    if entry.state == state and ours(entry) and (not found or (entry.at or 0) < (found.at or 0)) then found = entry end
  end
  return found
end

-- Takes all that has come and was not taken yet. (Branches of a race begin in the order of their names.)
function appointments.catch_up(ctx, known)
  local function there(s)
    appointments.hear(known, s:wait_event("appointment.*", { why = WHY }))
    return true
  end
  repeat
    local _, more = ctx:race { a_there = there, b_nothing = function() return false end }
  until not more
end

-- Waits for the next news of an appointment of ours.
function appointments.next(ctx, known, ours)
  repeat
    local entry = appointments.hear(known, ctx:wait_event("appointment.*", { why = WHY }))
    if entry and ours(entry) then return entry end
  until false
end

-- What came of `visit`, one of `known`: "kept", "missed" or "cancelled"; "moved" when it has another time now. Where no message says it, a
-- person is asked by `ask(s)` a while after its time, and answers "kept" or "missed".
function appointments.what_came_of(ctx, known, visit, ask)
  local winner, answer = ctx:race {
    asked = function(s)
      s:sleep_until(visit.at + times.hours(policy.visit.ask_after_hours), { why = "After the appointment somebody is asked whether it was kept" })
      return ask(s)
    end,
    heard = function(s) appointments.next(s, known, function(entry) return entry == visit end) end,
  }
  if winner == "asked" then visit.state = answer end
  return visit.state == "booked" and "moved" or visit.state
end

return appointments
