-- Comparing what a patient took at home with what is ordered. Pure.
local tables = require "tables"

local medication = {}

-- Drugs whose mistakes do most harm (ISMP list of high-alert medications, community settings); they make a review urgent.
local HIGH_ALERT = { "warfarin", "apixaban", "rivaroxaban", "dabigatran", "edoxaban", "heparin", "enoxaparin", "insulin",
  "methotrexate", "digoxin", "morphine", "oxycodone", "fentanyl", "hydromorphone" }

local function text(value) return type(value) == "string" and value ~= "" and value or nil end

local function key_of(drug) return (text(drug.code) or text(drug.name) or ""):lower() end

local function is_high_alert(drug)
  local name = (text(drug.name) or ""):lower()
  return tables.find(HIGH_ALERT, function(word) return name:find(word, 1, true) end) ~= nil
end

-- One drug may stand in a list several times, as with another dose in the morning than in the evening. The entries of `list` that have no
-- counterpart of the same dose in `other`.
local function without_counterpart(list, other)
  local left, found = {}, tables.copy(other)
  for _, entry in ipairs(list) do
    local _, i = tables.find(found, function(each) return each.dose == entry.dose end)
    if i then table.remove(found, i) else left[#left + 1] = entry end
  end
  return left
end

-- { agree, high_alert, differences = { { kind, drug, home, chart }, .. } }; kinds: "only_home", "only_chart", "dose".
function medication.compare(home, chart)
  local at_home, in_chart = tables.group_by(home, key_of), tables.group_by(chart, key_of)
  local differences = {}
  local function differ(kind, drug, before, after)
    differences[#differences + 1] = { kind = kind, drug = text(drug.name) or text(drug.code), high_alert = is_high_alert(drug), home = before, chart = after }
  end
  for _, key in ipairs(tables.keys(tables.merge(at_home, in_chart))) do
    local here, there = at_home[key] or {}, in_chart[key] or {}
    local before, after = without_counterpart(here, there), without_counterpart(there, here)
    for i = 1, math.max(#before, #after) do
      local kind = not after[i] and "only_home" or not before[i] and "only_chart" or "dose"
      differ(kind, before[i] or after[i], before[i], after[i])
    end
  end
  return {
    agree = #differences == 0,
    high_alert = tables.find(differences, function(each) return each.high_alert end) ~= nil,
    differences = differences,
  }
end

-- The sentence that the pharmacist sees.
function medication.why(comparison)
  local n = #comparison.differences
  local words = n == 1 and "One drug differs" or n .. " drugs differ"
  return words .. " between the list from home and the orders here" .. (comparison.high_alert and ", a high-alert drug among them" or "")
end

return medication
