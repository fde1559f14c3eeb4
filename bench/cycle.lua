-- Many requests of one kind, each by chance from the thread's share of the values:
-- those in the caches of a server are then no others than in life. A line of them is the rest of the path and the value, which
-- follows the body or is a header's.
local mine = {}

function init()
  math.randomseed(os.time() * count + id)
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
  return mine[math.random(#mine)]
end
