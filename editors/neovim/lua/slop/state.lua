--- What is known of each workspace, folded from the server's slop/state. Listeners are told after each change, and so are
--- autocommands for `User SlopState`.

local M = {}

---@class slop.Known
---@field seq integer of the last state
---@field tracks table<string, slop.KnownTrack> by id
---@field order string[] ids of the tracks, sorted
---@field asked slop.Approval[] what waits for a person, the oldest first
---@field streams table<string, slop.StreamText> by track and ticket

---@class slop.KnownTrack
---@field id string
---@field status string
---@field reason? string
---@field order string[] ids of its tickets in file order
---@field tickets table<string, slop.Ticket> by id

---@class slop.StreamText
---@field attempt integer
---@field to integer bytes that were streamed
---@field pieces slop.Stream[] the last of what was streamed
---@field bytes integer of the text of the pieces
---@field done boolean

--- How much of an attempt's stream is kept, in bytes.
M.kept = 64 * 1024

---@type table<integer, slop.Known>
local known = {}
---@type table<fun(id: integer, known: slop.Known), boolean>
local listeners = {}

---@return slop.Known
local function nothing()
  return { seq = 0, tracks = {}, order = {}, asked = {}, streams = {} }
end

--- What is known by a client. It may be read, not written.
---@param id integer of the client
---@return slop.Known
function M.of(id)
  return known[id] or nothing()
end

--- Tells listener of each change until the returned function is called.
---@param listener fun(id: integer, known: slop.Known)
---@return fun() stop
function M.listen(listener)
  listeners[listener] = true
  return function()
    listeners[listener] = nil
  end
end

---@type table<integer, boolean> the clients whose listeners have not been told yet
local dirty = {}
local waiting = false

--- Tells the listeners of what has changed since they were told.
function M.flush()
  waiting = false
  local ids = vim.tbl_keys(dirty)
  dirty = {}
  for _, id in ipairs(ids) do
    local now = M.of(id)
    for listener in pairs(listeners) do
      local ok, err = pcall(listener, id, now)
      if not ok then
        require("slop.say").say(err, vim.log.levels.ERROR)
      end
    end
    vim.api.nvim_exec_autocmds("User", { pattern = "SlopState", data = { client_id = id } })
  end
end

--- Many workers stream at once: what changes within a twentieth of a second is told together.
---@param id integer
local function changed(id)
  dirty[id] = true
  if not waiting then
    waiting = true
    vim.defer_fn(M.flush, 50)
  end
end

---@param before? slop.KnownTrack
---@param change slop.TrackChange
---@return slop.KnownTrack
local function follow(before, change)
  local fresh, ids = {}, {}
  for _, ticket in ipairs(change.tickets or {}) do
    fresh[ticket.id] = ticket
    ids[#ids + 1] = ticket.id
  end
  before = before or { order = ids, tickets = {} } -- of a new track all tickets come, in file order
  local order = change.order or before.order
  local tickets = {}
  for _, id in ipairs(order) do
    tickets[id] = fresh[id] or before.tickets[id]
  end
  return { id = change.id, status = change.status, reason = change.reason, order = order, tickets = tickets }
end

--- Takes a state over.
---@param id integer of the client
---@param state slop.State
---@return boolean followed false where states between were lost; then only a whole one helps
function M.apply(id, state)
  local now = known[id]
  if state.whole or not now then
    now = nothing()
    known[id] = now
  end
  if not state.whole and state.since ~= now.seq then
    return false
  end
  now.seq = state.seq
  for _, gone in ipairs(state.gone or {}) do
    now.tracks[gone] = nil
  end
  for _, change in ipairs(state.tracks or {}) do
    now.tracks[change.id] = follow(now.tracks[change.id], change)
  end
  now.order = vim.tbl_keys(now.tracks)
  table.sort(now.order)
  M.settle(now, state)
  changed(id)
  return true
end

--- Takes out what no longer waits and adds what does.
---@param now slop.Known
---@param state slop.State
function M.settle(now, state)
  local settled = {}
  for _, approval in ipairs(state.settled or {}) do
    settled[approval] = true
  end
  now.asked = vim.tbl_filter(function(a)
    return not settled[a.id]
  end, now.asked)
  for _, approval in ipairs(state.asked or {}) do
    now.asked[#now.asked + 1] = approval
  end
end

--- The key of a ticket's stream.
---@param track string
---@param ticket string
---@return string
function M.stream_key(track, ticket)
  return track .. "\n" .. ticket
end

--- Takes a piece of a stream over.
---@param id integer of the client
---@param piece slop.Stream
function M.stream(id, piece)
  local now = known[id] or nothing()
  known[id] = now
  local key = M.stream_key(piece.track, piece.ticket)
  local s = now.streams[key]
  if not s or s.attempt ~= piece.attempt then
    s = { attempt = piece.attempt, to = 0, pieces = {}, bytes = 0, done = false }
    now.streams[key] = s
  end
  while #s.pieces > 0 and s.pieces[#s.pieces].from >= piece.from do -- the call was made again: that is void
    s.bytes = s.bytes - #table.remove(s.pieces).text
  end
  s.pieces[#s.pieces + 1] = piece
  s.bytes, s.to, s.done = s.bytes + #piece.text, piece.to, piece.done
  while s.bytes > M.kept and #s.pieces > 1 do
    s.bytes = s.bytes - #table.remove(s.pieces, 1).text
  end
  changed(id)
end

--- The text of a stream as far as it is kept; what was left out is said.
---@param s slop.StreamText
---@return string
function M.text(s)
  local parts, to = {}, 0
  for _, piece in ipairs(s.pieces) do
    if piece.from > to then
      parts[#parts + 1] = ("\n[%d bytes left out]\n"):format(piece.from - to)
    end
    parts[#parts + 1] = piece.text
    to = piece.to
  end
  return table.concat(parts)
end

--- Forgets a client that has ended.
---@param id integer
function M.forget(id)
  if known[id] then
    known[id] = nil
    changed(id)
  end
end

return M
