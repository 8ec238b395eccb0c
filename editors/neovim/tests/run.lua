--- Runs the unit tests: nvim --headless -u NONE -i NONE -l editors/neovim/tests/run.lua [pattern]
--- A test is a file tests/*_test.lua that returns a table of functions by name. It fails by an error.

local here = vim.fs.dirname(vim.fs.normalize(debug.getinfo(1, "S").source:sub(2)))
local root = vim.fs.dirname(here)
vim.opt.runtimepath:prepend(root)
package.path = here .. "/?.lua;" .. package.path
vim.o.swapfile = false
vim.cmd.runtime("plugin/slop.lua")

local pattern = arg[1] or ""
local passed, failed = 0, 0
local files = vim.fn.glob(here .. "/*_test.lua", true, true)
table.sort(files)
for _, file in ipairs(files) do
  local tests = dofile(file)
  local names = vim.tbl_keys(tests)
  table.sort(names)
  for _, name in ipairs(names) do
    local title = vim.fs.basename(file):gsub("_test%.lua$", "") .. ": " .. name
    if title:find(pattern) then
      local ok, err = xpcall(tests[name], debug.traceback)
      require("fake").close_all()
      passed, failed = passed + (ok and 1 or 0), failed + (ok and 0 or 1)
      if not ok then
        io.write("FAIL ", title, "\n", err, "\n")
      end
    end
  end
end
io.write(("\n%d passed, %d failed\n"):format(passed, failed))
vim.cmd("cquit " .. (failed == 0 and passed > 0 and 0 or 1))
