"use strict";
(() => {
  const page = JSON.parse(document.getElementById("payload").textContent);
  const { words, palette, groups } = page;
  const at = (id) => document.getElementById(id);
  const isPhone = () => window.innerWidth < 640;
  const WIDE_UNKNOWN = 65534, NARROW_UNKNOWN = 254, MAX_SINGLE = 3000, FIRST_ROWS = 40;

  // -- numbers and words ---------------------------------------------------------------------------------------------

  function unpacked(text, Kind) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Kind(bytes.buffer);
  }

  /** Loadings in percent, NaN where there is none, and where that means "no solution". */
  function loadings(text, Kind, unknown, scale) {
    const raw = unpacked(text, Kind);
    const percent = Float32Array.from(raw, (value) => (value >= unknown ? NaN : value / scale));
    return { percent, isUnknown: (place) => raw[place] === unknown };
  }

  const [decimalSign, groupSign] = [page.locale.separators[0], page.locale.separators.slice(1)];
  function number(value, decimals = 0) {
    if (value === null || Number.isNaN(value)) return "–";
    const [whole, part] = value.toFixed(decimals).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, groupSign);
    return part ? grouped + decimalSign + part : grouped;
  }

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  /** Plotly reads a few tags in what it writes; a name from a table is never one of them. */
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const shortened = (text, limit) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);

  function rowLabel(group) {
    const { short, units } = groups[group];
    return plain(isPhone() ? shortened(short, 17) : `${shortened(short, 34)}, ${shortened(units, 12)}`) + " ";
  }
  const fullName = (group) => plain(`${groups[group].name}, ${groups[group].units}`);

  // -- colours -------------------------------------------------------------------------------------------------------

  /** Band of a loading; a band holds its upper end, so that 100 % is not above 100 %. */
  function colourOf(percent) {
    if (Number.isNaN(percent)) return palette.paper;
    let band = 0;
    while (band + 1 < palette.edges.length && percent > palette.edges[band + 1]) band += 1;
    return palette.colours[band];
  }

  const colourScale = palette.colours.flatMap((colour, band) => {
    const end = band + 1 < palette.edges.length ? palette.edges[band + 1] : palette.top;
    return [[palette.edges[band] / palette.top, colour], [end / palette.top, colour]];
  });

  function writeScales() {
    const hasFailed = page.failed.length > 0;
    for (const scale of document.querySelectorAll("[data-scale]")) {
      palette.edges.forEach((edge, band) => {
        if (scale.dataset.scale === "over" && edge < 100) return;
        const next = palette.edges[band + 1];
        addSwatch(scale, palette.colours[band], next ? `${edge}–${next} %` : `> ${edge} %`);
      });
      if (hasFailed) addSwatch(scale, null, words.no_solution);
    }
  }

  function addSwatch(scale, colour, text) {
    const entry = document.createElement("span");
    const swatch = document.createElement("i");
    if (colour) swatch.style.background = colour;
    else swatch.className = "hatch";
    entry.append(swatch, text);
    scale.append(entry);
  }

  // -- Plotly --------------------------------------------------------------------------------------------------------

  Plotly.register({
    moduleType: "locale",
    name: page.locale.code,
    dictionary: {
      "Zoom": words.zoom, "Pan": words.pan, "Zoom in": words.zoom_in, "Zoom out": words.zoom_out,
      "Reset axes": words.reset, "Download plot as a PNG": words.picture, "Download plot as a png": words.picture,
    },
    format: {
      dateTime: "%A, %d %B %Y, %X", date: "%d.%m.%Y", time: "%H:%M:%S", periods: ["AM", "PM"],
      year: "%Y", month: "%b %Y", dayMonth: "%-d %b", dayMonthYear: "%-d %b %Y",
      decimal: decimalSign, thousands: groupSign, grouping: [3], currency: ["", ""],
      days: page.locale.days, shortDays: page.locale.shortDays,
      months: page.locale.months, shortMonths: page.locale.shortMonths,
    },
  });

  const config = {
    locale: page.locale.code, displaylogo: false, responsive: true, displayModeBar: "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };

  function layoutOf(height, more) {
    const axis = { gridcolor: "#ececec", linecolor: palette.rule, zeroline: false, automargin: false, fixedrange: false };
    return {
      height, separators: page.locale.separators, showlegend: false, hovermode: "closest",
      dragmode: "ontouchstart" in window ? false : "zoom",
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: palette.ink },
      paper_bgcolor: palette.paper, plot_bgcolor: palette.paper,
      hoverlabel: { bgcolor: palette.paper, bordercolor: palette.soft, font: { color: palette.ink }, align: "left" },
      ...more, xaxis: { ...axis, ...more.xaxis }, yaxis: { ...axis, ...more.yaxis },
    };
  }

  const leftMargin = () => (isPhone() ? 112 : 270);
  const monthStart = (month) => Date.UTC(page.from_year, month, 1);
  const nMonth = 12 * (page.to_year - page.from_year + 1);
  const monthEdges = Array.from({ length: nMonth + 1 }, (_, month) => monthStart(month));
  const timeAxis = () => ({ type: "date", range: [page.first_ms, page.end_ms], hoverformat: "%b %Y", side: "top", tickangle: 0, nticks: isPhone() ? 4 : 9 });
  const momentFormat = new Intl.DateTimeFormat(page.locale.code === "en" ? "en-GB" : page.locale.code, {
    timeZone: "UTC", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  });
  const moment = (ms) => momentFormat.format(new Date(ms));
  const hoursOf = (steps) => (steps * page.step_ms) / 3600000;

  // -- data ----------------------------------------------------------------------------------------------------------

  const months = loadings(page.months.worst, Uint16Array, WIDE_UNKNOWN, 10);
  const monthFailures = unpacked(page.months.failed, Uint16Array);
  const failedRuns = unpacked(page.failed, Uint32Array);
  const curves = loadings(page.curves.percent, Uint16Array, WIDE_UNKNOWN, 10);
  const days = loadings(page.days.percent, Uint8Array, NARROW_UNKNOWN, 1);
  const episodes = {
    row: unpacked(page.timeline.row, Uint16Array), start: unpacked(page.timeline.start, Uint32Array),
    steps: unpacked(page.timeline.steps, Uint32Array), peak: unpacked(page.timeline.peak, Uint16Array),
    mvah: unpacked(page.timeline.mvah, Float32Array),
  };

  function monthOf(ms) {
    const day = new Date(ms);
    return 12 * (day.getUTCFullYear() - page.from_year) + day.getUTCMonth();
  }

  /** Calls `take(month, hours)` for each month that an interval touches. */
  function overMonths(start, end, take) {
    for (let month = monthOf(start); month < nMonth && monthEdges[month] < end; month += 1) {
      const from = Math.max(start, monthEdges[month]), to = Math.min(end, monthEdges[month + 1]);
      if (to > from) take(month, (to - from) / 3600000);
    }
  }

  // -- timeline ------------------------------------------------------------------------------------------------------

  const lanes = [words.substations, words.generation, words.investors];
  const hasFailed = failedRuns.length > 0;
  const firstLane = hasFailed ? 1 : 0;
  const firstRow = firstLane + lanes.length;

  function failedBars(from, to) {
    const bars = [];
    for (let i = 0; i < failedRuns.length; i += 2) {
      const start = page.first_ms + failedRuns[i] * page.step_ms;
      bars.push([start, failedRuns[i + 1] * page.step_ms]);
    }
    const inside = bars.filter(([start, length]) => start < to && start + length > from);
    if (inside.length <= MAX_SINGLE) {
      // A single hour in 25 years is thinner than a pixel: outlines keep it visible.
      return inside.map(([start, length]) => [start, length, length / 3600000]);
    }
    const hours = new Float64Array(nMonth);
    for (const [start, length] of bars) overMonths(start, start + length, (month, h) => { hours[month] += h; });
    return Array.from(hours, (h, month) => [monthEdges[month], monthEdges[month + 1] - monthEdges[month], h])
      .filter(([, , h]) => h > 0);
  }

  function failedTrace(from, to) {
    const bars = failedBars(from, to);
    return {
      type: "bar", orientation: "h", base: bars.map(([start]) => start), x: bars.map(([, length]) => length),
      y: bars.map(() => 0), width: 0.8, customdata: bars.map(([start, , h]) => [moment(start), number(h)]),
      marker: { color: palette.alert, line: { color: palette.alert, width: 1 } },
      hovertemplate: `%{customdata[0]}<br>${plain(filled(words.unsolved_hours, { h: "%{customdata[1]}" }))}<extra></extra>`,
    };
  }

  function eventTraces() {
    return lanes.map((lane, place) => {
      const own = page.events.filter(([kind]) => kind === place);
      return {
        type: "scatter", mode: "markers", x: own.map((event) => event[1]), y: own.map(() => firstLane + place),
        marker: { symbol: ["square", "diamond", "triangle-up"][place], size: 8, color: palette.lanes[place], opacity: 0.75 },
        text: own.map(([, ms, name, mw]) =>
          `${plain(name)}${mw ? `, ${number(mw, 1)} ${words.mw}` : ""}<br>${moment(ms).split(",")[0]}`),
        hovertemplate: `%{text}<extra>${plain(lane)}</extra>`,
      };
    });
  }

  function inWindow(from, to) {
    const found = [];
    for (let i = 0; i < episodes.start.length; i += 1) {
      const start = page.first_ms + episodes.start[i] * page.step_ms;
      if (start < to && start + episodes.steps[i] * page.step_ms > from) found.push(i);
    }
    return found;
  }

  function singleTrace(chosen) {
    return {
      type: "bar", orientation: "h", width: 0.8,
      base: chosen.map((i) => page.first_ms + episodes.start[i] * page.step_ms),
      x: chosen.map((i) => episodes.steps[i] * page.step_ms),
      y: chosen.map((i) => firstRow + episodes.row[i]),
      marker: {
        color: chosen.map((i) => colourOf(episodes.peak[i] / 10)),
        line: { color: chosen.map((i) => colourOf(episodes.peak[i] / 10)), width: 1 },
      },
      text: chosen.map((i) => {
        const start = page.first_ms + episodes.start[i] * page.step_ms;
        return `<b>${fullName(page.timeline.rows[episodes.row[i]])}</b><br>` +
          `${moment(start)}, ${number(hoursOf(episodes.steps[i]))} h<br>` +
          `${plain(words.peak)} ${number(episodes.peak[i] / 10, 1)} %, ${number(episodes.mvah[i], 1)} ${plain(words.mvah)}`;
      }),
      textposition: "none", hovertemplate: "%{text}<extra></extra>",
    };
  }

  /** Months with an overload: worst loading of the month as colour, hours above the limit in the hover text. */
  function monthTrace() {
    const { rows } = page.timeline;
    const hours = rows.map(() => new Float64Array(nMonth)), peak = rows.map(() => new Float32Array(nMonth));
    for (let i = 0; i < episodes.start.length; i += 1) {
      const start = page.first_ms + episodes.start[i] * page.step_ms, row = episodes.row[i];
      overMonths(start, start + episodes.steps[i] * page.step_ms, (month, h) => {
        hours[row][month] += h;
        peak[row][month] = Math.max(peak[row][month], episodes.peak[i] / 10);
      });
    }
    const worst = rows.map((group, row) => Array.from(hours[row], (h, month) => {
      if (h === 0) return NaN;
      const known = months.percent[group * nMonth + month];
      return Number.isNaN(known) ? peak[row][month] : Math.min(peak[row][month], known);
    }));
    return {
      type: "heatmap", x: monthEdges, y: rows.map((_, row) => firstRow + row), z: worst.map((row) => row.map((p) => p - 0.001)),
      colorscale: colourScale, zmin: 0, zmax: palette.top, showscale: false, ygap: 3, hoverongaps: false,
      customdata: rows.map((group, row) => Array.from(hours[row], (h, month) =>
        [fullName(group), number(worst[row][month], 1), filled(words.above, { h: number(h) })])),
      hovertemplate: `<b>%{customdata[0]}</b><br>%{x|%b %Y}<br>${plain(words.worst)} %{customdata[1]} %<br>%{customdata[2]}<extra></extra>`,
    };
  }

  function timelineTraces(from, to) {
    const chosen = inWindow(from, to);
    const isSingle = chosen.length <= MAX_SINGLE;
    const traces = [...eventTraces(), ...(hasFailed ? [failedTrace(from, to)] : [])];
    if (episodes.start.length) traces.unshift(isSingle ? singleTrace(chosen) : monthTrace());
    at("timeline-note").textContent = [
      isSingle ? words.zoomed : words.overview,
      page.timeline.shown < page.timeline.total
        ? filled(words.shown, { n: number(page.timeline.shown), total: number(page.timeline.total) }) : "",
    ].filter(Boolean).join(" ");
    return traces;
  }

  /** Heights of the pictures, kept free before they are drawn, so that links to what is below lead to the right place. */
  const heights = {
    "chart-timeline": () => 84 + 22 * Math.max(firstRow + page.timeline.rows.length, 4),
    "chart-months": () => monthsHeight(Math.min(groups.length, FIRST_ROWS)),
    "chart-days": () => (isPhone() ? 280 : 340),
    "chart-curve": () => 370,
    "chart-map": () => (isPhone() ? 300 : 640),
  };
  const monthsHeight = (n) => 84 + 16 * Math.max(n, 4);

  function drawTimeline(place) {
    const n = firstRow + page.timeline.rows.length;
    const labels = [...(hasFailed ? [words.unsolved] : []), ...lanes].map((text) => `<i>${plain(shortened(text, isPhone() ? 16 : 44))}</i> `);
    const layout = layoutOf(heights["chart-timeline"](), {
      margin: { l: leftMargin(), r: 14, t: 56, b: 10 }, barmode: "overlay", xaxis: timeAxis(), uirevision: "timeline",
      yaxis: {
        tickvals: Array.from({ length: n }, (_, row) => row), ticktext: [...labels, ...page.timeline.rows.map(rowLabel)],
        range: [n - 0.4, -0.6], fixedrange: true, showgrid: false, tickfont: { size: isPhone() ? 10 : 11.5 },
      },
    });
    Plotly.newPlot(place, timelineTraces(page.first_ms, page.end_ms), layout, config);
    place.on("plotly_relayout", (change) => {
      const isZoom = "xaxis.range[0]" in change || "xaxis.autorange" in change || "xaxis.range" in change;
      if (!isZoom) return;
      const [from, to] = place.layout.xaxis.range.map((edge) => (typeof edge === "number" ? edge : Date.parse(edge.replace(" ", "T") + (edge.length > 10 ? "Z" : ""))));
      Plotly.react(place, timelineTraces(from, to), place.layout, config);
    });
  }

  // -- months --------------------------------------------------------------------------------------------------------

  function drawMonths(place) {
    const rows = groups.map((_, group) => group);
    const cells = (fill) => rows.map((group) => Array.from({ length: nMonth }, (_, month) => fill(group * nMonth + month)));
    const crosses = { x: [], y: [], text: [] };
    for (let i = 0; i < monthFailures.length; i += 3) {
      const [group, month, hours] = monthFailures.subarray(i, i + 3);
      crosses.x.push((monthEdges[month] + monthEdges[month + 1]) / 2);
      crosses.y.push(group);
      crosses.text.push(`<b>${fullName(group)}</b><br>${plain(filled(words.unsolved_hours, { h: number(hours) }))}`);
    }
    const shown = Math.min(rows.length, FIRST_ROWS);
    const layout = layoutOf(heights["chart-months"](), {
      margin: { l: leftMargin(), r: 14, t: 56, b: 10 }, xaxis: timeAxis(),
      yaxis: {
        tickvals: rows, ticktext: rows.map(rowLabel), range: [shown - 0.5, -0.5], fixedrange: true, showgrid: false,
        tickfont: { size: isPhone() ? 9 : 10.5 },
      },
    });
    Plotly.newPlot(place, [
      {
        type: "heatmap", x: monthEdges, y: rows, z: cells((cell) => months.percent[cell] - 0.001), colorscale: colourScale,
        zmin: 0, zmax: palette.top, showscale: false, hoverongaps: false, ygap: 1,
        text: cells((cell) => number(months.percent[cell], 1)), customdata: rows.map((group) => Array(nMonth).fill(fullName(group))),
        hovertemplate: `<b>%{customdata}</b><br>%{x|%b %Y}<br>${plain(words.worst)} %{text} %<extra></extra>`,
      },
      {
        type: "scatter", mode: "markers", x: crosses.x, y: crosses.y, text: crosses.text,
        marker: { symbol: "x", size: 7, color: palette.paper, line: { color: palette.alert, width: 1 } },
        hovertemplate: "%{text}<extra></extra>",
      },
    ], layout, config);
    at("months-all").addEventListener("change", (change) => {
      const n = change.target.checked ? rows.length : shown;
      Plotly.relayout(place, { height: monthsHeight(n), "yaxis.range": [n - 0.5, -0.5] });
    });
    at("months-all").closest("label").hidden = rows.length <= FIRST_ROWS;
  }

  // -- hours ---------------------------------------------------------------------------------------------------------

  const picked = () => Number(at("unit-pick").value || 0);

  function drawDays(place) {
    if (!page.detailed) return;
    const unit = picked(), year = page.days.year[unit], perDay = page.per_day, nDay = 366;
    const cell = (slot, day) => unit * nDay * perDay + day * perDay + slot;
    const slots = Array.from({ length: perDay }, (_, slot) => slot);
    const dates = Array.from({ length: nDay }, (_, day) => Date.UTC(year, 0, 1 + day)).filter((ms) => ms < Date.UTC(year + 1, 0, 1));
    const grid = (fill) => slots.map((slot) => dates.map((_, day) => fill(cell(slot, day))));
    at("days-year").textContent = year;
    // Strokes on white, as in the legend: no shade of loading looks like that.
    const unknown = { x: [], y: [] };
    slots.forEach((slot) => dates.forEach((ms, day) => {
      if (!days.isUnknown(cell(slot, day))) return;
      unknown.x.push(ms);
      unknown.y.push(slot);
    }));
    const clock = (slot) => `${String(Math.floor((slot * 24) / perDay)).padStart(2, "0")}:00`;
    Plotly.react(place, [
      {
        type: "heatmap", x: dates, y: slots, z: grid((i) => (days.isUnknown(i) ? 1 : NaN)), showscale: false, hoverongaps: false,
        colorscale: [[0, palette.paper], [1, palette.paper]],
        hovertemplate: `%{x|%d %b}<br>${plain(words.no_solution)}<extra></extra>`,
      },
      {
        type: "heatmap", x: dates, y: slots, z: grid((i) => days.percent[i] - 0.001), colorscale: colourScale, zmin: 0,
        zmax: palette.top, showscale: false, hoverongaps: false, text: grid((i) => number(days.percent[i])),
        customdata: slots.map((slot) => Array(dates.length).fill(clock(slot))),
        hovertemplate: `%{x|%d %b}, %{customdata}<br>${plain(words.loading)} %{text} %<extra></extra>`,
      },
      {
        type: "scatter", mode: "markers", ...unknown, hoverinfo: "skip",
        marker: { symbol: "line-ne", size: 7, line: { color: palette.alert, width: 1.2 } },
      },
    ], layoutOf(heights["chart-days"](), {
      margin: { l: 56, r: 12, t: 34, b: 34 }, xaxis: {
        type: "date", tickformat: "%b", dtick: isPhone() ? "M3" : "M1", tickangle: 0,
        range: [Date.UTC(year, 0, 1) - 43200000, Date.UTC(year + 1, 0, 1) - 43200000],
      },
      yaxis: { range: [-0.5, perDay - 0.5], title: { text: words.hour, font: { size: 11 } }, tickvals: slots.filter((slot) => (slot * 24) / perDay % 6 === 0), ticktext: slots.filter((slot) => (slot * 24) / perDay % 6 === 0).map(clock), showgrid: false },
    }), config);
  }

  function drawCurve(place) {
    if (!page.detailed) return;
    const unit = picked(), nPoint = page.curves.shares.length, nYear = page.to_year - page.from_year + 1;
    const of = (year) => curves.percent.subarray((unit * nYear + year) * nPoint, (unit * nYear + year + 1) * nPoint);
    const known = Array.from({ length: nYear }, (_, year) => year).filter((year) => !Number.isNaN(of(year)[0]));
    const worst = known.reduce((best, year) => (best === null || of(year)[0] > of(best)[0] ? year : best), null);
    const named = new Map([[known[0], palette.lanes[0]], [known.at(-1), palette.ink], [worst, palette.colours[6]]]);
    const traces = known.map((year) => ({
      type: "scatter", mode: "lines", x: page.curves.shares, y: Array.from(of(year)), name: String(page.from_year + year),
      line: { color: named.get(year) || palette.rule, width: named.has(year) ? 2.4 : 1 }, showlegend: named.has(year),
      hovertemplate: `%{x:.1f} %, %{y:.1f} %<extra>${page.from_year + year}</extra>`,
    })).sort((a, b) => a.line.width - b.line.width);
    const peak = Math.max(110, ...known.map((year) => of(year)[0]));
    Plotly.react(place, traces, layoutOf(heights["chart-curve"](), {
      margin: { l: 56, r: 12, t: 40, b: 44 }, showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      xaxis: { title: { text: `${words.share}, %`, font: { size: 11 } }, range: [0, 100] },
      yaxis: { title: { text: `${words.loading}, %`, font: { size: 11 } }, range: [0, peak * 1.04] },
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 100, y1: 100, line: { color: palette.alert, width: 1, dash: "dot" } }],
      annotations: [{ xref: "paper", x: 1, y: 100, text: words.rating, showarrow: false, xanchor: "right", yanchor: "bottom", font: { size: 11, color: palette.alert } }],
    }), config);
  }

  function fillPicker() {
    const pick = at("unit-pick");
    for (let group = 0; group < page.detailed; group += 1) {
      const { name, units, peak } = groups[group];
      pick.add(new Option(`${name}, ${units}${peak === null ? "" : ` (${number(peak, 1)} %)`}`, group));
    }
    pick.addEventListener("change", () => { redraw("chart-days"); redraw("chart-curve"); });
  }

  // -- map -----------------------------------------------------------------------------------------------------------

  const stationWorst = loadings(page.map.station_worst, Uint16Array, WIDE_UNKNOWN, 10);
  const lineWorst = loadings(page.map.line_worst, Uint16Array, WIDE_UNKNOWN, 10);
  const nYears = page.to_year - page.from_year + 1;
  const sizeOf = (kv) => (kv >= 400 ? 17 : kv >= 180 ? 13.5 : kv >= 80 ? 10 : 7);
  const widthOf = (kv) => (kv >= 400 ? 3 : kv >= 180 ? 2.1 : kv >= 80 ? 1.2 : 0.7);

  function lineTraces(year) {
    const traces = new Map();
    page.map.lines.forEach(([fromLat, fromLon, toLat, toLon, kv, opens, closes], i) => {
      if (opens > year || closes < year) return;
      const percent = lineWorst.percent[i * nYears + year - page.from_year];
      const colour = percent > 100 ? colourOf(percent) : "#a9b4bd", width = widthOf(kv) + (percent > 100 ? 1 : 0);
      const key = `${colour} ${width}`;
      if (!traces.has(key)) traces.set(key, { type: "scatter", mode: "lines", x: [], y: [], hoverinfo: "skip", line: { color: colour, width } });
      traces.get(key).x.push(fromLon, toLon, null);
      traces.get(key).y.push(fromLat, toLat, null);
    });
    return [...traces.values()];
  }

  function stationText([name, , , kv, , isNew, isRepresentative, opens], percent, isUnknown) {
    return [
      `<b>${plain(name)}</b>`, `${number(kv)} ${plain(words.kv)}`,
      Number.isNaN(percent) ? plain(isUnknown ? words.unknown_station : words.no_transformer) : `${plain(words.worst)} ${number(percent, 1)} %`,
      isNew && opens ? `${plain(words.opens)} ${moment(Date.parse(opens)).split(",")[0]}` : "",
      isRepresentative ? `<i>${plain(words.representative)}</i>` : "",
    ].filter(Boolean).join("<br>");
  }

  function stationTraces(year) {
    const kinds = [
      { symbol: "square-open", wanted: (there) => !there },
      { symbol: "circle", wanted: (there, isNew) => there && !isNew },
      { symbol: "square", wanted: (there, isNew) => there && isNew },
    ];
    const place = (i) => i * nYears + year - page.from_year;
    return kinds.map(({ symbol, wanted }) => {
      const isGhost = symbol === "square-open";
      const chosen = page.map.stations.map((_, i) => i)
        .filter((i) => wanted(page.map.stations[i][4] <= year, page.map.stations[i][5] === 1))
        .sort((a, b) => (stationWorst.percent[place(a)] || -1) - (stationWorst.percent[place(b)] || -1));
      const of = (take) => chosen.map((i) => take(page.map.stations[i], stationWorst.percent[place(i)], stationWorst.isUnknown(place(i))));
      return {
        type: "scatter", mode: "markers", x: of((s) => s[2]), y: of((s) => s[1]), text: of(stationText),
        marker: {
          symbol: isGhost ? symbol : of((s, p, isUnknown) => (isUnknown ? "x" : symbol)), size: of((s) => sizeOf(s[3]) * (isPhone() ? 0.75 : 1)), opacity: 1,
          color: isGhost ? "#b9b9b9" : of((s, p, isUnknown) => (isUnknown ? palette.alert : colourOf(p))),
          line: { color: isGhost ? "#b9b9b9" : of((s) => (s[6] ? palette.soft : palette.ink)), width: isGhost ? 1 : of((s) => (s[6] ? 0.5 : 1.3)) },
        },
        hovertemplate: "%{text}<extra></extra>",
      };
    });
  }

  function mapSummary(year) {
    const place = year - page.from_year;
    const there = page.map.stations.map((_, i) => i).filter((i) => page.map.stations[i][4] <= year);
    const over = there.filter((i) => stationWorst.percent[i * nYears + place] > 100).length;
    const lines = page.map.lines.filter((_, i) => lineWorst.percent[i * nYears + place] > 100).length;
    const failed = page.map.unsolved_h[place];
    const text = filled(words.map_summary, { year, n: number(over), total: number(there.length), lines: number(lines) });
    at("map-summary").textContent = failed ? `${filled(words.map_unsolved, { h: number(failed) })}. ${text}` : text;
    at("map-summary").classList.toggle("bad", failed > 0);
  }

  /** What the map shows: all substations but the neighbours', or the middle half of them, where they stand densest. */
  function mapWindow(kind) {
    const inside = page.map.stations.filter((station) => station[8] === 0);
    const chosen = inside.length ? inside : page.map.stations;
    const span = (place) => {
      const sorted = chosen.map((station) => station[place]).sort((a, b) => a - b);
      const cut = kind === "centre" ? Math.floor(sorted.length / 5) : 0;
      const [low, high] = [sorted[cut], sorted[sorted.length - 1 - cut]];
      const air = Math.max(0.03, 0.05 * (high - low));
      return [low - air, high + air];
    };
    return { x: span(2), y: span(1) };
  }

  function zoomMap(kind) {
    draw("chart-map");
    const view = mapWindow(kind);
    Plotly.relayout(at("chart-map"), { "xaxis.range": view.x, "yaxis.range": view.y });
  }

  function drawMap(place) {
    const year = Number(at("year").value);
    at("year-shown").textContent = year;
    at("year").setAttribute("aria-valuetext", year);
    mapSummary(year);
    const view = mapWindow("region");
    const towns = isPhone() ? page.map.towns.slice(0, 3) : page.map.towns;
    const traces = [...lineTraces(year), ...stationTraces(year), {
      type: "scatter", mode: "text", x: towns.map((t) => t[2]), y: towns.map((t) => t[1]), text: towns.map((t) => `<i>${plain(t[0])}</i>`),
      textposition: "top center", textfont: { size: 11, color: "#333" }, hoverinfo: "skip", cliponaxis: false,
    }];
    const stretch = 1 / Math.cos((((view.y[0] + view.y[1]) / 2) * Math.PI) / 180);
    Plotly.react(place, traces, layoutOf(heights["chart-map"](), {
      margin: { l: isPhone() ? 30 : 46, r: 8, t: 34, b: 30 }, uirevision: "map",
      xaxis: { range: view.x, ticksuffix: "°", constrain: "domain" },
      yaxis: { range: view.y, ticksuffix: "°", scaleanchor: "x", scaleratio: stretch, constrain: "domain" },
    }), config);
  }

  // -- table and sections --------------------------------------------------------------------------------------------

  function sortable(table) {
    const body = table.tBodies[0];
    table.querySelectorAll("th[aria-sort] button").forEach((button) => button.addEventListener("click", () => {
      const head = button.closest("th"), column = head.cellIndex;
      const isDown = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      const keyed = Array.from(body.rows, (row) => {
        const cell = row.cells[column], value = cell.dataset.v;
        return { row, isEmpty: value === "", key: value === undefined ? cell.textContent.trim() : Number(value) };
      });
      const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, page.locale.code, { numeric: true }));
      keyed.sort((a, b) => (a.isEmpty - b.isEmpty) || (a.isEmpty ? 0 : (isDown ? -1 : 1) * compare(a.key, b.key)));
      body.append(...keyed.map(({ row }) => row));
    }));
  }

  function filterable(table) {
    const [field, onlyOver] = [at("filter"), at("only-over")];
    const apply = () => {
      const wanted = field.value.trim().toLocaleLowerCase(page.locale.code);
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const isWanted = (!onlyOver.checked || "over" in row.dataset) && row.textContent.toLocaleLowerCase(page.locale.code).includes(wanted);
        row.hidden = !isWanted;
        shown += isWanted;
      }
      at("shown").textContent = filled(words.shown, { n: number(shown), total: number(table.tBodies[0].rows.length) });
    };
    onlyOver.checked = table.querySelector("tr[data-over]") !== null;
    field.addEventListener("input", apply);
    onlyOver.addEventListener("change", apply);
    apply();
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const section = target && target.closest("details.unit");
    if (!section) return;
    section.open = true;
    section.scrollIntoView();
  }

  // -- together ------------------------------------------------------------------------------------------------------

  const charts = { "chart-timeline": drawTimeline, "chart-months": drawMonths, "chart-days": drawDays, "chart-curve": drawCurve, "chart-map": drawMap };
  const drawn = new Set();

  function draw(id) {
    if (drawn.has(id)) return;
    drawn.add(id);
    charts[id](at(id));
  }

  function redraw(id) {
    if (drawn.has(id)) charts[id](at(id));
  }

  function start() {
    writeScales();
    fillPicker();
    Object.entries(heights).forEach(([id, height]) => { at(id).style.minHeight = `${height()}px`; });
    const table = at("transformers");
    sortable(table);
    filterable(table);
    at("year").value = page.to_year;
    at("year").addEventListener("input", () => { drawn.add("chart-map"); drawMap(at("chart-map")); });
    document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => zoomMap(button.dataset.zoom)));
    at("open-over").addEventListener("click", () => document.querySelectorAll("details.unit[data-over]").forEach((unit) => { unit.open = true; }));
    window.addEventListener("hashchange", openTarget);
    window.addEventListener("beforeprint", () => {
      Object.keys(charts).forEach(draw);
      document.querySelectorAll("details.unit[data-over]").forEach((unit) => { unit.open = true; });
    });
    const watcher = new IntersectionObserver((seen) => seen.filter((entry) => entry.isIntersecting).forEach((entry) => {
      watcher.unobserve(entry.target);
      draw(entry.target.id);
    }), { rootMargin: "500px" });
    Object.keys(charts).forEach((id) => watcher.observe(at(id)));
    openTarget();
  }

  start();
})();
