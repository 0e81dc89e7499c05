// Puts single rows in their places: the server tells what a change made of a row, which list it is in now, and
// behind which row. The rest of a long list is neither sent nor touched.
const LISTS = ["open", "done"];
const TABLE = Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

// A page whose tasks could not be read has no lists.
function hasLists() {
  return LISTS.every((name) => document.getElementById(name));
}

// CRC-32 (ISO 3309) of what the rows show, for the server to compare with what they should; without lists
// something that no rows have, so that they are sent.
export function fingerprint() {
  if (!hasLists()) return "none";
  const lines = LISTS.flatMap((name) =>
    [...document.getElementById(name).children].map((row) => `${name} ${idOf(row)} ${row.dataset.state}\n`),
  );
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(lines.join(""))) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

function idOf(row) {
  return row.id.replace("task-", "");
}

document.addEventListener("htmx:after:swap", putAll);

function putAll() {
  const incoming = document.getElementById("incoming");
  if (!incoming?.children.length) return;
  const isWhole = hasLists() && [...incoming.children].map(put).every(Boolean);
  incoming.replaceChildren();
  const done = document.getElementById("done");
  if (done) document.getElementById("done-details").hidden = !done.children.length;
  if (!isWhole) document.dispatchEvent(new CustomEvent("rows-missing"));
}

// Says whether the row it stands behind was there. A row that is being edited stays as it is.
function put(template) {
  const { row: id, place, after } = template.dataset;
  const old = document.getElementById(id);
  if (old?.matches("[data-editing]")) return true;
  if (!place) {
    old?.remove();
    return true;
  }
  const list = document.getElementById(place);
  const before = after ? document.getElementById(after) : null;
  const next = after ? (before?.nextElementSibling ?? null) : list.firstElementChild;
  const fresh = template.content.querySelector("li");
  if (old) {
    moveTo(list, old, next === old ? old.nextElementSibling : next);
    setTimeout(() => refresh(old, fresh)); // when the request that may have come from here has ended
  } else {
    list.insertBefore(fresh, next?.parentElement === list ? next : null);
    htmx.process(fresh);
  }
  return !after || before?.parentElement === list;
}

function moveTo(list, row, next) {
  if (row.parentElement === list && row.nextElementSibling === next) return;
  const held = row.parentElement === list && row.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(row, next?.parentElement === list ? next : null);
  held?.focus({ preventScroll: true });
}

// The nodes themselves: as text, what somebody wrote into a title could become an element on its way.
function refresh(row, fresh) {
  if (row.matches("[data-editing]") || !row.isConnected) return;
  const held = row.contains(document.activeElement) ? document.activeElement.id : "";
  row.className = fresh.className;
  row.dataset.state = fresh.dataset.state;
  row.replaceChildren(...fresh.childNodes);
  htmx.process(row);
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}
