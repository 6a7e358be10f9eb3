-- Names and numbers that mod and Python share.
-- Written by tools/write_mod_data.py from fz_multi.prototypes; do not edit.

local M = {}

-- Names in the order of their ids, from 1.
M.items = {
  "wooden-chest", "iron-chest", "steel-chest", "storage-tank", "transport-belt",
  "fast-transport-belt", "express-transport-belt", "underground-belt", "fast-underground-belt",
  "express-underground-belt", "splitter", "fast-splitter", "express-splitter", "loader",
  "fast-loader", "express-loader", "burner-inserter", "inserter", "long-handed-inserter",
  "fast-inserter", "bulk-inserter", "small-electric-pole", "medium-electric-pole",
  "big-electric-pole", "substation", "pipe", "pipe-to-ground", "pump", "rail", "train-stop",
  "rail-signal", "rail-chain-signal", "locomotive", "cargo-wagon", "fluid-wagon",
  "artillery-wagon", "car", "tank", "spidertron", "logistic-robot", "construction-robot",
  "active-provider-chest", "passive-provider-chest", "storage-chest", "buffer-chest",
  "requester-chest", "roboport", "small-lamp", "arithmetic-combinator", "decider-combinator",
  "selector-combinator", "constant-combinator", "power-switch", "programmable-speaker",
  "display-panel", "stone-brick", "concrete", "hazard-concrete", "refined-concrete",
  "refined-hazard-concrete", "landfill", "cliff-explosives", "repair-pack", "boiler",
  "steam-engine", "solar-panel", "accumulator", "nuclear-reactor", "heat-pipe", "heat-exchanger",
  "steam-turbine", "burner-mining-drill", "electric-mining-drill", "offshore-pump", "pumpjack",
  "stone-furnace", "steel-furnace", "electric-furnace", "assembling-machine-1",
  "assembling-machine-2", "assembling-machine-3", "oil-refinery", "chemical-plant", "centrifuge",
  "lab", "beacon", "speed-module", "speed-module-2", "speed-module-3", "efficiency-module",
  "efficiency-module-2", "efficiency-module-3", "productivity-module", "productivity-module-2",
  "productivity-module-3", "empty-module-slot", "rocket-silo", "cargo-landing-pad", "satellite",
  "wood", "coal", "stone", "iron-ore", "copper-ore", "uranium-ore", "raw-fish", "iron-plate",
  "copper-plate", "steel-plate", "solid-fuel", "plastic-bar", "sulfur", "battery", "explosives",
  "water-barrel", "crude-oil-barrel", "petroleum-gas-barrel", "light-oil-barrel",
  "heavy-oil-barrel", "lubricant-barrel", "sulfuric-acid-barrel", "iron-gear-wheel", "iron-stick",
  "copper-cable", "barrel", "electronic-circuit", "advanced-circuit", "processing-unit",
  "engine-unit", "electric-engine-unit", "flying-robot-frame", "low-density-structure",
  "rocket-fuel", "rocket-part", "uranium-235", "uranium-238", "uranium-fuel-cell",
  "depleted-uranium-fuel-cell", "nuclear-fuel", "automation-science-pack", "logistic-science-pack",
  "military-science-pack", "chemical-science-pack", "production-science-pack",
  "utility-science-pack", "space-science-pack", "coin", "science", "pistol", "submachine-gun",
  "tank-machine-gun", "vehicle-machine-gun", "tank-flamethrower", "shotgun", "combat-shotgun",
  "rocket-launcher", "flamethrower", "artillery-wagon-cannon", "spidertron-rocket-launcher-1",
  "spidertron-rocket-launcher-2", "spidertron-rocket-launcher-3", "spidertron-rocket-launcher-4",
  "tank-cannon", "firearm-magazine", "piercing-rounds-magazine", "uranium-rounds-magazine",
  "shotgun-shell", "piercing-shotgun-shell", "cannon-shell", "explosive-cannon-shell",
  "uranium-cannon-shell", "explosive-uranium-cannon-shell", "artillery-shell", "rocket",
  "explosive-rocket", "atomic-bomb", "flamethrower-ammo", "grenade", "cluster-grenade",
  "poison-capsule", "slowdown-capsule", "defender-capsule", "distractor-capsule",
  "destroyer-capsule", "light-armor", "heavy-armor", "modular-armor", "power-armor",
  "power-armor-mk2", "solar-panel-equipment", "fission-reactor-equipment", "battery-equipment",
  "battery-mk2-equipment", "belt-immunity-equipment", "exoskeleton-equipment",
  "personal-roboport-equipment", "personal-roboport-mk2-equipment", "night-vision-equipment",
  "energy-shield-equipment", "energy-shield-mk2-equipment", "personal-laser-defense-equipment",
  "discharge-defense-equipment", "stone-wall", "gate", "radar", "land-mine", "gun-turret",
  "laser-turret", "flamethrower-turret", "artillery-turret", "parameter-0", "parameter-1",
  "parameter-2", "parameter-3", "parameter-4", "parameter-5", "parameter-6", "parameter-7",
  "parameter-8", "parameter-9", "copper-wire", "green-wire", "red-wire",
  "discharge-defense-remote", "artillery-targeting-remote", "item-unknown", "no-item",
  "electric-energy-interface", "linked-chest", "proxy-container", "bottomless-chest",
  "heat-interface", "lane-splitter", "linked-belt", "one-way-valve", "overflow-valve",
  "top-up-valve", "infinity-cargo-wagon", "infinity-chest", "infinity-pipe",
  "simple-entity-with-force", "simple-entity-with-owner", "burner-generator",
}

M.entities = {
  "wooden-chest", "iron-chest", "steel-chest", "storage-tank", "transport-belt",
  "fast-transport-belt", "express-transport-belt", "underground-belt", "fast-underground-belt",
  "express-underground-belt", "splitter", "fast-splitter", "express-splitter", "loader",
  "fast-loader", "express-loader", "burner-inserter", "inserter", "long-handed-inserter",
  "fast-inserter", "bulk-inserter", "small-electric-pole", "medium-electric-pole",
  "big-electric-pole", "substation", "pipe", "pipe-to-ground", "pump", "straight-rail",
  "half-diagonal-rail", "curved-rail-a", "curved-rail-b", "train-stop", "rail-signal",
  "rail-chain-signal", "legacy-straight-rail", "legacy-curved-rail", "locomotive", "cargo-wagon",
  "fluid-wagon", "artillery-wagon", "car", "tank", "spidertron", "logistic-robot",
  "construction-robot", "active-provider-chest", "passive-provider-chest", "storage-chest",
  "buffer-chest", "requester-chest", "roboport", "small-lamp", "arithmetic-combinator",
  "decider-combinator", "selector-combinator", "constant-combinator", "power-switch",
  "programmable-speaker", "display-panel", "boiler", "steam-engine", "solar-panel", "accumulator",
  "nuclear-reactor", "heat-pipe", "heat-exchanger", "steam-turbine", "burner-mining-drill",
  "electric-mining-drill", "offshore-pump", "pumpjack", "stone-furnace", "steel-furnace",
  "electric-furnace", "assembling-machine-1", "assembling-machine-2", "assembling-machine-3",
  "oil-refinery", "chemical-plant", "centrifuge", "lab", "beacon", "rocket-silo",
  "cargo-landing-pad", "defender", "distractor", "destroyer", "stone-wall", "gate", "radar",
  "land-mine", "gun-turret", "laser-turret", "flamethrower-turret", "artillery-turret",
  "small-biter", "medium-biter", "big-biter", "behemoth-biter", "small-spitter", "medium-spitter",
  "big-spitter", "behemoth-spitter", "small-worm-turret", "medium-worm-turret", "big-worm-turret",
  "behemoth-worm-turret", "biter-spawner", "spitter-spawner", "cliff", "character", "fish",
  "tree-01", "tree-02", "tree-02-red", "tree-03", "tree-04", "tree-05", "tree-06", "tree-06-brown",
  "tree-07", "tree-08", "tree-08-brown", "tree-08-red", "tree-09", "tree-09-brown", "tree-09-red",
  "dead-dry-hairy-tree", "dead-grey-trunk", "dead-tree-desert", "dry-hairy-tree", "dry-tree",
  "big-sand-rock", "big-rock", "huge-rock", "crude-oil", "crash-site-chest-1",
  "crash-site-chest-2", "crash-site-spaceship", "crash-site-spaceship-wreck-big-1",
  "crash-site-spaceship-wreck-big-2", "crash-site-spaceship-wreck-medium-1",
  "crash-site-spaceship-wreck-medium-2", "crash-site-spaceship-wreck-medium-3",
  "crash-site-spaceship-wreck-small-1", "crash-site-spaceship-wreck-small-2",
  "crash-site-spaceship-wreck-small-3", "crash-site-spaceship-wreck-small-4",
  "crash-site-spaceship-wreck-small-5", "crash-site-spaceship-wreck-small-6",
  "factorio-logo-11tiles", "factorio-logo-16tiles", "factorio-logo-22tiles", "item-on-ground",
  "loader-1x1", "rocket-silo-rocket", "coal", "copper-ore", "iron-ore", "stone", "uranium-ore",
  "electric-energy-interface", "linked-chest", "proxy-container", "bottomless-chest", "blue-chest",
  "heat-interface", "lane-splitter", "linked-belt", "one-way-valve", "overflow-valve",
  "top-up-valve", "infinity-cargo-wagon", "infinity-chest", "market", "cargo-pod", "infinity-pipe",
  "cargo-pod-container", "hidden-electric-energy-interface", "red-chest",
  "simple-entity-with-force", "simple-entity-with-owner", "burner-generator",
}

M.recipes = {
  "wooden-chest", "iron-chest", "steel-chest", "storage-tank", "transport-belt",
  "fast-transport-belt", "express-transport-belt", "underground-belt", "fast-underground-belt",
  "express-underground-belt", "splitter", "fast-splitter", "express-splitter", "loader",
  "fast-loader", "express-loader", "burner-inserter", "inserter", "long-handed-inserter",
  "fast-inserter", "bulk-inserter", "small-electric-pole", "medium-electric-pole",
  "big-electric-pole", "substation", "pipe", "pipe-to-ground", "pump", "rail", "train-stop",
  "rail-signal", "rail-chain-signal", "locomotive", "cargo-wagon", "fluid-wagon",
  "artillery-wagon", "car", "tank", "spidertron", "logistic-robot", "construction-robot",
  "active-provider-chest", "passive-provider-chest", "storage-chest", "buffer-chest",
  "requester-chest", "roboport", "small-lamp", "arithmetic-combinator", "decider-combinator",
  "selector-combinator", "constant-combinator", "power-switch", "programmable-speaker",
  "display-panel", "stone-brick", "concrete", "hazard-concrete", "refined-concrete",
  "refined-hazard-concrete", "landfill", "cliff-explosives", "repair-pack", "boiler",
  "steam-engine", "solar-panel", "accumulator", "nuclear-reactor", "heat-pipe", "heat-exchanger",
  "steam-turbine", "burner-mining-drill", "electric-mining-drill", "offshore-pump", "pumpjack",
  "stone-furnace", "steel-furnace", "electric-furnace", "assembling-machine-1",
  "assembling-machine-2", "assembling-machine-3", "oil-refinery", "chemical-plant", "centrifuge",
  "lab", "beacon", "speed-module", "speed-module-2", "speed-module-3", "efficiency-module",
  "efficiency-module-2", "efficiency-module-3", "productivity-module", "productivity-module-2",
  "productivity-module-3", "rocket-silo", "cargo-landing-pad", "satellite", "basic-oil-processing",
  "advanced-oil-processing", "coal-liquefaction", "heavy-oil-cracking", "light-oil-cracking",
  "solid-fuel-from-petroleum-gas", "solid-fuel-from-light-oil", "solid-fuel-from-heavy-oil",
  "lubricant", "sulfuric-acid", "iron-plate", "copper-plate", "steel-plate", "plastic-bar",
  "sulfur", "battery", "explosives", "water-barrel", "crude-oil-barrel", "petroleum-gas-barrel",
  "light-oil-barrel", "heavy-oil-barrel", "lubricant-barrel", "sulfuric-acid-barrel",
  "empty-water-barrel", "empty-crude-oil-barrel", "empty-petroleum-gas-barrel",
  "empty-light-oil-barrel", "empty-heavy-oil-barrel", "empty-lubricant-barrel",
  "empty-sulfuric-acid-barrel", "iron-gear-wheel", "iron-stick", "copper-cable", "barrel",
  "electronic-circuit", "advanced-circuit", "processing-unit", "engine-unit",
  "electric-engine-unit", "flying-robot-frame", "low-density-structure", "rocket-fuel",
  "rocket-part", "uranium-processing", "uranium-fuel-cell", "nuclear-fuel-reprocessing",
  "kovarex-enrichment-process", "nuclear-fuel", "automation-science-pack", "logistic-science-pack",
  "military-science-pack", "chemical-science-pack", "production-science-pack",
  "utility-science-pack", "pistol", "submachine-gun", "shotgun", "combat-shotgun",
  "rocket-launcher", "flamethrower", "firearm-magazine", "piercing-rounds-magazine",
  "uranium-rounds-magazine", "shotgun-shell", "piercing-shotgun-shell", "cannon-shell",
  "explosive-cannon-shell", "uranium-cannon-shell", "explosive-uranium-cannon-shell",
  "artillery-shell", "rocket", "explosive-rocket", "atomic-bomb", "flamethrower-ammo", "grenade",
  "cluster-grenade", "poison-capsule", "slowdown-capsule", "defender-capsule",
  "distractor-capsule", "destroyer-capsule", "light-armor", "heavy-armor", "modular-armor",
  "power-armor", "power-armor-mk2", "solar-panel-equipment", "fission-reactor-equipment",
  "battery-equipment", "battery-mk2-equipment", "belt-immunity-equipment", "exoskeleton-equipment",
  "personal-roboport-equipment", "personal-roboport-mk2-equipment", "night-vision-equipment",
  "energy-shield-equipment", "energy-shield-mk2-equipment", "personal-laser-defense-equipment",
  "discharge-defense-equipment", "stone-wall", "gate", "radar", "land-mine", "gun-turret",
  "laser-turret", "flamethrower-turret", "artillery-turret", "parameter-0", "parameter-1",
  "parameter-2", "parameter-3", "parameter-4", "parameter-5", "parameter-6", "parameter-7",
  "parameter-8", "parameter-9", "recipe-unknown",
}

M.technologies = {
  "advanced-circuit", "advanced-combinators", "advanced-material-processing",
  "advanced-material-processing-2", "advanced-oil-processing", "artillery",
  "artillery-shell-range-1", "artillery-shell-speed-1", "atomic-bomb",
  "automated-rail-transportation", "automation", "automation-2", "automation-3",
  "automation-science-pack", "automobilism", "battery", "battery-equipment",
  "battery-mk2-equipment", "belt-immunity-equipment", "braking-force-1", "braking-force-2",
  "braking-force-3", "braking-force-4", "braking-force-5", "braking-force-6", "braking-force-7",
  "bulk-inserter", "chemical-science-pack", "circuit-network", "cliff-explosives",
  "coal-liquefaction", "concrete", "construction-robotics", "defender", "destroyer",
  "discharge-defense-equipment", "distractor", "effect-transmission", "efficiency-module",
  "efficiency-module-2", "efficiency-module-3", "electric-energy-accumulators",
  "electric-energy-distribution-1", "electric-energy-distribution-2", "electric-engine",
  "electric-mining-drill", "electronics", "energy-shield-equipment", "energy-shield-mk2-equipment",
  "engine", "exoskeleton-equipment", "explosive-rocketry", "explosives", "fast-inserter",
  "fission-reactor-equipment", "flamethrower", "flammables", "fluid-handling", "fluid-wagon",
  "follower-robot-count-1", "follower-robot-count-2", "follower-robot-count-3",
  "follower-robot-count-4", "follower-robot-count-5", "gate", "gun-turret", "heavy-armor",
  "inserter-capacity-bonus-1", "inserter-capacity-bonus-2", "inserter-capacity-bonus-3",
  "inserter-capacity-bonus-4", "inserter-capacity-bonus-5", "inserter-capacity-bonus-6",
  "inserter-capacity-bonus-7", "kovarex-enrichment-process", "lamp", "land-mine", "landfill",
  "laser", "laser-shooting-speed-1", "laser-shooting-speed-2", "laser-shooting-speed-3",
  "laser-shooting-speed-4", "laser-shooting-speed-5", "laser-shooting-speed-6",
  "laser-shooting-speed-7", "laser-turret", "laser-weapons-damage-1", "laser-weapons-damage-2",
  "laser-weapons-damage-3", "laser-weapons-damage-4", "laser-weapons-damage-5",
  "laser-weapons-damage-6", "laser-weapons-damage-7", "logistic-robotics", "logistic-science-pack",
  "logistic-system", "logistics", "logistics-2", "logistics-3", "low-density-structure",
  "lubricant", "military", "military-2", "military-3", "military-4", "military-science-pack",
  "mining-productivity-1", "mining-productivity-2", "mining-productivity-3",
  "mining-productivity-4", "modular-armor", "modules", "night-vision-equipment",
  "nuclear-fuel-reprocessing", "nuclear-power", "oil-gathering", "oil-processing",
  "personal-laser-defense-equipment", "personal-roboport-equipment",
  "personal-roboport-mk2-equipment", "physical-projectile-damage-1",
  "physical-projectile-damage-2", "physical-projectile-damage-3", "physical-projectile-damage-4",
  "physical-projectile-damage-5", "physical-projectile-damage-6", "physical-projectile-damage-7",
  "plastics", "power-armor", "power-armor-mk2", "processing-unit", "production-science-pack",
  "productivity-module", "productivity-module-2", "productivity-module-3", "radar", "railway",
  "refined-flammables-1", "refined-flammables-2", "refined-flammables-3", "refined-flammables-4",
  "refined-flammables-5", "refined-flammables-6", "refined-flammables-7", "repair-pack",
  "research-speed-1", "research-speed-2", "research-speed-3", "research-speed-4",
  "research-speed-5", "research-speed-6", "robotics", "rocket-fuel", "rocket-silo", "rocketry",
  "solar-energy", "solar-panel-equipment", "space-science-pack", "speed-module", "speed-module-2",
  "speed-module-3", "spidertron", "steam-power", "steel-axe", "steel-processing", "stone-wall",
  "stronger-explosives-1", "stronger-explosives-2", "stronger-explosives-3",
  "stronger-explosives-4", "stronger-explosives-5", "stronger-explosives-6",
  "stronger-explosives-7", "sulfur-processing", "tank", "toolbelt", "uranium-ammo",
  "uranium-mining", "uranium-processing", "utility-science-pack", "weapon-shooting-speed-1",
  "weapon-shooting-speed-2", "weapon-shooting-speed-3", "weapon-shooting-speed-4",
  "weapon-shooting-speed-5", "weapon-shooting-speed-6", "worker-robots-speed-1",
  "worker-robots-speed-2", "worker-robots-speed-3", "worker-robots-speed-4",
  "worker-robots-speed-5", "worker-robots-speed-6", "worker-robots-storage-1",
  "worker-robots-storage-2", "worker-robots-storage-3",
}

-- Entities that are modelled: kind, footprint in tiles, collision box (1/256 tile, facing north).
M.kinds = {
  ["wooden-chest"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true, item = "wooden-chest" },
  ["iron-chest"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true, item = "iron-chest" },
  ["steel-chest"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true, item = "steel-chest" },
  ["transport-belt"] = { kind = "transport-belt", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, rotates = true, item = "transport-belt" },
  ["fast-transport-belt"] = { kind = "transport-belt", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, rotates = true, item = "fast-transport-belt" },
  ["express-transport-belt"] = { kind = "transport-belt", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, rotates = true, item = "express-transport-belt" },
  ["burner-inserter"] = { kind = "inserter", w = 1, h = 1, modelled = true, box = {-38, -38, 38, 38}, rotates = true, blocks_walk = true, item = "burner-inserter" },
  ["burner-mining-drill"] = { kind = "mining-drill", w = 2, h = 2, modelled = true, box = {-179, -179, 179, 179}, rotates = true, blocks_walk = true, item = "burner-mining-drill" },
  ["stone-furnace"] = { kind = "furnace", w = 2, h = 2, modelled = true, box = {-179, -179, 179, 179}, blocks_walk = true, item = "stone-furnace" },
  ["steel-furnace"] = { kind = "furnace", w = 2, h = 2, modelled = true, box = {-179, -179, 179, 179}, blocks_walk = true, item = "steel-furnace" },
  ["stone-wall"] = { kind = "wall", w = 1, h = 1, modelled = true, box = {-74, -74, 74, 74}, blocks_walk = true, item = "stone-wall" },
  character = { kind = "character", w = 1, h = 1, modelled = true, box = {-51, -51, 51, 51}, blocks_walk = true },
  ["tree-01"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-02"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-02-red"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-03"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-04"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-05"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-06"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-06-brown"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-07"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-08"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-08-brown"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-08-red"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-09"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-09-brown"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["tree-09-red"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -102, 102, 102}, blocks_walk = true },
  ["dead-dry-hairy-tree"] = { kind = "tree", w = 2, h = 2, modelled = true, box = {-153, -153, 153, 153}, blocks_walk = true },
  ["dead-grey-trunk"] = { kind = "tree", w = 2, h = 2, modelled = true, box = {-153, -153, 153, 153}, blocks_walk = true },
  ["dead-tree-desert"] = { kind = "tree", w = 2, h = 2, modelled = true, box = {-153, -153, 153, 153}, blocks_walk = true },
  ["dry-hairy-tree"] = { kind = "tree", w = 2, h = 2, modelled = true, box = {-153, -153, 153, 153}, blocks_walk = true },
  ["dry-tree"] = { kind = "tree", w = 1, h = 1, modelled = true, box = {-102, -204, 102, 51}, blocks_walk = true },
  ["big-sand-rock"] = { kind = "rock", w = 2, h = 2, modelled = true, box = {-192, -192, 192, 192}, blocks_walk = true },
  ["big-rock"] = { kind = "rock", w = 2, h = 2, modelled = true, box = {-256, -230, 256, 256}, blocks_walk = true },
  ["huge-rock"] = { kind = "rock", w = 3, h = 3, modelled = true, box = {-384, -281, 384, 281}, blocks_walk = true },
  ["crash-site-chest-1"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true },
  ["crash-site-chest-2"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true },
  ["crash-site-spaceship"] = { kind = "container", w = 16, h = 8, modelled = true, box = {-2227, -844, 1766, 1152}, blocks_walk = true },
  ["crash-site-spaceship-wreck-big-1"] = { kind = "container", w = 3, h = 2, modelled = true, box = {-230, -25, 358, 307}, blocks_walk = true },
  ["crash-site-spaceship-wreck-big-2"] = { kind = "container", w = 3, h = 3, modelled = true, box = {-409, -409, 332, 332}, blocks_walk = true },
  ["crash-site-spaceship-wreck-medium-1"] = { kind = "container", w = 3, h = 2, modelled = true, box = {-307, -256, 307, 179}, blocks_walk = true },
  ["crash-site-spaceship-wreck-medium-2"] = { kind = "container", w = 3, h = 2, modelled = true, box = {-281, -153, 256, 256}, blocks_walk = true },
  ["crash-site-spaceship-wreck-medium-3"] = { kind = "container", w = 2, h = 3, modelled = true, box = {-204, -358, 179, 358}, blocks_walk = true },
  ["factorio-logo-11tiles"] = { kind = "container", w = 11, h = 2, modelled = true, box = {-1369, -217, 1369, 217}, blocks_walk = true },
  ["factorio-logo-16tiles"] = { kind = "container", w = 16, h = 2, modelled = true, box = {-2009, -217, 2009, 217}, blocks_walk = true },
  ["factorio-logo-22tiles"] = { kind = "container", w = 22, h = 3, modelled = true, box = {-2777, -345, 2777, 345}, blocks_walk = true },
  coal = { kind = "resource", w = 1, h = 1, modelled = true, box = {-25, -25, 25, 25}, item = "coal" },
  ["copper-ore"] = { kind = "resource", w = 1, h = 1, modelled = true, box = {-25, -25, 25, 25}, item = "copper-ore" },
  ["iron-ore"] = { kind = "resource", w = 1, h = 1, modelled = true, box = {-25, -25, 25, 25}, item = "iron-ore" },
  stone = { kind = "resource", w = 1, h = 1, modelled = true, box = {-25, -25, 25, 25}, item = "stone" },
  ["bottomless-chest"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true, item = "bottomless-chest" },
  ["blue-chest"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true },
  ["red-chest"] = { kind = "container", w = 1, h = 1, modelled = true, box = {-89, -89, 89, 89}, blocks_walk = true },
}

-- What deposits give.
M.deposit_products = {
  coal = true, ["copper-ore"] = true, ["iron-ore"] = true, stone = true,
}

-- Recipes that a character makes by hand, and those of furnaces.
M.by_hand = {
  "wooden-chest", "iron-chest", "steel-chest", "storage-tank", "transport-belt",
  "fast-transport-belt", "underground-belt", "fast-underground-belt", "splitter", "fast-splitter",
  "burner-inserter", "inserter", "long-handed-inserter", "fast-inserter", "bulk-inserter",
  "small-electric-pole", "medium-electric-pole", "big-electric-pole", "substation", "pipe",
  "pipe-to-ground", "pump", "rail", "train-stop", "rail-signal", "rail-chain-signal", "locomotive",
  "cargo-wagon", "fluid-wagon", "artillery-wagon", "car", "tank", "spidertron", "logistic-robot",
  "construction-robot", "active-provider-chest", "passive-provider-chest", "storage-chest",
  "buffer-chest", "requester-chest", "roboport", "small-lamp", "arithmetic-combinator",
  "decider-combinator", "selector-combinator", "constant-combinator", "power-switch",
  "programmable-speaker", "display-panel", "hazard-concrete", "refined-hazard-concrete",
  "landfill", "cliff-explosives", "repair-pack", "boiler", "steam-engine", "solar-panel",
  "accumulator", "nuclear-reactor", "heat-pipe", "heat-exchanger", "steam-turbine",
  "burner-mining-drill", "electric-mining-drill", "offshore-pump", "pumpjack", "stone-furnace",
  "steel-furnace", "electric-furnace", "assembling-machine-1", "assembling-machine-2",
  "assembling-machine-3", "oil-refinery", "chemical-plant", "centrifuge", "lab", "beacon",
  "speed-module", "speed-module-2", "speed-module-3", "efficiency-module", "efficiency-module-2",
  "efficiency-module-3", "productivity-module", "productivity-module-2", "productivity-module-3",
  "rocket-silo", "cargo-landing-pad", "satellite", "iron-gear-wheel", "iron-stick", "copper-cable",
  "barrel", "electronic-circuit", "advanced-circuit", "flying-robot-frame",
  "low-density-structure", "uranium-fuel-cell", "automation-science-pack", "logistic-science-pack",
  "military-science-pack", "chemical-science-pack", "production-science-pack",
  "utility-science-pack", "submachine-gun", "shotgun", "combat-shotgun", "rocket-launcher",
  "flamethrower", "firearm-magazine", "piercing-rounds-magazine", "uranium-rounds-magazine",
  "shotgun-shell", "piercing-shotgun-shell", "cannon-shell", "explosive-cannon-shell",
  "uranium-cannon-shell", "explosive-uranium-cannon-shell", "artillery-shell", "rocket",
  "explosive-rocket", "atomic-bomb", "grenade", "cluster-grenade", "poison-capsule",
  "slowdown-capsule", "defender-capsule", "distractor-capsule", "destroyer-capsule", "light-armor",
  "heavy-armor", "modular-armor", "power-armor", "power-armor-mk2", "solar-panel-equipment",
  "fission-reactor-equipment", "battery-equipment", "battery-mk2-equipment",
  "belt-immunity-equipment", "exoskeleton-equipment", "personal-roboport-equipment",
  "personal-roboport-mk2-equipment", "night-vision-equipment", "energy-shield-equipment",
  "energy-shield-mk2-equipment", "personal-laser-defense-equipment", "discharge-defense-equipment",
  "stone-wall", "gate", "radar", "land-mine", "gun-turret", "laser-turret", "flamethrower-turret",
  "artillery-turret",
}

M.smelting = {
  "stone-brick", "iron-plate", "copper-plate", "steel-plate",
}

-- Item -> recipe of a furnace that takes it.
M.smelts = {
  stone = "stone-brick", ["iron-ore"] = "iron-plate", ["copper-ore"] = "copper-plate",
  ["iron-plate"] = "steel-plate",
}

-- Technologies that something in the world sets off.
M.triggers = {
  ["automation-science-pack"] = { kind = "craft-item", target = "lab", count = 1 },
  electronics = { kind = "craft-item", target = "copper-plate", count = 10 },
  ["oil-processing"] = { kind = "mine-entity", target = "crude-oil", count = 1 },
  ["space-science-pack"] = { kind = "send-item-to-orbit", target = "satellite", count = 1 },
  ["steam-power"] = { kind = "craft-item", target = "iron-plate", count = 50 },
  ["steel-axe"] = { kind = "craft-item", target = "steel-plate", count = 50 },
  ["uranium-processing"] = { kind = "mine-entity", target = "uranium-ore", count = 1 },
}

M.verbs = {
  WAIT = 0, MOVE = 1, MINE = 2, BUILD = 3, CRAFT = 4, INSERT = 5, TAKE = 6, SET_RECIPE = 7,
  ROTATE = 8, PICK_UP = 9, DROP = 10, RESEARCH = 11, SAY = 12, CANCEL = 13, COMPOUND = 14,
}

M.codes = {
  ok = 0, running = 1, unknown_agent = 2, out_of_map = 3, out_of_reach = 4, nothing_there = 5,
  not_minable = 6, wrong_entity = 7, insufficient_items = 8, inventory_full = 9, target_full = 10,
  not_accepted = 11, cannot_place = 12, occupied = 13, character_in_the_way = 14,
  water_in_the_way = 15, needs_resource = 16, blocked = 17, not_allowed = 18, recipe_locked = 19,
  not_hand_craftable = 20, queue_full = 21, cannot_rotate = 22, nothing_to_take = 23,
  nothing_running = 24, not_implemented = 25, unknown_technology = 26, already_researched = 27,
  cancelled = 28, replaced = 29, aborted = 30,
}

-- Names of defines.entity_status; 0 stands for none.
M.status = {
  working = 1, normal = 2, no_power = 3, low_power = 4, no_fuel = 5, no_recipe = 6,
  no_ingredients = 7, item_ingredient_shortage = 8, fluid_ingredient_shortage = 9,
  full_output = 10, no_minable_resources = 11, waiting_for_source_items = 12,
  waiting_for_space_in_destination = 13, no_research_in_progress = 14, missing_science_packs = 15,
  not_plugged_in_electric_network = 16,
}

-- Counters of an agent and of an item, in the order of the wire.
M.agent_counters = {
  "commands", "refused", "conflicts", "mined", "crafted", "placed", "removed", "inserted", "taken",
  "picked", "dropped", "handed", "messages", "walked", "idle", "blocked",
}

M.stat_counters = {
  "made", "drilled", "crafted", "mined", "consumed", "spent", "inserted", "taken", "built",
  "unbuilt",
}

-- Limits of fz_multi.commands and of the engine.
M.limits = {
  coordinate = 1000000, count = 1000000, ticks = 10000000, message = 254, compound = 64,
  agents = 16,
}

---@param names string[]
---@return table<string, integer>
local function numbers_of(names)
  local ids = {}
  for id, name in ipairs(names) do
    ids[name] = id
  end
  return ids
end

M.item_id = numbers_of(M.items)
M.entity_id = numbers_of(M.entities)
M.recipe_id = numbers_of(M.recipes)
M.technology_id = numbers_of(M.technologies)
M.verb_names = {}
for name, number in pairs(M.verbs) do
  M.verb_names[number] = name
end
M.code_names = {}
for name, number in pairs(M.codes) do
  M.code_names[number] = name
end

return M
