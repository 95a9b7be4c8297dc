-- ADT messages for tests, of a patient of one hospital.
--
--   adt.send(t, "A03", { number = "E1", code = "01" })
--
-- patient ("P1"), class ("I"), number (PV1-19), account (PID-18), ward ("MED"), code (PV1-36), admitted, left (PV1-44, -45), dead, died_at
-- (PID-30, -29), mrg (all of MRG), written (MSH-7, else now), recorded (EVN-2, else now), sender (MSH-3 and MSH-4); pv1 = false leaves PV1 out.
local hl7 = require "hl7"
local discharges = require "support.discharges"

local adt = { count = 0 }

-- Of the fields by number, a segment; the gaps are empty.
local function segment(name, fields, length)
  local list = { name }
  for number = 1, length do list[#list + 1] = fields[number] or "" end
  return table.concat(list, "|")
end

function adt.message(t, trigger, of)
  adt.count = adt.count + 1
  local written = of.written or hl7.timestamp(t:now())
  local pid = { [3] = (of.patient or "P1") .. "^^^TEST^MR", [5] = "Doe^Jane", [18] = of.account, [29] = of.died_at, [30] = of.dead }
  local pv1 = { [2] = of.class or "I", [3] = of.ward or "MED", [19] = of.number, [36] = of.code, [44] = of.admitted, [45] = of.left }
  local segments = {
    "MSH|^~\\&|" .. (of.sender or "EHR|GENHOSP") .. "|BATON|HUB|" .. written .. "||ADT^" .. trigger .. "|" .. trigger .. "-" .. adt.count .. "|P|2.5.1",
    "EVN|" .. trigger .. "|" .. (of.recorded or hl7.timestamp(t:now())),
    segment("PID", pid, 30),
  }
  if of.mrg then segments[#segments + 1] = "MRG|" .. of.mrg end
  if of.pv1 ~= false then segments[#segments + 1] = segment("PV1", pv1, 45) end
  return table.concat(segments, "\r")
end

function adt.send(t, trigger, of)
  t:message(adt.message(t, trigger, of))
end

-- Admitted on Monday at nine, home on Tuesday at nine, all in HL7.
function adt.home(t)
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  t:expect_task("readiness_checklist"):decide("ready")
  t:skip("1d")
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:skip("1h")
  return t:instance("discharge", "E1")
end

return adt
