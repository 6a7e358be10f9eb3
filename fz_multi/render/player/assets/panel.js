// What is told of an entity, an agent, a pile or a deposit; and the card of each agent.

class Panel {
  constructor(player) {
    this.player = player;
  }

  get episode() { return this.player.episode; }

  item(number, count) {
    const { data, sprites } = this.episode;
    return el("span", { class: "fz-item" },
      el("img", { src: sprites.icon(data.items[number][1]), alt: "", width: 18, height: 18 }),
      el("span", { text: `${this.episode.itemName(number)}${count === undefined ? "" : ` × ${grouped(count)}`}` }));
  }

  items(list) {
    if (!list.length) return el("span", { class: "fz-dim", text: "empty" });
    return el("span", { class: "fz-items" }, ...list.map(([item, count]) => this.item(item, count)));
  }

  rows(list) {
    const body = el("dl", { class: "fz-facts" });
    for (const [name, value] of list) {
      if (value === null || value === undefined || value === "") continue;
      const shown = value instanceof Node ? value : document.createTextNode(value);
      body.append(el("dt", { text: name }), el("dd", { "data-fact": name }, shown));
    }
    return body;
  }

  meter(share, text, kind) {
    return el("span", { class: "fz-meter" },
      el("span", { class: "fz-track" }, el("span", { class: `fz-fill ${kind}`, style: `width:${Math.round(100 * share)}%` })),
      el("span", { text }));
  }

  /** A heading and facts of what `Stage.find` gave. */
  describe(thing, step) {
    if (thing.agent) return this.agent(thing.agent, step);
    if (thing.entity) return this.entity(thing.entity, step);
    const { episode } = this;
    const { data, sprites } = episode;
    if (thing.pile) {
      const [item, count, x, y] = thing.pile;
      return this.told(`${episode.itemName(item)} on the ground`, sprites.icon(data.items[item][1]),
        [["count", grouped(count)], ["position", place(x, y)]]);
    }
    const { ground, amounts } = episode;
    const [left, top] = this.player.stage.boxOf(thing, step);
    const name = ground.resources[thing.deposit];
    return this.told(`${words(name)} in the ground`, sprites.entityIcon(data.lumps[name].at(-1)[0], 64),
      [["amount", grouped(amounts[thing.deposit].at(step))], ["position", place((left + 0.5) * TILE, (top + 0.5) * TILE)]]);
  }

  told(title, picture, list) {
    return el("div", { class: "fz-told" },
      el("h3", {}, el("img", { src: picture, alt: "", width: 32, height: 32 }),
        el("span", { text: title })),
      this.rows(list));
  }

  entity(entity, step) {
    const { episode } = this;
    const { numbers: n } = entity;
    const there = entity.from <= step && step < entity.to;
    const look = episode.sprites.entityIcon(episode.data.looks[n.look.at(step)][0], 64);
    const by = entity.owner < 0 ? "on the map from the start"
      : `by agent ${entity.owner} at tick ${grouped(entity.built)}`;
    const list = [["position", place(entity.x, entity.y)], ["built", by]];
    if (!there) {
      const why = step < entity.from ? "not built yet" : "taken away";
      return this.told(words(entity.name), look, [...list, ["status", why]]);
    }
    if (n.direction) list.push(["direction", DIRECTIONS[n.direction.at(step)]]);
    if (n.status) list.push(["status", words(episode.status(entity, step))]);
    for (const name of ["chest", "fuel", "source", "result"]) {
      if (entity.contents[name]) list.push([name === "chest" ? "holds" : name, this.items(episode.contents(entity, name, step))]);
    }
    if (n.status) list.push(...this.machine(entity, step));
    if (n.bend) {
      const on = episode.itemsOn(entity, step);
      for (const lane of [0, 1]) {
        const own = on.filter((item) => item.lane === lane);
        list.push([`lane ${lane + 1}`, this.items(counted(own.map(({ item }) => item)))]);
      }
      list.push(["shape", ["straight", "turns left", "turns right"][n.bend.at(step)]]);
    }
    return this.told(words(entity.name), look, list);
  }

  machine(entity, step) {
    const { episode } = this;
    const n = entity.numbers, list = [];
    const burning = n.burning.at(step), left = n.left.at(step);
    if (burning) {
      const share = Math.min(1, left / episode.data.fuels[burning]);
      list.push(["burning", this.meter(share, `${episode.itemName(burning)}, ${joules(left)} left`, "fz-fire")]);
    }
    list.push(["energy", joules(n.energy.at(step))]);
    if (n.hand_x) {
      const held = n.held.at(step);
      list.push(["held", held ? this.item(held) : "nothing"], ["hand", place(n.hand_x.at(step), n.hand_y.at(step))]);
    } else {
      const share = n.progress.at(step) / 256;
      list.push(["progress", this.meter(share, `${Math.round(100 * share)} %`, "fz-green")],
        ["finished", grouped(n.finished.at(step))]);
    }
    return list;
  }

  agent(agent, step) {
    const { numbers: n, values } = agent;
    const [verb, code, detail] = values.result.at(step);
    const hand = n.hand.at(step), share = n.share.at(step) / 256;
    const activity = values.activity.at(step);
    const did = ["placed", "inserted", "taken", "handed", "mined", "crafted"]
      .map((name) => [n[name].at(step), name]).filter(([count]) => count);
    return this.told(`agent ${agent.id}`, this.face(agent), [
      ["position", place(n.x.at(step), n.y.at(step))],
      ["facing", DIRECTIONS[n.facing.at(step)]],
      ["this step", values.did.at(step)],
      ["activity", share > 0 ? this.meter(share, activity, "fz-yellow") : activity],
      ["hand", hand ? this.item(hand) : "empty"],
      ["inventory", this.items(pairs(values.inventory.at(step)))],
      ["last result", verb ? `${verb}: ${words(code)}` : words(code)],
      ["why", refused(code) ? detail.replace(/^[A-Z_]+: /, "") : null],
      ["did", did.length ? did.map(([count, name]) => `${name} ${grouped(count)}`).join(", ") : "nothing yet"],
      ["refused", grouped(n.refused.at(step))],
      ["work", `${(n.work.at(step) / 10).toFixed(1)} raw items`],
    ]);
  }

  /** The picture of an agent. */
  face(agent) {
    const { data, sprites } = this.episode;
    const own = Object.keys(data.bodies).filter((key) => key.startsWith(`${agent.id},`));
    const south = own.find((key) => key.endsWith(",8")) ?? own[0];
    return sprites.icon(data.bodies[south][0], [-0.8, -1.32, 1.6], 96);
  }

  /** What is told while nothing is pinned: the episode, and what happened when. */
  episodeFacts() {
    const { data, steps, ticks } = this.episode;
    const { options } = data;
    const window = data.window === null ? "none" : `from tick ${grouped(data.window)}`;
    const facts = this.rows([
      ["length", `${grouped(steps)} steps, ${grouped(this.player.lastTick)} ticks`],
      ["limit", `${grouped(data.max_ticks)} ticks`],
      ["step", `${options.ticks_per_step} ticks`],
      ["final window", window],
      ["seed", `${data.seed} (${data.split})`],
      ["actions", options.action],
      ["return", (this.episode.returns.last() / 1000).toFixed(2)],
      ["version", `${data.versions.fz_multi ?? "?"}, task ${data.versions.task ?? "?"}`],
    ]);
    const events = this.happenings().map(([step, text]) => el("li", {}, el("button", {
      type: "button", class: "fz-event", onclick: () => this.player.seek(step),
    }, el("span", { class: "fz-dim", text: clock(ticks.at(step)) }), el("span", { text }))));
    return el("div", { class: "fz-about-episode" },
      el("p", { class: "fz-dim", text: "Point at a machine, belt, agent or ore to see its state; click to pin it here." }),
      facts, el("h4", { text: "What happened" }), el("ul", { class: "fz-events" }, ...events));
  }

  /** [step, words] of what was built and of events of the team, in order. */
  happenings() {
    const { episode } = this;
    const out = [...episode.data.events];
    let last = null;
    for (const { from, owner, name } of episode.entities.filter((e) => e.owner >= 0).sort((a, b) => a.from - b.from)) {
      if (last && last.owner === owner && last.name === name) {
        last.count += 1;
        last.row[1] = `agent ${owner} builds ${last.count} × ${words(name)}`;
        continue;
      }
      last = { owner, name, count: 1, row: [from, `agent ${owner} builds a ${words(name)}`] };
      out.push(last.row);
    }
    return out.sort((a, b) => a[0] - b[0]);
  }

  /** The cards of the team: made once for an episode, filled by `fill`. */
  cards() {
    this.team = this.episode.agents.map((agent) => {
      const colour = this.episode.data.team[agent.id % this.episode.data.team.length];
      const parts = {
        activity: el("span", { class: "fz-doing" }),
        result: el("span", { class: "fz-result" }),
        bar: el("span", { class: "fz-fill fz-yellow" }),
        items: el("span", { class: "fz-carried" }),
      };
      const card = el("button", {
        class: "fz-card", type: "button", style: `--own:${colour}`, "aria-pressed": "false",
        "data-agent": agent.id, onclick: () => this.player.pick({ agent }, true),
      },
      el("img", { src: this.face(agent), alt: `agent ${agent.id}`, width: 44, height: 44 }),
      el("span", { class: "fz-card-body" },
        el("span", { class: "fz-card-head" }, parts.activity, el("span", { class: "fz-track" }, parts.bar), parts.result),
        parts.items));
      return { agent, card, parts };
    });
    return this.team.map(({ card }) => card);
  }

  fill(step) {
    for (const { agent, card, parts } of this.team) {
      const { numbers: n, values } = agent;
      const [verb, code] = values.result.at(step);
      parts.activity.textContent = values.did.at(step);
      parts.bar.parentNode.hidden = !n.share.at(step);
      parts.bar.style.width = `${Math.round((100 * n.share.at(step)) / 256)}%`;
      parts.result.textContent = refused(code) ? `${verb.toLowerCase()}: ${words(code)}` : "";
      card.setAttribute("aria-pressed", String(this.player.stage.picked?.agent === agent));
      const hand = n.hand.at(step);
      const key = `${hand};${values.inventory.at(step)}`;
      if (parts.items.dataset.key === key) continue;
      parts.items.dataset.key = key;
      parts.items.replaceChildren(...this.carried(pairs(values.inventory.at(step)), hand));
    }
  }

  carried(list, hand) {
    const { data, sprites } = this.episode;
    if (!list.length && !hand) return [el("span", { class: "fz-dim", text: "carries nothing" })];
    const all = list.some(([item]) => item === hand) || !hand ? list : [[hand, 0], ...list];
    return all.sort((a, b) => (b[0] === hand) - (a[0] === hand) || a[0] - b[0]).map(([item, count]) => {
      const name = this.episode.itemName(item);
      const label = `${count} ${name}${item === hand ? ", in hand" : ""}`;
      return el("span", { class: item === hand ? "fz-chip fz-in-hand" : "fz-chip", title: label },
        el("img", { src: sprites.icon(data.items[item][1]), alt: name, width: 18, height: 18 }),
        el("span", { text: grouped(count) }));
    });
  }
}

const refused = (code) => code !== "ok" && code !== "running";

const place = (x, y) => `${round(x / TILE)}, ${round(y / TILE)}`;

const round = (value) => String(Math.round(value * 100) / 100);

/** How many of each: [[item, count], ...] */
function counted(items) {
  const total = new Map();
  for (const item of items) total.set(item, (total.get(item) ?? 0) + 1);
  return [...total];
}
