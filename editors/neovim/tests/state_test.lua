local fake = require("fake")
local state = require("slop.state")

local T = {}

T["a new track has its tickets in the order in which they came"] = function()
  state.apply(901, fake.state({ tracks = { { id = "b", status = "idle", tickets = { fake.ticket({ id = "T2" }), fake.ticket({ id = "T1" }) } } } }))
  fake.same({ "T2", "T1" }, state.of(901).tracks.b.order)
end

T["a change replaces what it names and keeps the rest"] = function()
  state.apply(
    902,
    fake.state({
      seq = 5,
      tracks = {
        { id = "b", status = "idle", tickets = { fake.ticket({ id = "T1" }), fake.ticket({ id = "T2" }) } },
        { id = "a", status = "idle", tickets = {} },
      },
    })
  )
  local followed = state.apply(
    902,
    fake.state({
      seq = 9,
      since = 5,
      whole = false,
      gone = { "a" },
      tracks = { { id = "b", status = "running", order = { "T3", "T1" }, tickets = { fake.ticket({ id = "T3", status = "completed" }) } } },
    })
  )
  local now = state.of(902)
  fake.same({ true, 9, { "b" }, { "T3", "T1" }, "running" }, { followed, now.seq, now.order, now.tracks.b.order, now.tracks.b.status })
  fake.same(nil, now.tracks.b.tickets.T2)
  fake.same("completed", now.tracks.b.tickets.T3.status)
end

T["a change that does not follow is not taken"] = function()
  state.apply(903, fake.state({ seq = 5 }))
  fake.same(false, state.apply(903, fake.state({ seq = 9, since = 7, whole = false, tracks = { { id = "a", status = "idle", tickets = {} } } })))
  fake.same({ 5, {} }, { state.of(903).seq, state.of(903).order })
end

T["what was asked goes when it is settled"] = function()
  state.apply(904, fake.state({ asked = { { id = "A1" }, { id = "A2" } } }))
  state.apply(904, fake.state({ whole = false, since = 1, seq = 2, settled = { "A1" }, asked = { { id = "A3" } } }))
  fake.same(
    { "A2", "A3" },
    vim.tbl_map(function(a)
      return a.id
    end, state.of(904).asked)
  )
end

local function piece(from, text, attempt)
  return { track = "a", ticket = "T1", attempt = attempt or 1, from = from, to = from + #text, text = text, done = false }
end

local function text_of(id)
  return state.text(state.of(id).streams[state.stream_key("a", "T1")])
end

T["a stream is what its pieces say, and says what was left out"] = function()
  state.stream(905, piece(0, "one "))
  state.stream(905, piece(4, "two "))
  state.stream(905, piece(20, "three"))
  fake.same("one two \n[12 bytes left out]\nthree", text_of(905))
end

T["a call that is made again voids what was streamed from there on"] = function()
  state.stream(906, piece(0, "one "))
  state.stream(906, piece(4, "two "))
  state.stream(906, piece(4, "2 "))
  fake.same("one 2 ", text_of(906))
  state.stream(906, piece(0, "next", 2))
  fake.same("next", text_of(906))
end

T["of a long stream the end is kept"] = function()
  for i = 0, 99 do
    state.stream(907, piece(i * 1024, ("x"):rep(1023) .. "\n"))
  end
  local s = state.of(907).streams[state.stream_key("a", "T1")]
  fake.same(true, s.bytes <= state.kept and #s.pieces == 64)
  fake.same(true, vim.startswith(text_of(907), "\n[36864 bytes left out]\n"))
end

T["a listener that fails does not keep others from being told"] = function()
  local told, notify, errors = 0, vim.notify, {}
  state.flush()
  vim.notify = function(m)
    errors[#errors + 1] = m
  end
  local stops = {
    state.listen(function()
      error("broken")
    end),
    state.listen(function()
      told = told + 1
    end),
  }
  state.apply(908, fake.state({}))
  state.flush()
  vim.notify = notify
  for _, stop in ipairs(stops) do
    stop()
  end
  fake.same({ 1, 1 }, { told, #errors })
end

return T
