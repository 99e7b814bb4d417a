// The live map: one MapLibre map a city over the drawing the server made, at one scale, from the release's own tiles.
// Nothing comes from outside: no base tiles, no glyphs, no sprites.
import { Map as LiveMap, NavigationControl, ScaleControl, addProtocol, setWorkerUrl } from "../vendor/maplibre-gl/maplibre-gl.mjs";

const figure = document.querySelector("[data-map]");
const settings = JSON.parse(figure.dataset.map);
const told = figure.querySelector(".told");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const protocol = new pmtiles.Protocol();
const tiles = new URL(settings.tiles, location.href);
const archive = new pmtiles.PMTiles(location.origin + tiles.pathname);

setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);
addProtocol("pmtiles", protocol.tile);
protocol.add(archive);

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function painted(ink) {
  const levels = [0, 1, 2, 3, 4].map((level) => colour(`--${ink}-${level}`));
  if (!settings.value) return levels[1];
  const figureOf = ["get", settings.value];
  const steps = settings.breaks.flatMap((limit, index) => [limit, levels[index + 1]]);
  const classed = steps.length ? ["step", ["to-number", figureOf], levels[0], ...steps] : levels[0];
  return ["case", ["==", ["typeof", figureOf], "number"], classed, colour("--paper")];
}

function styleOf(layer, ink) {
  const source = { source: "release", "source-layer": layer };
  const kind = (name) => ["==", ["geometry-type"], name];
  return {
    version: 8,
    sources: { release: { type: "vector", url: `pmtiles://${archive.source.getKey()}` } },
    layers: [
      { id: "water", type: "background", paint: { "background-color": colour("--water") } },
      { id: "areas", type: "fill", ...source, filter: kind("Polygon"), paint: { "fill-color": painted(ink) } },
      { id: "borders", type: "line", ...source, filter: kind("Polygon"), paint: { "line-color": colour("--water"), "line-width": 1 } },
      { id: "lines", type: "line", ...source, filter: kind("LineString"), paint: { "line-color": colour(`--${ink}`), "line-width": 2 } },
      { id: "points", type: "circle", ...source, filter: kind("Point"), paint: { "circle-color": painted(ink), "circle-radius": 5, "circle-stroke-width": 1, "circle-stroke-color": colour("--water") } },
      { id: "chosen", type: "line", ...source, filter: ["boolean", false], paint: { "line-color": colour("--text"), "line-width": 2 } },
    ],
  };
}

// Same scale: a metre is as long in both frames when 2^zoom / cos(latitude) is the same.
const latitude = (box) => (box[1] + box[3]) / 2;
const shift = (from, to) => Math.log2(Math.cos((latitude(to.bbox) * Math.PI) / 180) / Math.cos((latitude(from.bbox) * Math.PI) / 180));

function tell(feature) {
  const value = settings.value ? feature.properties[settings.value] : undefined;
  const label = settings.label ? feature.properties[settings.label] : "";
  const shown = typeof value === "number" ? value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: settings.precision ?? 3 }) : "–";
  told.hidden = false;
  told.textContent = `${label ?? ""} ${settings.value ? `· ${shown} ${settings.unit}` : ""}`.trim();
}

function addLabels(map, frame) {
  // Chosen by the server in the page's language and script; as HTML they need no glyph files.
  const layer = document.createElement("div");
  layer.className = "live-labels";
  layer.setAttribute("aria-hidden", "true");
  const labels = frame.labels.map(([x, y, text]) => {
    const label = document.createElement("span");
    label.textContent = text;
    layer.append(label);
    return [label, [x, y]];
  });
  map.getContainer().append(layer);
  const sizes = labels.map(([label]) => [label.offsetWidth / 2 + 2, label.offsetHeight / 2]);
  const place = () => {
    // Bigger places come first; a label that would lie on another waits until there is room.
    const taken = [];
    labels.forEach(([label, point], index) => {
      const { x, y } = map.project(point);
      const [w, h] = sizes[index];
      const free = taken.every(([a, b, c, d]) => x + w < a || x - w > b || y + h < c || y - h > d);
      if (free) taken.push([x - w, x + w, y - h, y + h]);
      label.hidden = !free;
      label.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    });
  };
  map.on("move", place);
  place();
}

function sayWhileMoving(maps) {
  // A frame that follows starts and ends a move at each step of the one that leads.
  const moving = new Set();
  for (const map of maps) {
    map.on("movestart", () => { moving.add(map); figure.dataset.moving = ""; });
    map.on("moveend", () => { moving.delete(map); if (!moving.size) delete figure.dataset.moving; });
  }
}

function together(maps) {
  // The frames keep one scale: zooming one zooms the other.
  let leader = null;
  for (const [index, map] of maps.entries()) {
    map.on("zoom", () => {
      if (leader !== null && leader !== index) return;
      leader = index;
      maps.forEach((other, at) => {
        if (at !== index) other.setZoom(map.getZoom() + shift(settings.frames[index], settings.frames[at]));
      });
      leader = null;
    });
  }
}

async function start() {
  const metadata = await archive.getMetadata();
  const layer = metadata.vector_layers[0].id;
  const canvases = [...figure.querySelectorAll("[data-frame]")];
  const maps = canvases.map((canvas, index) => {
    const frame = settings.frames[index];
    const holder = document.createElement("div");
    holder.className = "live-map";
    canvas.append(holder);
    const map = new LiveMap({
      container: holder,
      style: styleOf(layer, frame.ink),
      bounds: [frame.bbox.slice(0, 2), frame.bbox.slice(2)],
      fitBoundsOptions: { padding: Math.round((26 / 560) * canvas.clientWidth) },
      locale: settings.words,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      cooperativeGestures: true,
      renderWorldCopies: false,
      fadeDuration: still.matches ? 0 : 200,
      maxZoom: 16,
      minZoom: 5,
    });
    map.touchZoomRotate.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    map.getCanvas().setAttribute("aria-label", canvas.querySelector("svg").getAttribute("aria-label"));
    const chooseAt = (event) => {
      const [feature] = map.queryRenderedFeatures(event.point, { layers: ["areas", "lines", "points"] });
      if (!feature) return;
      tell(feature);
      if (settings.label) map.setFilter("chosen", ["==", ["get", settings.label], feature.properties[settings.label] ?? ""]);
    };
    map.on("click", chooseAt);
    map.on("mousemove", chooseAt);
    return map;
  });
  await Promise.all(maps.map((map) => map.once("load")));
  const scales = maps.map((map, index) => map.getZoom() + shift(settings.frames[index], settings.frames[0]));
  const common = Math.min(...scales);
  maps.forEach((map, index) => map.setZoom(common + shift(settings.frames[0], settings.frames[index])));
  maps.forEach((map, index) => addLabels(map, settings.frames[index]));
  together(maps);
  sayWhileMoving(maps);
  await Promise.all(maps.map((map) => map.once("idle")));
  figure.classList.add("live");
  dark.addEventListener("change", () => maps.forEach((map, index) => map.setStyle(styleOf(layer, settings.frames[index].ink))));
}

// Where the live map cannot start (no WebGL, tiles unreadable) the drawing stays: nothing is lost but the zoom.
start().catch(() => { for (const holder of figure.querySelectorAll(".live-map")) holder.remove(); });
