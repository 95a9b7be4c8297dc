-- Instants: milliseconds since 1970-01-01 in UTC, and RFC 3339 text. Pure; for workflows, activities and mappings.
local times = {}

local SECOND, MINUTE, HOUR, DAY = 1000, 60 * 1000, 3600 * 1000, 86400 * 1000

function times.seconds(n) return n * SECOND end
function times.minutes(n) return n * MINUTE end
function times.hours(n) return n * HOUR end
function times.days(n) return n * DAY end

-- Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
local function days_from_civil(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local year_of_era = year - era * 400
  local day_of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
end

local function civil_from_days(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * day_of_year + 2) // 153
  local month = shifted + (shifted < 10 and 3 or -9)
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day_of_year - (153 * shifted + 2) // 5 + 1
end

local MONTH_DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- How many days a month has.
function times.days_in_month(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or MONTH_DAYS[month]
end

function times.is_date(year, month, day)
  return month >= 1 and month <= 12 and day >= 1 and day <= times.days_in_month(year, month)
end

-- "2026-03-02T09:00:00.250-05:00" to an instant; nil for anything else. A number comes back as it is.
function times.parse(text)
  if type(text) == "number" then return text end
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second, rest =
    text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(.*)$")
  if not year then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if not times.is_date(year, month, day) or hour > 23 or minute > 59 or second > 60 then return nil end

  local fraction, zone = rest:match("^%.(%d+)(.*)$")
  local millis = fraction and tonumber((fraction .. "00"):sub(1, 3)) or 0
  zone = zone or rest
  local offset = 0
  if zone ~= "Z" and zone ~= "z" then
    local sign, hours, minutes = zone:match("^([+-])(%d%d):(%d%d)$")
    if not sign then return nil end
    offset = (tonumber(hours) * 60 + tonumber(minutes)) * (sign == "-" and -1 or 1)
  end
  return days_from_civil(year, month, day) * DAY + hour * HOUR + (minute - offset) * MINUTE + second * SECOND + millis
end

-- An instant as RFC 3339 in UTC. Text comes back as it is.
function times.format(instant)
  if type(instant) ~= "number" then return instant end
  local year, month, day = civil_from_days(instant // DAY)
  local rest = instant % DAY
  return ("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ"):format(year, month, day, rest // HOUR, rest // MINUTE % 60,
    rest // SECOND % 60, rest % SECOND)
end

return times
