-- Many requests of one kind, in turn: each thread goes through its share again and
-- again.
local at = 0
local mine = {}

function init()
  for i = id + 1, #requests, count do
    local r = requests[i]
    for name, value in pairs(wrk.headers) do
      if r.headers[name] == nil then r.headers[name] = value end
    end
    table.insert(mine, wrk.format(nil, nil, r.headers, r.body))
  end
end

function request()
  at = at % #mine + 1
  return mine[at]
end
