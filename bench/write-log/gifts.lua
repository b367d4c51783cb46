-- Each is a write of its own, of its own order, and about a kilobyte.
math.randomseed(os.time())
local run = math.random(1000000000)
local asked = 0
local text = string.rep("x", 960)
local headers = { ["Content-Type"] = "application/json" }

request = function()
  asked = asked + 1
  local email = run .. "-" .. asked .. "@bench.example"
  return wrk.format("POST", "/gifts", headers, '{"email":"' .. email .. '","text":"' .. text .. '"}')
end
