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

-- { agree, high_alert, differences = { { kind, drug, home, chart }, .. } }; kinds: "only_home", "only_chart", "dose".
function medication.compare(home, chart)
  local at_home, in_chart = tables.index_by(home, key_of), tables.index_by(chart, key_of)
  local differences = {}
  local function differ(kind, drug, before, after)
    differences[#differences + 1] = { kind = kind, drug = text(drug.name) or text(drug.code), high_alert = is_high_alert(drug), home = before, chart = after }
  end
  for _, key in ipairs(tables.keys(at_home)) do
    local before, after = at_home[key], in_chart[key]
    if not after then
      differ("only_home", before, before, nil)
    elseif before.dose ~= after.dose then
      differ("dose", before, before, after)
    end
  end
  for _, key in ipairs(tables.keys(in_chart)) do
    if not at_home[key] then differ("only_chart", in_chart[key], nil, in_chart[key]) end
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
