"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const margin = { left: 52, right: 10, top: 10, bottom: 34 };
let chosen = 0;
let number = 0;

function add(parent, name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const values = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) values.push(+(k * step).toPrecision(6));
  return values;
}

// Axes over time: the SVG element and its scales.
function axes(id, height, low, high, label) {
  const host = document.getElementById(id);
  const width = Math.max(260, host.clientWidth);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${label} over time, ${data.conditions[chosen].name}`);
  host.replaceChildren(svg);
  const bottom = height - margin.bottom;
  const x = (time) => margin.left + (time / data.duration) * (width - margin.left - margin.right);
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - margin.top);
  for (const [start, stop] of data.conditions[chosen].stimulus)
    add(svg, "rect", { x: x(start), y: margin.top, width: x(stop) - x(start), height: bottom - margin.top, fill: "#e4e4e4" });
  add(svg, "path", { d: `M${margin.left} ${margin.top}V${bottom}H${width - margin.right}`, fill: "none", stroke: "#222" });
  for (const time of ticks(0, data.duration, width < 500 ? 4 : 8)) {
    add(svg, "path", { d: `M${x(time)} ${bottom}v4`, stroke: "#222" });
    add(svg, "text", { x: Math.min(x(time), width - margin.right - 8), y: bottom + 16, "text-anchor": "middle" }, time);
  }
  add(svg, "text", { x: (margin.left + width - margin.right) / 2, y: height - 4, "text-anchor": "middle" }, "Time (ms)");
  add(svg, "text", { transform: `translate(12 ${(margin.top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, label);
  return { svg, x, y, bottom, width };
}

function outputAxes(id, height) {
  const [low, high] = data.range;
  const frame = axes(id, height, low, high, "Output");
  const { svg, x, y } = frame;
  for (const value of ticks(low, high, 4)) {
    add(svg, "path", { d: `M${margin.left} ${y(value)}h-4`, stroke: "#222" });
    add(svg, "text", { x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, value);
  }
  if (data.scoreFrom !== null) {
    add(svg, "path", { d: `M${x(data.scoreFrom)} ${margin.top - 4}H${x(data.duration)}`, stroke: "#000", "stroke-width": 4 });
    for (const level of data.conditions[chosen].levels)
      add(svg, "path", { d: `M${x(data.scoreFrom)} ${y(level)}H${x(data.duration)}`, stroke: "#777", "stroke-dasharray": "2 3" });
  }
  return frame;
}

function curve(frame, values) {
  return values.map((value, k) => `${k ? "L" : "M"}${frame.x(data.sampleTimes[k]).toFixed(1)} ${frame.y(value).toFixed(1)}`).join("");
}

function draw(frame, values, style) {
  add(frame.svg, "path", { d: curve(frame, values), fill: "none", "stroke-width": 1.5, ...style });
}

function drawMeans() {
  const frame = outputAxes("means", 230);
  const own = data.conditions[chosen];
  draw(frame, own.target, { stroke: "#aaa", "stroke-width": 4 });
  data.conditions.forEach((condition, k) => {
    if (k !== chosen) draw(frame, condition.mean, { stroke: condition.colour, opacity: 0.35 });
  });
  const high = own.mean.map((value, k) => value + own.spread[k]);
  const low = own.mean.map((value, k) => value - own.spread[k]);
  const back = low.map((value, k) => [frame.x(data.sampleTimes[k]), frame.y(value)]).reverse();
  const band = curve(frame, high) + back.map(([x, y]) => `L${x.toFixed(1)} ${y.toFixed(1)}`).join("") + "Z";
  add(frame.svg, "path", { d: band, fill: own.colour, opacity: 0.2 });
  draw(frame, own.mean, { stroke: own.colour, "stroke-width": 2.5 });
  draw(frame, own.rate, { stroke: "#000", "stroke-dasharray": "6 3" });
}

function drawTrial() {
  const own = data.conditions[chosen];
  const trial = own.trials[number];
  const frame = outputAxes("single", 190);
  draw(frame, own.target, { stroke: "#aaa", "stroke-width": 4 });
  draw(frame, trial.output, { stroke: own.colour, "stroke-width": 2 });
  draw(frame, trial.rate, { stroke: "#000", "stroke-dasharray": "6 3" });
  const said = (correct) => (correct === null ? "not scored" : correct ? "right" : "wrong");
  document.getElementById("trial-name").textContent =
    `${own.name}, trial ${trial.number} (${number + 1} of ${own.trials.length} shown): spiking network ${said(trial.correct)}, rate network ${said(trial.rateCorrect)}`;
  document.getElementById("previous").disabled = number === 0;
  document.getElementById("next").disabled = number === own.trials.length - 1;
}

function drawRaster() {
  const trial = data.conditions[chosen].trials[number];
  const rows = data.neurons.length;
  const height = Math.min(560, Math.max(180, 2.2 * rows)) + margin.top + margin.bottom;
  const frame = axes("raster", height, rows, 0, "Neuron");
  const { svg, x, y, width } = frame;
  const tick = Math.max(3, ((height - margin.top - margin.bottom) / rows) * 0.9);
  const places = trial.steps.map((step, k) => [x((step + 1) * data.timeStep), y(trial.rows[k] + 0.5)]);
  for (const population of data.populations) {
    const last = population.first + population.size;
    const marks = places.filter((_, k) => trial.rows[k] >= population.first && trial.rows[k] < last);
    const d = marks.map(([px, py]) => `M${px.toFixed(1)} ${(py - tick / 2).toFixed(1)}v${tick.toFixed(1)}`).join("");
    add(svg, "path", { d, stroke: population.colour, "stroke-width": 1.4, class: "spikes" });
    const middle = y(population.first + population.size / 2);
    add(svg, "text", { x: margin.left - 6, y: middle + 4, "text-anchor": "end", style: `fill:${population.colour}` }, population.name);
    if (last < rows) add(svg, "path", { d: `M${margin.left} ${y(last)}H${width - margin.right}`, stroke: "#222", "stroke-width": 0.5 });
  }
  const ring = add(svg, "circle", { r: 5, fill: "none", stroke: "#000", "stroke-width": 1.5, visibility: "hidden" });
  svg.addEventListener("pointermove", (event) => point(event, places, ring, width));
  svg.addEventListener("pointerdown", (event) => point(event, places, ring, width));
}

// Say which spike the pointer is at, and circle it.
function point(event, places, ring, width) {
  const trial = data.conditions[chosen].trials[number];
  const box = event.currentTarget.getBoundingClientRect();
  const scale = width / box.width;
  const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  let best = -1;
  let distance = 15 ** 2;
  places.forEach(([x, y], k) => {
    const own = (x - px) ** 2 + (y - py) ** 2;
    if (own < distance) [best, distance] = [k, own];
  });
  ring.setAttribute("visibility", best < 0 ? "hidden" : "visible");
  if (best < 0) return;
  ring.setAttribute("cx", places[best][0]);
  ring.setAttribute("cy", places[best][1]);
  const row = trial.rows[best];
  const population = data.populations.find((one) => row >= one.first && row < one.first + one.size);
  const time = ((trial.steps[best] + 1) * data.timeStep).toFixed(2);
  const rate = (1000 * trial.counts[row]) / data.duration;
  document.getElementById("readout").textContent =
    `Neuron ${data.neurons[row]} (${population.name}) at ${time} ms; ${rate.toFixed(1)} Hz in this trial, ` +
    `synaptic decay ${data.decay[row].toFixed(1)} ms`;
}

function drawAll() {
  drawMeans();
  drawTrial();
  drawRaster();
  [...document.getElementById("conditions").children].forEach((button, k) => button.setAttribute("aria-pressed", k === chosen));
}

data.conditions.forEach((condition, k) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = condition.name;
  button.style.borderColor = condition.colour;
  button.addEventListener("click", () => {
    [chosen, number] = [k, 0];
    drawAll();
  });
  document.getElementById("conditions").appendChild(button);
});
for (const [id, step] of [["previous", -1], ["next", 1]])
  document.getElementById(id).addEventListener("click", () => {
    number += step;
    drawAll();
  });
window.addEventListener("resize", drawAll);
drawAll();
document.documentElement.dataset.ready = "yes";
