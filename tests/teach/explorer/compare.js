// Reads recorded stories from standard input, computes each with the page's own table, and prints where the numbers differ.

const fs = require("fs");
const path = require("path");

const folder = process.argv[2];
const source = ["arrays.js", "op_kinds.js", "windows.js", "moving.js", "ops.js", "engine.js"]
  .map((name) => fs.readFileSync(path.join(folder, name), "utf8"))
  .join("\n");
const { OPS, Engine, unpacked } = new Function(`${source}\nreturn { OPS, Engine, unpacked };`)();

function apart(mine, packed) {
  const theirs = unpacked(packed);
  if (!theirs) return null; // only a summary was recorded
  if (!mine || mine.data.length !== theirs.data.length || mine.shape.join() !== theirs.shape.join()) {
    return `shape ${mine && mine.shape} instead of ${theirs.shape}`;
  }
  for (let i = 0; i < mine.data.length; i++) {
    const [a, b] = [mine.data[i], theirs.data[i]];
    const near =
      Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= 2e-5 + 2e-4 * Math.max(Math.abs(a), Math.abs(b));
    if (!near) return `element ${i}: ${a} instead of ${b}`;
  }
  return null;
}

function differencesOf(data) {
  data.nodes.forEach((node, id) => (node.id = id));
  const engine = new Engine(data);
  const state = engine.run();
  const found = [];
  let compared = 0;
  const check = (what, mine, packed) => {
    const problem = apart(mine, packed);
    compared += packed && packed.data ? 1 : 0;
    if (problem) found.push(`${data.title}: ${what}: ${problem}`);
  };
  data.results.forEach((result, number) => {
    if (result.value) check(`value of ${result.name}`, state.values[number], result.value);
    if (result.gradient) check(`gradient of ${result.name}`, state.gradients[number], result.gradient);
    result.terms.forEach((term, k) => {
      const consumer = data.nodes[term.consumer];
      check(`term of ${result.name} from ${consumer.name}`, state.terms[number][k], term.value || result.gradient);
      if (term.local && term.local.array.data) {
        const local = engine.local(consumer, term.argument, state);
        check(`local derivative of ${consumer.name}`, local && local.array, term.local.array);
        if (local && local.kind !== term.local.kind) found.push(`${data.title}: ${local.kind} instead of ${term.local.kind}`);
      }
    });
  });
  for (const update of data.updates) {
    const after = engine.updated(update, state);
    if (after) check(`update of ${data.nodes[update.variable].name}`, after, update.after);
  }
  for (const item of data.differences) {
    if (item.kink) continue;
    const flat = item.index.reduce((place, index, axis) => place * data.results[item.result].value.shape[axis] + index, 0);
    const mine = engine.difference(item.result, flat);
    compared++;
    if (Math.abs(mine - item.analytic) > 1e-3 + 1e-3 * Math.abs(item.analytic)) {
      found.push(`${data.title}: difference of ${data.results[item.result].name}: ${mine} instead of ${item.analytic}`);
    }
  }
  return { found, compared };
}

const stories = JSON.parse(fs.readFileSync(0, "utf8"));
const outcomes = stories.map(differencesOf);
console.log(
  JSON.stringify({
    ops: Object.keys(OPS).sort(),
    found: outcomes.flatMap((outcome) => outcome.found),
    compared: outcomes.map((outcome) => outcome.compared),
  }),
);
