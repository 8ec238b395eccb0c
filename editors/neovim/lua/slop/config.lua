--- What a person can set, by `vim.g.slop` or by `require("slop").setup{}`. Nothing has to be set.

local M = {}

---@class slop.Config
---@field cmd string[] how the server is started
---@field autostart boolean start the server for the files below; else `:Slop start` does
---@field filetypes string[] of the source files in which the server is present; track documents always are
---@field lenses boolean show code lenses
---@field hints boolean show inlay hints
---@field notice "float"|"notify"|"none" how it is said that something waits for you; it never takes a key
---@field settings table<string, any> sent to the server as its section `slop`: `{ mma = { max_workers = 2 } }`
---@field on_attach? fun(client: vim.lsp.Client, buf: integer) called after the server has attached to a buffer

---@type slop.Config
local defaults = {
  cmd = { "slop-ls" },
  autostart = true,
  filetypes = {
    "bash",
    "c",
    "cpp",
    "cs",
    "go",
    "java",
    "javascript",
    "javascriptreact",
    "kotlin",
    "lua",
    "php",
    "python",
    "ruby",
    "rust",
    "scala",
    "sh",
    "swift",
    "typescript",
    "typescriptreact",
  },
  lenses = true,
  hints = true,
  notice = "float",
  settings = {},
}

--- What each option may be, by `type()`, or a list of the values that it may have.
---@type table<string, string|string[]>
local legal = {
  cmd = "table",
  autostart = "boolean",
  filetypes = "table",
  lenses = "boolean",
  hints = "boolean",
  notice = { "float", "notify", "none" },
  settings = "table",
  on_attach = "function",
}

---@type table<string, any>
local given = {}

--- Says what is wrong with options, a line each.
---@param options table<string, any>
---@return string[]
function M.problems(options)
  local found = {}
  for name, value in pairs(options) do
    local want = legal[name]
    if not want then
      found[#found + 1] = ("there is no option %q; there are %s"):format(name, table.concat(M.names(), ", "))
    elseif type(want) == "table" and not vim.tbl_contains(want, value) then
      found[#found + 1] = ("%s is one of %s, not %s"):format(name, table.concat(want, ", "), vim.inspect(value))
    elseif type(want) == "string" and type(value) ~= want then
      found[#found + 1] = ("%s is a %s, not %s"):format(name, want, vim.inspect(value))
    end
  end
  table.sort(found)
  return found
end

--- The names of the options, sorted.
---@return string[]
function M.names()
  local names = vim.tbl_keys(legal)
  table.sort(names)
  return names
end

--- Takes options over; those that are wrong are said and left out.
---@param options table<string, any>
function M.set(options)
  for _, problem in ipairs(M.problems(options)) do
    vim.notify("slop: " .. problem, vim.log.levels.ERROR)
  end
  for name, value in pairs(options) do
    if #M.problems({ [name] = value }) == 0 then
      given[name] = value
    end
  end
end

--- The configuration as it is now: the defaults, then `vim.g.slop`, then what setup was given.
---@return slop.Config
function M.get()
  local global = vim.g.slop
  if type(global) == "function" then
    global = global()
  end
  local sound = {}
  for name, value in pairs(type(global) == "table" and global or {}) do
    if #M.problems({ [name] = value }) == 0 then
      sound[name] = value
    end
  end
  return vim.tbl_extend("force", defaults, sound, given)
end

return M
