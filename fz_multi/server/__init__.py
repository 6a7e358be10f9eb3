"""An embedded Factorio server: the runtime API over the engine, for mods that know no difference.

``Server`` (in `server`) is RCON over TCP, a Lua 5.2 VM with the mods of a mod directory, and a
game whose objects are tables of the engine. ``fz-multi serve`` starts one.
"""
