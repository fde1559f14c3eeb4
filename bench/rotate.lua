-- Each refresh token is used once: the answer to one request has the token of a
-- later one. A thread begins with its share of tokens, a few more than it has
-- connections.
wrong = 0
local queue, first, last = {}, 1, 0

local function push(token)
  last = last + 1
  queue[last] = token
end

function init()
  local number = 0
  for token in io.lines(values) do
    if number % count == id then push(token) end
    number = number + 1
  end
end

function request()
  local token = queue[first]
  if token == nil then
    wrong = wrong + 1
    return wrk.format(nil, nil, nil, "")
  end
  queue[first] = nil
  first = first + 1
  return wrk.format(nil, nil, nil, prefix .. token)
end

function response(status, headers, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if status == 200 and token then
    push(token)
  else
    wrong = wrong + 1
  end
end
