std = "luajit"
globals = { "vim" }
max_line_length = 160
files["lua/slop/wire.lua"] = { max_line_length = false } -- generated
