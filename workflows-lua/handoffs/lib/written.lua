-- When a message was written (MSH-7), and which of two was written first. Pure.
--
-- It is a stretch of time, { first, last }, since some senders say the minute or only the day. Where two of them overlap, neither
-- was written before the other, and they count in the order in which they came.
local policy = require "policy"
local times = require "times"

local written = {}

-- Nil when the message does not say. A clock that is far ahead is not believed: nothing was written after it was received.
function written.when(event)
  local data = event.data or {}
  local first = times.parse(data.sent_at)
  if not first then return nil end
  local received = times.parse(event.recorded_at)
  if received and first - received > times.hours(policy.clock_ahead_hours) then return { first = received, last = received } end
  return { first = first, last = times.parse(data.sent_until) or first }
end

-- When something happened that a message tells of as past: not after the message was received, whatever it says.
function written.past(event, said)
  local at, received = times.parse(said), times.parse(event.recorded_at)
  return at and received and math.min(at, received) or at
end

-- True when it is known that `one` was written before `other`.
function written.before(one, other)
  return one ~= nil and other ~= nil and one.last < other.first
end

-- True when both say the same moment.
function written.together(one, other)
  return one ~= nil and other ~= nil and one.first == one.last and one.first == other.first and one.last == other.last
end

-- The later of two; what says nothing is none.
function written.later(one, other)
  return (not one or written.before(one, other)) and other or one
end

return written
