// The player: controls, keys, pointer, and which episode is shown.

const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 20, 50];
const KEYS = [
  ["Space, K", "play or pause"], ["← →", "a step back or forward (Shift: ten)"], ["Home, End", "first or last step"],
  ["↑ ↓", "faster, slower"], ["+ −", "zoom"], ["W A S D", "move the map"], ["0", "fit what is built"], ["M", "fit the whole map"], ["L", "lenses on or off"],
  ["N, P", "pin the next or previous thing"], ["F", "follow the pinned agent"], ["Esc", "unpin"],
];

class Player {
  constructor(root) {
    this.root = root;
    root.player = this;
    this.packed = [...root.querySelectorAll("script[data-replay]")];
    this.playing = false;
    this.speed = 5;
    this.time = 0; // in steps; whole when paused
    this.build();
    this.listen();
    this.load(0);
  }

  // -- episodes ------------------------------------------------------------------------------------
  async load(number) {
    this.pause();
    this.root.dataset.state = "loading";
    try {
      const data = await unpack(this.packed[number].textContent);
      this.episode = new Episode(data);
    } catch (error) {
      this.root.dataset.state = "error";
      this.parts.said.textContent = `This replay cannot be shown: ${error.message}`;
      throw error;
    }
    const { episode, parts } = this;
    this.lastTick = episode.tick(episode.steps);
    this.panel = new Panel(this);
    this.facts = null;
    this.stage.show(episode);
    parts.scrub.max = episode.steps;
    this.shadeWindow();
    this.head();
    parts.cards.replaceChildren(...this.panel.cards());
    this.charts = chartsOf(this);
    const [bands, ...lines] = this.charts.map((chart) => chart.element);
    parts.bands.replaceChildren(bands);
    parts.charts.replaceChildren(...lines);
    parts.legend.replaceChildren(...this.legend());
    this.shown = -1;
    this.pin(null);
    this.resize();
    this.seek(Number(this.root.dataset.at ?? 0));
    this.root.dataset.state = "ready";
  }

  head() {
    const { data } = this.episode;
    const { outcome } = data;
    const solved = outcome.success > 0;
    this.parts.title.textContent = data.title || words(data.task);
    const about = [data.policy, `${data.agents.length} ${data.agents.length === 1 ? "agent" : "agents"}`,
      `seed ${data.seed}`, data.split === "eval" ? "evaluation map" : "training map"];
    this.parts.about.textContent = about.filter(Boolean).join(" · ");
    this.parts.outcome.textContent = solved ? `solved at ${clock(this.lastTick)}`
      : `not solved (${Math.round(100 * outcome.progress)} % of the goals)`;
    this.parts.outcome.className = `fz-outcome ${solved ? "fz-yes" : "fz-no"}`;
    this.goals = this.episode.goals.map(({ label, target, numbers }, k) => {
      const fill = el("span", { class: "fz-fill" }), value = el("span", { class: "fz-value" });
      const row = el("div", { class: "fz-goal", "data-goal": k }, el("span", { text: label }),
        el("span", { class: "fz-track" }, fill), value);
      return { row, fill, value, target, numbers };
    });
    this.parts.goals.replaceChildren(...this.goals.map(({ row }) => row));
  }

  legend() {
    const { data, sprites } = this.episode;
    return data.legend.map(([sprite, text]) => el("li", {},
      el("img", { src: sprites.entityIcon(sprite, 48), alt: "", width: 24, height: 24 }), el("span", { text })));
  }

  /** The final window, in which only wait is legal, shaded behind the scrubber. */
  shadeWindow() {
    const { window: tick } = this.episode.data;
    const share = tick === null ? 1 : this.stepOfTick(tick) / Math.max(1, this.episode.steps);
    const shaded = tick !== null && tick < this.lastTick;
    this.parts.scrub.style.setProperty("--window", `${100 * (shaded ? share : 1)}%`);
    this.parts.scrub.title = shaded ? "shaded: the final window, in which only wait is legal" : "";
  }

  /** That window in a chart. */
  backdrop(chart) {
    const { window: tick } = this.episode.data;
    const group = svg("g", { class: "fz-window" });
    if (tick !== null && tick < this.lastTick) {
      const x = chart.x(tick), top = MARGIN.top, tall = chart.height - MARGIN.top - MARGIN.bottom;
      const box = svg("rect", { x, y: top, width: chart.x(this.lastTick) - x, height: tall });
      box.append(svg("title", {}, "the final window: only wait is legal"));
      group.append(box);
    }
    return group;
  }

  // -- time ----------------------------------------------------------------------------------------
  get step() { return Math.min(this.episode.steps, Math.floor(this.time + 1e-9)); }

  stepOfTick(tick) {
    const { ticks, steps } = this.episode;
    const at = lastUpTo(ticks.values, tick);
    const low = ticks.steps[Math.max(0, at)] ?? 0, high = ticks.steps[at + 1];
    if (high === undefined) return steps;
    return tick - ticks.values[at] > ticks.values[at + 1] - tick ? high : low;
  }

  seek(step, keepPlaying = false) {
    if (!keepPlaying) this.pause();
    this.time = Math.max(0, Math.min(this.episode.steps, Math.round(step)));
    this.draw();
  }

  play() {
    if (this.time >= this.episode.steps) this.time = 0;
    this.playing = true;
    this.last = performance.now();
    this.buttons();
    requestAnimationFrame((now) => this.frame(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.time = this.step;
    this.buttons();
    this.draw();
  }

  frame(now) {
    if (!this.playing) return;
    const { episode } = this;
    let ticks = (Math.min(250, now - this.last) / 1000) * 60 * this.speed;
    this.last = now;
    while (ticks > 0 && this.time < episode.steps) {
      const step = Math.floor(this.time);
      const length = Math.max(1, episode.tick(step + 1) - episode.tick(step));
      const used = Math.min(ticks, (step + 1 - this.time) * length);
      this.time = used === ticks ? this.time + used / length : step + 1;
      ticks -= used;
    }
    if (this.time >= episode.steps) return this.pause();
    this.draw();
    requestAnimationFrame((later) => this.frame(later));
  }

  setSpeed(speed) {
    this.speed = speed;
    this.parts.speed.value = String(speed);
  }

  faster(by) {
    const at = SPEEDS.indexOf(this.speed) + by;
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]);
  }

  // -- showing -------------------------------------------------------------------------------------
  draw() {
    const { stage, step } = this;
    const part = this.playing && !this.calm.matches ? this.time - step : 0;
    const { picked } = stage;
    if (this.following && picked?.agent) stage.centre(...this.episode.agentAt(picked.agent, step, part));
    stage.draw(step, part);
    if (step !== this.shown) this.fill(step);
  }

  fill(step) {
    this.shown = step;
    const { episode, parts } = this;
    const tick = episode.tick(step);
    this.root.dataset.step = step;
    parts.scrub.value = step;
    parts.scrub.setAttribute("aria-valuetext", `step ${step} of ${episode.steps}, ${clock(tick)}`);
    parts.scrub.style.setProperty("--share", `${(100 * step) / Math.max(1, episode.steps)}%`);
    parts.when.textContent = `tick ${grouped(tick)}`;
    parts.clock.textContent = clock(tick);
    parts.count.textContent = `step ${grouped(step)} / ${grouped(episode.steps)}`;
    for (const { fill, value, target, numbers } of this.goals) {
      const now = numbers.at(step);
      fill.style.width = `${Math.min(100, (100 * now) / target)}%`;
      fill.className = now >= target ? "fz-fill fz-green" : "fz-fill fz-yellow";
      value.textContent = `${grouped(now)} / ${grouped(target)}`;
    }
    this.panel.fill(step);
    for (const chart of this.charts) chart.fill(step);
    this.tell();
  }

  /** The pinned thing in the panel, and the one under the pointer beside it. */
  tell() {
    const { stage, parts, step } = this;
    this.facts ??= this.panel.episodeFacts();
    const told = stage.picked ? this.panel.describe(stage.picked, step) : this.facts;
    if (parts.told.firstChild !== told) parts.told.replaceChildren(told);
    parts.unpin.hidden = !stage.picked;
    parts.follow.hidden = !stage.picked?.agent;
    parts.follow.setAttribute("aria-pressed", String(Boolean(this.following)));
    parts.tip.hidden = !stage.hovered;
    if (stage.hovered) parts.tip.replaceChildren(this.panel.describe(stage.hovered, step));
  }

  pin(thing) {
    this.stage.picked = thing;
    if (!thing?.agent) this.following = false;
  }

  /** Pin a thing; with `bring` the map moves so that it is seen. */
  pick(thing, bring = false) {
    const same = (a, b) => a && b && (a.agent ?? a.entity ?? a.deposit) === (b.agent ?? b.entity ?? b.deposit);
    this.pin(same(thing, this.stage.picked) && bring ? null : thing);
    if (this.stage.picked && bring) {
      const [x, y, w, h] = this.stage.boxOf(thing, this.step);
      const { main } = this.stage;
      const inside = x > main.x && y > main.y && x + w < main.x + main.width / main.pixels
        && y + h < main.y + main.height / main.pixels;
      if (!inside) this.stage.centre(x + w / 2, y + h / 2);
    }
    this.shown = -1;
    this.draw();
    if (this.stage.picked) this.parts.said.textContent = this.parts.told.innerText.replace(/\s+/g, " ").slice(0, 300);
  }

  /** Pin the next agent or machine, for those who have no pointer. */
  next(by) {
    const { episode, step, stage } = this;
    const things = [
      ...episode.agents.map((agent) => ({ agent })),
      ...episode.standing(step).filter(({ numbers }) => numbers.status || numbers.bend).map((entity) => ({ entity })),
      ...episode.standing(step).filter(({ contents }) => contents.chest).map((entity) => ({ entity })),
    ];
    const at = things.findIndex((thing) => stage.picked && (thing.agent ?? thing.entity) === (stage.picked.agent ?? stage.picked.entity));
    const next = things[(at < 0 ? (by > 0 ? 0 : things.length - 1) : at + by + things.length) % things.length];
    this.pin(null);
    this.pick(next, true);
  }

  buttons() {
    const { play } = this.parts;
    play.replaceChildren(sign(this.playing ? "pause" : "play"));
    play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    play.title = this.playing ? "Pause (Space)" : "Play (Space)";
    this.root.dataset.playing = String(this.playing);
  }

  /** As high as the map needs at this width, and not too high. */
  shape() {
    const { left, top, right, bottom } = this.episode.action();
    const { clientWidth } = this.parts.canvas;
    const aspect = (right - left) / (bottom - top);
    const lenses = aspect > WIDE && clientWidth > 600 && clientWidth / (right - left) < SMALL
      && this.stage.zones().length;
    const wanted = clientWidth / aspect + (lenses ? 280 : 0);
    const most = Math.max(300, Math.min(760, 0.66 * window.innerHeight));
    const { canvas, side } = this.parts;
    canvas.parentNode.style.height = `${Math.round(Math.max(280, Math.min(wanted, most)))}px`;
    // The side is as high as the map beside it, or as it needs below the map.
    const beside = canvas.parentNode.parentNode;
    side.style.height = side.offsetTop < beside.offsetTop + 10 ? `${Math.max(420, beside.offsetHeight)}px` : "";
  }

  resize() {
    if (!this.episode) return;
    this.shape();
    this.stage.resize();
    for (const chart of this.charts) {
      const style = getComputedStyle(chart.element);
      chart.resize(chart.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
      chart.fill(this.step);
    }
    this.draw();
  }
}
