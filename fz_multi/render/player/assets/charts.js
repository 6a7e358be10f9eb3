// Charts over the time of an episode: what is made, goals, work, and what each agent does.

const INKS = ["#4e9bd6", "#e8a33d", "#6fbf62", "#c178d8", "#e06c5e", "#48b8a8", "#cdbb3f", "#9a8f86"];
const DOING = {
  walking: "#5b9bd9", building: "#6fbf62", inserting: "#e8b53d", taking: "#d98558", mining: "#a9743f", crafting: "#b07ad0",
  idle: null,
};
const MARGIN = { left: 40, right: 12, top: 8, bottom: 20 };

/** A chart with a line for each of `series`: {label, ink, icon, numbers, scale, show}. */
class LineChart {
  constructor(player, title, note, series, { top, percent = false } = {}) {
    this.player = player;
    this.series = series;
    this.percent = percent;
    this.top = top ?? niceTop(Math.max(0, ...series.map((s) => Math.max(...s.numbers.values) / s.scale)));
    const low = Math.min(0, ...series.map((s) => Math.min(...s.numbers.values) / s.scale));
    this.low = low < -0.05 * this.top ? -niceTop(-low) : low;
    this.figure = svg("svg", { role: "img" });
    this.figure.append(svg("title", {}, title));
    this.values = series.map(() => el("b"));
    const legend = el("ul", { class: "fz-key" }, ...series.map((s, k) => el("li", {},
      el("i", { style: `background:${s.ink}` }),
      s.icon ? el("img", { src: s.icon, alt: "", width: 16, height: 16 }) : null,
      el("span", { text: s.label }), this.values[k])));
    this.element = el("section", { class: "fz-chart" },
      el("h4", {}, el("span", { text: title }), el("small", { text: note })), legend, this.figure);
    player.seekOn(this.figure, (x) => this.stepAt(x));
  }

  resize(width) {
    this.width = Math.max(180, width);
    this.height = 150;
    const { figure } = this;
    figure.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    figure.setAttribute("width", this.width);
    figure.setAttribute("height", this.height);
    figure.querySelectorAll("g, line").forEach((part) => part.remove());
    figure.append(this.player.backdrop(this), this.grid());
    const lines = svg("g", { class: "fz-lines" });
    // The first are drawn wider, so that lines on top of each other are all seen.
    this.series.forEach((s, k) => {
      const width = Math.max(1.6, Math.min(4.4, 1.6 + 1.2 * (this.series.length - 1 - k)) - (this.series.length > 4 ? 1 : 0));
      lines.append(svg("path", { d: this.path(s), stroke: s.ink, "stroke-width": width }));
    });
    this.cursor = svg("line", { class: "fz-cursor", y1: MARGIN.top, y2: this.height - MARGIN.bottom });
    figure.append(lines, this.cursor);
  }

  x(tick) {
    const end = Math.max(1, this.player.lastTick);
    return MARGIN.left + (tick / end) * (this.width - MARGIN.left - MARGIN.right);
  }

  y(value) {
    const share = (value - this.low) / (this.top - this.low || 1);
    return this.height - MARGIN.bottom - share * (this.height - MARGIN.top - MARGIN.bottom);
  }

  stepAt(x) {
    const share = (x - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right);
    return this.player.stepOfTick(share * this.player.lastTick);
  }

  grid() {
    const group = svg("g", { class: "fz-grid" });
    const marks = [...new Set([this.low < -0.05 * this.top ? this.low : 0, 0, this.top / 2, this.top])];
    for (const value of marks) {
      const y = this.y(value);
      group.append(svg("line", { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y, y2: y }),
        svg("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, this.label(value)));
    }
    group.append(...timeMarks(this));
    return group;
  }

  label(value) {
    if (this.percent) return `${Math.round(100 * value)} %`;
    return value >= 1000 ? `${round(value / 1000)}k` : round(value);
  }

  /** A stair: a value holds until the next one. */
  path({ numbers, scale }) {
    const { episode } = this.player;
    let d = "";
    numbers.steps.forEach((step, k) => {
      const x = this.x(episode.tick(step)).toFixed(1), y = this.y(numbers.values[k] / scale).toFixed(1);
      d += k ? `H${x}V${y}` : `M${x} ${y}`;
    });
    return `${d}H${this.x(this.player.lastTick).toFixed(1)}`;
  }

  fill(step) {
    if (!this.cursor) return;
    const x = this.x(this.player.episode.tick(step));
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
    this.series.forEach((s, k) => { this.values[k].textContent = s.show(s.numbers.at(step), step); });
  }
}

/** A band for each agent, coloured by what it does. */
class Bands {
  constructor(player) {
    this.player = player;
    this.figure = svg("svg", { role: "img" });
    this.figure.append(svg("title", {}, "What each agent does"));
    const used = new Set(player.episode.agents.flatMap(({ values }) => values.did.values));
    const legend = el("ul", { class: "fz-key" }, ...Object.keys(DOING).filter((name) => used.has(name)).map((name) =>
      el("li", {}, el("i", { style: DOING[name] ? `background:${DOING[name]}` : "", class: DOING[name] ? "" : "fz-none" }),
        el("span", { text: name }))),
    el("li", {}, el("i", { class: "fz-refusal" }), el("span", { text: "refused" })));
    this.element = el("section", { class: "fz-chart" },
      el("h4", {}, el("span", { text: "What each agent does" }), el("small", { text: "in each step" })), legend, this.figure);
    player.seekOn(this.figure, (x) => this.stepAt(x));
  }

  resize(width) {
    const { agents } = this.player.episode;
    this.width = Math.max(180, width);
    const tall = agents.length > 6 ? 13 : 22;
    this.height = MARGIN.top + agents.length * (tall + 4) + MARGIN.bottom;
    this.figure.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.figure.setAttribute("width", this.width);
    this.figure.setAttribute("height", this.height);
    this.figure.querySelectorAll("g, line").forEach((part) => part.remove());
    const group = svg("g", { class: "fz-grid" });
    agents.forEach((agent, k) => this.band(group, agent, MARGIN.top + k * (tall + 4), tall));
    group.append(...timeMarks(this));
    this.cursor = svg("line", { class: "fz-cursor", y1: MARGIN.top, y2: this.height - MARGIN.bottom });
    this.figure.append(this.player.backdrop(this), group, this.cursor);
  }

  x(tick) { return LineChart.prototype.x.call(this, tick); }

  stepAt(x) { return LineChart.prototype.stepAt.call(this, x); }

  band(group, agent, y, tall) {
    const { episode, lastTick } = this.player;
    const { steps, values } = agent.values.did.places;
    const names = agent.values.did.values;
    group.append(svg("text", { x: MARGIN.left - 6, y: y + tall / 2 + 4, "text-anchor": "end" }, String(agent.id)),
      svg("rect", { class: "fz-none", x: MARGIN.left, y, width: this.x(lastTick) - MARGIN.left, height: tall }));
    steps.forEach((step, k) => {
      const ink = DOING[names[values[k]]];
      if (!ink) return;
      // What is seen after a step was done in that step.
      const from = this.x(episode.tick(Math.max(0, step - 1)));
      const to = k + 1 < steps.length ? this.x(episode.tick(steps[k + 1] - 1)) : this.x(lastTick);
      group.append(svg("rect", { x: from, y, width: Math.max(0.7, to - from), height: tall, fill: ink }));
    });
    const { steps: at, values: counts } = agent.numbers.refused;
    at.forEach((step, k) => {
      if (counts[k]) group.append(svg("rect", { class: "fz-refusal", x: this.x(episode.tick(step)) - 1, y, width: 2, height: tall / 2 }));
    });
  }

  fill(step) {
    if (!this.cursor) return;
    const x = this.x(this.player.episode.tick(step));
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }
}

/** All charts of an episode. */
function chartsOf(player) {
  const { episode } = player;
  const { data, sprites } = episode;
  const made = episode.made.map(({ item, machine, hand }, k) => ({
    label: episode.itemName(item),
    ink: INKS[k % INKS.length],
    icon: sprites.icon(data.items[item][1]),
    numbers: sum(machine, hand),
    scale: 1,
    show: (value, step) => {
      const own = hand.at(step);
      return own ? `${grouped(value)} (${grouped(own)} by hand)` : grouped(value);
    },
  }));
  const goals = episode.goals.map(({ label, target, numbers }, k) => ({
    label,
    ink: data.areas[k % data.areas.length],
    numbers,
    scale: target,
    show: (value) => `${grouped(value)} / ${grouped(target)}`,
  }));
  const work = episode.agents.map((agent) => ({
    label: `agent ${agent.id}`,
    ink: data.team[agent.id % data.team.length],
    numbers: agent.numbers.work,
    scale: 10,
    show: (value) => (value / 10).toFixed(0),
  }));
  const reward = [{
    label: "return", ink: "#cdbb3f", numbers: episode.returns, scale: 1000, show: (value) => (value / 1000).toFixed(2),
  }];
  return [
    new Bands(player),
    made.length ? new LineChart(player, "Production", "items made, mined and crafted so far", made) : null,
    new LineChart(player, "Goals", "share of each", goals, { top: 1, percent: true }),
    new LineChart(player, "Work", "of each agent, in raw items", work),
    new LineChart(player, "Return", "sum of rewards, mean of the agents", reward),
  ].filter(Boolean);
}

/** The sum of two tracks as one. */
function sum(a, b) {
  const steps = [...new Set([...a.steps, ...b.steps])].sort((x, y) => x - y);
  const total = new Numbers([a.at(steps[0]) + b.at(steps[0])], steps[0]);
  total.steps = steps;
  total.values = steps.map((step) => a.at(step) + b.at(step));
  return total;
}

/** A round number that is not below the value. */
function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((k) => k * power).find((top) => top >= value * 0.999);
}

/** Labels of the time axis, in minutes and seconds. */
function timeMarks(chart) {
  const end = chart.player.lastTick;
  const room = Math.max(2, Math.floor((chart.width - MARGIN.left) / 70));
  const every = [60, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 108000, 216000, 864000]
    .find((ticks) => end / ticks <= room) ?? end;
  const out = [];
  for (let tick = 0; tick <= end; tick += every) {
    const seconds = Math.round(tick / 60);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    out.push(svg("text", { x: chart.x(tick), y: chart.height - 5, "text-anchor": tick ? "middle" : "start" }, text));
  }
  return out;
}
