"""The Lua of the counters in Redis: each script is one atomic step.

Keys, all in one cluster slot:

    c:<counter>   hash: `known`, and per slot `s<slot>` spent, `v<slot>` version, `h<slot>` held
    h:<hold id>   hash: state, expires_at_us, note, parts (counter, slot and amount of each, packed)
    live          sorted set of hold ids that are still held, by their expiry

A key of a hold that has ended expires by itself; a counter stays until it is forgotten.
"""

NAMESPACE = "{lynex-counters}:"

# ARGV[1] is always the namespace.
_COMMON = """
local ns = ARGV[1]
local live = ns .. 'live'
local function whole(number) return string.format('%.0f', number) end
local function give_back(part)
    -- Redis takes '-0' for no number.
    if part[3] ~= '0' then
        redis.call('HINCRBY', ns .. 'c:' .. part[1], 'h' .. part[2], '-' .. part[3])
    end
end
local function finish(id, state, remember_s)
    local key = ns .. 'h:' .. id
    if redis.call('HGET', key, 'state') ~= 'held' then return end
    for _, part in ipairs(cmsgpack.unpack(redis.call('HGET', key, 'parts'))) do give_back(part) end
    redis.call('HSET', key, 'state', state)
    redis.call('HDEL', key, 'parts')
    redis.call('EXPIRE', key, remember_s)
    redis.call('ZREM', live, id)
end
local function end_expired(now_us, at_once, remember_s)
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', live, '-inf', now_us, 'LIMIT', 0, at_once)) do
        finish(id, 'expired', remember_s)
    end
end
local function level(counter, first, last)
    local key = ns .. 'c:' .. counter
    if first == last then
        local both = redis.call('HMGET', key, 's' .. first, 'h' .. first)
        return tonumber(both[1] or '0'), tonumber(both[2] or '0')
    end
    local low, high, spent, held = tonumber(first), tonumber(last), 0, 0
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
        local kind, slot = string.sub(all[i], 1, 1), tonumber(string.sub(all[i], 2))
        if slot and slot >= low and slot <= high then
            if kind == 's' then spent = spent + tonumber(all[i + 1])
            elseif kind == 'h' then held = held + tonumber(all[i + 1]) end
        end
    end
    return spent, held
end
local function write(from, to)
    for i = from, to, 4 do
        local key, slot = ns .. 'c:' .. ARGV[i], ARGV[i + 1]
        if tonumber(ARGV[i + 3]) > tonumber(redis.call('HGET', key, 'v' .. slot) or '-1') then
            redis.call('HSET', key, 's' .. slot, ARGV[i + 2], 'v' .. slot, ARGV[i + 3])
        end
    end
end
"""

# ARGV: namespace, hold id, now_us, expires_at_us, remember_s, at_once, note, then per claim: counter, first
# slot, slot, amount, limit ('' for none).
# Answers {'granted'}, {'repeated', state}, {'unknown', counter, …} or {'refused', index, spent, held}.
HOLD = (
    _COMMON
    + """
end_expired(ARGV[3], ARGV[6], ARGV[5])
local key = ns .. 'h:' .. ARGV[2]
local state = redis.call('HGET', key, 'state')
if state then return {'repeated', state} end
local unknown = {'unknown'}
for i = 8, #ARGV, 5 do
    if redis.call('HEXISTS', ns .. 'c:' .. ARGV[i], 'known') == 0 then unknown[#unknown + 1] = ARGV[i] end
end
if #unknown > 1 then return unknown end
for i = 8, #ARGV, 5 do
    if ARGV[i + 4] ~= '' then
        local spent, held = level(ARGV[i], ARGV[i + 1], ARGV[i + 2])
        if spent + held + tonumber(ARGV[i + 3]) > tonumber(ARGV[i + 4]) then
            return {'refused', (i - 8) / 5, whole(spent), whole(held)}
        end
    end
end
local parts = {}
for i = 8, #ARGV, 5 do
    redis.call('HINCRBY', ns .. 'c:' .. ARGV[i], 'h' .. ARGV[i + 2], ARGV[i + 3])
    parts[#parts + 1] = {ARGV[i], ARGV[i + 2], ARGV[i + 3]}
end
redis.call('HSET', key, 'state', 'held', 'expires_at_us', ARGV[4], 'note', ARGV[7],
    'parts', cmsgpack.pack(parts))
redis.call('ZADD', live, ARGV[4], ARGV[2])
return {'granted'}
"""
)

# ARGV: namespace, hold id, expires_at_us, then per counter: its name, amount.
# Answers 1, or 0 where no such hold is live.
CHANGE = (
    _COMMON
    + """
local key = ns .. 'h:' .. ARGV[2]
local found = redis.call('HMGET', key, 'state', 'expires_at_us', 'parts')
if found[1] ~= 'held' then return 0 end
local amounts = {}
for i = 4, #ARGV, 2 do amounts[ARGV[i]] = ARGV[i + 1] end
local parts = cmsgpack.unpack(found[3])
for _, part in ipairs(parts) do
    local amount = amounts[part[1]]
    if amount then
        give_back(part)
        redis.call('HINCRBY', ns .. 'c:' .. part[1], 'h' .. part[2], amount)
        part[3] = amount
    end
end
redis.call('HSET', key, 'parts', cmsgpack.pack(parts))
if tonumber(ARGV[3]) > tonumber(found[2]) then
    redis.call('HSET', key, 'expires_at_us', ARGV[3])
    redis.call('ZADD', live, ARGV[3], ARGV[2])
end
return 1
"""
)

# ARGV: namespace, remember_s, number of hold ids, the ids, then per line: counter, slot, spent, version.
FINISH = (
    _COMMON
    + """
local last = 3 + tonumber(ARGV[3])
for i = 4, last do finish(ARGV[i], 'finished', ARGV[2]) end
write(last + 1, #ARGV)
return 1
"""
)

# ARGV: namespace, counter, then per line: counter, slot, spent, version.
LOAD = (
    _COMMON
    + """
write(3, #ARGV)
redis.call('HSET', ns .. 'c:' .. ARGV[2], 'known', '1')
return 1
"""
)

# ARGV: namespace, now_us, remember_s, at_once, then per range: counter, first slot, last slot.
# Answers spent and held of each, one after another, as text.
LEVELS = (
    _COMMON
    + """
end_expired(ARGV[2], ARGV[4], ARGV[3])
local found = {}
for i = 5, #ARGV, 3 do
    local spent, held = level(ARGV[i], ARGV[i + 1], ARGV[i + 2])
    found[#found + 1] = whole(spent)
    found[#found + 1] = whole(held)
end
return found
"""
)

# ARGV: namespace, counter, before slot.
FORGET = (
    _COMMON
    + """
local key, before = ns .. 'c:' .. ARGV[2], tonumber(ARGV[3])
for _, field in ipairs(redis.call('HKEYS', key)) do
    local slot = tonumber(string.sub(field, 2))
    if slot and slot < before then redis.call('HDEL', key, field) end
end
if redis.call('HLEN', key) == 1 then redis.call('HDEL', key, 'known') end
return 1
"""
)
