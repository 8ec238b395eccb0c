--- The one client of a workspace: how it is configured, found and asked. Versions of Neovim differ here and nowhere else.

local config = require("slop.config")
local wire = require("slop.wire")

local M = {}

--- The name under which Neovim knows the client.
M.name = "slop-ls"

local modern = vim.fn.has("nvim-0.11") == 1

--- Says whether a path is a track document.
---@param path string
---@return boolean
function M.is_track(path)
  return path:find("%.track%.ya?ml$") ~= nil or path:find("%.track%.json$") ~= nil
end

--- Says whether the server is wanted in a buffer.
---@param buf integer
---@return boolean
function M.wanted(buf)
  if vim.bo[buf].buftype ~= "" then
    return false
  end
  local path = vim.api.nvim_buf_get_name(buf)
  if path == "" or path:find("^%a[%w+.-]*://") then
    return false
  end
  return M.is_track(path) or vim.tbl_contains(config.get().filetypes, vim.bo[buf].filetype)
end

--- Says whether Neovim itself starts the client, by vim.lsp.enable("slop-ls").
---@return boolean
function M.enabled()
  return vim.lsp.is_enabled ~= nil and vim.lsp.is_enabled(M.name)
end

--- The root of a path: where its tracks or its repository are, else its folder.
---@param path string
---@return string
function M.root(path)
  return vim.fs.root(path, { ".slop", ".git" }) or vim.fs.dirname(path)
end

--- What the client can do, beyond what Neovim says of itself.
---@return lsp.ClientCapabilities
function M.capabilities()
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = vim.tbl_deep_extend("force", capabilities.experimental or {}, {
    slop = { state = true, stream = true, prompts = true, save = true },
  })
  capabilities.workspace.codeLens = { refreshSupport = true } -- see slop.fresh
  return capabilities
end

--- The client's configuration, as vim.lsp.start and vim.lsp.config take it.
---@return vim.lsp.ClientConfig
function M.config()
  local cfg = config.get()
  return {
    name = M.name,
    cmd = cfg.cmd,
    capabilities = M.capabilities(),
    settings = { slop = next(cfg.settings) and cfg.settings or vim.empty_dict() },
    handlers = require("slop.handlers"),
    on_attach = function(client, buf)
      require("slop.buffer").attached(client, buf)
      if cfg.on_attach then
        cfg.on_attach(client, buf)
      end
    end,
    on_exit = function(_, _, id)
      vim.schedule(function()
        require("slop.state").forget(id)
        require("slop.problems").forget(id)
        M.again(id)
      end)
    end,
  }
end

--- Starts the client of a buffer's workspace, or finds it, and attaches it. Without a program that can be started it says
--- so once, and what to do.
---@param buf integer
---@return integer? id of the client
function M.start(buf)
  local cfg = M.config()
  if type(cfg.cmd) == "table" and vim.fn.executable(cfg.cmd[1]) == 0 then
    vim.notify_once(
      ("slop: %s cannot be found. Put it on your PATH, or set vim.g.slop = { cmd = { … } }; :checkhealth slop says more."):format(cfg.cmd[1]),
      vim.log.levels.WARN
    )
    return nil
  end
  cfg.root_dir = M.root(vim.api.nvim_buf_get_name(buf))
  cfg.cmd_cwd = vim.fn.isdirectory(cfg.root_dir) == 1 and cfg.root_dir or nil -- the folder that the program serves
  return vim.lsp.start(cfg, {
    bufnr = buf,
    reuse_client = function(client, new)
      return client.name == M.name and client.config.root_dir == new.root_dir and not (modern and client:is_stopped() or not modern and client.is_stopped())
    end,
  })
end

---@type table<integer, integer[]> buffers that are attached anew once their client has ended, by client
local restarting = {}

--- Ends a client, and starts another for its buffers.
---@param client vim.lsp.Client
function M.restart(client)
  restarting[client.id] = vim.tbl_keys(client.attached_buffers)
  if modern then
    client:stop()
  else
    client.stop()
  end
end

--- Called once a client has ended.
---@param id integer
function M.again(id)
  local bufs = restarting[id]
  restarting[id] = nil
  if bufs and M.enabled() then
    vim.lsp.enable(M.name) -- it starts it for the buffers that are open
    return
  end
  bufs = vim.tbl_filter(vim.api.nvim_buf_is_loaded, bufs or {})
  local others, new = {}, nil -- others: the server's documents, which lie outside of the workspace
  for _, buf in ipairs(bufs) do
    if M.wanted(buf) then
      new = M.start(buf) or new
    else
      others[#others + 1] = buf
    end
  end
  for _, buf in ipairs(new and others or {}) do
    vim.lsp.buf_attach_client(buf, new)
  end
end

--- The client of a buffer (the current one where none is named), else the only one there is.
---@param buf? integer
---@return vim.lsp.Client?
function M.of(buf)
  local here = vim.lsp.get_clients({ name = M.name, bufnr = buf or vim.api.nvim_get_current_buf() })
  if here[1] then
    return here[1]
  end
  local all = vim.lsp.get_clients({ name = M.name })
  return #all == 1 and all[1] or nil
end

--- The client of a buffer; where there is none it says so.
---@param buf? integer
---@return vim.lsp.Client?
function M.need(buf)
  local client = M.of(buf)
  if not client then
    vim.notify("slop: no server is attached here. :Slop start starts it.", vim.log.levels.WARN)
  end
  return client
end

--- Sends a request. Errors are shown; done is called with the result when there was none.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param done? fun(result: any)
---@param buf? integer
function M.request(client, method, params, done, buf)
  local handler = function(err, result)
    if err then
      vim.notify("slop: " .. (err.message or vim.inspect(err)), vim.log.levels.ERROR)
    elseif done then
      done(result)
    end
  end
  if modern then
    client:request(method, params, handler, buf)
  else
    client.request(method, params, handler, buf)
  end
end

--- Sends a notification.
---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  if modern then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

--- Runs one of the server's commands.
---@param client vim.lsp.Client
---@param command string one of wire.commands
---@param args? table
---@param done? fun(result: any)
function M.command(client, command, args, done)
  M.request(client, "workspace/executeCommand", { command = command, arguments = { args or vim.empty_dict() } }, done)
end

--- The URI of a track's document by the track's id, as the server names tracks: without a suffix.
---@param client vim.lsp.Client
---@param id string
---@return string
function M.track_uri(client, id)
  local served = vim.tbl_get(client.server_capabilities or {}, "experimental", "slop", "root")
  local root = served and vim.uri_to_fname(served) or client.config.root_dir or vim.fn.getcwd()
  for _, suffix in ipairs({ ".track.yaml", ".track.yml", ".track.json" }) do
    local path = vim.fs.joinpath(root, id .. suffix)
    if vim.uv.fs_stat(path) then
      return vim.uri_from_fname(path)
    end
  end
  return vim.uri_from_fname(vim.fs.joinpath(root, id .. ".track.yaml"))
end

M.commands = wire.commands

return M
