-- Small helpers for lists and tables. None changes its argument.
local tables = {}

function tables.keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

function tables.map(list, fn)
  local result = {}
  for i, item in ipairs(list or {}) do result[i] = fn(item, i) end
  return result
end

function tables.filter(list, keep)
  local result = {}
  for _, item in ipairs(list or {}) do
    if keep(item) then result[#result + 1] = item end
  end
  return result
end

-- The first item for which `matches(item)` holds, and its place.
function tables.find(list, matches)
  for i, item in ipairs(list or {}) do
    if matches(item) then return item, i end
  end
end

function tables.contains(list, value)
  return tables.find(list, function(item) return item == value end) ~= nil
end

-- { A = item, .. } by what `key(item)` says; the first of the same key wins. `key` may be a field's name.
function tables.index_by(list, key)
  local result = {}
  for _, item in ipairs(list or {}) do
    local k = type(key) == "function" and key(item) or item[key]
    if k ~= nil and result[k] == nil then result[k] = item end
  end
  return result
end

-- { A = { item, .. }, .. }
function tables.group_by(list, key)
  local result = {}
  for _, item in ipairs(list or {}) do
    local k = type(key) == "function" and key(item) or item[key]
    if k ~= nil then
      result[k] = result[k] or {}
      table.insert(result[k], item)
    end
  end
  return result
end

-- A new table with the fields of all arguments; later ones win.
function tables.merge(...)
  local result = {}
  for i = 1, select("#", ...) do
    for key, value in pairs(select(i, ...) or {}) do result[key] = value end
  end
  return result
end

-- A deep copy.
function tables.copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, item in pairs(value) do result[key] = tables.copy(item) end
  return result
end

-- A sorted copy; `by` is a field's name, a function of the item, or nothing.
function tables.sorted(list, by)
  local result = { table.unpack(list) }
  local function rank(item)
    if by == nil then return item end
    if type(by) == "function" then return by(item) end
    return item[by]
  end
  table.sort(result, function(a, b) return rank(a) < rank(b) end)
  return result
end

-- The items of `left` that `right` does not have, by what `key(item)` says (or the items themselves).
function tables.difference(left, right, key)
  key = key or function(item) return item end
  local there = {}
  for _, item in ipairs(right or {}) do there[key(item)] = true end
  return tables.filter(left, function(item) return not there[key(item)] end)
end

return tables
