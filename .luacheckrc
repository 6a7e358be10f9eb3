-- luacheck of the mod (Debian: lua-check). The names that the game offers to a mod, and no others.
std = "lua52"
max_line_length = 100
include_files = { "mod/**/*.lua" }

-- Read only, unless said otherwise.
read_globals = {
  "script", "prototypes", "helpers", "settings", "rcon", "commands", "remote", "defines",
  "serpent", "log", "table_size", "localised_print",
  game = {
    other_fields = true,
    fields = {
      tick_paused = { read_only = false },
      ticks_to_run = { read_only = false },
      speed = { read_only = false },
      autosave_enabled = { read_only = false },
    },
  },
}
globals = { "storage" }

-- What the game takes away from Lua.
not_globals = {
  "coroutine", "io", "os", "loadfile", "dofile", "load", "loadstring", "print", "math.randomseed",
}

files["mod/gym/data.lua"] = { max_line_length = false }
