-- Whether the patient lives, for the cases that have to know no more of a stay than this. It is in every message that has PID-30; of all
-- that say it, the one that was written last counts; a merge tells of a death, and that the record which stays has not heard of it says nothing. Pure.
local written = require "written"

local life = {}

-- Where it is told: what a workflow has to listen to, and to hand to life.hear.
life.EVENTS = { "patient.*", "encounter.*" }

-- As long as nothing else was told, the patient lives.
function life.unknown() return { died = false } end

-- Takes over what a message says; true when that is another thing than before. One that was overtaken says nothing.
function life.hear(known, event)
  local said = event.patient and event.patient.deceased
  if event.type == "patient.died" then said = true end
  if type(said) ~= "boolean" or event.merge and not said then return false end
  local sent = written.when(event)
  if written.before(sent, known.sent) then return false end
  known.sent = sent or known.sent
  local new = known.died ~= said
  known.died = said
  return new
end

return life
