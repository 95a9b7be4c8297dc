-- HL7 v2 ORU: results (HL7 v2.5.1, chapter 7). One event for each order that the message answers.
local mapping = require "mapping"
local clinical = require "clinical"

-- OBR-25, HL7 table 0123. M is a correction that is not final yet; of N the procedure is done and the result is not.
local STATUS = {
  F = "final", C = "corrected", X = "cancelled", Y = "cancelled",
  P = "preliminary", R = "preliminary", M = "preliminary", A = "partial", I = "pending", S = "pending", N = "pending", O = "ordered",
}

-- OBX-11, HL7 table 0085, where OBR-25 is empty: the least finished of the values says how far the order is, so the first that is there.
local STATUS_OF_VALUES = {
  { codes = "PRIS", status = "preliminary" },
  { codes = "CDW", status = "corrected" },
  { codes = "FU", status = "final" },
  { codes = "XN", status = "cancelled" },
}

local CRITICAL = { LL = true, HH = true, AA = true }  -- OBX-8, HL7 table 0078.

-- OBX-2, HL7 table 0125: values that a laboratory flags when they are not normal. Whatever else has no flag, or has no value, a person has to read.
local MEASURED = { NM = true, SN = true, DT = true, TM = true, TS = true, DTM = true }

-- OBX-11: deleted, or wrong, as when it is of another patient. Nobody shall act on such a value.
local WITHDRAWN = { D = true, W = true }

-- The OBR segments of a message, each with the ORC in front of it, the OBX segments behind it, and by OBX the NTE segments behind that.
local function orders(m)
  local list, orc, obx = {}, nil, nil
  for _, segment in ipairs(m.list) do
    local order = list[#list]
    if segment.name == "ORC" then
      orc = segment
    elseif segment.name == "OBR" then
      list[#list + 1] = { obr = segment, orc = orc, results = {}, comments = {} }
      orc, obx = nil, nil
    elseif segment.name == "OBX" and order then
      table.insert(order.results, segment)
      order.comments[segment], obx = {}, segment
    elseif segment.name == "NTE" and obx then
      table.insert(order.comments[obx], segment)
    end
  end
  return list
end

-- A number that stands in ORC may be left out of OBR (HL7 v2.5.1, 4.5.3.2 and 4.5.3.3).
local function said_of(order, place) return order.obr:get(place) or order.orc and order.orc:get(place) end

local function number_of(order) return said_of(order, "2.1") or said_of(order, "3.1") end

local function status_of(order)
  local said = order.obr:get("25.1")
  if said then return STATUS[said:upper()] or "final" end
  for _, each in ipairs(STATUS_OF_VALUES) do
    for _, obx in ipairs(order.results) do
      local code = (obx:get("11.1") or ""):upper()
      if #code == 1 and each.codes:find(code, 1, true) then return each.status end
    end
  end
  return "final"
end

-- OBX-8 may say several things of one value; what is critical goes before the rest. Nil when it is empty.
local function flag_of(obx)
  local flag
  for _, repetition in ipairs(obx:all("8")) do
    local said = (repetition:get("1") or ""):upper()
    if CRITICAL[said] then return said end
    if said ~= "" and (flag == nil or flag == "N") then flag = said end
  end
  return flag
end

local LONGEST = 4000  -- Bytes of a value. Whoever reads a longer one reads it in the record.

-- Not inside of a character.
local function cut(text)
  if #text <= LONGEST then return text end
  return text:sub(1, LONGEST):gsub("[\xC0-\xFF][\x80-\xBF]*$", "") .. " [cut]"
end

-- ---- what people read of a value, by OBX-2 ------------------------------------------------------------------------------------

-- Texts and numbers have no components: what looks like one is a ^ or & that the sender has not escaped.
local function whole(value)
  local components = {}
  for i, subcomponents in ipairs(value.components) do components[i] = table.concat(subcomponents, "&") end
  local text = table.concat(components, "^")
  return text ~= '""' and text or nil
end

-- Of a code its name, else the original text (CWE.9).
local function name_of_code(value) return value:get("2") or value:get("9") or value:get("1") end

-- Comparator, number, separator, number: ">200", "1:640".
local function structured_number(value)
  local parts = {}
  for component = 1, 4 do parts[component] = value:get(component) or "" end
  return table.concat(parts)
end

local function document(kind) return ("[%s: see the record]"):format(kind or "a document") end

local READ = {
  CE = name_of_code, CF = name_of_code, CNE = name_of_code, CWE = name_of_code, SN = structured_number,
  ED = function(value) return document(value:get("3") or value:get("2")) end,
  RP = function(value) return document(value:get("4") or value:get("3")) end,
}

-- All repetitions, a line each. Nil when there is none.
local function value_of(obx)
  local lines = {}
  for _, repetition in ipairs(obx:all("5")) do lines[#lines + 1] = (READ[obx:get("2.1") or ""] or whole)(repetition) end
  local text = table.concat(lines, "\n")
  return text ~= "" and cut(text) or nil
end

-- ---- what a message says --------------------------------------------------------------------------------------------------------

-- What the laboratory has written beside a value, such as that the specimen was bad.
local function comment_of(segments)
  local lines = {}
  for _, nte in ipairs(segments) do
    for _, repetition in ipairs(nte:all("3")) do lines[#lines + 1] = whole(repetition) end
  end
  return #lines > 0 and cut(table.concat(lines, "\n")) or nil
end

local function finding(order, obx, flag)
  return {
    code = obx:get("3.1"), name = obx:get("3.2"), value = value_of(obx), unit = obx:get("6.1"), flag = flag,
    comment = comment_of(order.comments[obx]),
  }
end

local function unless_empty(list) return #list > 0 and list or nil end

-- { abnormal, narrative, withdrawn, critical } of an order's values.
local function read(order)
  local abnormal, narrative, withdrawn, critical = {}, {}, {}, false
  for _, obx in ipairs(order.results) do
    local flag = flag_of(obx)
    if WITHDRAWN[(obx:get("11.1") or ""):upper()] then
      withdrawn[#withdrawn + 1] = finding(order, obx)
    elseif flag and flag ~= "N" then
      abnormal[#abnormal + 1] = finding(order, obx, flag)
      critical = critical or CRITICAL[flag] == true
    elseif not flag and not (MEASURED[obx:get("2.1") or ""] and value_of(obx)) then
      narrative[#narrative + 1] = finding(order, obx)
    end
  end
  return { abnormal = unless_empty(abnormal), narrative = unless_empty(narrative), withdrawn = unless_empty(withdrawn), critical = critical }
end

-- The heading of a panel has no values of its own; the other parts of that order have.
local function has_values(order, all)
  for _, each in ipairs(all) do
    if #each.results > 0 and number_of(each) == number_of(order) then return true end
  end
  return false
end

-- One event for each order of one patient, or nil and why there is none.
local function events_of(m)
  local events, all = {}, orders(m)
  for i, order in ipairs(all) do
    local obr, found = order.obr, read(order)
    local occurred_at = clinical.occurred_at(m, ("OBR[%d]-22"):format(i), ("OBR[%d]-7"):format(i))
    local event, reason, field = clinical.event(m, "result." .. status_of(order), occurred_at, {
      order = number_of(order),
      filler_order = said_of(order, "3.1"),
      code = obr:get("4.1"),
      name = obr:get("4.2"),
      abnormal = found.abnormal,
      narrative = found.narrative,
      withdrawn = found.withdrawn,
      critical = found.critical,
      without_values = not has_values(order, all) or nil,
      sent_at = m.sent,
    })
    if not event then return nil, reason, field end
    events[#events + 1] = event
  end
  return events
end

return mapping.define {
  name = "results",
  format = "hl7v2",
  types = { "ORU" },

  -- A message may tell of several patients, each with a PID of its own.
  map = clinical.reader(function(m)
    local events, patients = {}, m:groups("PID")
    for _, part in ipairs(#patients > 1 and patients or { m }) do
      local told, reason, field = events_of(part)
      if not told then return nil, reason, field end
      table.move(told, 1, #told, #events + 1, events)
    end
    if #events == 0 then return nil, "the message has no order (OBR)", "OBR-4" end
    return events
  end),
}
