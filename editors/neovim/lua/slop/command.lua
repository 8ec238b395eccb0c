--- The command :Slop and its subcommands.

local client = require("slop.client")
local state = require("slop.state")

local M = {}

---@class slop.Subcommand
---@field what string one line of help
---@field run fun(args: string[], c: vim.lsp.Client)
---@field complete? fun(c: vim.lsp.Client, before: string[]): string[]
---@field alone? boolean it needs no server

---@param c vim.lsp.Client
---@return string[]
local function tracks(c)
  return vim.deepcopy(state.of(c.id).order)
end

--- A track by what was typed, else that of the current buffer, else the only one.
---@param c vim.lsp.Client
---@param typed? string an id, or its end
---@return string? uri
local function track(c, typed)
  local path = vim.api.nvim_buf_get_name(0)
  if not typed then
    if client.is_track(path) then
      return vim.uri_from_fname(path)
    end
    local all = tracks(c)
    if #all == 1 then
      return client.track_uri(c, all[1])
    end
    vim.notify("slop: which track? " .. (#all > 0 and table.concat(all, ", ") or "there is none yet"), vim.log.levels.WARN)
    return nil
  end
  for _, id in ipairs(tracks(c)) do
    if id == typed or vim.fs.basename(id) == typed then
      return client.track_uri(c, id)
    end
  end
  return client.track_uri(c, typed:find("/") and typed or ".slop/tracks/" .. typed)
end

--- A subcommand on a track.
---@param command string
---@param what string
---@return slop.Subcommand
local function of_track(command, what)
  return {
    what = what,
    complete = tracks,
    run = function(args, c)
      local uri = track(c, args[1])
      if uri then
        client.command(c, command, { uri = uri })
      end
    end,
  }
end

--- The ids of the tickets of the track that was typed before, else of all tracks.
---@param c vim.lsp.Client
---@return string[]
local function tickets(c)
  local ids = {}
  for _, t in pairs(state.of(c.id).tracks) do
    vim.list_extend(ids, t.order)
  end
  table.sort(ids)
  return vim.fn.uniq(ids)
end

--- The ticket that was typed, else the one at the cursor in a track's document.
---@param c vim.lsp.Client
---@param typed? string
---@return { uri: string, id: string }?
local function ticket(c, typed)
  local path = vim.api.nvim_buf_get_name(0)
  if not typed and client.is_track(path) then
    local line = vim.fn.search([[^\s*-\s*id:\|^\s*id:]], "bcnW")
    typed = line > 0 and vim.fn.getline(line):match("id:%s*[\"']?([^%s\"']+)") or nil
  end
  if not typed then
    vim.notify("slop: which ticket?", vim.log.levels.WARN)
    return nil
  end
  local here = client.is_track(path) and vim.uri_from_fname(path)
  for id, t in pairs(state.of(c.id).tracks) do
    local uri = client.track_uri(c, id)
    if t.tickets[typed] and (not here or uri == here) then
      return { uri = uri, id = typed }
    end
  end
  return here and { uri = here, id = typed } or vim.notify(("slop: there is no ticket %s"):format(typed), vim.log.levels.WARN)
end

--- A subcommand on a ticket: its id, then what is said to the worker.
---@param command string
---@param what string
---@return slop.Subcommand
local function of_ticket(command, what)
  return {
    what = what,
    complete = tickets,
    run = function(args, c)
      local ref = ticket(c, args[1])
      if ref then
        local reason = table.concat(args, " ", 2)
        client.command(c, command, { uri = ref.uri, id = ref.id, reason = reason ~= "" and reason or nil })
      end
    end,
  }
end

--- A subcommand that opens a document about a ticket, or a track.
---@param command string
---@param what string
---@return slop.Subcommand
local function document(command, what)
  return {
    what = what,
    complete = tickets,
    run = function(args, c)
      local ref = ticket(c, args[1])
      if ref then
        client.command(c, command, { uri = ref.uri, id = ref.id })
      end
    end,
  }
end

--- A subcommand that opens what a ticket changed in diff mode.
---@param undo? boolean what an undo of it would change
---@param what string
---@return slop.Subcommand
local function compared(undo, what)
  return {
    what = what,
    complete = tickets,
    run = function(args, c)
      local ref = ticket(c, args[1])
      if ref then
        require("slop.compare").open(c, { uri = ref.uri, id = ref.id, undo = undo })
      end
    end,
  }
end

---@param c vim.lsp.Client
---@return table
local function position(c)
  return vim.lsp.util.make_position_params(0, c.offset_encoding)
end

---@param decision "approve"|"reject"
---@return fun(args: string[], c: vim.lsp.Client)
local function answer(decision)
  return function(args, c)
    if not args[1] and require("slop.buffer").answer_review(0, decision) then
      return
    end
    local id = args[1]
    if not id then
      local asked = state.of(c.id).asked
      if #asked ~= 1 then
        return require("slop.approvals").pick(c)
      end
      id = asked[1].id
    end
    local reason = table.concat(args, " ", 2)
    require("slop.approvals").answer(c, id, decision, reason ~= "" and { reason = reason } or nil)
  end
end

---@param c vim.lsp.Client
---@return string[]
local function approvals(c)
  return vim.tbl_map(function(a)
    return a.id
  end, state.of(c.id).asked)
end

local names = client.commands

---@type table<string, slop.Subcommand>
M.sub = {
  board = {
    what = "tracks and tickets, live",
    run = function(_, c)
      require("slop.board").open(c)
    end,
  },
  approvals = {
    what = "answer what waits for you: [id]",
    complete = approvals,
    run = function(args, c)
      require("slop.approvals").pick(c, args[1])
    end,
  },
  approve = { what = "approve: [id], or this Review… document as edited", complete = approvals, run = answer("approve") },
  reject = { what = "reject: [id [why]], or this Review… document", complete = approvals, run = answer("reject") },
  inbox = {
    what = "the inbox as a document, with lenses",
    run = function(_, c)
      client.command(c, names.approval_list, { open = true })
    end,
  },
  run = of_track(names.track_run, "run a track: [track]"),
  pause = of_track(names.track_pause, "running workers finish their step, nothing new starts: [track]"),
  resume = of_track(names.track_resume, "undo a pause: [track]"),
  stop = of_track(names.track_stop, "cancel a track's workers: [track]"),
  plan = of_track(names.track_plan, "what a track would do: [track]"),
  ticket = of_ticket(names.ticket_run, "run a ticket: [id]"),
  retry = of_ticket(names.ticket_retry, "run a ticket again: [id [instruction]]"),
  kill = of_ticket(names.ticket_kill, "end a ticket: [id [why]]"),
  block = of_ticket(names.ticket_block, "hold a ticket: [id [why]]"),
  unblock = of_ticket(names.ticket_unblock, "let a ticket go on: [id [instruction]]"),
  skip = of_ticket(names.ticket_skip, "count a ticket as completed: [id [why]]"),
  transcript = document(names.transcript_open, "a ticket's conversations: [id]"),
  diff = document(names.diff_open, "what a ticket changed: [id]"),
  compare = compared(nil, "what a ticket changed, in diff mode: [id]"),
  undodiff = compared(true, "what an undo of a ticket would change, in diff mode: [id]"),
  rules = {
    what = "what was approved for good, and to take that back",
    run = function(_, c)
      require("slop.rules").open(c)
    end,
  },
  watch = {
    what = "what a ticket's model says now: [id]",
    complete = tickets,
    run = function(args, c)
      local ref = ticket(c, args[1])
      for id, t in pairs(ref and state.of(c.id).tracks or {}) do
        if t.tickets[ref.id] and client.track_uri(c, id) == ref.uri then
          return require("slop.watch").open(c, id, ref.id)
        end
      end
    end,
  },
  here = {
    what = "run a ticket on the symbol at the cursor: [instruction]",
    run = function(args, c)
      local at, text = position(c), table.concat(args, " ")
      client.command(c, names.ticket_run_on_symbol, {
        uri = at.textDocument.uri,
        position = at.position,
        instruction = text ~= "" and text or nil,
      })
    end,
  },
  new = {
    what = "make a ticket for the symbol at the cursor: instruction",
    run = function(args, c)
      local at = position(c)
      client.command(c, names.ticket_new, {
        uri = at.textDocument.uri,
        range = { start = at.position, ["end"] = at.position },
        instruction = table.concat(args, " "),
      })
    end,
  },
  view = {
    what = "this file as a worker gets it: [skeleton|curated]",
    complete = function()
      return { "skeleton", "curated" }
    end,
    run = function(args, c)
      client.command(c, names.view_open, { uri = vim.uri_from_bufnr(0), kind = args[1] or "skeleton" })
    end,
  },
  status = {
    what = "the status board as a document",
    run = function(_, c)
      client.command(c, names.status, { open = true })
    end,
  },
  start = {
    what = "start the server for this buffer",
    alone = true,
    run = function()
      client.start(vim.api.nvim_get_current_buf())
    end,
  },
  restart = {
    what = "connect this workspace's buffers anew; workers go on meanwhile",
    run = function(_, c)
      client.restart(c)
    end,
  },
  messages = {
    what = "what was said, in full",
    alone = true,
    run = function()
      require("slop.say").open()
    end,
  },
  log = {
    what = "Neovim's log of the language client",
    alone = true,
    run = function()
      vim.cmd.tabnew(vim.fn.fnameescape(vim.lsp.get_log_path()))
    end,
  },
}

if names.ticket_undo then
  M.sub.undo = of_ticket(names.ticket_undo, "take back what a ticket did: [id]")
end
if names.track_new then
  M.sub.track = {
    what = "make a track of a goal: goal",
    run = function(args, c)
      client.command(c, names.track_new, { goal = table.concat(args, " ") })
    end,
  }
end

--- The names of the subcommands, sorted.
---@return string[]
function M.names()
  local all = vim.tbl_keys(M.sub)
  table.sort(all)
  return all
end

local function help()
  local lines = vim.tbl_map(function(name)
    return (" %-11s %s "):format(name, M.sub[name].what)
  end, M.names())
  require("slop.view").float(":Slop …", lines)
end

--- Runs :Slop. Without a subcommand the board is opened.
---@param args string[]
function M.run(args)
  local name = args[1] or "board"
  if name == "help" then
    return help()
  end
  local sub = M.sub[name]
  if not sub then
    vim.notify(("slop: there is no :Slop %s; :Slop help lists what there is"):format(name), vim.log.levels.ERROR)
    return
  end
  local c = client.of()
  if not c and not sub.alone then
    client.need()
    return
  end
  sub.run(vim.list_slice(args, 2), c)
end

--- Completes :Slop.
---@param line string as far as the cursor
---@return string[]
function M.complete(line)
  local words = vim.split(line:gsub("^%s*%S+%s+", "", 1), "%s+")
  local lead = words[#words]
  local found = {}
  if #words == 1 then
    found = M.names()
    found[#found + 1] = "help"
  else
    local sub, c = M.sub[words[1]], client.of()
    if sub and sub.complete and #words == 2 and (c or sub.alone) then
      found = sub.complete(c, words)
    end
  end
  return vim.tbl_filter(function(f)
    return vim.startswith(f, lead)
  end, found)
end

return M
