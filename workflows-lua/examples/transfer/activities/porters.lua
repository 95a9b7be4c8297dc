local http = require "http"

return {
  order = function(input, activity)
    local answer = http.post(activity.settings.porters.endpoint .. "/orders", input)
    if answer.status >= 300 then error { code = "no_porter", message = "no porter is free", retry_after = "5m" } end
    return { ordered = true }
  end,
}
