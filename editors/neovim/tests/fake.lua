--- A server in this process, for unit tests: it records what it is told and says what a test tells it to.

local M = {}

---@class slop.Fake
---@field said { method: string, params: any }[] requests and notifications of the client, in order
---@field dispatchers vim.lsp.rpc.Dispatchers
---@field answers table<string, any> results by method, or functions of the params that give result, or nil and an error
---@field client vim.lsp.Client
---@field buf integer

---@type slop.Fake[]
local open = {}

local next_id = 0

--- Waits until a condition holds, and fails where it does not.
---@param what string
---@param holds fun(): any
function M.wait(what, holds)
  if not vim.wait(5000, function()
    return holds() and true or false
  end, 5) then
    error("not met: " .. what, 2)
  end
end

--- Fails unless two values are the same.
---@param want any
---@param got any
function M.same(want, got)
  if not vim.deep_equal(want, got) then
    error(("want %s\ngot  %s"):format(vim.inspect(want), vim.inspect(got)), 2)
  end
end

--- Starts the plugin's own client on a fake server, attached to a new buffer of a file.
---@param options? { text?: string[], name?: string, answers?: table<string, any>, capabilities?: table }
---@return slop.Fake
function M.open(options)
  options = options or {}
  local fake = { said = {}, answers = options.answers or {} }
  next_id = next_id + 1
  fake.root = vim.fn.tempname()
  local path = vim.fs.joinpath(fake.root, options.name or "a.go")
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile(options.text or { "package a" }, path)
  local closing = false
  local capabilities = vim.tbl_extend("force", {
    textDocumentSync = 1,
    executeCommandProvider = { commands = {} },
    experimental = { slop = { version = require("slop.wire").version } },
  }, options.capabilities or {})
  local function cmd(dispatchers)
    fake.dispatchers = dispatchers
    return {
      request = function(method, params, callback)
        fake.said[#fake.said + 1] = { method = method, params = params }
        vim.schedule(function()
          if method == "initialize" then
            return callback(nil, { capabilities = capabilities })
          end
          local answer = fake.answers[method]
          if type(answer) == "function" then
            local result, err = answer(params)
            return callback(err, result)
          end
          callback(nil, answer or vim.NIL)
        end)
        return true, #fake.said
      end,
      notify = function(method, params)
        fake.said[#fake.said + 1] = { method = method, params = params }
        if method == "exit" then
          closing = true
          vim.schedule(function()
            dispatchers.on_exit(0, 0)
          end)
        end
        return true
      end,
      is_closing = function()
        return closing
      end,
      terminate = function()
        closing = true
        dispatchers.on_exit(0, 0)
      end,
    }
  end
  require("slop.config").set({ cmd = { "true" }, autostart = false, notice = "none" })
  vim.cmd.edit(vim.fn.fnameescape(path))
  fake.buf = vim.api.nvim_get_current_buf()
  local client = require("slop.client")
  local cfg = client.config()
  cfg.cmd, cfg.root_dir = cmd, fake.root
  local id = vim.lsp.start(cfg, {
    bufnr = fake.buf,
    reuse_client = function()
      return false
    end,
  })
  fake.client = assert(vim.lsp.get_client_by_id(assert(id)))
  M.wait("the client is initialized", function()
    return fake.client.initialized
  end)
  open[#open + 1] = fake
  return setmetatable(fake, { __index = M })
end

--- Sends a notification of the server.
---@param self slop.Fake
---@param method string
---@param params any
function M.tell(self, method, params)
  self.dispatchers.notification(method, params)
  require("slop.state").flush()
end

--- Sends a request of the server, in a coroutine of its own as Neovim does; the answer comes into the returned table.
---@param self slop.Fake
---@param method string
---@param params any
---@return { done: boolean, result: any, err: any }
function M.ask(self, method, params)
  local answer = { done = false }
  coroutine.wrap(function()
    answer.result, answer.err = self.dispatchers.server_request(method, params)
    answer.done = true
  end)()
  return answer
end

--- The arguments with which a command was run, the last time; nil where it was not.
---@param self slop.Fake
---@param command string
---@return table?
function M.ran(self, command)
  for i = #self.said, 1, -1 do
    local said = self.said[i]
    if said.method == "workspace/executeCommand" and said.params.command == command then
      return said.params.arguments[1]
    end
  end
end

--- A ticket with what a test does not care about filled in.
---@param ticket table
---@return slop.Ticket
function M.ticket(ticket)
  return vim.tbl_extend("keep", ticket, {
    status = "todo",
    phase = "",
    reason = "",
    waits_for = {},
    retry_count = 0,
    attempt = 0,
    usage = { input = 0, cached_input = 0, output = 0, reasoning = 0, cost = "unknown" },
  })
end

--- An approval with what a test does not care about filled in.
---@param approval table
---@return slop.Approval
function M.approval(approval)
  return vim.tbl_extend("keep", approval, { kind = "step", track = "t", ticket = "T1", title = "runs: ls", since = "2026-01-01T00:00:00Z" })
end

--- A state with what a test does not care about filled in.
---@param state table
---@return slop.State
function M.state(state)
  return vim.tbl_extend("keep", state, {
    version = require("slop.wire").version,
    seq = 1,
    whole = true,
    since = 0,
    tracks = {},
    gone = {},
    asked = {},
    settled = {},
  })
end

--- Ends the clients and buffers of a test.
function M.close_all()
  for _, fake in ipairs(open) do
    if vim.fn.has("nvim-0.11") == 1 then
      fake.client:stop(true)
    else
      fake.client.stop(true)
    end
  end
  M.wait("the clients are gone", function()
    return #vim.lsp.get_clients() == 0
  end)
  open = {}
  vim.cmd("silent! %bwipeout!")
end

return M
