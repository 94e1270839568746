"""The Lua of the Redis queue. Each script is atomic, in memory and in Redis' append-only file.

Keys, all in one cluster slot:

    entries   stream; ids are `1-0`, `2-0`, …: the order of append, without gaps before acknowledgement
    waiting   list, one `<body bytes> <appended at µs>` per unclaimed entry, oldest first
    claims    hash, claim id -> what `pack` makes
    totals    hash: `entries` and `bytes` in the queue, `appended` and `claimed` as last numbers given
    wake      list of at most one element, on which idle consumers block
    seen:…    one expiring key per accepted id

A claim is an unbroken range of numbers, like in the SQLite queue. A consumer group would keep the same
facts a second time, and could not stop at a number of bytes.
"""

NAMESPACE = "{lynex-queue}:"
ENTRIES = NAMESPACE + "entries"
WAITING = NAMESPACE + "waiting"
CLAIMS = NAMESPACE + "claims"
TOTALS = NAMESPACE + "totals"
WAKE = NAMESPACE + "wake"
SEEN = NAMESPACE + "seen:"
KEYS = (ENTRIES, WAITING, CLAIMS, TOTALS, WAKE)

_NAMES = """
local entries, waiting, claims, totals, wake = unpack(KEYS, 1, 5)
local function whole(number) return string.format('%.0f', number) end
local function wake_one() if redis.call('LLEN', wake) == 0 then redis.call('LPUSH', wake, '1') end end
"""

# KEYS[6]: the id's seen key. ARGV: remember_s, max_entries, max_bytes, id, project_id, body, appended_at_us.
# Answers 'stored', 'repeated', or 'full <entries> <bytes>'.
APPEND = (
    _NAMES
    + """
if redis.call('EXISTS', KEYS[6]) == 1 then return 'repeated' end
local size = #ARGV[6]
local held = tonumber(redis.call('HGET', totals, 'entries') or '0')
local bytes = tonumber(redis.call('HGET', totals, 'bytes') or '0')
if held + 1 > tonumber(ARGV[2]) or bytes + size > tonumber(ARGV[3]) then
    return 'full ' .. whole(held) .. ' ' .. whole(bytes)
end
redis.call('SET', KEYS[6], '1', 'EX', ARGV[1])
local nr = redis.call('HINCRBY', totals, 'appended', 1)
redis.call('XADD', entries, whole(nr) .. '-0', 'id', ARGV[4], 'project_id', ARGV[5],
    'body', ARGV[6], 'appended_at_us', ARGV[7])
redis.call('RPUSH', waiting, whole(size) .. ' ' .. ARGV[7])
redis.call('HINCRBY', totals, 'entries', 1)
redis.call('HINCRBY', totals, 'bytes', size)
wake_one()
return 'stored'
"""
)

# ARGV: consumer, max_entries, max_bytes, now_us, silent_since_us, id for a new claim.
# Answers {claim id, first, last, attempt}, or nothing.
CLAIM = (
    _NAMES
    + """
local found_id, found, found_rank
local all = redis.call('HGETALL', claims)
for i = 1, #all, 2 do
    local claim = cmsgpack.unpack(all[i + 1])
    local rank = nil
    if claim.consumer == ARGV[1] then rank = 0
    elseif claim.seen_us <= tonumber(ARGV[5]) then rank = 1 end
    if rank and (not found or rank < found_rank or (rank == found_rank and claim.first < found.first)) then
        found_id, found, found_rank = all[i], claim, rank
    end
end
if found then
    found.consumer, found.attempt, found.seen_us = ARGV[1], found.attempt + 1, tonumber(ARGV[4])
    redis.call('HSET', claims, found_id, cmsgpack.pack(found))
    return {found_id, found.first, found.last, found.attempt}
end
local taken, bytes = 0, 0
local sizes = redis.call('LRANGE', waiting, 0, math.max(tonumber(ARGV[2]), 1) - 1)
for _, line in ipairs(sizes) do
    local size = tonumber(string.match(line, '^%d+'))
    if taken > 0 and bytes + size > tonumber(ARGV[3]) then break end
    taken, bytes = taken + 1, bytes + size
end
if taken == 0 then return false end
local last = redis.call('HINCRBY', totals, 'claimed', taken)
local claim = {consumer = ARGV[1], first = last - taken + 1, last = last, bytes = bytes, attempt = 1,
    seen_us = tonumber(ARGV[4]), oldest_us = tonumber(string.match(sizes[1], '%-?%d+$'))}
redis.call('LTRIM', waiting, taken, -1)
redis.call('HSET', claims, ARGV[6], cmsgpack.pack(claim))
if redis.call('LLEN', waiting) > 0 then wake_one() end
return {ARGV[6], claim.first, claim.last, 1}
"""
)

# ARGV: claim id.
ACK = (
    _NAMES
    + """
local packed = redis.call('HGET', claims, ARGV[1])
if not packed then return 0 end
local claim = cmsgpack.unpack(packed)
for nr = claim.first, claim.last do redis.call('XDEL', entries, whole(nr) .. '-0') end
redis.call('HINCRBY', totals, 'entries', whole(claim.first - claim.last - 1))
redis.call('HINCRBY', totals, 'bytes', whole(0 - claim.bytes))
redis.call('HDEL', claims, ARGV[1])
return 1
"""
)

# ARGV: consumer, now_us.
HEARTBEAT = (
    _NAMES
    + """
local all = redis.call('HGETALL', claims)
for i = 1, #all, 2 do
    local claim = cmsgpack.unpack(all[i + 1])
    if claim.consumer == ARGV[1] then
        claim.seen_us = tonumber(ARGV[2])
        redis.call('HSET', claims, all[i], cmsgpack.pack(claim))
    end
end
return 1
"""
)

# Answers {entries, bytes, appended_at_us of the oldest}; the last is missing when the queue is empty.
STATE = (
    _NAMES
    + """
local head, oldest = math.huge, nil
for _, packed in ipairs(redis.call('HVALS', claims)) do
    local claim = cmsgpack.unpack(packed)
    if claim.first < head then head, oldest = claim.first, claim.oldest_us end
end
if not oldest then
    local line = redis.call('LINDEX', waiting, 0)
    if line then oldest = tonumber(string.match(line, '%-?%d+$')) end
end
local held = redis.call('HMGET', totals, 'entries', 'bytes')
return {tonumber(held[1] or '0'), tonumber(held[2] or '0'), oldest}
"""
)
