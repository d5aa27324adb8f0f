"use strict";
(() => {
  // Every text goes in by textContent: what a model or a scenario wrote is shown and never read as HTML.
  const data = JSON.parse(document.getElementById("data").textContent);
  const { frames, steps, patients, roles } = data;
  const last = frames.length - 1;
  const AREAS = [["waiting", "Waiting room"], ["resus", "Resuscitation"], ["bay", "Bays"], ["isolation", "Isolation"],
    ["overflow", "Overflow"], ["theatre", "Theatres"], ["icu", "Intensive care"], ["ward", "Ward"],
    ["home", "Discharged"], ["diverted", "Sent elsewhere"], ["morgue", "Died"]];
  const GONE = new Set(["home", "diverted", "morgue"]);
  const LETTER = { immediate: "I", delayed: "D", minor: "M", deceased: "X" };
  // name, unit, lower and upper limit outside of which a sign is marked, and the range of the axis
  const SIGNS = [["Heart rate", "/min", 40, 130, 0, 210], ["Breathing", "/min", 9, 29, 0, 60], ["SpO2", "%", 90, 100, 40, 100],
    ["Systolic", "mmHg", 90, 219, 0, 220], ["Temperature", "C", 35, 39.5, 33, 42], ["GCS", "", 9, 15, 3, 15]];
  const $ = id => document.getElementById(id);
  let now = 0, chosen = null, timer = null;

  function el(name, attributes = {}, ...inside) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false) made.setAttribute(key, value);
    made.append(...inside.filter(part => part !== null && part !== undefined).map(part => part instanceof Node ? part : String(part)));
    return made;
  }
  function svg(name, attributes = {}, text = null) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== null) made.textContent = text;
    return made;
  }
  const time = minute => `${Math.floor(minute / 60)}:${String(Math.floor(minute % 60)).padStart(2, "0")}`;
  const nothingDead = minute => patients.filter(one => one[6] !== null && one[6] <= minute).length;
  const unstable = vitals => SIGNS.some((sign, place) => vitals[place] < sign[2] || vitals[place] > sign[3]);
  const row = (frame, place) => frames[frame].patients.find(one => one[0] === place);
  const words = text => text.replaceAll("_", " ");

  // -- numbers -------------------------------------------------------------------------------------------------------
  function drawNumbers(frame) {
    const nothing = nothingDead(frame.minute), saved = nothing - frame.deaths;
    const down = Object.entries(frame.systems).filter(([, state]) => state !== "up");
    const staff = Object.entries(frame.staff).map(([role, [count]]) => `${count} ${role}s`);
    const [nurses, hours] = frame.staff.nurse || [0, 0];
    const [caught, lapsed, open, wrong] = frame.incidents;
    const units = Object.values(frame.blood).reduce((sum, one) => sum + one, 0);
    const items = [
      ["Deaths", frame.deaths, "so far", frame.deaths > 0 ? "down" : "", "deaths"],
      ["If nobody acted", nothing, "deaths by now", "", "nothing"],
      ["Deaths prevented", saved, "against nobody acting", saved > 0 ? "saved" : saved < 0 ? "down" : "", "prevented"],
      ["Waiting for a doctor", frame.queue, `${frame.beds.waiting ? frame.beds.waiting[0] : 0} in the waiting room`, ""],
      ["ICU beds free", frame.beds.icu ? frame.beds.icu[1] : 0, `${frame.theatre} wait for theatre`, ""],
      ["Ventilators free", frame.ventilators, "", frame.ventilators < 1 ? "down" : ""],
      ["Nurses on duty", nurses, `${hours} h on average, ${frame.long} staff over 12 h`, ""],
      ["Nurse cover", `${Math.round(100 * Math.min(1, ...Object.values(frame.cover)))} %`, "where it is thinnest", ""],
      ["Blood", units, `units; O-: ${frame.blood["O-"] ?? 0}`, ""],
      ["Systems down", down.length, down.length ? down.map(([name, state]) => `${words(name)}: ${state}`).join(", ") : "all up", down.length ? "down" : ""],
      ["Incidents caught", caught, `${lapsed} did harm, ${open} open, ${wrong} false flags`, ""],
      ["Protocols", frame.protocols.length, frame.protocols.map(words).join(", ") || "none", ""],
    ];
    $("numbers").title = staff.join(", ");
    $("numbers").replaceChildren(...items.map(([name, value, more, look, id]) => el("div", { class: look, "data-number": id || null },
      el("dt", {}, name), el("dd", {}, value, more ? el("span", { class: "note-line" }, more) : null))));
  }

  // -- areas ---------------------------------------------------------------------------------------------------------
  function chip(one, minute, truth) {
    const [place, , tag, alive, ventilator, vitals, severity] = one;
    const [id, , , , , , dies] = patients[place];
    const bad = alive && unstable(vitals), saved = alive && dies !== null && dies <= minute;
    const label = [id, alive ? tag || "no tag" : "dead", ventilator ? "ventilated" : "", bad ? "vital sign out of limits" : "", saved ? "dead by now if nobody acted" : ""].filter(Boolean).join(", ");
    const made = el("button", { type: "button", class: ["patient", tag ? `t-${tag}` : "", alive ? "" : "dead", bad ? "unstable" : "", saved ? "saved" : ""].join(" "),
      "aria-label": label, title: label, "aria-pressed": String(chosen === place), "data-patient": id }, `${LETTER[tag] || "?"} ${id.replace(/^P-0*/, "")}${ventilator ? " v" : ""}`);
    if (truth && alive) {
      const bar = el("span", { class: "worst" });
      bar.style.width = `${Math.round(100 * severity)}%`;
      made.append(bar);
    }
    made.addEventListener("click", () => { chosen = chosen === place ? null : place; draw(); if (chosen !== null) $("panel").scrollIntoView({ block: "nearest" }); });
    return el("li", {}, made);
  }
  function drawAreas(frame, truth) {
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.patient : null;
    const cards = [];
    const known = new Set(AREAS.map(([name]) => name));
    const areas = [...AREAS, ...Object.keys(frame.beds).filter(name => !known.has(name)).map(name => [name, words(name)])];
    for (const [name, title] of areas) {
      const here = frame.patients.filter(one => one[1] === name), gone = GONE.has(name);
      if (!here.length && (gone || !(name in frame.beds) || (name === "overflow" && frame.beds[name][1] < 1))) continue;
      const free = gone || name === "waiting" ? null : frame.beds[name][1];
      const count = free === null ? `${here.length}` : `${here.length} here, ${free} free`;
      cards.push(el("section", { class: `area${gone ? " gone" : ""}${free !== null && free < 1 ? " full" : ""}`, "data-area": name, "aria-label": `${title}: ${count}` },
        el("h3", {}, title, el("span", {}, count)), el("ul", { class: "chips" }, ...here.map(one => chip(one, frame.minute, truth)))));
    }
    $("areas").replaceChildren(...cards);
    const again = focused ? [...document.querySelectorAll("#areas button")].find(one => one.dataset.patient === focused) : null;
    if (again) again.focus({ preventScroll: true });
  }

  // -- charts --------------------------------------------------------------------------------------------------------
  const WIDTH = 440, HEIGHT = 150, LEFT = 34, RIGHT = 8, TOP = 8, BOTTOM = 20;
  const across = step => LEFT + (WIDTH - LEFT - RIGHT) * step / Math.max(1, last);
  function lineChart(title, series) {
    const most = Math.max(1, ...series.flatMap(one => one.values));
    const up = value => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most;
    const ends = series.map(one => `${one.name} ${one.values[last]}`).join(", ");
    const image = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}; at the end: ${ends}` });
    for (const value of [...new Set([0, Math.round(most / 2), most])]) {
      image.append(svg("line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: up(value), y2: up(value) }));
      image.append(svg("text", { class: "tick", x: LEFT - 5, y: up(value) + 4, "text-anchor": "end" }, value));
    }
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const step = Math.round(share * last);
      image.append(svg("text", { class: "tick", x: across(step), y: HEIGHT - 5, "text-anchor": share === 0 ? "start" : share === 1 ? "end" : "middle" }, time(frames[step].minute)));
    }
    for (const one of series) image.append(svg("polyline", { class: `line ${one.look}`, points: one.values.map((value, step) => `${across(step).toFixed(1)},${up(value).toFixed(1)}`).join(" ") }));
    image.append(svg("line", { class: "cursor", x1: LEFT, x2: LEFT, y1: TOP, y2: HEIGHT - BOTTOM }));
    image.addEventListener("click", event => {
      const box = image.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * WIDTH;
      go(Math.round((x - LEFT) / (WIDTH - LEFT - RIGHT) * last));
    });
    const legend = el("p", { class: "legend" }, ...series.map(one => el("span", {}, el("i", { class: one.look.split(" ")[0] }), one.name)));
    return el("figure", { class: "card" }, el("figcaption", {}, title), image, legend);
  }
  function drawCharts() {
    const taken = (...names) => frames.map(frame => names.reduce((sum, name) => sum + (frame.beds[name] ? frame.beds[name][0] : 0), 0));
    const charts = [
      lineChart("Deaths", [{ name: "this episode", look: "s1", values: frames.map(frame => frame.deaths) }, { name: "if nobody acted", look: "s6 dashed", values: frames.map(frame => nothingDead(frame.minute)) }]),
      lineChart("Patients by place", [{ name: "waiting room", look: "s1", values: taken("waiting") }, { name: "emergency beds", look: "s0", values: taken("resus", "bay", "isolation", "overflow") },
        { name: "intensive care", look: "s3", values: taken("icu") }, { name: "ward", look: "s2", values: taken("ward") }]),
      lineChart("Free", [{ name: "ICU beds", look: "s0", values: frames.map(frame => frame.beds.icu ? Math.max(0, frame.beds.icu[1]) : 0) }, { name: "ventilators", look: "s1", values: frames.map(frame => Math.max(0, frame.ventilators)) },
        { name: "blood units", look: "s3", values: frames.map(frame => Object.values(frame.blood).reduce((sum, one) => sum + one, 0)) }]),
      lineChart("Acts a step", [{ name: "done", look: "s2", values: frames.map((_, at) => at ? steps[at - 1].results.filter(one => one[3] === "done").length : 0) },
        { name: "held, refused or blocked", look: "s1", values: frames.map((_, at) => at ? steps[at - 1].results.filter(one => one[3] !== "done").length : 0) }]),
    ];
    $("charts").replaceChildren(...charts);
  }
  function moveCursors() {
    for (const line of document.querySelectorAll("#charts .cursor")) { line.setAttribute("x1", across(now)); line.setAttribute("x2", across(now)); }
  }

  // -- one patient ---------------------------------------------------------------------------------------------------
  function spark(values, low, high, look) {
    const W = 160, H = 44, x = step => 2 + (W - 4) * step / Math.max(1, last), y = value => 3 + (H - 6) * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low));
    const image = svg("svg", { viewBox: `0 0 ${W} ${H}`, "aria-hidden": "true" });
    image.append(svg("line", { class: "rule", x1: 2, x2: W - 2, y1: H - 3, y2: H - 3 }), svg("line", { class: "cursor", x1: x(now), x2: x(now), y1: 2, y2: H - 2 }));
    const known = values.map((value, step) => [step, value]).filter(pair => pair[1] !== null);
    image.append(svg("polyline", { class: `line ${look}`, points: known.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ") }));
    return image;
  }
  function drawPanel(truth) {
    const panel = $("panel");
    panel.hidden = chosen === null;
    if (chosen === null) { panel.replaceChildren(); return; }
    const [id, text, age, sex, severity, archetype, dies] = patients[chosen];
    const one = row(now, chosen), rows = frames.map((_, at) => row(at, chosen) || null);
    const close = el("button", { type: "button", class: "close", "aria-label": "Close the patient" }, "Close");
    close.addEventListener("click", () => { chosen = null; draw(); });
    const where = one ? `${words(one[1])}, ${one[3] ? one[2] ? `tagged ${one[2]}` : "no tag yet" : "dead"}${one[4] ? ", on a ventilator" : ""}` : "not here yet";
    const parts = [el("div", { class: "panel-head" }, el("div", {}, el("h3", { id: "panel-title" }, `${id}: ${text}`), el("p", { class: "quiet small" }, `${age} years, ${sex}; ${where}`)), close)];
    parts.push(el("div", { class: "vitals" }, ...SIGNS.map(([name, unit, low, high, from, to], place) => {
      const value = one && one[3] ? one[5][place] : null, out = value !== null && (value < low || value > high);
      const values = rows.map(each => each && each[3] ? each[5][place] : null);
      const shown = value === null ? "-" : `${value} ${unit}`;
      return el("figure", { class: out ? "out" : "", role: "img", "aria-label": `${name} ${shown}${out ? ", out of limits" : ""}` }, el("figcaption", {}, name, el("b", {}, shown)), spark(values, from, to, out ? "s1" : "s0"));
    })));
    if (truth) parts.push(truthBox(one, rows, severity, archetype, dies));
    const acts = steps.flatMap((step, at) => step.results.filter(result => result[2] === id).map(result => [at, result])).filter(([at]) => at < Math.max(now, 1));
    parts.push(el("h4", {}, `Acts on ${id} until now`), acts.length ? el("ul", { class: "feed limit" }, ...acts.reverse().map(([at, result]) => actLine(result, `${time(frames[at].minute)} ${roles[result[0]] || result[0]}: `))) : el("p", { class: "quiet small" }, "none"));
    panel.replaceChildren(...parts);
  }
  function truthBox(one, rows, severity, archetype, dies) {
    const box = el("div", { class: "truth" }, el("h4", {}, "Truth: nobody in the hospital sees this"),
      el("p", { class: "small" }, `${severity} ${words(archetype)}; ${dies === null ? "lives until the end if nobody acts" : `dies at ${time(dies)} if nobody acts`}`));
    const needs = one ? one[7].filter(need => need[1] > 0) : [];
    box.append(el("p", { class: "small" }, needs.length ? needs.map(([kind, value, met]) => `${words(kind)} ${value.toFixed(2)} (${met ? "met" : "not met"})`).join(", ") : "no open need"));
    box.append(el("figure", { role: "img", "aria-label": `Severity of the worst need ${one ? one[6] : 0}` }, el("figcaption", {}, "Worst need, 0 to 1", el("b", {}, one && one[3] ? one[6].toFixed(2) : "-")), spark(rows.map(each => each && each[3] ? each[6] : null), 0, 1, "truthline")));
    return box;
  }

  // -- feed ----------------------------------------------------------------------------------------------------------
  const actLine = ([, what, , status, reason], before = "") => el("li", {}, el("span", { class: `status ${["done", "refused", "held", "blocked"].includes(status) ? status : ""}` }, status), el("span", {}, before + what, reason ? el("span", { class: "reason" }, reason) : null));
  function drawFeed() {
    if (now === 0) {
      $("feed").replaceChildren(el("p", { class: "quiet" }, "The episode begins. Move on to see what the roles do."));
      $("events").replaceChildren();
      return;
    }
    const step = steps[now - 1];
    const names = [...new Set([...Object.keys(roles), ...step.results.map(one => one[0]), ...Object.keys(step.said), ...Object.keys(step.unread)])];
    const shown = names.filter(role => step.said[role] || step.unread[role] || step.results.some(one => one[0] === role)).map(role => {
      const acts = step.results.filter(one => one[0] === role);
      const said = step.said[role] ? el("details", { class: "plain", open: "" }, el("summary", {}, "what it said"), el("pre", {}, step.said[role])) : null;
      const unread = step.unread[role] ? el("p", { class: "warn small" }, `no answer: ${step.unread[role]}`) : null;
      return el("section", { class: "role" }, el("h3", {}, roles[role] || role, el("span", { class: "quiet" }, `  ${acts.length} ${acts.length === 1 ? "act" : "acts"}`)), said, unread, el("ul", { class: "feed" }, ...acts.map(one => actLine(one))));
    });
    $("feed").replaceChildren(el("p", { class: "small" }, `Acts at ${time(frames[now - 1].minute)}, and what came of them`), ...(shown.length ? shown : [el("p", { class: "quiet" }, "Nobody acted.")]));
    $("events").replaceChildren(...(step.happened.length ? step.happened.map(([minute, what]) => el("li", { class: /\bdies$/.test(what) ? "death" : "" }, el("span", {}, time(minute)), el("span", {}, what))) : [el("li", {}, "", el("span", { class: "quiet" }, "nothing new"))]));
  }

  // -- time ----------------------------------------------------------------------------------------------------------
  function draw() {
    const frame = frames[now], truth = $("truth").checked;
    $("slider").value = String(now);
    $("slider").setAttribute("aria-valuetext", `${time(frame.minute)}, step ${now} of ${last}, ${frame.deaths} deaths`);
    $("clock").replaceChildren(time(frame.minute), el("span", { class: "quiet" }, `  step ${now} of ${last}`));
    drawNumbers(frame);
    drawAreas(frame, truth);
    drawPanel(truth);
    drawFeed();
    moveCursors();
  }
  function go(step) { now = Math.min(last, Math.max(0, step)); if (now === last) pause(); draw(); }
  function pause() {
    clearInterval(timer);
    timer = null;
    $("play").textContent = "Play";
    $("play").setAttribute("aria-pressed", "false");
  }
  function play() {
    if (now === last) now = 0;
    $("play").textContent = "Pause";
    $("play").setAttribute("aria-pressed", "true");
    clearInterval(timer);
    timer = setInterval(() => go(now + 1), 1000 / Number($("speed").value));
    draw();
  }
  $("slider").addEventListener("input", () => { pause(); go(Number($("slider").value)); });
  $("play").addEventListener("click", () => timer === null ? play() : pause());
  $("back").addEventListener("click", () => { pause(); go(now - 1); });
  $("on").addEventListener("click", () => { pause(); go(now + 1); });
  $("speed").addEventListener("change", () => { if (timer !== null) play(); });
  $("truth").addEventListener("change", draw);
  document.addEventListener("keydown", event => {
    const at = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || at.matches("select, input[type=range]")) return;
    const moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last };
    if (event.key in moves) { event.preventDefault(); pause(); go(moves[event.key]); }
    else if (event.key === " " && !at.matches("button, input, summary")) { event.preventDefault(); timer === null ? play() : pause(); }
    else if (event.key === "Escape" && chosen !== null) { chosen = null; draw(); }
  });
  drawCharts();
  draw();
})();
