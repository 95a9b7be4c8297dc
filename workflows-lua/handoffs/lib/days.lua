-- Days as people count them: on the wall of the house. A rule that allows "two days" allows all of the second one.
local policy = require "policy"
local times = require "times"

local days = {}

local function on_the_wall(ctx, instant)
  local date, hour, minute = ctx:format_time(instant, policy.time_zone):match("^(.-)T(%d%d):(%d%d)")
  return date, times.hours(tonumber(hour)) + times.minutes(tonumber(minute))
end

-- The first moment of the next day. Where the clocks are changed before that, the day is an hour longer or shorter than it seems.
local function midnight_after(ctx, instant)
  local today, since_midnight = on_the_wall(ctx, instant)
  local midnight = instant - instant % times.minutes(1) - since_midnight + times.days(1)
  local date, past = on_the_wall(ctx, midnight)
  if date == today then return midnight + times.days(1) - past end
  -- Where the clocks go over midnight the next day begins later, and what would be its nought o'clock is still today.
  local first = midnight - past
  local still, since = on_the_wall(ctx, first)
  return still == today and first + times.days(1) - since or first
end

-- The last minute of the day that is `count` days after that of `instant`; of that day itself, if not given.
function days.end_of(ctx, instant, count)
  local noon = midnight_after(ctx, instant) - times.hours(12)
  return midnight_after(ctx, noon + times.days(count or 0)) - times.minutes(1)
end

return days
