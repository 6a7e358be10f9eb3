// An episode: what stands, lies and walks where after so many steps.

const TILE = 256;
const DIRECTIONS = ["north", "", "northeast", "", "east", "", "southeast", "", "south", "", "southwest",
  "", "west", "", "northwest"];

const tracksOf = (group, from, Kind) =>
  Object.fromEntries(Object.entries(group).map(([name, track]) => [name, new Kind(track, from)]));

class Episode {
  constructor(data) {
    this.data = data;
    this.steps = data.steps;
    this.ground = data.ground;
    this.sprites = new Sprites(data);
    this.ticks = new Numbers(data.tick);
    this.returns = new Numbers(data.return);
    this.goals = data.goals.map(([label, target, track]) => ({ label, target, numbers: new Numbers(track) }));
    this.made = data.made.map(([item, machine, hand]) => (
      { item, machine: new Numbers(machine), hand: new Numbers(hand) }));
    this.amounts = data.amounts.map((track) => new Numbers(track));
    this.piles = new Values(data.piles);
    this.lines = data.lines.map((line) => ({
      items: new Row(line.items),
      head: new Numbers(line.head, line.from),
      shift: new Numbers(line.shift, line.from),
    }));
    this.entities = data.entities.map((entity, id) => ({
      ...entity,
      id,
      to: entity.to ?? Infinity,
      numbers: tracksOf(entity.numbers, entity.from, Numbers),
      contents: tracksOf(entity.contents, entity.from, Values),
    }));
    this.agents = data.agents.map((agent, id) => ({
      id,
      numbers: tracksOf(agent.numbers, 0, Numbers),
      values: tracksOf(agent.values, 0, Values),
    }));
  }

  tick(step) { return this.ticks.at(step); }

  itemName(number) { return this.data.items[number][0].replaceAll("-", " "); }

  /** The entities that stand after so many steps. */
  standing(step) {
    if (this.stood?.step !== step) {
      this.stood = { step, list: this.entities.filter((e) => e.from <= step && step < e.to) };
    }
    return this.stood.list;
  }

  status(entity, step) { return this.data.statuses[entity.numbers.status?.at(step) ?? 0]; }

  /** Pairs [item, count] of an inventory of an entity. */
  contents(entity, name, step) { return pairs(entity.contents[name]?.at(step) ?? []); }

  /** What lies on some belts: {item, x, y} in tiles. `part`: share of the next step. */
  laneItems(belts, step, part = 0) {
    const out = [];
    for (const belt of belts) this.itemsOn(belt, step, part, out);
    return out.sort((a, b) => a.y - b.y);
  }

  /** What lies on one belt, front to back, lane 1 before lane 2. */
  itemsOn(belt, step, part = 0, out = []) {
    const n = belt.numbers;
    const bend = n.bend.at(step), direction = n.direction.at(step);
    for (const lane of [0, 1]) {
      const line = this.lines[n[`line${lane}`].at(step)];
      if (!line) continue;
      const start = n[`start${lane}`].at(step), length = laneLength(bend, lane);
      const { kinds, places } = line.items.at(step);
      const head = line.head.at(step), shift = this.shift(line, step, part);
      const place = (index) => (index < head ? places[index] : Math.max(places[index] - shift,
        index ? -Infinity : 0));
      let low = 0, high = places.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (place(middle) < start) low = middle + 1; else high = middle;
      }
      for (let index = low; index < places.length && place(index) < start + length; index++) {
        const at = place(index) - start;
        const [dx, dy] = itemOffset(direction, bend, lane, at);
        out.push({ item: kinds[index], lane, at, x: (belt.x + dx) / TILE, y: (belt.y + dy) / TILE });
      }
    }
    return out;
  }

  /** By how much the moving items of a line are nearer, between two steps too. */
  shift(line, step, part) {
    const now = line.shift.at(step);
    if (!part || step >= this.steps) return now;
    const way = line.shift.at(step + 1) - now;
    return now + (way > 0 && way < 1024 ? way * part : 0);
  }

  /** An agent's place in tiles. */
  agentAt(agent, step, part = 0) {
    const { x, y, active } = agent.numbers;
    const next = Math.min(step + 1, this.steps);
    let [ax, ay] = [x.at(step), y.at(step)];
    if (part && active.at(next)) {
      const [bx, by] = [x.at(next), y.at(next)];
      if (Math.abs(bx - ax) + Math.abs(by - ay) < 16 * TILE) {
        ax += (bx - ax) * part;
        ay += (by - ay) * part;
      }
    }
    return [ax / TILE, ay / TILE];
  }

  /** Whether an agent gets on in the step that follows. */
  walks({ numbers: { x, y } }, step) {
    return x.at(step) !== x.at(step + 1) || y.at(step) !== y.at(step + 1);
  }

  /** Where the hand of an inserter is, in tiles. */
  handAt(entity, step, part = 0) {
    const next = Math.min(step + 1, this.steps);
    return ["hand_x", "hand_y"].map((name) => {
      const track = entity.numbers[name];
      const now = track.at(step);
      return (now + (next < entity.to ? (track.at(next) - now) * part : 0)) / TILE;
    });
  }

  /** The area in which something is done, in tiles: {left, top, right, bottom}. */
  action() {
    const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const grow = (left, top, right, bottom) => {
      box.left = Math.min(box.left, left);
      box.top = Math.min(box.top, top);
      box.right = Math.max(box.right, right);
      box.bottom = Math.max(box.bottom, bottom);
    };
    for (const [left, top, right, bottom] of this.data.zones) grow(left, top, right, bottom);
    for (const { kind, box: [x, y, w, h] } of this.entities) {
      if (!["tree", "rock", "wall"].includes(kind)) grow(x, y, x + w, y + h);
    }
    for (const { numbers: { x, y } } of this.agents) {
      for (const v of x.values) grow(v / TILE, Infinity, v / TILE, -Infinity);
      for (const v of y.values) grow(Infinity, v / TILE, -Infinity, v / TILE);
    }
    const { left, top, width, height } = this.ground;
    for (const index of this.ground.deposits) {
      const x = left + (index % width), y = top + Math.floor(index / width);
      grow(x, y, x + 1, y + 1);
    }
    return {
      left: Math.max(left, box.left - 2),
      top: Math.max(top, box.top - 3),
      right: Math.min(left + width, box.right + 2),
      bottom: Math.min(top + height, box.bottom + 2),
    };
  }

  whole() {
    const { left, top, width, height } = this.ground;
    return { left, top, right: left + width, bottom: top + height };
  }
}

/** [item, count, item, count, ...] as pairs. */
function pairs(flat) {
  const out = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i], flat[i + 1]]);
  return out;
}

// The geometry of belts (engine/lanes.py).
const STRAIGHT = 0, LEFT = 1, RIGHT = 2;

function laneLength(bend, lane) {
  if (bend === STRAIGHT) return 256;
  return (bend === LEFT) === (lane === 0) ? 106 : 295;
}

/** From the centre of a belt to an item on it, in 1/256 tile. */
function itemOffset(direction, bend, lane, at) {
  let x, y;
  if (bend === STRAIGHT) {
    [x, y] = [lane ? 60 : -60, at - 128];
  } else {
    const length = laneLength(bend, lane), radius = length === 106 ? 67 : 188;
    const angle = (Math.min(at / length, 1) * Math.PI) / 2;
    [x, y] = [128 - radius * Math.cos(angle), radius * Math.sin(angle) - 128];
    if (bend === LEFT) x = -x;
  }
  for (let quarter = direction / 4; quarter > 0; quarter--) [x, y] = [-y, x];
  return [x, y];
}
