-- Reading and building HL7 v2 messages in the JSON form of docs/formats/hl7_json.md. Pure.
--
--   local m = hl7.wrap(message)
--   m:get("PID-5.1")        the first patient's family name, or nil
--   m:all("PID-3")          every identifier; each has :get("4.1")
--   m:segments("OBX")       every result; each has :get("5.1")
--
-- A path is SEG[n]-field[repetition].component.subcomponent, all counted from 1 and 1 when not given.
local times = require "times"

local hl7 = {}

local NULL = '""'  -- HL7's null: the sender asks to delete the value.

-- ---- values -----------------------------------------------------------------------------------------------------------

-- "5.1", "3[2].4.1" or "4.1" within a repetition -> numbers
local function parse_place(place)
  local first, repetition, rest = place:match("^(%d+)%[?(%d*)%]?(.*)$")
  if not first then error("'" .. place .. "' is no place in a segment; write \"3.1\" or \"3[2].4.1\"", 3) end
  local component, subcomponent = rest:match("^%.(%d+)%.?(%d*)$")
  return tonumber(first), tonumber(repetition) or 1, tonumber(component) or 1, tonumber(subcomponent) or 1
end

-- Blanks at the end mean nothing (HL7 v2.5.1, data type ST): senders with fields of a fixed length fill them up.
local function present(text)
  local value = text and text:gsub(" +$", "")
  if value == "" or value == NULL then return nil end
  return value
end

local function pick(value, ...)
  for i = 1, select("#", ...) do
    if type(value) ~= "table" then return nil end
    value = value[select(i, ...)]
  end
  return value
end

local Repetition = {}
Repetition.__index = Repetition

-- A component of this repetition: "4" or "4.2".
function Repetition:get(place)
  local component, subcomponent = tostring(place):match("^(%d+)%.?(%d*)$")
  return present(pick(self.components, tonumber(component), tonumber(subcomponent) or 1))
end

local Segment = {}
Segment.__index = Segment

function Segment:raw(place)
  local field, repetition, component, subcomponent = parse_place(tostring(place))
  return pick(self.fields, field, repetition, component, subcomponent)
end

function Segment:get(place) return present(self:raw(place)) end

function Segment:all(field)
  local list = {}
  for _, components in ipairs(self.fields[tonumber(field)] or {}) do
    if #components > 0 then list[#list + 1] = setmetatable({ components = components }, Repetition) end
  end
  return list
end

-- ---- messages ---------------------------------------------------------------------------------------------------------

local Message = {}
Message.__index = Message

local function wrap_segments(header, segments)
  return setmetatable({
    type = header.type,
    trigger = header.trigger,
    control_id = header.control_id,
    sender = header.sending_facility or header.sending_application,
    sent = header.time,
    offset_minutes = header.utc_offset_minutes or 0,
    local_times = header.local_times or {},  -- What timestamps without an offset mean in the source's time zone.
    list = segments,
  }, Message)
end

function hl7.wrap(message)
  local segments = {}
  for i, segment in ipairs(message.segments or {}) do
    segments[i] = setmetatable({ name = segment.name, fields = segment.fields or {} }, Segment)
  end
  return wrap_segments(message, segments)
end

function Message:segments(name)
  local found = {}
  for _, segment in ipairs(self.list) do
    if segment.name == name then found[#found + 1] = segment end
  end
  return found
end

function Message:segment(name, occurrence) return self:segments(name)[occurrence or 1] end

-- The message cut before each segment `name`, without what stands in front of the first: one patient each in a merge list.
function Message:groups(name)
  local groups = {}
  for _, segment in ipairs(self.list) do
    if segment.name == name then groups[#groups + 1] = {} end
    if #groups > 0 then table.insert(groups[#groups], segment) end
  end
  for i, segments in ipairs(groups) do
    local header = { type = self.type, trigger = self.trigger, control_id = self.control_id, sending_facility = self.sender,
      time = self.sent, utc_offset_minutes = self.offset_minutes, local_times = self.local_times }
    groups[i] = wrap_segments(header, segments)
  end
  return groups
end

local function split_path(path)
  local name, occurrence, place = path:match("^(%w%w%w)%[?(%d*)%]?%-(.+)$")
  if not name then error("'" .. tostring(path) .. "' is no HL7 path; write \"PID-3.1\"", 3) end
  return name, tonumber(occurrence) or 1, place
end

function Message:get(path)
  local name, occurrence, place = split_path(path)
  local segment = self:segment(name, occurrence)
  return segment and segment:get(place)
end

function Message:is_null(path)
  local name, occurrence, place = split_path(path)
  local segment = self:segment(name, occurrence)
  return segment ~= nil and segment:raw(place) == NULL
end

function Message:all(path)
  local name, occurrence, place = split_path(path)
  local segment = self:segment(name, occurrence)
  return segment and segment:all(place) or {}
end

-- ---- times ------------------------------------------------------------------------------------------------------------

-- YYYY[MM[DD[HH[MM[SS[.s]]]]]][+-ZZZZ] (HL7 v2.5.1, 2.A.77) as RFC 3339, a missing part being its beginning; nil when it is no time.
function hl7.time(text, offset_minutes)
  if type(text) ~= "string" then return nil end
  local digits, fraction, sign, zone = text:match("^%s*(%d+)%.?(%d*)([+-]?)(%d*)%s*$")
  if not digits or #digits < 4 or #digits % 2 ~= 0 or #digits > 14 then return nil end
  if sign ~= "" and #zone ~= 4 then return nil end
  local full = digits .. ("00000101000000"):sub(#digits + 1)
  local year, month, day, hour, minute, second = full:match("^(%d%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)$")
  if sign == "" then
    local offset = offset_minutes or 0
    sign = offset < 0 and "-" or "+"
    zone = ("%02d%02d"):format(math.abs(offset) // 60, math.abs(offset) % 60)
  end
  local millis = fraction ~= "" and ("." .. (fraction .. "00"):sub(1, 3)) or ""
  local rfc = ("%s-%s-%sT%s:%s:%s%s%s%s:%s"):format(year, month, day, hour, minute, second, millis, sign, zone:sub(1, 2), zone:sub(3, 4))
  return times.parse(rfc) and rfc or nil
end

-- The date part, as precise as the sender was.
function hl7.date(text)
  if type(text) ~= "string" then return nil end
  local digits = text:match("^%s*(%d%d%d%d%d*)")
  if not digits then return nil end
  local year, month, day = digits:sub(1, 4), digits:sub(5, 6), digits:sub(7, 8)
  if month == "" then return year end
  if #month < 2 or month < "01" or month > "12" then return nil end
  if day == "" then return year .. "-" .. month end
  if #day < 2 or not times.is_date(tonumber(year), tonumber(month), tonumber(day)) then return nil end
  return year .. "-" .. month .. "-" .. day
end

function Message:time(path)
  local text = self:get(path)
  return text and self.local_times[text] or hl7.time(text, self.offset_minutes)
end
function Message:date(path) return hl7.date(self:get(path)) end

-- ---- people -----------------------------------------------------------------------------------------------------------

-- CX values: { system, value, type }. The authority is CX-4's namespace, else its universal id, else the sender.
function Message:identifiers(path)
  local list = {}
  for _, repetition in ipairs(self:all(path)) do
    local value = repetition:get("1")
    if value then
      list[#list + 1] = {
        system = repetition:get("4.1") or repetition:get("4.2") or self.sender or "unknown",
        value = value,
        type = repetition:get("5"),
      }
    end
  end
  return list
end

-- ---- building ---------------------------------------------------------------------------------------------------------

local Builder = {}
Builder.__index = Builder

-- Fields are given by number; the gaps are empty. A value may be text, a number, or nested lists as in hl7_json.md.
function Builder:add(name, fields)
  local last = 0
  for number in pairs(fields) do last = math.max(last, number) end
  local list = {}
  for number = 1, last do list[number] = fields[number] == nil and "" or fields[number] end
  table.insert(self.segments, { name = name, fields = list })
  return self
end

function Builder:json() return { segments = self.segments } end

-- HL7's timestamp of an instant, in UTC.
function hl7.timestamp(instant)
  return (times.format(instant):gsub("[-:T]", ""):sub(1, 14)) .. "+0000"
end

-- { type = "REF", trigger = "I12", structure = "REF_I12", control_id, time = instant, sender = { application, facility },
--   receiver = { application, facility }, version = "2.5.1", processing = "P" }
function hl7.build(header)
  local sender, receiver = header.sender or {}, header.receiver or {}
  local builder = setmetatable({ segments = {} }, Builder)
  local kind = { { header.type, header.trigger, header.structure or (header.type .. "_" .. header.trigger) } }
  return builder:add("MSH", {
    [1] = "|", [2] = "^~\\&",
    [3] = sender.application, [4] = sender.facility, [5] = receiver.application, [6] = receiver.facility,
    [7] = header.time and hl7.timestamp(header.time), [9] = kind, [10] = header.control_id,
    [11] = header.processing or "P", [12] = header.version or "2.5.1", [18] = "UNICODE UTF-8",
  })
end

return hl7
