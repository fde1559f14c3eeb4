-- What every load has: the outcome as one line of JSON. wrk counts answers of 400
-- and more as errors.status; what a script finds wrong by itself is added to them.
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function done(summary, latency, requests)
  local wrong = 0
  for _, thread in ipairs(threads) do
    wrong = wrong + (thread:get("wrong") or 0)
  end
  local e = summary.errors
  io.write(string.format(
    '\n{"us":%d,"requests":%d,"bytes":%d,"status":%d,"wrong":%d,"socket":%d,"timeout":%d,"p50":%d,"p99":%d}\n',
    summary.duration, summary.requests, summary.bytes, e.status, wrong, e.connect + e.read + e.write,
    e.timeout, latency:percentile(50), latency:percentile(99)))
end
