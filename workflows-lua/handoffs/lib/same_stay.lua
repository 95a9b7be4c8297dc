-- One stay, one case, though it comes to have two numbers. A case that learns another number of its stay adds it to its keys: what
-- is told under it finds this case, and starts none beside it. Where a message was faster and has started one, that one is told by a
-- signal. Of the two, the one goes on that began before the change was told, with all that it has heard; the younger one ends, or
-- else the one that has learnt the number. A younger one whose message the other has not heard, since it came to another record of
-- the patient, goes on beside it: what it knows nobody else does.
local same_stay = {}

local SIGNAL = "same_stay"

-- The stay is this case's under `number` as well, since `since`. With `young_only` an older case of that number goes on beside it.
function same_stay.add(ctx, case, number, since, young_only)
  case.claims[number] = { since = since, young_only = young_only }
  ctx:add_key(number)
end

-- Another case has the number that was added ("case.key_held").
function same_stay.claim(ctx, case, held)
  local claim = case.claims[held.key]
  if not claim then return end
  local said = { instance = ctx.instance, since = claim.since, young_only = claim.young_only, heard = case.heard[held.key] }
  ctx:signal(held.instance, SIGNAL, said)
end

-- Waits until it turns out that another case goes on with this stay.
function same_stay.lost(ctx, case)
  repeat
    local told = ctx:wait_signal(SIGNAL, { why = "It may turn out that another case is about the same stay" })
    local known = type(told) == "table" and type(told.instance) == "string"  -- Anybody may send a signal.
    local younger = known and type(told.since) == "number" and case.began > told.since
    if known and told.goes_on or younger and told.heard then return { kind = "other_number", event = told } end
    if known and type(told.since) == "number" and not younger and not told.young_only then
      ctx:signal(told.instance, SIGNAL, { instance = ctx.instance, goes_on = true })
    end
  until false
end

-- A case that was started under a number that was made up, that is not PV1-19, or that the stay got just now, waits for a moment for the one
-- that knows better.
function same_stay.may_be_claimed(event)
  local data = event.data
  if event.type == "encounter.admitted" then
    return (data.previous_encounter or event.encounter) ~= event.encounter or data.trigger == "A06"
  end
  if event.type == "encounter.moved" then return false end
  if event.type == "encounter.discharged" and data.trigger then return true end  -- A message: the admission may have had another name.
  return event.type == "encounter.discharged_unnumbered" or (data.numbered_by or data.account) ~= nil
end

function same_stay.is_claimed(ctx)
  return ctx:wait_signal(SIGNAL, { timeout = "1m", why = "The stay had no number, or another one: an open case may know it" }) ~= nil
end

return same_stay
