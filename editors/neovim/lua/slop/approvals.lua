--- What waits for a person: prompts that never block, a notice, and the ways to answer.

local client = require("slop.client")
local config = require("slop.config")
local state = require("slop.state")

local M = {}

---@class slop.Waiting
---@field thread thread of the handler that waits
---@field client_id integer

---@type slop.Waiting[]
local prompts = {}

---@type integer? the window of the notice
local window

--- Takes a prompt: waits, in the handler's coroutine, until something was decided, and answers that nothing was chosen.
--- The person answers by the commands below, which name the approval and not a title.
---@param id integer of the client
---@param params lsp.ShowMessageRequestParams
---@return any
function M.prompted(id, params)
  local thread, main = coroutine.running()
  if not thread or main then
    return vim.NIL
  end
  prompts[#prompts + 1] = { thread = thread, client_id = id }
  M.notice(#state.of(id).asked > 0 and M.line(id) or params.message)
  coroutine.yield()
  return vim.NIL
end

--- Lets prompts of a client go when approvals were settled, and says what is new.
---@param id integer of the client
---@param change slop.State
function M.changed(id, change)
  if #(change.settled or {}) > 0 or change.whole then
    local left, gone = {}, {}
    for _, p in ipairs(prompts) do
      table.insert(p.client_id == id and gone or left, p)
    end
    prompts = left
    for _, p in ipairs(gone) do
      coroutine.resume(p.thread)
    end
  end
  if #state.of(id).asked == 0 then
    M.close_notice()
  elseif window or #(change.asked or {}) > 0 then
    M.notice(M.line(id))
  end
  local c = #(change.settled or {}) > 0 and vim.lsp.get_client_by_id(id)
  if c then
    require("slop.buffer").settled(c, change.settled)
  end
end

--- What an approval asks, with its ticket.
---@param approval slop.Approval
---@return string
function M.title(approval)
  local named = (" " .. approval.title .. " "):find("[^%w]" .. vim.pesc(approval.ticket) .. "[^%w]")
  return named and approval.title or approval.ticket .. " " .. approval.title
end

--- One line about what waits.
---@param id integer of the client
---@return string
function M.line(id)
  local asked = state.of(id).asked
  if #asked == 0 then
    return "nothing waits for you"
  end
  local first = ("%s: %s"):format(asked[1].id, M.title(asked[1]))
  return #asked == 1 and first or ("%s (and %d more)"):format(first, #asked - 1)
end

--- Says that something waits, by a small window in the corner that cannot be entered, or as the person wishes.
---@param message string
function M.notice(message)
  local way = config.get().notice
  if way == "none" or require("slop.board").shown() then -- who looks at the board sees it there
    return
  end
  local line, how = message:gsub("%s+", " "), "   :Slop approvals"
  if way == "notify" or #vim.api.nvim_list_uis() == 0 then
    require("slop.say").say(line .. how)
    return
  end
  vim.schedule(function()
    M.close_notice()
    local shown = require("slop.say").fit(line, math.max(20, vim.o.columns - 4 - #how), "…") .. how
    local buf = vim.api.nvim_create_buf(false, true)
    vim.bo[buf].bufhidden = "wipe"
    vim.api.nvim_buf_set_lines(buf, 0, -1, false, { " " .. shown .. " " })
    window = vim.api.nvim_open_win(buf, false, {
      relative = "editor",
      anchor = "SE",
      row = vim.o.lines - vim.o.cmdheight - 1,
      col = vim.o.columns,
      width = vim.fn.strdisplaywidth(shown) + 2,
      height = 1,
      style = "minimal",
      border = "rounded",
      focusable = false,
      zindex = 45,
      noautocmd = true,
    })
    vim.wo[window].winhighlight = "NormalFloat:SlopWaiting,FloatBorder:SlopWaiting"
  end)
end

--- Takes the notice away.
function M.close_notice()
  local shown = window
  window = nil
  if shown then
    vim.schedule(function()
      if vim.api.nvim_win_is_valid(shown) then
        vim.api.nvim_win_close(shown, true)
      end
    end)
  end
end

--- Answers an approval.
---@param c vim.lsp.Client
---@param id string of the approval
---@param decision "approve"|"reject"
---@param more? { reason?: string, remember?: "ticket"|"track"|"workspace", uri?: string }
---@param done? fun() called when it was taken
function M.answer(c, id, decision, more, done)
  local args = vim.tbl_extend("force", { id = id, decision = decision }, more or {})
  client.command(c, client.commands.approval_answer, args, function()
    require("slop.say").say(("%s %s"):format(id, decision == "approve" and "approved" or "rejected"))
    if done then
      done()
    end
  end)
end

--- Opens the Review… document.
---@param c vim.lsp.Client
---@param id string of the approval
function M.review(c, id)
  client.command(c, client.commands.approval_open, { id = id })
end

--- Rejects after the person was asked for the reason; without one given up, nothing is decided.
---@param c vim.lsp.Client
---@param id string
function M.reject(c, id)
  vim.ui.input({ prompt = ("Why is %s rejected? The worker is told (may be empty): "):format(id) }, function(reason)
    if reason then
      M.answer(c, id, "reject", reason ~= "" and { reason = reason } or nil)
    end
  end)
end

--- What a person can do with an approval, the safe one first.
local choices = {
  { title = "Review…", act = M.review },
  {
    title = "Approve",
    act = function(c, id)
      M.answer(c, id, "approve")
    end,
  },
  { title = "Reject", act = M.reject },
}
for _, scope in ipairs({ "ticket", "track", "workspace" }) do
  choices[#choices + 1] = {
    title = ("Approve, always for this %s"):format(scope),
    step = true,
    act = function(c, id)
      M.answer(c, id, "approve", { remember = scope })
    end,
  }
end

--- Asks what to do with an approval. It is the person who called, so a menu may take the keys.
---@param c vim.lsp.Client
---@param approval slop.Approval
function M.ask(c, approval)
  if approval.kind == "question" then
    return M.review(c, approval.id)
  end
  local fitting = vim.tbl_filter(function(choice)
    return not choice.step or approval.kind == "step" or approval.kind == "command"
  end, choices)
  vim.ui.select(fitting, {
    prompt = ("%s · %s"):format(approval.id, M.title(approval)),
    kind = "slop_approval",
    format_item = function(choice)
      return choice.title
    end,
  }, function(choice)
    if choice then
      choice.act(c, approval.id)
    end
  end)
end

--- The spawns among approvals, of one track: they can be answered in one go.
---@param asked slop.Approval[]
---@return string[] ids none where there are not several
local function alike(asked)
  local ids, track = {}, nil
  for _, a in ipairs(asked) do
    if a.kind == "spawn" and (not track or a.track == track) then
      ids[#ids + 1], track = a.id, a.track
    end
  end
  return #ids > 1 and ids or {}
end

--- Lets the person choose among those that wait, or approve all the spawns of a track.
---@param c vim.lsp.Client
---@param asked slop.Approval[]
local function choose(c, asked)
  local items, together = vim.list_extend({}, asked), alike(asked)
  if #together > 0 then
    items[#items + 1] = { ids = together }
  end
  vim.ui.select(items, {
    prompt = ("%d wait for you"):format(#asked),
    kind = "slop_approvals",
    format_item = function(a)
      return a.ids and ("Approve these starts: %s"):format(table.concat(a.ids, ", ")) or ("%s  %s"):format(a.id, M.title(a))
    end,
  }, function(chosen)
    if not chosen then
      return
    elseif not chosen.ids then
      return M.ask(c, chosen)
    end
    client.command(c, client.commands.approval_answer, { ids = chosen.ids, decision = "approve" }, function()
      require("slop.say").say(table.concat(chosen.ids, ", ") .. " approved")
    end)
  end)
end

--- Asks about one approval, by its id, or lets the person choose among those that wait.
---@param c vim.lsp.Client
---@param id? string
function M.pick(c, id)
  local asked = state.of(c.id).asked
  M.close_notice() -- they came
  if id then
    for _, approval in ipairs(asked) do
      if approval.id == id then
        return M.ask(c, approval)
      end
    end
    vim.notify(("slop: %s does not wait for an answer"):format(id), vim.log.levels.WARN)
    return
  end
  if #asked == 0 then
    vim.notify("slop: nothing waits for you", vim.log.levels.INFO)
  elseif #asked == 1 then
    M.ask(c, asked[1])
  else
    choose(c, asked)
  end
end

return M
