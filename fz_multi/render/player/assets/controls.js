// The elements of a player, and what pointer and keys do. Methods of Player.

Object.assign(Player.prototype, {
  build() {
    const button = (name, label, onclick, more = {}) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick, ...more }, SIGNS[name] ? sign(name) : name);
    const p = (this.parts = {
      title: el("h2", { class: "fz-title" }),
      about: el("span", { class: "fz-about" }),
      outcome: el("span"),
      clock: el("span", { class: "fz-clock" }),
      when: el("span", { class: "fz-dim fz-when" }),
      goals: el("div", { class: "fz-goals" }),
      canvas: el("canvas", {
        class: "fz-canvas", tabindex: 0, role: "application",
        "aria-label": "Map of the episode. Space plays, arrow keys step, N pins the next agent or machine.",
      }),
      tip: el("div", { class: "fz-tip", hidden: true }),
      told: el("div", { class: "fz-pinned" }),
      cards: el("div", { class: "fz-cards" }),
      bands: el("div"),
      charts: el("div", { class: "fz-charts" }),
      legend: el("ul", { class: "fz-legend" }),
      said: el("div", { class: "fz-said", "aria-live": "polite" }),
      count: el("span", { class: "fz-count" }),
      play: button("play", "Play", () => (this.playing ? this.pause() : this.play()), { class: "fz-play" }),
      scrub: el("input", {
        type: "range", class: "fz-scrub", min: 0, max: 1, step: 1, value: 0, "aria-label": "Step",
        oninput: () => this.seek(Number(this.parts.scrub.value)),
      }),
      speed: el("select", { class: "fz-speed", "aria-label": "Speed", onchange: () => this.setSpeed(Number(this.parts.speed.value)) },
        ...SPEEDS.map((speed) => el("option", { value: speed, text: `${speed}×` }))),
      unpin: button("close", "Unpin", () => this.pick(null)),
      follow: button("follow", "Follow this agent (F)", () => this.follow(), { "aria-pressed": "false" }),
      choose: el("select", { class: "fz-choose", "aria-label": "Episode", onchange: () => this.load(this.parts.choose.selectedIndex) },
        ...this.packed.map((part) => el("option", { text: part.dataset.label }))),
    });
    const glass = el("div", { class: "fz-glass" },
      button("plus", "Zoom in", () => this.zoom(1.25)),
      button("minus", "Zoom out", () => this.zoom(0.8)),
      button("fit", "Fit what is built (0)", () => this.fit("action")),
      button("map", "Fit the whole map (M)", () => this.fit("map")),
      button("lens", "Lenses on or off (L)", () => this.lenses()));
    const theme = button("theme", "Light or dark", () => this.theme(), { class: "fz-theme" });
    this.root.append(
      el("header", { class: "fz-head" }, p.title, p.about, this.packed.length > 1 ? p.choose : null,
        el("span", { class: "fz-grow" }), p.outcome, el("span", { class: "fz-time" }, p.when, p.clock), theme),
      p.goals,
      el("div", { class: "fz-main" },
        el("div", { class: "fz-left" },
          el("div", { class: "fz-stage" }, p.canvas, p.tip),
          el("div", { class: "fz-controls" },
            button("first", "First step (Home)", () => this.seek(0)),
            button("back", "Step back (←)", () => this.seek(this.step - 1), { class: "fz-back" }),
            p.play,
            button("forward", "Step forward (→)", () => this.seek(this.step + 1), { class: "fz-forward" }),
            p.scrub, p.count, p.speed, glass)),
        (p.side = el("aside", { class: "fz-side" }, p.cards,
          el("section", { class: "fz-inspect", "aria-label": "State", tabindex: 0 },
            el("div", { class: "fz-tools" }, p.follow, p.unpin), p.told)))),
      p.legend, p.bands, p.charts,
      el("details", { class: "fz-help" }, el("summary", { text: "Keys" }),
        el("dl", {}, ...KEYS.flatMap(([key, text]) => [el("dt", { text: key }), el("dd", { text })]))),
      p.said);
    this.root.dataset.theme ??= matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
    this.stage = new Stage(p.canvas);
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.setSpeed(this.speed);
    this.buttons();
  },

  listen() {
    const { canvas } = this.parts;
    const pointers = new Map();
    let moved = false;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      moved = false;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return this.hover(event.offsetX, event.offsetY);
      const now = [event.offsetX, event.offsetY];
      if (!moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < 4) return;
      moved = true;
      this.following = false;
      if (pointers.size === 2) this.pinch(pointers, event.pointerId, now);
      else this.stage.pan(now[0] - before[0], now[1] - before[1]);
      pointers.set(event.pointerId, now);
      this.draw();
    });
    canvas.addEventListener("pointerup", (event) => {
      pointers.delete(event.pointerId);
      if (!moved) this.pick(this.under(event.offsetX, event.offsetY));
    });
    canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("wheel", (event) => {
      // The page scrolls unless the map has the focus (a click gives it).
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.offsetX, event.offsetY);
    }, { passive: false });
    // A player that is the page has all keys; else only while something in it has the focus.
    const alone = this.root.hasAttribute("data-alone");
    (alone ? document : this.root).addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(this.root);
  },

  pinch(pointers, moving, now) {
    const [other] = [...pointers].filter(([id]) => id !== moving).map(([, at]) => at);
    const before = pointers.get(moving);
    const apart = (a, b) => Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1]));
    this.stage.zoom(apart(now, other) / apart(before, other), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  },

  under(x, y) {
    return this.stage.find(...this.stage.tileAt(x, y), this.step);
  },

  /** Show what is under the pointer; null = nothing. */
  hover(x, y) {
    if (!this.episode) return;
    const { tip, canvas } = this.parts;
    const thing = x === null ? null : this.under(x, y);
    this.stage.hovered = thing;
    canvas.style.cursor = thing ? "pointer" : "";
    this.tell();
    if (thing) {
      const right = x > canvas.clientWidth / 2, low = y > canvas.clientHeight / 2;
      tip.style.left = right ? "" : `${x + 16}px`;
      tip.style.right = right ? `${canvas.clientWidth - x + 16}px` : "";
      tip.style.top = low ? "" : `${y + 12}px`;
      tip.style.bottom = low ? `${canvas.clientHeight - y + 12}px` : "";
    }
    if (!this.playing) this.draw();
  },

  zoom(factor, x, y) {
    this.stage.zoom(factor, x, y);
    this.draw();
  },

  fit(what) {
    this.following = false;
    this.stage.fit(what);
    this.tell();
    this.draw();
  },

  lenses() {
    this.stage.withLenses = !this.stage.withLenses;
    this.stage.arrange();
    this.draw();
  },

  follow() {
    this.following = !this.following;
    if (this.following && this.stage.main.pixels < 24 * this.stage.density) this.stage.zoom((24 * this.stage.density) / this.stage.main.pixels);
    this.tell();
    this.draw();
  },

  theme() {
    this.root.dataset.theme = this.root.dataset.theme === "dark" ? "light" : "dark";
  },

  /** Pressing and dragging on a chart goes to that step. */
  seekOn(figure, stepAt) {
    const go = (event) => this.seek(stepAt(event.clientX - figure.getBoundingClientRect().left));
    figure.addEventListener("pointerdown", (event) => {
      figure.setPointerCapture(event.pointerId);
      go(event);
    });
    figure.addEventListener("pointermove", (event) => {
      if (event.buttons) go(event);
    });
  },

  key(event) {
    if (!this.episode || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target.matches("select, input:not([type=range])")) return;
    const onButton = target.matches("button, summary");
    const far = event.shiftKey ? 10 : 1;
    const pan = 60;
    const keys = {
      " ": onButton ? null : () => (this.playing ? this.pause() : this.play()),
      k: () => (this.playing ? this.pause() : this.play()),
      ArrowLeft: () => this.seek(this.step - far),
      ArrowRight: () => this.seek(this.step + far),
      Home: () => this.seek(0),
      End: () => this.seek(this.episode.steps),
      ArrowUp: () => this.faster(1),
      ArrowDown: () => this.faster(-1),
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      0: () => this.fit("action"),
      m: () => this.fit("map"),
      l: () => this.lenses(),
      n: () => this.next(1),
      p: () => this.next(-1),
      f: () => this.stage.picked?.agent && this.follow(),
      Escape: () => this.pick(null),
      w: () => this.move(0, pan),
      a: () => this.move(pan, 0),
      s: () => this.move(0, -pan),
      d: () => this.move(-pan, 0),
    };
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  },

  move(dx, dy) {
    this.following = false;
    this.stage.pan(dx, dy);
    this.draw();
  },
});

/** Make players of all elements that are none yet. */
function mountPlayers() {
  for (const root of document.querySelectorAll(".fz-player:not([data-state])")) {
    new Player(root);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountPlayers);
else mountPlayers();
