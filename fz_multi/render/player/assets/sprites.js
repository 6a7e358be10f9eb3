// Drawings as lists of shapes (render/player/pen.py) on a canvas, kept as pictures once drawn.

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const MOST_PICTURES = 3000;

class Sprites {
  constructor(data) {
    this.colours = data.colours;
    this.sprites = data.sprites;
    this.pictures = new Map();
    this.icons = new Map();
  }

  /** The picture of a sprite at so many pixels a tile: {canvas, x, y} with the place of (0, 0). */
  picture(number, pixels) {
    const key = number * 4096 + pixels;
    let found = this.pictures.get(key);
    if (!found) {
      if (this.pictures.size > MOST_PICTURES) this.pictures.clear();
      found = this.make(number, pixels);
      this.pictures.set(key, found);
    }
    return found;
  }

  make(number, pixels) {
    const { box: [left, top, right, bottom], ops } = this.sprites[number];
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.ceil((right - left) * pixels));
    canvas.height = Math.max(1, Math.ceil((bottom - top) * pixels));
    const context = canvas.getContext("2d");
    context.setTransform(pixels, 0, 0, pixels, -left * pixels, -top * pixels);
    for (const op of ops) this.draw(context, op, pixels);
    return { canvas, x: -left * pixels, y: -top * pixels };
  }

  /** Draw a sprite with its (0, 0) at a point of the canvas. */
  paste(context, number, x, y, pixels) {
    const picture = this.picture(number, pixels);
    context.drawImage(picture.canvas, Math.round(x - picture.x), Math.round(y - picture.y));
  }

  /** A square part of a sprite, [left, top, side] in tiles, as a picture for the page. */
  icon(number, part, size = 40) {
    const { box: [left, top, right, bottom] } = this.sprites[number];
    const [x, y, side] = part ?? [left, top, Math.max(right - left, bottom - top)];
    const key = `${number},${x},${y},${side}`;
    if (!this.icons.has(key)) {
      const pixels = size / side;
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size;
      canvas.getContext("2d").drawImage(this.make(number, pixels).canvas, (left - x) * pixels, (top - y) * pixels);
      this.icons.set(key, canvas.toDataURL());
    }
    return this.icons.get(key);
  }

  /** A sprite of an entity without most of its margin of a tile. */
  entityIcon(number, size) {
    const { box: [left, top, right, bottom] } = this.sprites[number];
    if (right - left < 2) return this.icon(number, [0, 0, 1], size);
    const side = Math.max(right - left, bottom - top) - 1.6;
    return this.icon(number, [left + 0.8, top + 0.7, side], size);
  }

  colour(place) { return this.colours[place]; }

  draw(context, op, pixels) {
    const [code, first] = op;
    if (code === "s") return this.shadow(context, op, pixels);
    if (code === "g") return this.glow(context, op);
    if (code === "t") return this.text(context, op);
    if (code === "l" || code === "a") return this.stroke(context, op);
    const [, , edge, width] = op;
    context.beginPath();
    const inside = edge < 0 || code === "p" ? 0 : width / 2;
    if (code === "p") {
      trace(context, op[4]);
      context.closePath();
    } else if (code === "d") {
      const [, , , , x, y, rx, ry] = op;
      context.ellipse(x, y, Math.max(0.001, rx - inside), Math.max(0.001, ry - inside), 0, 0, 7);
    } else {
      const [, , , , r, x0, y0, x1, y1] = op;
      const w = Math.max(0, x1 - x0 - 2 * inside), h = Math.max(0, y1 - y0 - 2 * inside);
      context.roundRect(x0 + inside, y0 + inside, w, h, Math.max(0, Math.min(r - inside, w / 2, h / 2)));
    }
    if (first >= 0) {
      context.fillStyle = this.colours[first];
      context.fill();
    }
    if (edge >= 0) {
      context.strokeStyle = this.colours[edge];
      context.lineWidth = width;
      context.lineJoin = "round";
      context.stroke();
    }
  }

  stroke(context, op) {
    context.beginPath();
    context.strokeStyle = this.colours[op[1]];
    context.lineWidth = op[2];
    context.lineJoin = "round";
    if (op[0] === "l") {
      context.lineCap = op[3] ? "round" : "butt";
      trace(context, op[4]);
    } else {
      const [, , width, x, y, r, start, end] = op;
      context.lineCap = "butt";
      context.arc(x, y, Math.max(0.001, r - width / 2), (start * Math.PI) / 180, (end * Math.PI) / 180);
    }
    context.stroke();
  }

  text(context, [, fill, size, text, x, y]) {
    context.fillStyle = this.colours[fill];
    context.font = `600 ${size}px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x, y + size * 0.04);
  }

  /** A blurred shape: the shadow of one that is drawn far outside. */
  shadow(context, [, strength, blur, points], pixels) {
    context.save();
    context.shadowColor = `rgba(0, 0, 0, ${strength / 255})`;
    context.shadowBlur = 2 * blur * pixels;
    const far = 4096;
    context.shadowOffsetX = far;
    context.beginPath();
    trace(context, points.map((v, i) => (i % 2 ? v : v - far / pixels)));
    context.fillStyle = "#000";
    context.fill();
    context.restore();
  }

  glow(context, [, fill, strength, x, y, r]) {
    const light = context.createRadialGradient(x, y, 0, x, y, r);
    const colour = this.colours[fill].slice(0, 7);
    for (const [stop, part] of [[0, 1], [0.35, 0.75], [0.7, 0.28], [1, 0]]) {
      const alpha = Math.round(strength * part).toString(16).padStart(2, "0");
      light.addColorStop(stop, colour + alpha);
    }
    context.fillStyle = light;
    context.beginPath();
    context.arc(x, y, r, 0, 7);
    context.fill();
  }
}

function trace(context, points) {
  context.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
}
