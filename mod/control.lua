-- fz_multi: one character per agent, driven over RCON. See docs/protocol.md of the project.
require("gym.init").register()
