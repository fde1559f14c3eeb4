-- Many requests of one kind in turn: each thread goes through its share of the
-- values again and again. A line of them is the rest of the path and the value, which
-- follows the body or is a header's.
local at = 0
local mine = {}

function init()
  local number = 0
  for line in io.lines(values) do
    if number % count == id then
      local rest, value = line:match("^(.*)\t(.*)$")
      local body
      if header == "" then
        body = prefix .. value
      else
        wrk.headers[header] = value
      end
      table.insert(mine, wrk.format(nil, wrk.path .. rest, nil, body))
    end
    number = number + 1
  end
end

function request()
  at = at % #mine + 1
  return mine[at]
end
