// What part of the map is seen: fitting, zooming, moving, and lenses.

const MOST_PIXELS = 96; // of a tile (CSS)
const SMALL = 15; // pixels of a tile (CSS) below which lenses show the areas of the task larger
const LENS_TILES = 9; // least side of a lens
const WIDE = 1.7; // width to height of a map that has its lenses below
const GAP = 4;

/** A part of the canvas (device pixels) and the part of the map that it shows. */
class View {
  constructor(left, top, width, height) {
    Object.assign(this, { left, top, width, height, x: 0, y: 0, pixels: 8 });
  }

  centre(x, y, bounds) {
    this.x = x - this.width / this.pixels / 2;
    this.y = y - this.height / this.pixels / 2;
    this.keepNear(bounds);
  }

  /** Do not lose the map out of sight; a map that is smaller stays in the middle. */
  keepNear({ left, top, right, bottom }) {
    const within = (at, room, low, high) =>
      room >= high - low ? (low + high - room) / 2 : Math.min(Math.max(at, low), high - room);
    this.x = within(this.x, this.width / this.pixels, left, right);
    this.y = within(this.y, this.height / this.pixels, top, bottom);
  }

  holds(px, py) {
    return px >= this.left && py >= this.top && px < this.left + this.width && py < this.top + this.height;
  }

  tileAt(px, py) {
    return [this.x + (px - this.left) / this.pixels, this.y + (py - this.top) / this.pixels];
  }
}

/** The canvas, what of the map is seen in it, and where lenses show parts of it larger. */
class Camera {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.view = this.main = new View(0, 0, 1, 1);
    this.lenses = [];
    this.withLenses = true;
  }

  show(episode) {
    this.episode = episode;
    this.field = null;
    this.picked = this.hovered = null;
    this.fitted = "action";
  }

  // -- cameras -------------------------------------------------------------------------------------
  get density() { return window.devicePixelRatio || 1; }

  get pixels() { return this.view.pixels; }

  /** Adapt to the size of the element on the page. */
  resize() {
    const { canvas, density } = this;
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * density));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * density));
    this.arrange();
  }

  /** Share the canvas between the map and lenses. */
  arrange() {
    const { width, height } = this.canvas;
    const { main } = this;
    Object.assign(main, { left: 0, top: 0, width, height });
    this.lenses = [];
    const box = this.boxOfFit(this.fitted ?? "action");
    const zones = this.zones();
    if (this.withLenses && zones.length && this.pixelsFor(box) < SMALL * this.density) this.addLenses(zones, box);
    if (this.lenses.every(({ view }) => view.pixels < 1.4 * this.pixelsFor(box))) {
      this.lenses = []; // they would show little more
      Object.assign(main, { width, height });
    }
    if (this.fitted) this.fit(this.fitted);
    else main.keepNear(this.episode.whole());
  }

  /** Areas of the task that are worth a lens. */
  zones() {
    return this.episode.data.zones.filter(([l, t, r, b]) => Math.max(r - l, b - t) > 4).slice(0, 4);
  }

  /** Lenses below a wide map or beside another. */
  addLenses(zones, box) {
    const { width, height } = this.canvas;
    const { main, density } = this;
    const below = (box.right - box.left) / (box.bottom - box.top) > WIDE;
    const least = 190 * density;
    if (below ? height < 2 * least : width < 3 * least) return; // no room for them
    const gap = Math.round(GAP * density);
    const part = below ? Math.max(least, height - this.pixelsForWidth(box) * (box.bottom - box.top) - gap)
      : Math.round(width * 0.36);
    const count = Math.min(zones.length, Math.max(1, Math.floor((below ? width : height) / least)));
    if (below) main.height = Math.round(height - Math.min(part, height * 0.62)) - gap;
    else main.width = width - part - gap;
    const shares = (total) => Array.from({ length: count + 1 }, (_, k) => Math.round((k * (total + gap)) / count));
    const edges = shares(below ? width : height);
    zones.slice(0, count).forEach((zone, k) => {
      const from = edges[k], size = edges[k + 1] - edges[k] - gap;
      const view = below ? new View(from, main.height + gap, size, height - main.height - gap)
        : new View(main.width + gap, from, part, size);
      this.aim(view, zone);
      this.lenses.push({ view, zone });
    });
  }

  /** Point a lens at what is built in a zone in the end, or at its deposits, or at all of it. */
  aim(view, [left, top, right, bottom]) {
    const { episode } = this;
    const inside = ([x, y, w, h]) => x + w > left && y + h > top && x < right && y < bottom;
    let boxes = episode.entities.filter(({ box, owner }) => owner >= 0 && inside(box)).map(({ box }) => box);
    if (!boxes.length) {
      const { ground } = episode;
      boxes = ground.deposits.map((index) => (
        [ground.left + (index % ground.width), ground.top + Math.floor(index / ground.width), 1, 1])).filter(inside);
    }
    if (!boxes.length) boxes = [[left, top, right - left, bottom - top]];
    const x0 = Math.max(left, Math.min(...boxes.map(([x]) => x))), y0 = Math.max(top, Math.min(...boxes.map(([, y]) => y)));
    const x1 = Math.min(right, Math.max(...boxes.map(([x, , w]) => x + w)));
    const y1 = Math.min(bottom, Math.max(...boxes.map(([, y, , h]) => y + h)));
    const wide = Math.max(LENS_TILES, x1 - x0 + 4), tall = Math.max(LENS_TILES, y1 - y0 + 4);
    view.pixels = this.allowed(Math.min(view.width / wide, view.height / tall, 48 * this.density));
    view.centre((x0 + x1) / 2, (y0 + y1) / 2, episode.whole());
  }

  boxOfFit(what) { return what === "map" ? this.episode.whole() : this.episode.action(); }

  pixelsForWidth({ left, right }) { return this.main.width / (right - left); }

  pixelsFor(box) {
    return Math.min(this.pixelsForWidth(box), this.main.height / (box.bottom - box.top));
  }

  fit(what) {
    this.fitted = what;
    const box = this.boxOfFit(what);
    this.main.pixels = this.allowed(Math.min(this.pixelsFor(box), 64 * this.density));
    this.centre((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  }

  /** Whole device pixels, so that tiles join without seams. */
  allowed(pixels) {
    return Math.max(3, Math.min(MOST_PIXELS * this.density, Math.floor(pixels)));
  }

  centre(x, y) { this.main.centre(x, y, this.episode.whole()); }

  /** Zoom the map about a point of the element (CSS pixels), its middle without one. */
  zoom(factor, px, py) {
    const { main, density } = this;
    const at = px === undefined || !main.holds(px * density, py * density)
      ? [main.left + main.width / 2, main.top + main.height / 2] : [px * density, py * density];
    const [tx, ty] = main.tileAt(...at);
    const wanted = main.pixels * factor;
    main.pixels = this.allowed(factor > 1 ? Math.max(wanted, main.pixels + 1) : wanted);
    main.x = tx - (at[0] - main.left) / main.pixels;
    main.y = ty - (at[1] - main.top) / main.pixels;
    this.fitted = null;
    main.keepNear(this.episode.whole());
  }

  /** Move the map by CSS pixels. */
  pan(dx, dy) {
    const { main, density } = this;
    main.x -= (dx * density) / main.pixels;
    main.y -= (dy * density) / main.pixels;
    this.fitted = null;
    main.keepNear(this.episode.whole());
  }

  /** The tile under a point of the element, in the map or in a lens. */
  tileAt(px, py) {
    const x = px * this.density, y = py * this.density;
    const lens = this.lenses.find(({ view }) => view.holds(x, y));
    return (lens ? lens.view : this.main).tileAt(x, y);
  }

  /** From a tile to CSS pixels of the element, in the map. */
  pointOf(x, y) {
    const { main, density } = this;
    return [(main.left + (x - main.x) * main.pixels) / density, (main.top + (y - main.y) * main.pixels) / density];
  }

  /** From tiles to device pixels of the view that is drawn. */
  at(x, y) {
    const { view } = this;
    return [Math.round((x - view.x) * view.pixels), Math.round((y - view.y) * view.pixels)];
  }

  sees(x, y, w, h) {
    const { view } = this;
    return x + w > view.x && y + h > view.y
      && x < view.x + view.width / view.pixels && y < view.y + view.height / view.pixels;
  }
}
