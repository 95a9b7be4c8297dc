-- What every HL7 v2 message says in the same way: who it is about, which stay, when. Used by all mappings here.
local hl7 = require "hl7"
local tables = require "tables"

local clinical = {}

local SEXES = { M = true, F = true, O = true, U = true, A = true, N = true }  -- HL7 table 0001

-- The patient of a message or of one of its groups; nil when it names nobody.
function clinical.patient(m)
  local identifiers = m:identifiers("PID-3")
  if #identifiers == 0 then identifiers = m:identifiers("PID-2") end  -- Where HL7 2.1 and 2.2 put it.
  if #identifiers == 0 then identifiers = m:identifiers("PID-4") end
  if #identifiers == 0 then return nil end

  local sex = m:get("PID-8")
  local death = (m:get("PID-30") or ""):upper()
  local name = { family = m:get("PID-5.1"), given = m:get("PID-5.2"), middle = m:get("PID-5.3") }
  local patient = {
    identifiers = identifiers,
    name = next(name) and name or nil,
    birth_date = m:date("PID-7"),
    sex = sex and SEXES[sex:upper()] and sex:upper() or nil,
    phone = m:get("PID-13.1"),
    postal_code = m:get("PID-11.5"),
    language = m:get("PID-15.1"),
  }
  if death == "Y" or m:get("PID-29") then
    patient.deceased = true
  elseif death == "N" or m:is_null("PID-30") or m:is_null("PID-29") then  -- HL7's null takes back what was told.
    patient.deceased = false
  end
  return patient
end

-- The number of the stay: PV1-19, else PV1-50, else the account. A sender that numbers nothing still tells one stay from
-- another by its beginning. The second value says which it is when it is not PV1-19: "alternate", "account" or "admission".
function clinical.encounter(m)
  local visit, alternate, account, admitted = m:get("PV1-19.1"), m:get("PV1-50.1"), m:get("PID-18.1"), m:get("PV1-44")
  if visit then return visit, nil end
  if alternate then return alternate, "alternate" end
  if account then return account, "account" end
  return admitted and "admitted-" .. admitted, admitted and "admission" or nil
end

-- One person of an XCN field, as { id, family, given }.
function clinical.provider(m, path)
  local first = m:all(path)[1]
  if not first then return nil end
  return { id = first:get("1"), family = first:get("2.1"), given = first:get("3") }
end

function clinical.place(m, path)
  return m:get(path .. ".1"), { ward = m:get(path .. ".1"), room = m:get(path .. ".2"), bed = m:get(path .. ".3"), facility = m:get(path .. ".4") }
end

-- When it happened: the first of the paths that is a time, else when the event was recorded, else when the message was sent.
function clinical.occurred_at(m, ...)
  for i = 1, select("#", ...) do
    local at = m:time((select(i, ...)))
    if at then return at end
  end
  return m:time("EVN-6") or m:time("EVN-2") or m.sent
end

-- An event about the message's patient; or nil, why there is none, and the field that would have to be there.
function clinical.event(m, type, occurred_at, data)
  local patient = clinical.patient(m)
  if not patient then return nil, "the message names no patient (PID-3, PID-2 and PID-4 are empty)", "PID-3" end
  if not occurred_at then return nil, "the message says no time (EVN-2 and MSH-7 are empty or no times)", "EVN-2" end
  local encounter, numbered_by = clinical.encounter(m)
  data = tables.merge(data, { numbered_by = numbered_by })
  return { type = type, patient = patient, encounter = encounter, occurred_at = occurred_at, data = data }
end

-- The function that a mapping hands to the engine: `read` gets the wrapped message.
function clinical.reader(read)
  return function(message) return read(hl7.wrap(message)) end
end

return clinical
