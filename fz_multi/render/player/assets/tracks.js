// Reading the tracks of an episode (render/player/tracks.py): what a value is after so many steps.

/** Place of the last entry of a rising list that is not above `value`; -1 when all are. */
function lastUpTo(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1; else high = middle;
  }
  return low - 1;
}

/** [v, gap, d, gap, d, ...] */
class Numbers {
  constructor(track, from = 0) {
    this.steps = [from];
    this.values = [track[0]];
    for (let i = 1; i < track.length; i += 2) {
      this.steps.push(this.steps.at(-1) + track[i]);
      this.values.push(this.values.at(-1) + track[i + 1]);
    }
  }

  at(step) {
    return this.values.length === 1 ? this.values[0] : this.values[Math.max(0, lastUpTo(this.steps, step))];
  }

  last() { return this.values.at(-1); }
}

/** [[value, ...], numbers] */
class Values {
  constructor(track, from = 0) {
    this.values = track[0];
    this.places = new Numbers(track[1], from);
  }

  at(step) { return this.values[this.places.at(step)]; }
}

/** [gap, pops, pushes, changes, ...]: the items of a line of belts as {kinds, places}. */
class Row {
  static KEEP = 32; // changes between two kept states

  constructor(track) {
    this.steps = [];
    this.changes = [];
    let step = 0;
    for (let i = 0; i < track.length; i += 4) {
      step += track[i];
      this.steps.push(step);
      this.changes.push([track[i + 1], track[i + 2], track[i + 3]]);
    }
    this.kept = [{ kinds: [], places: [] }];
    this.now = { index: -1, kinds: [], places: [] };
  }

  at(step) {
    const index = lastUpTo(this.steps, step);
    const near = Math.min(Math.floor((index + 1) / Row.KEEP), this.kept.length - 1);
    if (index < this.now.index || near * Row.KEEP - 1 > this.now.index) {
      const { kinds, places } = this.kept[near];
      this.now = { index: near * Row.KEEP - 1, kinds: kinds.slice(), places: places.slice() };
    }
    while (this.now.index < index) this.advance();
    return this.now;
  }

  advance() {
    const now = this.now;
    const [pops, pushes, changes] = this.changes[++now.index];
    now.kinds.splice(0, pops);
    now.places.splice(0, pops);
    for (let i = 0; i < changes.length; i += 3) {
      const at = changes[i];
      now.kinds[at] = changes[i + 1];
      now.places[at] = (at ? now.places[at - 1] : 0) + changes[i + 2];
    }
    for (let i = 0; i < pushes.length; i += 2) {
      now.places.push((now.places.at(-1) ?? 0) + pushes[i + 1]);
      now.kinds.push(pushes[i]);
    }
    if ((now.index + 1) % Row.KEEP === 0 && this.kept.length === (now.index + 1) / Row.KEEP) {
      this.kept.push({ kinds: now.kinds.slice(), places: now.places.slice() });
    }
  }
}
