--- :checkhealth slop

local client = require("slop.client")
local config = require("slop.config")
local wire = require("slop.wire")

local M = {}

local function neovim()
  vim.health.start("Neovim")
  if vim.fn.has("nvim-0.10") == 0 then
    vim.health.error("Neovim 0.10 or later is needed")
    return
  end
  vim.health.ok(tostring(vim.version()))
end

local function options()
  vim.health.start("Configuration")
  local global = type(vim.g.slop) == "function" and vim.g.slop() or vim.g.slop
  local problems = config.problems(type(global) == "table" and global or {})
  for _, problem in ipairs(problems) do
    vim.health.error("vim.g.slop: " .. problem)
  end
  if #problems == 0 then
    vim.health.ok("sound")
  end
end

local function program()
  vim.health.start("The program slop-ls")
  local cmd = config.get().cmd
  if vim.fn.executable(cmd[1]) == 0 then
    vim.health.error(cmd[1] .. " cannot be found", {
      "put it on your PATH (`go install ./cmd/slop-ls` in a checkout)",
      'or name it: `vim.g.slop = { cmd = { "/path/to/slop-ls" } }`',
    })
    return
  end
  local version = vim.system({ cmd[1], "version" }, { text = true }):wait(5000)
  if version.code ~= 0 then
    vim.health.error(cmd[1] .. " version: " .. vim.trim(version.stderr or ""))
    return
  end
  vim.health.ok(vim.split(vim.trim(version.stdout), "\n")[1])
  local doctor = vim.system({ cmd[1], "doctor" }, { text = true, cwd = vim.fn.getcwd() }):wait(20000)
  vim.health.info("slop-ls doctor:\n" .. vim.trim((doctor.stdout or "") .. (doctor.stderr or "")))
end

local function attached()
  vim.health.start("Clients")
  local clients = vim.lsp.get_clients({ name = client.name })
  if #clients == 0 then
    vim.health.info("none runs; one starts with a source file or a track of a workspace, or by :Slop start")
  end
  for _, c in ipairs(clients) do
    local served = vim.tbl_get(c.server_capabilities, "experimental", "slop") or {}
    local line = ("%s: %d buffers, protocol %s"):format(c.config.root_dir or "?", vim.tbl_count(c.attached_buffers), tostring(served.version))
    if served.version == wire.version then
      vim.health.ok(line)
    else
      vim.health.warn(line .. ("; this plugin speaks %d"):format(wire.version), { "update the plugin and slop-ls together" })
    end
  end
end

--- Called by :checkhealth.
function M.check()
  neovim()
  options()
  program()
  attached()
end

return M
