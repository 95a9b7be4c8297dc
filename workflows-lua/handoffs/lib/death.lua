-- What a case hears of the patient's death. Whether the patient lives is in every message that has PID-30; the one that was
-- written last counts. "N" corrects only what was told before: many senders write it for everybody of whom they have not heard yet.
local life = require "life"
local policy = require "policy"
local written = require "written"

local death = {}

-- True or false, and the other stay whose destination alone tells it; nil when the message says neither. What the destination of this stay
-- says is in its disposition.
local function said_by(case, event)
  local of_another = event.encounter and not case:mine(event)
  if of_another and case.phase == "out" then return life.said_by(event, case.dead_by) end
  local said = life.said_in_pid(event)
  if said == false and case.dead_by then return nil end
  return said, nil
end

-- What the news change of a case: nil, or a change as in lib/case.lua.
local function meaning(case, ctx, event, before)
  local dead = case.deceased
  if case.phase == "in" and dead ~= before then
    ctx:note(dead and "The patient has died in hospital; the discharge has not been told yet" or "The patient lives: the death was told by mistake")
    return case.preparing and { kind = "life_in_hospital" } or nil
  elseif case.phase == "out" and dead and case.disposition ~= "died" and not case.died_after then
    return { kind = "died" }
  elseif case.phase == "out" and before and not dead then
    if case.died_after then return { kind = "lives" } end
    if case.disposition ~= "died" then return nil end
    if case.code and policy.disposition(case.code) == "died" then return { kind = "contradicted" } end
    return { kind = "amended", event = { source = event.source, data = {} } }
  end
end

function death.hear(case, ctx, event)
  local said, by = said_by(case, event)
  local sent, before = written.when(event), case.deceased or false
  if said == nil or written.before(sent, case.death_sent) then return nil end
  case.death_sent, case.deceased, case.dead_by = sent or case.death_sent, said, by
  return meaning(case, ctx, event, before)
end

return death
