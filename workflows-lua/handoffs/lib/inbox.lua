-- What has come and was not taken yet. Branches of a race begin in the order of their names: what is there ends the race before the
-- second branch does.
local inbox = {}

-- Takes, one after the other, what `wait` finds at once; says how many there were.
local function drop(ctx, wait)
  local count = 0
  while ctx:race { a_there = wait, b_nothing = function() end } == "a_there" do count = count + 1 end
  return count
end

function inbox.drop_signals(ctx, name)
  return drop(ctx, function(s) return s:wait_signal(name) end)
end

function inbox.drop_events(ctx, types, where)
  return drop(ctx, function(s) return s:wait_event(types, { where = where }) end)
end

return inbox
