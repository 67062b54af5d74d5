// Each file: ask the service for permission, then send it to the store, three at a time.
// Whatever comes from elsewhere (names above all) is put into the page as text, never as HTML.

const AT_ONCE = 3;
const at = id => document.getElementById(id);
let limits = {bytes: Infinity, types: ""};
const waiting = [];
let underWay = 0;

// Its message is for people; `again` says whether the same file may have more luck another time.
class Refused extends Error {
  constructor(message, again = true) { super(message); this.again = again; }
}

const size = bytes => {
  const units = [bytes === 1 ? "byte" : "bytes", "kB", "MB", "GB"];
  const unit = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** unit).toLocaleString("en", {maximumSignificantDigits: 3})} ${units[unit]}`;
};

// --- the service ---

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The service can't be reached. Check your connection.");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const said = await answer.json().catch(() => ({}));
  const message = typeof said.detail === "string" ? said.detail : `The service refused it (${answer.status}).`;
  throw new Refused(message, answer.status >= 500);
}

const addressOf = upload => `api/uploads/${upload.id}/${encodeURIComponent(upload.name)}`;
const remove = upload => ask(addressOf(upload), {method: "DELETE"});

// --- the store ---

// What the store's answer means to whoever reads it; it comes as XML with a code.
function refusal(request) {
  const xml = new DOMParser().parseFromString(request.responseText, "application/xml");
  const code = xml.querySelector("Code")?.textContent ?? "";
  const text = xml.querySelector("Message")?.textContent ?? "";
  if (code === "EntityTooLarge") return new Refused(`The file is too large for the store: it takes at most ${size(limits.bytes)}.`, false);
  if (code === "EntityTooSmall") return new Refused("The file is empty.", false);
  if (/expired/i.test(code + text)) return new Refused("The permission to upload has expired. Try again.");
  if (/policy/i.test(text)) return new Refused("The store doesn't take this type of file here.", false);
  if (request.status === 403) return new Refused("The store refused it: this isn't what was permitted.");
  if (request.status >= 500) return new Refused("The store is busy or has a problem. Try again later.");
  return new Refused(`The store refused it (${code || request.status}).`);
}

// Browsers don't tell scripts why a request to another origin failed. But they ask the store first (upload listeners
// make them), so that bytes are on their way only when it agrees; and whether anybody is there can be tried.
async function whyNothingCame(url, begun) {
  if (begun) return "The connection broke off. Try again.";
  try {
    await fetch(new URL(url).origin, {mode: "no-cors", cache: "no-store"});
  } catch {
    return "The store can't be reached. Check your connection.";
  }
  return `The store takes no uploads from this page (${location.origin}). Its CORS rules have to allow it.`;
}

function send(permission, file, signal, onProgress) {
  const request = new XMLHttpRequest();       // fetch() tells nothing of an upload's progress
  request.open(permission.method, permission.url);
  let body = file;
  if (permission.method === "POST") {
    body = new FormData();
    for (const [name, value] of Object.entries(permission.fields)) body.append(name, value);
    body.append("Content-Type", file.type);
    body.append("file", file, "file");        // last: what follows it isn't looked at
  } else {
    for (const [name, value] of Object.entries(permission.headers)) request.setRequestHeader(name, value);
  }
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const aborted = () => { request.abort(); reject(signal.reason); };
    signal.addEventListener("abort", aborted);
    let begun = false;
    request.upload.onprogress = event => { begun = true; onProgress(event.loaded, event.total); };
    request.onerror = async () => reject(new Refused(await whyNothingCame(permission.url, begun)));
    request.onload = () => request.status < 300 ? resolve() : reject(refusal(request));
    request.onloadend = () => signal.removeEventListener("abort", aborted);
    request.send(body);
  });
}

// --- one file ---

function add(file, way) {
  const item = at("transfer").content.cloneNode(true).firstElementChild;
  const part = name => item.querySelector(name);
  part(".name").textContent = file.name;
  part(".size").textContent = size(file.size);
  part("progress").setAttribute("aria-label", `Progress of ${file.name}`);
  part(".cancel").setAttribute("aria-label", `Cancel ${file.name}`);
  part(".again").setAttribute("aria-label", `Try ${file.name} again`);
  at("transfers").prepend(item);

  const show = (kind, text, again = false) => {
    item.className = kind;
    part(".state").textContent = text;
    const over = ["done", "failed", "cancelled"].includes(kind);
    part(".cancel").hidden = over;
    part(".again").hidden = !again;
    if (over) at("said").textContent = `${file.name}: ${text}`;
  };

  const start = () => {
    const controller = new AbortController();
    part("progress").value = 0;
    show("waiting", "Waiting");
    part(".cancel").onclick = () => controller.abort();
    controller.signal.addEventListener("abort", () => {
      const place = waiting.indexOf(job);
      if (place >= 0) { waiting.splice(place, 1); show("cancelled", "Cancelled", true); }
    });
    const job = () => run(controller.signal);
    waiting.push(job);
    next();
  };

  const run = async signal => {
    let permission, began;
    try {
      if (file.size > limits.bytes) throw new Refused(`The file is too large: at most ${size(limits.bytes)} are taken.`, false);
      if (!file.type.startsWith(limits.types)) throw new Refused("Only images can be uploaded here.", false);
      if (!file.size) throw new Refused("The file is empty.", false);
      show("running", "Asking for permission");
      permission = await ask("api/permissions", {
        method: "POST", signal, headers: {"Content-Type": "application/json"},
        body: JSON.stringify({name: file.name, size: file.size, type: file.type, way}),
      });
      began = performance.now();
      await send(permission, file, signal, (sent, all) => {
        const seconds = (performance.now() - began) / 1000;
        part("progress").value = 100 * sent / all;
        show("running", sent < all
          ? `${Math.floor(100 * sent / all)} % · ${size(sent / seconds)}/s · ${Math.ceil((all - sent) * seconds / sent)} s left`
          : "The store is finishing");
      });
      part("progress").value = 100;
      show("done", `Uploaded, ${size(file.size / (performance.now() - began) * 1000)}/s`);
      refresh();
    } catch (error) {
      if (!signal.aborted) {
        const known = error instanceof Refused;
        show("failed", known ? error.message : `Something went wrong: ${error}`, !known || error.again);
        return;
      }
      // The last byte may have been on its way: what the store has got after all is removed.
      const gone = permission ? await remove(permission).then(() => true, () => false) : true;
      show("cancelled", gone ? "Cancelled" : "Cancelled, though it may be in the inbox", true);
      refresh();
    }
  };

  part(".again").onclick = start;
  start();
}

function next() {
  while (underWay < AT_ONCE && waiting.length) {
    underWay += 1;
    waiting.shift()().finally(() => { underWay -= 1; next(); });
  }
}

// --- what is there ---

async function refresh() {
  let answer;
  try {
    answer = await ask("api/uploads");
  } catch (error) {
    at("empty").hidden = false;
    at("empty").textContent = error.message;
    return;
  }
  limits = answer.limits;
  at("tenant").textContent = answer.tenant;
  at("limits").textContent = `Images up to ${size(limits.bytes)}`;
  at("empty").hidden = answer.uploads.length > 0;
  at("stored").hidden = answer.uploads.length === 0;
  at("stored").tBodies[0].replaceChildren(...answer.uploads.map(row));
}

function row(upload) {
  const line = document.createElement("tr");
  const link = document.createElement("a");
  link.href = addressOf(upload);
  link.download = link.textContent = upload.name;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${upload.name}`);
  button.onclick = async () => {
    try {
      await remove(upload);
      at("said").textContent = `${upload.name}: Removed`;
    } catch (error) {
      at("said").textContent = `${upload.name}: ${error.message}`;
    }
    refresh();
  };
  const when = upload.when ? new Date(upload.when).toLocaleString("en", {dateStyle: "medium", timeStyle: "short"}) : "";
  for (const part of [link, size(upload.size), when, button]) line.insertCell().append(part);
  return line;
}

// --- choosing ---

function choose(files) {
  const way = document.querySelector("[name=way]:checked").value;
  for (const file of files) add(file, way);
}

at("files").onchange = event => {
  choose([...event.target.files]);
  event.target.value = "";                    // the same file may be chosen once more
};
const drop = at("drop");
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, event => {
  event.preventDefault();
  drop.classList.add("over");
});
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, event => {
  event.preventDefault();
  drop.classList.remove("over");
});
drop.addEventListener("drop", event => choose([...event.dataTransfer.files]));
// A file that is dropped beside the area would otherwise take the page's place.
for (const kind of ["dragover", "drop"]) addEventListener(kind, event => event.preventDefault());
addEventListener("beforeunload", event => { if (underWay) event.preventDefault(); });

refresh();
