-- Each request asks for another address, so that no cache has an answer to it.
local asked = 0

request = function()
  asked = asked + 1
  return wrk.format("GET", "/page?n=" .. asked)
end
