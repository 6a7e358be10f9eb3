// The map on a canvas: everything on it in the order of render/scene.py.

const PHASE_TICKS = 7;
const INK = "#18181a";

class Stage extends Camera {
  // -- one picture ---------------------------------------------------------------------------------
  draw(step, part = 0) {
    const { context, episode } = this;
    const next = Math.min(step + 1, episode.steps);
    this.tick = episode.tick(step) + (episode.tick(next) - episode.tick(step)) * part;
    context.fillStyle = "#24252a";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.drawView(this.main, step, part);
    for (const { view, zone } of this.lenses) {
      this.drawView(view, step, part);
      this.frameLens(view, zone);
    }
    this.view = this.main;
  }

  drawView(view, step, part) {
    const { context } = this;
    this.view = view;
    context.save();
    context.beginPath();
    context.rect(view.left, view.top, view.width, view.height);
    context.clip();
    context.translate(view.left, view.top);
    this.drawMap(step, part);
    context.restore();
  }

  frameLens(view, [, , , , label, colour]) {
    const { context, density } = this;
    const ink = this.episode.data.areas[colour % this.episode.data.areas.length];
    const edge = 2 * density;
    context.strokeStyle = ink;
    context.lineWidth = edge;
    context.strokeRect(view.left + edge / 2, view.top + edge / 2, view.width - edge, view.height - edge);
    this.tag(`${label} (larger)`.trim(), ink, view.left, view.top, 12 * density);
  }

  drawMap(step, part) {
    const { episode } = this;
    this.drawField();
    this.drawDeposits(step);
    if (this.view === this.main) for (const zone of episode.data.zones) this.drawZone(zone);
    const standing = episode.standing(step).filter(
      ({ box: [x, y, w, h] }) => this.sees(x - 1, y - 1, w + 2, h + 2));
    const bySouth = (a, b) => a.box[1] + a.box[3] - (b.box[1] + b.box[3]);
    const belts = standing.filter((e) => e.numbers.bend), others = standing.filter((e) => !e.numbers.bend);
    for (const entity of belts) this.drawEntity(entity, step);
    for (const { item, x, y } of episode.laneItems(belts, step, part)) this.drawItem(item, x, y, 0.36, 1);
    for (const [item, count, x, y] of quads(episode.piles.at(step))) this.drawPile(item, count, x, y);
    others.sort(bySouth);
    for (const entity of others) this.drawEntity(entity, step);
    for (const entity of others) if (entity.numbers.hand_x) this.drawArm(entity, step, part);
    for (const entity of others) this.drawSigns(entity, step);
    if (this.hovered) this.outline(this.hovered, step, part, "rgba(255, 255, 255, 0.75)");
    if (this.picked) this.outline(this.picked, step, part, "#ffd83c");
    const there = episode.agents.filter((agent) => agent.numbers.active.at(step))
      .map((agent) => ({ agent, at: episode.agentAt(agent, step, part) }))
      .sort((a, b) => a.at[1] - b.at[1]);
    for (const { agent, at } of there) this.drawAgent(agent, step, part, at);
    for (const { agent, at } of there) this.drawAgentSigns(agent, step, at);
  }

  /** The ground, drawn once. */
  drawField() {
    const { ground, sprites } = this.episode;
    const { left, top, width, height } = ground;
    if (!this.field) {
      const p = Math.max(4, Math.min(32, Math.floor(3072 / Math.max(width, height))));
      this.field = document.createElement("canvas");
      this.field.width = width * p;
      this.field.height = height * p;
      const context = this.field.getContext("2d");
      ground.tiles.forEach((sprite, index) => {
        sprites.paste(context, sprite, (index % width) * p, Math.floor(index / width) * p, p);
      });
      context.fillStyle = sprites.colour(ground.shore);
      const thick = Math.max(1, Math.floor(p / 8));
      for (const [index, sides] of pairs(ground.shores)) {
        const x = (index % width) * p, y = Math.floor(index / width) * p;
        if (sides & 1) context.fillRect(x, y, p, thick);
        if (sides & 2) context.fillRect(x + p - thick, y, thick, p);
        if (sides & 4) context.fillRect(x, y + p - thick, p, thick);
        if (sides & 8) context.fillRect(x, y, thick, p);
      }
    }
    const [x, y] = this.at(left, top);
    this.context.drawImage(this.field, x, y, width * this.pixels, height * this.pixels);
  }

  drawDeposits(step) {
    const { episode, context, pixels } = this;
    const { ground, sprites } = episode;
    ground.deposits.forEach((index, k) => {
      const x = ground.left + (index % ground.width), y = ground.top + Math.floor(index / ground.width);
      const amount = episode.amounts[k].at(step);
      if (amount <= 0 || !this.sees(x, y, 1, 1)) return;
      const level = lastUpTo(ground.levels, amount);
      const sprite = episode.data.lumps[ground.resources[k]][level][ground.variants[k]];
      sprites.paste(context, sprite, ...this.at(x, y), pixels);
    });
  }

  drawZone([left, top, right, bottom, label, colour]) {
    const { context, pixels: p } = this;
    const ink = this.episode.data.areas[colour % this.episode.data.areas.length];
    const [x0, y0] = this.at(left, top), [x1, y1] = this.at(right, bottom);
    context.save();
    context.fillStyle = ink + "14";
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.strokeStyle = ink;
    context.lineWidth = Math.min(3 * this.density, Math.max(1, Math.floor(p / 10)));
    const dash = Math.max(6, p / 2);
    context.setLineDash([dash, dash]);
    context.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0 - 1, y1 - y0 - 1);
    context.restore();
    if (!label) return;
    const size = Math.min(15 * this.density, Math.max(10 * this.density, p * 0.55));
    const tall = Math.round(size * 1.4);
    this.tag(label, ink, x0, y0 < tall && y0 >= 0 ? y0 : y0 - tall, size); // above, to hide nothing
  }

  /** A name on a coloured plate. */
  tag(text, ink, x, y, letters) {
    const { context } = this, size = Math.round(letters);
    context.font = `600 ${size}px ${FONT}`;
    const wide = context.measureText(text).width + size * 0.7, tall = Math.round(size * 1.4);
    context.fillStyle = ink;
    context.fillRect(x, y, wide, tall);
    context.fillStyle = INK;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, x + size * 0.35, y + tall / 2 + size * 0.04);
  }

  drawEntity(entity, step) {
    const phases = this.episode.data.looks[entity.numbers.look.at(step)];
    const phase = phases.length > 1 ? (Math.floor(this.tick / PHASE_TICKS) + entity.id) % phases.length : 0;
    this.episode.sprites.paste(this.context, phases[phase], ...this.at(entity.box[0], entity.box[1]),
      this.pixels);
  }

  /** An item centred on a point, `size` tiles wide; kind 1 = bare, 2 = on a dark plate. */
  drawItem(item, x, y, size, kind) {
    if (!this.sees(x - size, y - size, 2 * size, 2 * size)) return;
    const [px, py] = this.at(x, y), wide = Math.max(4, Math.round(size * this.pixels));
    this.episode.sprites.paste(this.context, this.episode.data.items[item][kind],
      px - wide / 2, py - wide / 2, wide);
  }

  drawPile(item, count, x, y) {
    this.drawItem(item, x / TILE, y / TILE, 0.62, 1);
    if (count > 1) this.number(count, x / TILE + 0.31, y / TILE + 0.31);
  }

  drawArm(entity, step, part) {
    const { context, pixels: p } = this;
    const [hx, hy] = this.episode.handAt(entity, step, part);
    const foot = this.at(entity.x / TILE, entity.y / TILE), hand = this.at(hx, hy);
    for (const [ink, width] of [["#22201e", Math.max(3, p / 6)], ["#dec478", Math.max(1, p / 6 - 2)]]) {
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.lineCap = "round";
      context.beginPath();
      context.moveTo(...foot);
      context.lineTo(...hand);
      context.stroke();
    }
    for (const [x, y] of [foot, hand]) {
      context.beginPath();
      context.arc(x, y, Math.max(2, p / 9), 0, 7);
      context.fillStyle = "#acaeb0";
      context.fill();
      context.strokeStyle = "#22201e";
      context.lineWidth = Math.max(1, p / 30);
      context.stroke();
    }
    const held = entity.numbers.held.at(step);
    if (held) this.drawItem(held, hx, hy, 0.5, 1);
  }

  // -- signs ---------------------------------------------------------------------------------------
  drawSigns(entity, step) {
    const { episode, pixels: p } = this;
    const { kind, box: [left, top, w, h], numbers: n } = entity;
    if (kind === "container") {
      const stored = episode.contents(entity, "chest", step);
      const total = stored.reduce((sum, [, count]) => sum + count, 0);
      if (total) this.badge(stored[0][0], total, left + 0.95, top);
      return;
    }
    if (!n.status) return;
    const [done] = episode.contents(entity, "result", step);
    if (done) this.badge(done[0], done[1], left + w - 0.5, top + h - 0.5);
    if (kind === "mining-drill") this.arrow(entity, step);
    const progress = n.progress.at(step), foot = top + h;
    if (progress > 0 && progress <= 256) this.bar(left, foot, w, progress / 256, "#62c454", 0);
    const burning = n.burning.at(step);
    if (kind !== "inserter" && burning && n.left.at(step) > 0) {
      this.bar(left, foot, w, Math.min(1, n.left.at(step) / episode.data.fuels[burning]), "#ff8a1e", 1);
    }
    const mark = episode.data.marks[n.status.at(step)];
    if (mark === undefined) return;
    const size = Math.max(9, Math.round((w * h === 1 ? 0.46 : 0.72) * p));
    const [x, y] = this.at(left, top);
    episode.sprites.paste(this.context, mark, x - size / 4, y - size / 4, size);
  }

  arrow(entity, step) {
    const { box: [left, top, w, h], numbers: n } = entity;
    const quarter = Math.floor(n.direction.at(step) / 4) % 4;
    const [ox, oy] = this.episode.data.outlets[n.look.at(step)] ?? [0, 0];
    const ahead = (quarter % 2 ? w : h) / 2 + 0.14;
    const [dx, dy] = [[ox / TILE, -ahead], [ahead, oy / TILE], [ox / TILE, ahead], [-ahead, oy / TILE]][quarter];
    const size = Math.max(7, Math.round(0.62 * this.pixels));
    const [x, y] = this.at(left + w / 2 + dx, top + h / 2 + dy);
    this.episode.sprites.paste(this.context, this.episode.data.arrows[quarter], x - size / 2, y - size / 2, size);
  }

  badge(item, count, x, y) {
    this.drawItem(item, x, y, 0.6, 2);
    this.number(count, x + 0.42, y + 0.5);
  }

  /** A number that ends at a point. */
  number(count, right, bottom) {
    if (this.pixels < 9 * this.density) return; // too small to be read
    const { context } = this;
    const [x, y] = this.at(right, bottom);
    const text = count < 10000 ? String(count) : `${Math.floor(count / 1000)}k`;
    context.font = `700 ${Math.max(8 * this.density, Math.round(0.4 * this.pixels))}px ${FONT}`;
    context.textAlign = "right";
    context.textBaseline = "alphabetic";
    context.lineJoin = "round";
    context.strokeStyle = INK;
    context.lineWidth = Math.max(2, this.pixels * 0.09);
    context.strokeText(text, x, y);
    context.fillStyle = "#fafaf8";
    context.fillText(text, x, y);
  }

  bar(left, bottom, width, share, colour, row) {
    const { context, pixels: p } = this;
    const tall = Math.max(2, Math.floor(p / 7));
    const [x, y] = this.at(left, bottom);
    const x0 = x + Math.floor(p / 8), wide = width * p - 2 * Math.floor(p / 8);
    const y0 = y - tall - 1 + row * tall;
    context.fillStyle = INK;
    context.fillRect(x0 - 1, y0 - 1, wide + 2, tall + 1);
    context.fillStyle = colour;
    context.fillRect(x0, y0, Math.round(wide * share), tall - 1);
  }

  // -- agents --------------------------------------------------------------------------------------
  drawAgent(agent, step, part, [x, y]) {
    if (!this.sees(x - 2, y - 2, 4, 4)) return;
    const { context, pixels, tick } = this;
    const { data, sprites } = this.episode;
    const n = agent.numbers, facing = n.facing.at(step), doing = agent.values.activity.at(step);
    const at = this.at(x, y);
    const strides = part ? this.episode.walks(agent, step) : doing === "walking";
    const stride = strides ? 1 + (Math.floor(tick / 5) % 2) : 0;
    sprites.paste(context, data.bodies[`${agent.id},${facing}`][stride], ...at, pixels);
    const tool = data.tools[`${doing},${facing <= 8 ? 1 : 0}`];
    if (tool) sprites.paste(context, tool[Math.floor(tick / PHASE_TICKS) % tool.length], ...at, pixels);
    const hand = n.hand.at(step);
    if (hand) sprites.paste(context, data.hands[hand], ...at, pixels);
  }

  drawAgentSigns(agent, step, [x, y]) {
    const share = agent.numbers.share.at(step);
    if (share > 0) this.bar(x - 0.5, y + 0.5, 1, share / 256, "#face3e", 0);
    const message = agent.numbers.message.at(step);
    if (message) this.speech(String(message - 1), x + 0.2, y - 2.1);
  }

  speech(text, x, y) {
    const { context, pixels: p } = this;
    const [px, py] = this.at(x, y);
    context.beginPath();
    context.roundRect(px, py, 0.72 * p, 0.66 * p, 0.2 * p);
    context.fillStyle = "#fafaf8";
    context.fill();
    context.strokeStyle = "#22201e";
    context.lineWidth = Math.max(1, 0.05 * p);
    context.stroke();
    context.fillStyle = INK;
    context.font = `700 ${Math.max(8, 0.5 * p)}px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, px + 0.36 * p, py + 0.35 * p);
  }

  // -- picking -------------------------------------------------------------------------------------
  /** What is at a point in tiles: {agent}, {entity}, {pile} or {deposit}; null for bare ground. */
  find(x, y, step) {
    const { episode } = this;
    for (const agent of episode.agents) {
      const [ax, ay] = episode.agentAt(agent, step);
      const inside = Math.abs(x - ax) < 0.5 && y > ay - 1.3 && y < ay + 0.3;
      if (inside && agent.numbers.active.at(step)) return { agent };
    }
    const hits = episode.standing(step).filter(
      ({ box: [left, top, w, h] }) => x >= left && x < left + w && y >= top && y < top + h);
    if (hits.length) return { entity: hits[0] };
    for (const pile of quads(episode.piles.at(step))) {
      if (Math.hypot(x - pile[2] / TILE, y - pile[3] / TILE) < 0.35) return { pile };
    }
    const { left, top, width, height, deposits } = episode.ground;
    const column = Math.floor(x) - left, row = Math.floor(y) - top;
    if (column < 0 || row < 0 || column >= width || row >= height) return null;
    const deposit = deposits.indexOf(row * width + column);
    return deposit >= 0 && episode.amounts[deposit].at(step) > 0 ? { deposit } : null;
  }

  /** The box of what `find` gave, in tiles: [left, top, width, height]. */
  boxOf(thing, step, part = 0) {
    const { episode } = this;
    if (thing.agent) {
      const [x, y] = episode.agentAt(thing.agent, step, part);
      return [x - 0.6, y - 1.35, 1.2, 1.75];
    }
    if (thing.entity) return thing.entity.box;
    if (thing.pile) return [thing.pile[2] / TILE - 0.35, thing.pile[3] / TILE - 0.35, 0.7, 0.7];
    const index = episode.ground.deposits[thing.deposit];
    const { left, top, width } = episode.ground;
    return [left + (index % width), top + Math.floor(index / width), 1, 1];
  }

  outline(thing, step, part, colour) {
    if (thing.entity && !(thing.entity.from <= step && step < thing.entity.to)) return;
    const { context, pixels: p } = this;
    const [left, top, w, h] = this.boxOf(thing, step, part);
    const [x, y] = this.at(left, top), edge = Math.max(2 * this.density, p * 0.08);
    context.beginPath();
    context.roundRect(x - edge, y - edge, w * p + 2 * edge, h * p + 2 * edge, p * 0.16);
    for (const [ink, width] of [["rgba(0, 0, 0, 0.55)", edge * 2], [colour, edge]]) {
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.stroke();
    }
  }
}

/** A flat list four by four. */
function quads(flat) {
  const out = [];
  for (let i = 0; i < flat.length; i += 4) out.push(flat.slice(i, i + 4));
  return out;
}
