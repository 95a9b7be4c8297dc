return { order = function() return {} end }
