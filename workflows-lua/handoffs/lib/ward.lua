-- Whose ward a task belongs to. A task that names a unit is seen, taken and decided by people of that unit, and by roles that work for the
-- whole house (the permission task.every_unit); so a nurse finds her own ward's work, and no other's.
local policy = require "policy"

local ward = {}

-- ward.people(case.ward, { role = "nurse" }): the candidates of a task, of the patient's ward where it is known.
function ward.people(name, candidates)
  if name and policy.tasks_by_ward then candidates.unit = name end
  return candidates
end

return ward
