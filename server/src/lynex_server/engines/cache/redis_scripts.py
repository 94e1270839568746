"""The Lua of the cache in Redis: each script is one atomic step.

Keys, all in one cluster slot; a member is namespace and key with a zero byte between:

    v:<member>            the value; it expires by itself
    order, expiry         sorted sets of members, by place and by expiry in ms
    about                 hash of member to its size, namespace and group (packed)
    n:<namespace>         sorted set of the namespace's members, by place
    g:<namespace>␀<group> sorted set of the group's members, by place
    place, bytes, epoch   the last place given, the sum of sizes, how often something was dropped
"""

NAMESPACE = "{lynex-cache}:"

# ARGV[1] is always the namespace of all keys.
_COMMON = """
local ns = ARGV[1]
local function remove(member)
    local about = redis.call('HGET', ns .. 'about', member)
    if not about then return end
    about = cmsgpack.unpack(about)
    redis.call('DEL', ns .. 'v:' .. member)
    redis.call('HDEL', ns .. 'about', member)
    redis.call('ZREM', ns .. 'order', member)
    redis.call('ZREM', ns .. 'expiry', member)
    redis.call('ZREM', ns .. 'n:' .. about[2], member)
    if about[3] ~= '' then redis.call('ZREM', ns .. 'g:' .. about[2] .. '\\0' .. about[3], member) end
    redis.call('DECRBY', ns .. 'bytes', about[1])
end
"""

# ARGV: namespace of keys, namespace, max entries, max bytes, expired at once, then per entry: key, value,
# size, ttl_ms, group.
PUT = (
    _COMMON
    + """
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', ns .. 'expiry', '-inf', now_ms, 'LIMIT', 0, ARGV[5])) do
    remove(member)
end
local max_entries, max_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 6, #ARGV, 5 do
    local member, size, ttl_ms, group = ARGV[2] .. '\\0' .. ARGV[i], tonumber(ARGV[i+2]), ARGV[i+3], ARGV[i+4]
    remove(member)
    if size <= max_bytes then
        local place = redis.call('INCR', ns .. 'place')
        redis.call('SET', ns .. 'v:' .. member, ARGV[i+1], 'PX', ttl_ms)
        redis.call('HSET', ns .. 'about', member, cmsgpack.pack({size, ARGV[2], group}))
        redis.call('ZADD', ns .. 'order', place, member)
        redis.call('ZADD', ns .. 'expiry', now_ms + tonumber(ttl_ms), member)
        redis.call('ZADD', ns .. 'n:' .. ARGV[2], place, member)
        if group ~= '' then redis.call('ZADD', ns .. 'g:' .. ARGV[2] .. '\\0' .. group, place, member) end
        redis.call('INCRBY', ns .. 'bytes', size)
    end
end
while redis.call('ZCARD', ns .. 'order') > max_entries
    or tonumber(redis.call('GET', ns .. 'bytes') or '0') > max_bytes do
    local oldest = redis.call('ZRANGE', ns .. 'order', 0, 0)[1]
    if not oldest then break end
    remove(oldest)
end
return 1
"""
)

# ARGV: namespace of keys, namespace, group, place, count. Answers epoch, then per member: place, key, value.
SINCE = (
    _COMMON
    + """
local found = {tonumber(redis.call('GET', ns .. 'epoch') or '0')}
local group, after = ns .. 'g:' .. ARGV[2] .. '\\0' .. ARGV[3], '(' .. ARGV[4]
local members = redis.call('ZREVRANGEBYSCORE', group, '+inf', after, 'WITHSCORES', 'LIMIT', 0, ARGV[5])
for i = #members - 1, 1, -2 do
    local value = redis.call('GET', ns .. 'v:' .. members[i])
    if value then
        found[#found + 1] = tonumber(members[i + 1])
        found[#found + 1] = string.sub(members[i], #ARGV[2] + 2)
        found[#found + 1] = value
    end
end
return found
"""
)

# ARGV: namespace of keys, namespace, most entries of one step. Answers how many are left.
DROP = (
    _COMMON
    + """
for _, member in ipairs(redis.call('ZRANGE', ns .. 'n:' .. ARGV[2], 0, tonumber(ARGV[3]) - 1)) do
    remove(member)
end
redis.call('INCR', ns .. 'epoch')
return redis.call('ZCARD', ns .. 'n:' .. ARGV[2])
"""
)
