-- One stay, one case, though it comes to have two numbers. An event finds an open case by the number that the case was started
-- for, and by no other; so a case that learns another number
--
--   holds it: a small case of the same workflow is open under it and does nothing, so that no message of the number starts another;
--   claims it: a case that was started under it all the same, since its message came before the number was held or even before the
--     change of number, is told so by a signal. Of the two, the one goes on that began before the change was told, with all that it
--     has heard; the younger one ends, or else the one that claimed.
local sha256 = require "sha256"

local same_stay = {}

local SIGNAL = "same_stay"

-- The id of the case that an event starts for this number: name_of_case in runtime/engine/patient.cpp.
local function case_of(ctx, number)
  return ("discharge:%s"):format(sha256(ctx.patient .. "\x1f" .. number):sub(1, 16))
end

-- Tells the case of that number, if there is one, that the stay is this one's since `since`. With `young_only` an older one goes on
-- beside it.
function same_stay.claim(ctx, number, since, young_only)
  if ctx.patient then ctx:signal(case_of(ctx, number), SIGNAL, { instance = ctx.instance, since = since, young_only = young_only }) end
end

function same_stay.hold(ctx, case, number, since)
  same_stay.claim(ctx, number, since)
  case.held = case.held or {}
  table.insert(case.held, ctx:child("discharge", { number_of = ctx.instance }, { key = number, detach = true }).id)
end

-- The case has ended: what held its numbers ends with it.
function same_stay.release(ctx, case)
  for _, holder in ipairs(case.held or {}) do ctx:signal(holder, "released") end
  case.held = nil
end

-- What a holder does.
function same_stay.wait_for_release(ctx, input)
  ctx:set("stage", "held")
  ctx:wait_signal("released", { why = "The stay has got this number, and its case goes on as " .. input.number_of })
  ctx:set("stage", "closed")
end

-- Waits until it turns out that another case goes on with this stay.
function same_stay.lost(ctx, case)
  repeat
    local told = ctx:wait_signal(SIGNAL, { why = "It may turn out that another case is about the same stay" })
    local known = type(told) == "table" and type(told.instance) == "string"  -- Anybody may send a signal.
    if known and (told.goes_on or type(told.since) == "number" and case.began > told.since) then return { kind = "other_number", event = told } end
    if known and told.since and not told.young_only then ctx:signal(told.instance, SIGNAL, { instance = ctx.instance, goes_on = true }) end
  until false
end

-- A case that was started under a number that was made up waits for a moment for the one that knows better.
function same_stay.is_claimed(ctx)
  return ctx:wait_signal(SIGNAL, { timeout = "1m", why = "The discharge had no number: an open case may know it" }) ~= nil
end

return same_stay
