return { reserve = function() return "B1" end, release = function() return {} end }
