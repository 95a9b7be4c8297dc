-- Whether the patient lives, for the cases that have to know no more of a stay than this. It is in every message that has PID-30; of all
-- that say it, the one that was written last counts; a merge tells of a death, and that the record which stays has not heard of it says nothing. Pure.
local policy = require "policy"
local written = require "written"

local life = {}

-- Where it is told: what a workflow has to listen to, and to hand to life.hear.
life.EVENTS = { "patient.*", "encounter.*" }

-- A discharge may say a death by its destination alone (PV1-36), and is corrected or cancelled like any other.
local ENDS = { ["encounter.discharged"] = true, ["encounter.visit_ended"] = true, ["encounter.updated"] = true }
local TAKES_BACK = {
  ["encounter.discharge_cancelled"] = true, ["encounter.visit_end_cancelled"] = true,
  ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.visit_cancelled"] = true,
}

local function said_by_discharge(event, by)
  local is_same = by ~= nil and by == (event.encounter or "")
  local kind, known = policy.disposition((event.data or {}).disposition_code)
  if ENDS[event.type] and known and kind == "died" then return true end
  if is_same and (TAKES_BACK[event.type] or ENDS[event.type] and known) then return false end
end

-- What PID-30 and PID-29 say: true, false, or nil when they say neither.
function life.said_in_pid(event)
  local said = event.patient and event.patient.deceased
  if event.type == "patient.died" then return true end
  if type(said) == "boolean" and not (event.merge and not said) then return said end
end

-- True or false; nil when the message says neither. `by` is the stay whose destination alone has told of the death before, and the second
-- value is what it is from now on: PID-30 is N in many messages of senders that have not heard of a death, and takes none back that was told so.
function life.said_by(event, by)
  local said = life.said_in_pid(event)
  if said then return true, nil end
  local by_discharge = said_by_discharge(event, by)
  if by_discharge ~= nil then return by_discharge, by_discharge and (event.encounter or "") or nil end
  if said == false and by == nil then return false, nil end
end

-- As long as nothing else was told, the patient lives.
function life.unknown() return { died = false } end

-- Takes over what a message says; true when that is another thing than before. One that was overtaken says nothing.
function life.hear(known, event)
  local said, by = life.said_by(event, known.by)
  if said == nil then return false end
  local sent = written.when(event)
  if written.before(sent, known.sent) then return false end
  known.sent, known.by = sent or known.sent, by
  local new = known.died ~= said
  known.died = said
  return new
end

return life
