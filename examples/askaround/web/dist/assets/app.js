// ../../../api/ts/errors.ts
var Problem = class extends Error {
  name = "Problem";
  status;
  type;
  title;
  detail;
  instance;
  errors;
  /** Milliseconds to wait before asking again, where the server said so. */
  retryAfter;
  constructor(status, document2, retryAfter2) {
    const errors = document2?.errors ?? [];
    super(errors.map((e) => e.detail).join("; ") || document2?.detail || document2?.title || `The server answered ${status}.`);
    this.status = status;
    this.type = document2?.type ?? "about:blank";
    this.title = document2?.title ?? "";
    this.detail = document2?.detail;
    this.instance = document2?.instance;
    this.errors = errors;
    this.retryAfter = retryAfter2;
  }
  get kind() {
    if (this.type.endsWith(":idempotency-key-reused")) return "conflict";
    switch (this.status) {
      case 401:
        return "unauthorized";
      case 403:
        return "forbidden";
      case 404:
      case 410:
        return "notFound";
      case 409:
      case 412:
        return "conflict";
      case 429:
        return "rateLimited";
      case 408:
        return "unavailable";
    }
    return this.status >= 500 ? "unavailable" : "invalid";
  }
};
var Unreachable = class extends Error {
  name = "Unreachable";
  constructor(cause) {
    super("The server cannot be reached.", { cause });
  }
};
async function problemOf(response, now) {
  let document2;
  try {
    const v = await response.json();
    if (isProblem(v)) document2 = v;
  } catch {
  }
  return new Problem(response.status, document2, retryAfter(response, now));
}
function isProblem(v) {
  const text2 = (t) => typeof t === "string";
  if (typeof v !== "object" || v === null) return false;
  const p = v;
  const parts = p.errors ?? [];
  return text2(p.title) && text2(p.type ??= "about:blank") && (p.detail === void 0 || text2(p.detail)) && Array.isArray(parts) && parts.every((e) => typeof e === "object" && e !== null && "detail" in e && text2(e.detail));
}
function retryAfter(response, now) {
  const value2 = response.headers.get("Retry-After")?.trim();
  if (!value2) return void 0;
  if (/^[0-9]+$/.test(value2)) return Number(value2) * 1e3;
  const date = Date.parse(value2);
  return Number.isNaN(date) ? void 0 : Math.max(0, date - now);
}

// ../../../api/ts/transport.ts
var transient = /* @__PURE__ */ new Set([408, 425, 429, 502, 503, 504]);
var Transport = class {
  constructor(baseURL, options) {
    this.options = options;
    this.base = baseURL === "" || baseURL.endsWith("/") ? baseURL : baseURL + "/";
    for (const n of [options.attempts ?? 1, options.backoff ?? 1, options.maxWait ?? 1, options.timeout ?? 1]) {
      if (!(n > 0)) throw new RangeError("a count or a duration is not positive");
    }
  }
  options;
  base;
  get attempts() {
    return this.options.attempts ?? 4;
  }
  /** The response of a call that succeeded. Throws Problem, Unreachable, or the signal's reason. */
  async send(call) {
    const repeatable = call.method !== "POST" || call.key !== void 0 || call.harmless === true;
    for (let attempt = 1; ; attempt++) {
      let failed;
      try {
        return await this.authorized(call);
      } catch (error) {
        if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
        failed = error;
      }
      const wait = this.next(attempt, failed);
      if (!repeatable || wait === void 0) throw failed;
      await sleep(wait, call.signal);
    }
  }
  /** How long to wait before another attempt; undefined where there is to be none. */
  next(attempt, failed) {
    const { backoff: backoff2 = 250, maxWait = 3e4 } = this.options;
    if (attempt >= this.attempts) return void 0;
    const asked = failed instanceof Problem ? failed.retryAfter : void 0;
    if (failed instanceof Problem && !transient.has(failed.status) && !(failed.status === 409 && asked !== void 0)) return void 0;
    if (asked === void 0) return this.wait(attempt);
    return asked > maxWait ? void 0 : asked + this.random() * Math.min(asked / 4, backoff2);
  }
  /** The wait after that many failures in a row: a random part of a bound that doubles. */
  wait(failures) {
    const { backoff: backoff2 = 250, maxWait = 3e4 } = this.options;
    return this.random() * Math.min(maxWait, backoff2 * 2 ** (failures - 1));
  }
  random() {
    return (this.options.random ?? Math.random)();
  }
  /** Sends with a token, once more where the server refuses that one and there is another. */
  async authorized(call) {
    const token = await this.token();
    const response = await this.attempt(call, token);
    if (response.ok) return response;
    if (response.status === 401 && token !== void 0) {
      this.options.tokenRefused?.(token);
      const another = await this.token();
      if (another !== token) {
        const second = await this.attempt(call, another);
        if (second.ok) return second;
        throw await problemOf(second, Date.now());
      }
    }
    throw await problemOf(response, Date.now());
  }
  async token() {
    const { token } = this.options;
    return typeof token === "function" ? await token() : token;
  }
  /** One request with its whole response, but of a stream only its head. */
  async attempt(call, token) {
    const control = new AbortController();
    const abort = () => control.abort(call.signal?.reason);
    if (call.signal?.aborted) throw call.signal.reason;
    call.signal?.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(() => control.abort(new Error("no answer in time")), this.options.timeout ?? 15e3);
    try {
      const response = await (this.options.fetch ?? fetch)(this.base + call.path + queryOf(call.query), this.init(call, token, control.signal));
      if (call.after !== void 0 && response.ok) return response;
      const body = response.status === 204 || response.status === 304 ? null : await response.arrayBuffer();
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw new Unreachable(error);
    } finally {
      clearTimeout(timer);
      if (call.after === void 0) call.signal?.removeEventListener("abort", abort);
    }
  }
  init(call, token, signal) {
    const headers = { Accept: call.after === void 0 ? "application/json" : "text/event-stream" };
    if (token !== void 0) headers.Authorization = `Bearer ${token}`;
    if (call.key !== void 0) headers["Idempotency-Key"] = call.key;
    if (call.after) headers["Last-Event-ID"] = call.after;
    const init = { method: call.method, headers, signal, cache: "no-store" };
    if (call.body !== void 0) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(call.body);
    }
    return init;
  }
};
function queryOf(query) {
  const q = new URLSearchParams();
  for (const [name, v] of Object.entries(query ?? {})) if (v !== void 0) q.set(name, Array.isArray(v) ? v.join(",") : String(v));
  return q.size === 0 ? "" : "?" + q;
}
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
function sleep(ms, signal) {
  return new Promise((done, fail) => {
    if (signal?.aborted) return fail(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      fail(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      done();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
async function* pages(read, cursor) {
  for (; ; ) {
    const page2 = await read(cursor);
    yield* page2.items;
    if (page2.nextCursor === void 0) return;
    cursor = page2.nextCursor;
  }
}

// ../../../api/ts/events.ts
var EventParser = class {
  /** What to resume from. */
  lastId;
  id;
  rest = "";
  type = "";
  data = [];
  begun = false;
  constructor(lastId = "") {
    this.lastId = this.id = lastId;
  }
  /** The events that end in this part of the stream. */
  push(text2) {
    const events = [];
    let all = this.rest + text2;
    if (!this.begun && all !== "") {
      this.begun = true;
      if (all.startsWith("\uFEFF")) all = all.slice(1);
    }
    const lines = all.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    for (const line of lines) {
      if (line !== "") this.field(line);
      else this.dispatch(events);
    }
    return events;
  }
  field(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value2 = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "event") this.type = value2;
    else if (name === "data") this.data.push(value2);
    else if (name === "id" && !value2.includes("\0")) this.id = value2;
  }
  dispatch(events) {
    this.lastId = this.id;
    if (this.data.length > 0) events.push({ id: this.id, type: this.type || "message", data: this.data.join("\n") });
    this.type = "";
    this.data = [];
  }
};
var silence = 45e3;
async function* follow(transport, f) {
  let lastId = f.lastId ?? "";
  for (let failures = 0; ; ) {
    const control = new AbortController();
    const abort = () => control.abort(f.signal?.reason);
    if (f.signal?.aborted) throw f.signal.reason;
    f.signal?.addEventListener("abort", abort, { once: true });
    const parser = new EventParser(lastId);
    let some = false, watch;
    try {
      const response = await transport.send({ method: "GET", path: f.path, query: f.query ?? {}, after: lastId, signal: control.signal });
      f.opened?.(lastId !== "");
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      const reader = response.body.getReader();
      for (; ; ) {
        clearTimeout(watch);
        watch = setTimeout(() => control.abort(new Error("a stream fell silent")), silence);
        const part = await reader.read().catch((error) => {
          if (f.signal?.aborted) throw f.signal.reason;
          void error;
          return { done: true, value: void 0 };
        });
        if (part.done) break;
        some = true;
        const events = parser.push(decoder.decode(part.value, { stream: true }));
        lastId = parser.lastId;
        yield* events;
      }
    } finally {
      clearTimeout(watch);
      f.signal?.removeEventListener("abort", abort);
      control.abort();
    }
    failures = some ? 1 : failures + 1;
    if (failures >= transport.attempts) throw new Error("The stream of events ends again and again.");
    await sleep(transport.wait(failures), f.signal);
  }
}

// ../../../api/ts/outcomes.ts
var OperationFailed = class extends Error {
  constructor(operation2) {
    super(operation2.failure?.detail ?? "It did not work.");
    this.operation = operation2;
    this.code = operation2.failure?.code;
  }
  operation;
  name = "OperationFailed";
  /** The reason, for programs. */
  code;
};
var Undecided = class extends Error {
  name = "Undecided";
  constructor() {
    super("No answer yet. It may still arrive.");
  }
};
var schedule = [1e3, 2e3, 4e3, 8e3, 15e3, 3e4];
var early = 100;
var pause = 5e3;
var Outcomes = class {
  /** follow tells news until its signal ends it; undefined where the program tells. */
  constructor(ask, follow2) {
    this.ask = ask;
    this.follow = follow2;
  }
  ask;
  follow;
  waiting = /* @__PURE__ */ new Map();
  known = /* @__PURE__ */ new Map();
  following;
  of(o, options) {
    const known = o.status === "pending" ? this.known.get(o.id) : o;
    this.known.delete(o.id);
    if (known) return known.status === "failed" ? Promise.reject(new OperationFailed(known)) : Promise.resolve(known);
    return new Promise((done, fail) => this.wait(o.id, options, done, fail));
  }
  wait(id, { signal, patience: patience2 }, done, fail) {
    if (signal?.aborted) return fail(signal.reason);
    const polling = new AbortController();
    const all = this.waiting.get(id) ?? /* @__PURE__ */ new Set();
    const abort = () => waiting.fail(signal?.reason);
    const timer = patience2 === void 0 ? void 0 : setTimeout(() => waiting.fail(new Undecided()), patience2);
    const waiting = {
      settle: (how) => {
        if (!all.delete(waiting)) return;
        if (all.size === 0) this.waiting.delete(id);
        if (this.waiting.size === 0) this.following?.abort();
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        polling.abort();
        how();
      },
      done: (o) => waiting.settle(() => o.status === "failed" ? fail(new OperationFailed(o)) : done(o)),
      fail: (error) => waiting.settle(() => fail(error))
    };
    this.waiting.set(id, all.add(waiting));
    signal?.addEventListener("abort", abort, { once: true });
    this.startFollowing();
    void this.pollOnAndOn(id, polling.signal, waiting);
  }
  /** Takes an outcome. */
  told(o) {
    if (o.status === "pending") return;
    const waiting = this.waiting.get(o.id);
    if (waiting) {
      for (const w of [...waiting]) w.done(o);
      return;
    }
    this.known.set(o.id, o);
    for (const id of this.known.keys()) {
      if (this.known.size <= early) break;
      this.known.delete(id);
    }
  }
  /** Asks at once for all that are open: what happened before is not told. */
  resumed() {
    for (const [id, all] of this.waiting) for (const w of all) void this.poll(id, void 0, w);
  }
  startFollowing() {
    if (!this.follow || this.following) return;
    const control = this.following = new AbortController();
    void this.followOnAndOn(this.follow, control.signal).finally(() => {
      this.following = void 0;
      if (this.waiting.size > 0 && control.signal.aborted) this.startFollowing();
    });
  }
  async followOnAndOn(follow2, signal) {
    while (!signal.aborted) {
      try {
        await follow2(signal);
      } catch (error) {
        if (error instanceof Problem && isFinal(error)) return;
      }
      await sleep(pause, signal).catch(() => void 0);
    }
  }
  async pollOnAndOn(id, signal, waiting) {
    for (let step2 = 0; !signal.aborted; step2++) {
      await sleep(schedule[Math.min(step2, schedule.length - 1)], signal).catch(() => void 0);
      if (!signal.aborted) await this.poll(id, signal, waiting);
    }
  }
  async poll(id, signal, waiting) {
    try {
      const o = await this.ask(id, signal ? { signal } : {});
      if (o.status !== "pending") waiting.done(o);
    } catch (error) {
      if (error instanceof Problem && isFinal(error)) waiting.fail(error);
    }
  }
};
function isFinal(p) {
  return p.kind !== "unavailable" && p.kind !== "rateLimited";
}

// ../../../api/ts/askaround.ts
var Pending = class {
  constructor(operation2, outcomes) {
    this.operation = operation2;
    this.outcomes = outcomes;
  }
  operation;
  outcomes;
  get id() {
    return this.operation.id;
  }
  get question() {
    return this.operation.question;
  }
  /** The operation when it has succeeded. Throws OperationFailed, Undecided, or the signal's reason. */
  outcome(options = {}) {
    return this.outcomes.of(this.operation, options);
  }
};
function isProblem2(error) {
  return error instanceof Error && error.name === "Problem";
}
var AskAround = class {
  transport;
  outcomes;
  /** baseURL is where the API is; "" is the folder of the page. */
  constructor(baseURL, options = {}) {
    this.transport = new Transport(baseURL, options);
    this.outcomes = new Outcomes((id, o) => this.getOperation(id, o), options.push === "program" ? void 0 : (signal) => this.news(signal));
  }
  askQuestion(question3, options = {}) {
    return this.accepted({ method: "POST", path: "questions", body: question3 }, options);
  }
  /** The open questions around a place, in pages of query.limit, read as they are wanted. */
  questions(query, options = {}) {
    return pages((cursor) => this.listQuestions(cursor === void 0 ? query : { ...query, cursor }, options), query.cursor);
  }
  /** One page of them. */
  listQuestions(query, options = {}) {
    return this.json({ method: "GET", path: "questions", query, ...options });
  }
  getQuestion(id, options = {}) {
    return this.json({ method: "GET", path: `questions/${encodeURIComponent(id)}`, ...options });
  }
  /** Closes a question of the caller's own, for good. */
  async closeQuestion(id, options = {}) {
    await this.transport.send({ method: "POST", path: `questions/${encodeURIComponent(id)}/close`, harmless: true, ...options });
  }
  /** Takes a question of the caller's own away from everybody. Deleting what is gone does nothing. */
  async deleteQuestion(id, options = {}) {
    try {
      await this.transport.send({ method: "DELETE", path: `questions/${encodeURIComponent(id)}`, ...options });
    } catch (error) {
      if (!isProblem2(error) || error.kind !== "notFound") throw error;
    }
  }
  /** The caller's own answer; undefined where there is none. */
  async getAnswer(id, options = {}) {
    try {
      return await this.json({ method: "GET", path: answerPath(id), ...options });
    } catch (error) {
      if (isProblem2(error) && error.kind === "notFound") return void 0;
      throw error;
    }
  }
  putAnswer(id, answer2, options = {}) {
    return this.accepted({ method: "PUT", path: answerPath(id), body: answer2 }, options);
  }
  deleteAnswer(id, options = {}) {
    return this.accepted({ method: "DELETE", path: answerPath(id) }, options);
  }
  async watchQuestion(id, options = {}) {
    await this.transport.send({ method: "PUT", path: `questions/${encodeURIComponent(id)}/watch`, ...options });
  }
  async unwatchQuestion(id, options = {}) {
    await this.transport.send({ method: "DELETE", path: `questions/${encodeURIComponent(id)}/watch`, ...options });
  }
  async listWatches(options = {}) {
    return (await this.json({ method: "GET", path: "watches", ...options })).items;
  }
  getAccount(options = {}) {
    return this.json({ method: "GET", path: "account", ...options });
  }
  getLive(query, options = {}) {
    return this.json({ method: "GET", path: "live", query, ...options });
  }
  getOperation(id, options = {}) {
    return this.json({ method: "GET", path: `operations/${encodeURIComponent(id)}`, ...options });
  }
  /** News as it happens, over as many connections as it takes. Types that this client does not know are left out. */
  async *events(query = {}, options = {}) {
    const following = { path: "events", query, ...options.lastEventId !== void 0 && { lastId: options.lastEventId } };
    for await (const e of follow(this.transport, { ...following, ...options })) {
      const event = liveEvent(e);
      if (event) yield event;
    }
  }
  /** Takes what the account's topic says, with push "program". */
  told(operation2) {
    this.outcomes.told(operation2);
  }
  /** Says, with push "program", that the account's topic is in force, at first or again: what it was silent about is asked for. */
  resumed() {
    this.outcomes.resumed();
  }
  async news(signal) {
    const opened = (resumed) => {
      if (!resumed) this.outcomes.resumed();
    };
    for await (const e of follow(this.transport, { path: "events", signal, opened })) {
      const event = liveEvent(e);
      if (event?.type === "reset") this.outcomes.resumed();
      if (event?.type === "operation") this.outcomes.told(event.message.operation);
    }
  }
  async accepted(call, options) {
    const operation2 = await this.json({ ...call, key: newKey(), ...options });
    return new Pending(operation2, this.outcomes);
  }
  async json(call) {
    return await (await this.transport.send(call)).json();
  }
};
function answerPath(id) {
  return `questions/${encodeURIComponent(id)}/answer`;
}
var messageTypes = /* @__PURE__ */ new Set(["question", "summary", "heat", "operation", "notice"]);
function liveEvent(e) {
  if (e.type === "reset") return { id: e.id, type: "reset" };
  if (!messageTypes.has(e.type)) return void 0;
  return { id: e.id, type: e.type, message: JSON.parse(e.data) };
}

// src/geo/geo.ts
var earthRadius = 63710088e-1;
var mile = 1609.344;
var fiveMiles = 5 * mile;
var radians = (degrees2) => degrees2 * Math.PI / 180;
var degrees = (rad) => rad * 180 / Math.PI;
function distance(a, b) {
  const lat = Math.sin(radians(b.lat - a.lat) / 2);
  const lng = Math.sin(radians(b.lng - a.lng) / 2);
  const h2 = lat * lat + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * lng * lng;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h2)));
}
function frame(p) {
  const lat = radians(p.lat), lng = radians(p.lng);
  return {
    up: [Math.cos(lat) * Math.cos(lng), Math.cos(lat) * Math.sin(lng), Math.sin(lat)],
    east: [-Math.sin(lng), Math.cos(lng), 0],
    north: [-Math.sin(lat) * Math.cos(lng), -Math.sin(lat) * Math.sin(lng), Math.cos(lat)]
  };
}
var dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
function bearing(a, b) {
  const from = frame(a), to = frame(b).up;
  return Math.atan2(dot(to, from.east), dot(to, from.north));
}
function project(centre2, p) {
  const d = distance(centre2, p);
  const azimuth = bearing(centre2, p);
  return { east: d * Math.sin(azimuth), north: d * Math.cos(azimuth) };
}
function unproject(centre2, o) {
  const metres = Math.hypot(o.east, o.north);
  if (metres === 0) return { lat: centre2.lat, lng: centre2.lng };
  const { up, east, north } = frame(centre2);
  const angle = metres / earthRadius;
  const e = Math.sin(angle) * o.east / metres, n = Math.sin(angle) * o.north / metres;
  const [x, y, z] = [0, 1, 2].map((k) => Math.cos(angle) * up[k] + e * east[k] + n * north[k]);
  return { lat: degrees(Math.atan2(z, Math.hypot(x, y))), lng: degrees(Math.atan2(y, x)) };
}
var winds = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
function wind(a, b) {
  const eighth = Math.round(bearing(a, b) / (Math.PI / 4));
  return winds[(eighth + 8) % 8];
}
function parseLatLng(text2) {
  const match = /^\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([NS])?\s*[,;\s]\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([EW])?\s*$/i.exec(text2);
  if (!match) return void 0;
  const lat = Number(match[1]) * (match[2]?.toUpperCase() === "S" ? -1 : 1);
  const lng = Number(match[3]) * (match[4]?.toUpperCase() === "W" ? -1 : 1);
  return isPlace({ lat, lng }) ? { lat, lng } : void 0;
}
function isPlace(p) {
  return Math.abs(p.lat) <= 90 && Math.abs(p.lng) <= 180;
}

// src/model/store.ts
var Store = class {
  questions = /* @__PURE__ */ new Map();
  heats = /* @__PURE__ */ new Map();
  early = /* @__PURE__ */ new Map();
  // of questions not known yet
  get(id) {
    return this.questions.get(id);
  }
  /** Takes a question from a snapshot or a message; returns what changed by it. */
  put(q) {
    const known = this.questions.get(q.id);
    if (!known) {
      const early2 = this.early.get(q.id);
      this.early.delete(q.id);
      const added = early2 && early2.version > q.summary.version ? { ...q, summary: early2 } : q;
      this.questions.set(q.id, added);
      return { kind: "added", question: added };
    }
    const newer = q.summary.version > known.summary.version;
    const mine = known.mine || q.mine;
    if (!newer && mine === known.mine) return void 0;
    return this.change({ ...newer ? q : known, mine });
  }
  putSummary(id, s) {
    const known = this.questions.get(id);
    if (!known) {
      const early2 = this.early.get(id);
      if (!early2 || s.version > early2.version) this.early.set(id, s);
      return void 0;
    }
    if (s.version <= known.summary.version) return void 0;
    return this.change({ ...known, summary: s });
  }
  change(question3) {
    this.questions.set(question3.id, question3);
    return { kind: "changed", question: question3 };
  }
  putHeat(id, part) {
    let parts = this.heats.get(id);
    if (!parts) this.heats.set(id, parts = /* @__PURE__ */ new Map());
    const known = parts.get(part.part);
    if (known && part.version <= known.version) return void 0;
    parts.set(part.part, part);
    return { kind: "heat", id };
  }
  /** Takes a live message about a question. */
  apply(m) {
    switch (m.type) {
      case "question":
        return this.put(m.question);
      case "summary":
        return this.putSummary(m.question, m.summary);
      case "heat":
        return this.putHeat(m.question, m.heat);
    }
    return void 0;
  }
  /** Answers by cell token, of all parts. */
  heat(id) {
    const cells = /* @__PURE__ */ new Map();
    for (const part of this.heats.get(id)?.values() ?? [])
      for (const [token, n] of Object.entries(part.cells)) if (n > 0) cells.set(token, n);
    return cells;
  }
  /** The questions within radius metres of a place that have not expired, in order. */
  nearby(place2, radius, order, now) {
    const found = [];
    for (const question3 of this.questions.values()) {
      const metres = distance(place2, question3.location);
      if (metres <= radius && question3.expiresAt > now) found.push({ question: question3, metres });
    }
    const byId2 = (a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
    found.sort(
      (a, b) => order === "newest" ? b.question.createdAt - a.question.createdAt || byId2(a.question, b.question) : a.metres - b.metres || byId2(a.question, b.question)
    );
    return found.map((f) => f.question);
  }
  /** Forgets everything, for another place. */
  clear() {
    this.questions.clear();
    this.heats.clear();
    this.early.clear();
  }
};
function average(s) {
  return s.answers > 0 ? s.sumHalfStars / (2 * s.answers) : void 0;
}

// ../../../api/ts/topics.gen.ts
var patterns = {
  /** the token of an S2 cell of level 10: six hexadecimal digits */
  cell: /^[0-9ab][0-9a-f]{4}[13579bdf]$/,
  /** a question id: an S2 leaf cell in hexadecimal, a hyphen, and 26 digits of base 32 */
  question: /^[0-9ab][0-9a-f]{14}[13579bdf]-[0-9a-v]{26}$/,
  /** an account id: 26 digits of base 32 */
  account: /^[0-9a-v]{26}$/,
  /** a robot's name, which names its thing and its video channel as well: 1 to 128 letters, digits, underscores and hyphens */
  robot: /^[A-Za-z0-9_-]{1,128}$/,
  /** the name of an AWS IoT thing: 1 to 128 letters, digits, underscores, colons and hyphens */
  thing: /^[A-Za-z0-9_:-]{1,128}$/,
  /** the name of a model: 1 to 64 lower-case letters, digits and hyphens */
  model: /^[a-z0-9-]{1,64}$/
};
function value(name, text2) {
  if (!patterns[name].test(text2)) throw new RangeError(`${JSON.stringify(text2)} is no ${name}`);
  return text2;
}
function question(question3) {
  return `askaround/v1/question/${question3}`;
}
function userClientId(account, instance) {
  return `${account}-${instance}`;
}
var expressions = {
  geo: /^askaround\/v1\/geo\/(?<cell>[0-9ab][0-9a-f]{4}[13579bdf])$/,
  question: /^askaround\/v1\/question\/(?<question>[0-9ab][0-9a-f]{14}[13579bdf]-[0-9a-v]{26})$/,
  account: /^askaround\/v1\/account\/(?<account>[0-9a-v]{26})$/,
  system: /^askaround\/v1\/system$/,
  robotAction: /^askaround\/v1\/robot\/(?<robot>[A-Za-z0-9_-]{1,128})\/action$/,
  robotTelemetry: /^askaround\/v1\/robot\/(?<robot>[A-Za-z0-9_-]{1,128})\/telemetry$/,
  legacyRobotAction: /^(?<robot>[A-Za-z0-9_-]{1,128})\/action$/,
  legacyRobotTelemetry: /^(?<robot>[A-Za-z0-9_-]{1,128})\/telemetry$/,
  deviceCommand: /^askaround\/v1\/device\/(?<thing>[A-Za-z0-9_:-]{1,128})\/command$/,
  deviceAck: /^askaround\/v1\/device\/(?<thing>[A-Za-z0-9_:-]{1,128})\/ack$/,
  deviceTelemetry: /^askaround\/v1\/device\/(?<thing>[A-Za-z0-9_:-]{1,128})\/telemetry$/,
  devicePresence: /^askaround\/v1\/device\/(?<thing>[A-Za-z0-9_:-]{1,128})\/presence$/,
  esp32Pub: /^esp32\/pub$/,
  esp32Sub: /^esp32\/sub$/,
  edgeInference: /^askaround\/v1\/edge\/(?<thing>[A-Za-z0-9_:-]{1,128})\/(?<model>[a-z0-9-]{1,64})\/inference$/,
  edgeModel: /^askaround\/v1\/edge\/(?<thing>[A-Za-z0-9_:-]{1,128})\/(?<model>[a-z0-9-]{1,64})\/state$/
};
function parse(topic) {
  for (const [channel, expression] of Object.entries(expressions)) {
    const found = expression.exec(topic);
    if (found) return { channel, topic, values: { ...found.groups } };
  }
  return void 0;
}

// src/model/decode.ts
var DecodeError = class extends Error {
  name = "DecodeError";
};
function fields(v, what) {
  if (typeof v !== "object" || v === null || Array.isArray(v)) throw new DecodeError(`${what} is no object`);
  return v;
}
function list(v, what, item) {
  if (!Array.isArray(v)) throw new DecodeError(`${what} is no list`);
  return v.map(item);
}
function text(v, what) {
  if (typeof v !== "string" || v === "") throw new DecodeError(`${what} is no text`);
  return v;
}
function number(v, what) {
  if (typeof v !== "number" || !Number.isFinite(v)) throw new DecodeError(`${what} is no number`);
  return v;
}
function count(v, what) {
  const n = number(v, what);
  if (!Number.isSafeInteger(n) || n < 0) throw new DecodeError(`${what} ${n} is no count`);
  return n;
}
function oneOf(v, what, ...allowed) {
  const found = allowed.find((a) => a === v);
  if (found === void 0) throw new DecodeError(`${what} ${JSON.stringify(v)} is none of ${allowed.join(", ")}`);
  return found;
}
function time(v, what) {
  const ms = Date.parse(text(v, what));
  if (Number.isNaN(ms)) throw new DecodeError(`${what} is no time`);
  return ms;
}
function place(v, what) {
  const f = fields(v, what);
  const p = { lat: number(f.lat, `${what}.lat`), lng: number(f.lng, `${what}.lng`) };
  if (!isPlace(p)) throw new DecodeError(`${what} is no place`);
  return p;
}
function summary(v) {
  const f = fields(v, "summary");
  const histogram = list(f.histogram, "histogram", (n) => count(n, "histogram"));
  if (histogram.length !== 11) throw new DecodeError(`a histogram of ${histogram.length}`);
  return {
    version: count(f.version, "version"),
    answers: count(f.answers, "answers"),
    sumHalfStars: count(f.sumHalfStars, "sumHalfStars"),
    histogram
  };
}
function question2(v) {
  const f = fields(v, "question");
  return {
    id: questionId(f.id),
    text: text(f.text, "text"),
    kind: oneOf(f.kind, "kind", "star", "geo"),
    location: place(f.location, "location"),
    radius: number(f.radius, "radius"),
    open: oneOf(f.state, "state", "open", "closed") === "open",
    mine: f.mine === true,
    createdAt: time(f.createdAt, "createdAt"),
    expiresAt: time(f.expiresAt, "expiresAt"),
    summary: summary(f.summary)
  };
}
function heatPart(v) {
  const f = fields(v, "heat");
  const cells = {};
  for (const [token, n] of Object.entries(fields(f.cells, "cells"))) cells[token] = count(n, "cells");
  return { part: text(f.part, "part"), version: count(f.version, "version"), cells };
}
function detail(v) {
  const { heat } = fields(v, "question");
  return { question: question2(v), heat: heat === void 0 ? [] : list(heat, "heat", heatPart) };
}
function page(v) {
  const f = fields(v, "page");
  return {
    items: list(f.items, "items", question2),
    nextCursor: f.nextCursor === void 0 ? void 0 : text(f.nextCursor, "nextCursor")
  };
}
function operation(v) {
  const f = fields(v, "operation");
  const o = {
    id: text(f.id, "id"),
    kind: oneOf(f.kind, "kind", "ask", "answer", "withdraw"),
    status: oneOf(f.status, "status", "pending", "succeeded", "failed"),
    question: text(f.question, "question"),
    createdAt: text(f.createdAt, "createdAt"),
    updatedAt: text(f.updatedAt, "updatedAt")
  };
  if (f.failure !== void 0) {
    const e = fields(f.failure, "failure");
    o.failure = { code: text(e.code, "code"), detail: text(e.detail, "detail") };
  }
  return o;
}
function answer(v) {
  const f = fields(v, "answer");
  return f.stars !== void 0 ? { stars: number(f.stars, "stars") } : { location: place(f.location, "location") };
}
function live(v) {
  const f = fields(v, "live");
  const topics = fields(f.topics, "topics");
  const account = topicOf("account", topics.account);
  return {
    endpoints: list(f.endpoints, "endpoints", (e) => text(e, "endpoint")),
    topics: {
      geo: list(topics.geo, "geo", (t) => topicOf("geo", t).topic),
      account: account.topic,
      system: topicOf("system", topics.system).topic,
      question: (id) => question(value("question", id))
    },
    clientId: (instance) => userClientId(account.values.account, instance)
  };
}
function topicOf(channel, v) {
  const parsed = parse(text(v, "topic"));
  if (parsed?.channel !== channel) throw new DecodeError(`${JSON.stringify(v)} is no topic of channel ${channel}`);
  return parsed;
}
function questionId(v) {
  try {
    return value("question", text(v, "id"));
  } catch {
    throw new DecodeError(`${JSON.stringify(v)} is no question id`);
  }
}
function message(json) {
  let v;
  try {
    v = JSON.parse(json);
  } catch {
    throw new DecodeError("a message that is no JSON");
  }
  const f = fields(v, "message");
  switch (f.type) {
    case "question":
      return { type: "question", question: question2(f.question) };
    case "summary":
      return { type: "summary", question: text(f.question, "question"), summary: summary(f) };
    case "heat":
      return { type: "heat", question: text(f.question, "question"), heat: heatPart(f) };
    case "operation":
      return { type: "operation", operation: operation(f.operation) };
    case "notice":
      return { type: "notice", text: text(f.text, "text") };
  }
  return void 0;
}

// src/net/api.ts
var Api = class {
  client;
  constructor(tokens, fetcher) {
    this.client = new AskAround("", {
      token: () => tokens.get(),
      tokenRefused: (token) => tokens.refused(token),
      fetch: fetcher,
      push: "program"
    });
  }
  async live(area) {
    return live(await this.client.getLive(near(area)));
  }
  async questions(area, order, limit, cursor) {
    return page(await this.client.listQuestions({ ...near(area), order, limit, ...cursor !== void 0 && { cursor } }));
  }
  async question(id) {
    return detail(await this.client.getQuestion(id));
  }
  /** The caller's own answer; undefined where there is none. */
  async ownAnswer(id) {
    const answer2 = await this.client.getAnswer(id);
    return answer2 && answer(answer2);
  }
  /** With the same key it is asked once, however often this is called. */
  ask(text2, kind, location2, key) {
    return this.client.askQuestion({ text: text2, kind, location: location2 }, { key });
  }
  answer(id, value2) {
    return this.client.putAnswer(id, value2);
  }
  withdraw(id) {
    return this.client.deleteAnswer(id);
  }
  /** Takes what the account's topic says. */
  told(operation2) {
    this.client.told(operation2);
  }
  /** The account's topic is in force, at first or again. */
  resumed() {
    this.client.resumed();
  }
};
function near({ at, radius }) {
  return { lat: rounded(at.lat, 1e6), lng: rounded(at.lng, 1e6), radius: rounded(radius, 100) };
}
function rounded(n, parts) {
  return Math.round(n * parts) / parts;
}

// src/mqtt/packets.ts
var MalformedPacket = class extends Error {
  name = "MalformedPacket";
};
var maxFilters = 8;
var utf8 = new TextEncoder();
var strictUTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function lengthBytes(n) {
  const bytes = [];
  do {
    const rest = Math.floor(n / 128);
    bytes.push(n % 128 + (rest > 0 ? 128 : 0));
    n = rest;
  } while (n > 0);
  return bytes;
}
function uint16(n) {
  return [n >> 8, n & 255];
}
function prefixed(s) {
  const bytes = utf8.encode(s);
  if (bytes.length > 65535) throw new RangeError(`a string of ${bytes.length} bytes, more than 65535`);
  return [...uint16(bytes.length), ...bytes];
}
function packet(first, body) {
  return Uint8Array.from([first, ...lengthBytes(body.length), ...body]);
}
function connect(o) {
  const cleanSession = 2, password = 64, username = 128;
  return packet(16, [
    ...prefixed("MQTT"),
    4,
    cleanSession | password | username,
    ...uint16(o.keepAlive),
    ...prefixed(o.clientId),
    ...prefixed(o.username),
    ...prefixed(o.password)
  ]);
}
function subscribe(id, filters) {
  checkFilters(filters);
  return packet(130, [...uint16(id), ...filters.flatMap((f) => [...prefixed(f), 1])]);
}
function unsubscribe(id, filters) {
  checkFilters(filters);
  return packet(162, [...uint16(id), ...filters.flatMap(prefixed)]);
}
function checkFilters(filters) {
  if (filters.length < 1 || filters.length > maxFilters) throw new RangeError(`${filters.length} filters, not 1 to ${maxFilters}`);
}
function puback(id) {
  return packet(64, uint16(id));
}
var pingreq = packet(192, []);
var disconnect = packet(224, []);
var Decoder = class {
  /** maxPacket bounds the length of a packet in bytes. */
  constructor(maxPacket2) {
    this.maxPacket = maxPacket2;
  }
  maxPacket;
  rest = new Uint8Array(0);
  push(bytes) {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const packets = [];
    let at = 0;
    for (; ; ) {
      const header = this.header(all, at);
      if (!header || header.end > all.length) break;
      packets.push(decode(all[at], all.subarray(header.start, header.end)));
      at = header.end;
    }
    this.rest = all.slice(at);
    return packets;
  }
  /** Where the body of the packet at `at` starts and ends; undefined while that is not known. */
  header(all, at) {
    let length = 0;
    for (let i = 0; i < 4; i++) {
      const byte = all[at + 1 + i];
      if (byte === void 0) return void 0;
      length += (byte & 127) * 128 ** i;
      if (byte < 128) {
        const start = at + 2 + i;
        if (start + length - at > this.maxPacket) throw new MalformedPacket(`a packet of ${length} bytes, more than ${this.maxPacket}`);
        return { start, end: start + length };
      }
    }
    throw new MalformedPacket("a length of more than four bytes");
  }
};
var Reader = class {
  constructor(body) {
    this.body = body;
  }
  body;
  at = 0;
  byte() {
    const b = this.body[this.at];
    if (b === void 0) throw new MalformedPacket("a packet ends too early");
    this.at++;
    return b;
  }
  uint16() {
    return this.byte() * 256 + this.byte();
  }
  /** A packet id, which is never 0. */
  id() {
    const id = this.uint16();
    if (id === 0) throw new MalformedPacket("packet id 0");
    return id;
  }
  string() {
    const length = this.uint16();
    if (this.at + length > this.body.length) throw new MalformedPacket("a string ends too early");
    const bytes = this.body.subarray(this.at, this.at += length);
    try {
      return strictUTF8.decode(bytes);
    } catch {
      throw new MalformedPacket("a string that is not UTF-8");
    }
  }
  remaining() {
    return this.body.slice(this.at);
  }
  end() {
    if (this.at !== this.body.length) throw new MalformedPacket(`${this.body.length - this.at} bytes too many`);
  }
};
function decode(first, body) {
  const r = new Reader(body);
  if (first >> 4 === 3) return decodePublish(first & 15, r);
  switch (first) {
    // these types have fixed flags
    case 32: {
      const flags = r.byte();
      const returnCode = r.byte();
      if (flags > 1) throw new MalformedPacket(`CONNACK flags ${flags}`);
      r.end();
      return { type: "connack", sessionPresent: flags === 1, returnCode };
    }
    case 144: {
      const id = r.id();
      const codes = [...r.remaining()];
      if (codes.length === 0 || codes.some((c) => c > 2 && c !== 128)) throw new MalformedPacket(`SUBACK codes ${codes}`);
      return { type: "suback", id, codes };
    }
    case 176: {
      const id = r.id();
      r.end();
      return { type: "unsuback", id };
    }
    case 208:
      r.end();
      return { type: "pingresp" };
  }
  throw new MalformedPacket(`packet type ${first >> 4} with flags ${first & 15}`);
}
function decodePublish(flags, r) {
  const qos = flags >> 1 & 3;
  if (qos > 1) throw new MalformedPacket(`QoS ${qos}, though 1 is the highest that was asked for`);
  const topic = r.string();
  if (topic === "" || /[+#\0]/.test(topic)) throw new MalformedPacket(`topic ${JSON.stringify(topic)}`);
  const id = qos === 1 ? r.id() : 0;
  return { type: "publish", topic, payload: r.remaining(), qos, id };
}

// src/mqtt/client.ts
var maxPacket = 128 * 1024 + 1024;
var answerTimeout = 1e4;
var Client = class {
  constructor(socket, options) {
    this.socket = socket;
    this.options = options;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.send(connect(options));
    socket.onmessage = (e) => this.receive(e.data);
    socket.onclose = () => this.end({ kind: "closed" });
    socket.onerror = () => void 0;
    this.expectAnswer();
  }
  socket;
  options;
  decoder = new Decoder(maxPacket);
  pending = /* @__PURE__ */ new Map();
  // SUBSCRIBEs by packet id
  lastId = 0;
  connected = false;
  over = false;
  ping;
  awaiting;
  /** Subscribes; any number of filters. Only once connected. */
  subscribe(filters) {
    for (const some of chunks(filters)) {
      const id = this.nextId();
      this.pending.set(id, some);
      this.send(subscribe(id, some));
      this.expectAnswer();
    }
  }
  unsubscribe(filters) {
    for (const some of chunks(filters)) this.send(unsubscribe(this.nextId(), some));
  }
  /** Asks for an answer now, to find out whether the connection is alive. */
  probe() {
    if (!this.connected || this.over) return;
    this.send(pingreq);
    this.expectAnswer();
  }
  close() {
    if (this.connected) this.send(disconnect);
    this.end({ kind: "closed" });
  }
  send(bytes) {
    if (this.over) return;
    this.socket.send(bytes);
    clearTimeout(this.ping);
    this.ping = setTimeout(() => this.probe(), this.options.keepAlive * 1e3 / 2);
  }
  expectAnswer() {
    this.awaiting ??= setTimeout(() => this.end({ kind: "silent" }), answerTimeout);
  }
  answered() {
    clearTimeout(this.awaiting);
    this.awaiting = void 0;
    if (this.pending.size > 0) this.expectAnswer();
  }
  receive(data) {
    if (this.over) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw new MalformedPacket("a text message");
      for (const p of this.decoder.push(new Uint8Array(data))) {
        if (this.over) return;
        this.handle(p);
      }
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      this.end({ kind: "protocol", detail: error.message });
    }
  }
  handle(p) {
    if (p.type === "connack" === this.connected) throw new MalformedPacket(`${p.type} out of turn`);
    switch (p.type) {
      case "connack":
        if (p.returnCode !== 0) return this.end({ kind: "refused", returnCode: p.returnCode });
        this.connected = true;
        this.answered();
        return this.options.onConnect();
      case "suback": {
        const filters = this.pending.get(p.id);
        if (!filters || filters.length !== p.codes.length) throw new MalformedPacket("a SUBACK that answers nothing");
        this.pending.delete(p.id);
        this.answered();
        return this.options.onSubscribed(filters, p.codes);
      }
      case "publish":
        this.options.onMessage(p.topic, p.payload);
        if (p.qos === 1) this.send(puback(p.id));
        return;
      case "pingresp":
        return this.answered();
      case "unsuback":
        return;
    }
  }
  end(reason) {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.ping);
    clearTimeout(this.awaiting);
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.options.onClose(reason);
  }
  /** A packet id that no SUBSCRIBE waits under. */
  nextId() {
    do
      this.lastId = this.lastId % 65535 + 1;
    while (this.pending.has(this.lastId));
    return this.lastId;
  }
};
function* chunks(filters) {
  for (let i = 0; i < filters.length; i += maxFilters) yield filters.slice(i, i + maxFilters);
}

// src/net/connection.ts
function backoff(failures, random) {
  const most2 = Math.min(3e4, 500 * 2 ** Math.max(0, failures - 1));
  return Math.round(most2 / 2 + most2 / 2 * random);
}
var keepAlive = 60;
var Connection = class {
  // of the present connection
  constructor(options) {
    this.options = options;
  }
  options;
  client;
  live = false;
  failures = 0;
  timer;
  generation = 0;
  // of attempts: what an earlier one still says does not count
  wanted = /* @__PURE__ */ new Set();
  asked = /* @__PURE__ */ new Set();
  /** Connects now, whatever it was waiting for. */
  start() {
    this.drop();
    void this.attempt();
  }
  /** Ends it for good, or until start. */
  stop(why) {
    this.drop();
    this.options.onState({ kind: "stopped", why });
  }
  /**
   * After the machine slept or changed networks a connection may be dead without
   * knowing: this finds out, and does not wait where it was waiting.
   */
  wake() {
    if (this.timer !== void 0) this.start();
    else this.client?.probe();
  }
  /** Replaces the topics to be subscribed to. */
  want(topics) {
    this.wanted = new Set(topics);
    if (this.live) this.adjust();
  }
  drop() {
    this.generation++;
    clearTimeout(this.timer);
    this.timer = void 0;
    const client = this.client;
    this.client = void 0;
    this.live = false;
    this.asked.clear();
    client?.close();
  }
  async attempt() {
    const generation = this.generation;
    this.options.onState({ kind: "connecting" });
    let token;
    try {
      token = await this.options.token();
    } catch (error) {
      if (generation === this.generation) this.retryOrStop(error);
      return;
    }
    if (generation !== this.generation) return;
    let socket;
    try {
      socket = this.options.open();
    } catch {
      return this.stop("This server offers no live connection for browsers.");
    }
    this.client = new Client(socket, {
      clientId: this.options.clientId(),
      username: "web",
      password: token,
      keepAlive,
      onConnect: () => {
        if (generation !== this.generation) return;
        this.live = true;
        this.failures = 0;
        this.options.onState({ kind: "live" });
        this.adjust();
      },
      onSubscribed: (filters, codes) => {
        if (generation !== this.generation) return;
        const refused = (_, i) => codes[i] === 128;
        this.options.onSubscribed(filters.filter((f, i) => !refused(f, i)), filters.filter(refused));
      },
      onMessage: (topic, payload) => {
        if (generation === this.generation) this.options.onMessage(topic, payload);
      },
      onClose: (reason) => {
        if (generation === this.generation) this.closed(reason, token);
      }
    });
  }
  adjust() {
    const gone = [...this.asked].filter((t) => !this.wanted.has(t));
    const fresh = [...this.wanted].filter((t) => !this.asked.has(t));
    if (gone.length > 0) this.client?.unsubscribe(gone);
    if (fresh.length > 0) this.client?.subscribe(fresh);
    this.asked = new Set(this.wanted);
  }
  closed(reason, token) {
    const unauthorized = reason.kind === "refused" && (reason.returnCode === 4 || reason.returnCode === 5);
    this.drop();
    try {
      if (unauthorized) this.options.tokenRefused(token);
    } catch (error) {
      return this.retryOrStop(error);
    }
    this.retry();
  }
  retryOrStop(error) {
    if (error instanceof Error && error.name === "NoToken") this.stop(error.message);
    else this.retry();
  }
  retry() {
    const wait = backoff(++this.failures, (this.options.random ?? Math.random)());
    this.options.onState({ kind: "waiting", until: Date.now() + wait });
    this.timer = setTimeout(() => {
      this.timer = void 0;
      void this.attempt();
    }, wait);
  }
};

// src/net/sync.ts
var maxSubscriptions = 50;
var pageSize = 50;
var maxPages = 20;
var few = 6;
var gathering = 50;
var Sync = class {
  constructor(options) {
    this.options = options;
    this.connection = new Connection({
      open: () => options.open(this.live.endpoints),
      token: options.token,
      tokenRefused: options.tokenRefused,
      clientId: () => this.live.clientId(options.instance),
      onState: (state) => {
        if (state.kind !== "live") {
          this.ready = false;
          this.settled.clear();
          this.unread.clear();
        }
        options.onState(state);
      },
      onSubscribed: (granted, refused) => this.subscribed(granted, refused),
      onMessage: (_, payload) => this.message(payload)
    });
  }
  options;
  area;
  order = "newest";
  live;
  cursor;
  // of the next page; undefined before the first was read, null after the last
  seen = [];
  // ids of questions, the most wanted first
  open = [];
  // those of them whose heat is shown
  generation = 0;
  // of areas: what was asked for an earlier one is dropped
  ready = false;
  // the area's topics are in force
  settled = /* @__PURE__ */ new Set();
  // topics that the server has answered
  unread = /* @__PURE__ */ new Set();
  // questions followed since, but not read since
  reading;
  connection;
  /** Moves to an area: other topics, another list. Reads the list again where it is there already. */
  async move(area, order) {
    const generation = ++this.generation;
    this.area = area;
    this.order = order;
    this.ready = false;
    this.cursor = void 0;
    this.seen = this.open = [];
    this.unread.clear();
    try {
      const live2 = await this.options.api.live(area);
      if (generation !== this.generation) return;
      const first = this.live === void 0;
      this.live = live2;
      this.want();
      if (first) this.connection.start();
      else this.checkReady();
      await this.read();
    } catch (error) {
      if (generation === this.generation) this.options.onError(error);
    }
  }
  /** Another order of the same area. */
  async reorder(order) {
    this.order = order;
    this.cursor = void 0;
    await this.read();
  }
  /** Reads the next page of the list. */
  async more() {
    if (this.cursor) await this.read(this.cursor);
  }
  /**
   * Says which questions are seen, the most wanted first, of which as many as fit
   * are followed; and which are open, so that their heat is wanted as well.
   */
  watch(seen, open) {
    this.seen = seen;
    this.open = open;
    if (this.live) this.want();
  }
  /** Tries to connect now. */
  retry() {
    if (this.live) this.connection.start();
    else if (this.area) void this.move(this.area, this.order);
  }
  /** The machine woke up, or is on a network again. */
  wake() {
    this.connection.wake();
  }
  /** The token is another: another account, another topic. */
  async signIn() {
    this.connection.stop("Signing in");
    this.live = void 0;
    if (this.area) await this.move(this.area, this.order);
  }
  /** Reads one question, with its heat, into the store. */
  async refresh(id) {
    const generation = this.generation;
    try {
      const { question: question3, heat } = await this.options.api.question(id);
      if (generation !== this.generation) return;
      this.changed([this.options.store.put(question3), ...heat.map((part) => this.options.store.putHeat(id, part))], false);
    } catch (error) {
      if (generation === this.generation) this.options.onError(error);
    }
  }
  base() {
    const { geo, account, system } = this.live.topics;
    return [account, system, ...geo];
  }
  /** The questions whose topics fit into the connection beside the area's. */
  followed() {
    return this.seen.slice(0, Math.max(0, maxSubscriptions - this.base().length));
  }
  questionTopic(id) {
    return this.live.topics.question(id);
  }
  want() {
    const topics = /* @__PURE__ */ new Set([...this.base(), ...this.followed().map((id) => this.questionTopic(id))]);
    const names = topics;
    for (const t of this.settled) if (!names.has(t)) this.settled.delete(t);
    this.connection.want(topics);
  }
  subscribed(granted, refused) {
    for (const t of [...granted, ...refused]) this.settled.add(t);
    if (refused.length > 0) this.options.onError(new Error(`The server refused ${refused.length} live topics.`));
    if (!this.ready) return this.checkReady();
    const fresh = new Set(granted);
    for (const id of this.followed()) if (fresh.has(this.questionTopic(id))) this.unread.add(id);
    if (this.unread.size > 0) this.reading ??= setTimeout(() => void this.readAgain(), gathering);
  }
  /** Reads the questions that wait for it: many by the list, as far as it goes, and the rest one by one. */
  async readAgain() {
    const generation = this.generation, ids2 = [...this.unread];
    this.reading = void 0;
    this.unread.clear();
    const listed = new Set(ids2.length > few ? (await this.read())?.ids : []);
    if (generation !== this.generation) return;
    for (const id of ids2) if (!listed.has(id) || this.open.includes(id)) void this.refresh(id);
  }
  checkReady() {
    if (this.ready || !this.base().every((t) => this.settled.has(t))) return;
    this.ready = true;
    this.options.onResumed();
    void this.catchUp();
  }
  /** Reads what may have been missed: new questions, and what moved of those that are followed. */
  async catchUp() {
    const generation = this.generation;
    const read = /* @__PURE__ */ new Set();
    let cursor;
    for (let n = 0; n < maxPages; n++) {
      const page2 = await this.read(cursor);
      if (!page2 || generation !== this.generation) return;
      for (const id of page2.ids) read.add(id);
      cursor = page2.next;
      if (cursor === void 0 || page2.known) break;
    }
    for (const id of this.followed()) if (!read.has(id) || this.open.includes(id)) void this.refresh(id);
  }
  /** Reads a page of the list; undefined where that failed. known says that it held questions that were there before. */
  async read(cursor) {
    const generation = this.generation;
    const { api, store } = this.options;
    try {
      const { items, nextCursor } = await api.questions(this.area, this.order, pageSize, cursor);
      if (generation !== this.generation) return void 0;
      if (cursor === this.cursor) this.cursor = nextCursor ?? null;
      const known = items.some((q) => store.get(q.id) !== void 0);
      this.changed(items.map((q) => store.put(q)), false);
      this.options.onRead(typeof this.cursor === "string");
      return { ids: items.map((q) => q.id), next: nextCursor, known };
    } catch (error) {
      if (generation === this.generation) this.options.onError(error);
      return void 0;
    }
  }
  message(payload) {
    let m;
    try {
      m = message(new TextDecoder().decode(payload));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return;
    }
    if (!m) return;
    if (m.type === "operation") return this.options.onOperation(m.operation);
    if (m.type === "notice") return this.options.onNotice(m.text);
    this.changed([this.options.store.apply(m)], true);
  }
  changed(changes, live2) {
    const real = changes.filter((c) => c !== void 0);
    if (real.length > 0) this.options.onChanges(real, live2);
  }
};

// src/net/token.ts
var userKey = "askaround.user";
var tokenKey = "askaround.token";
var NoToken = class extends Error {
  name = "NoToken";
};
var Tokens = class {
  constructor(storage, fetcher) {
    this.storage = storage;
    this.fetcher = fetcher;
  }
  storage;
  fetcher;
  minted;
  /** The name of the made-up user, for display; undefined with a token of one's own. */
  get guest() {
    return this.storage.getItem(tokenKey) ? void 0 : this.user();
  }
  /** Uses a token of a real issuer from now on. */
  paste(token) {
    this.storage.setItem(tokenKey, token.trim().replace(/^Bearer\s+/i, ""));
  }
  /** Goes back to the made-up user. */
  forget() {
    this.storage.removeItem(tokenKey);
  }
  /** A token that was not refused yet. */
  get() {
    const own = this.storage.getItem(tokenKey);
    if (own) return Promise.resolve(own);
    return this.minted ??= this.mint().catch((error) => {
      this.minted = void 0;
      throw error;
    });
  }
  /** Says that the server refused this token: the next one will be another. */
  refused(token) {
    if (this.storage.getItem(tokenKey) === token) throw new NoToken("The server does not accept this token. Paste another one.");
    this.minted = void 0;
  }
  user() {
    let user = this.storage.getItem(userKey);
    if (!user) {
      user = "guest-" + randomHex(4);
      this.storage.setItem(userKey, user);
    }
    return user;
  }
  async mint() {
    const response = await this.fetcher("dev/token", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: new URLSearchParams({ user: this.user() })
    });
    if (response.status === 404) throw new NoToken("This server has no development issuer. Paste a token of yours.");
    if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
    const { access_token: token } = await response.json();
    if (typeof token !== "string" || token === "") throw new Error("the issuer gave no token");
    return token;
  }
};
function randomHex(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// src/ui/dom.ts
function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}
function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}
function fill(element, props, children) {
  for (const [name, value2] of Object.entries(props)) {
    if (typeof value2 === "function") element.addEventListener(name.slice(2), value2);
    else set(element, name, value2);
  }
  element.append(...children.filter((c) => c !== null && c !== void 0 && c !== false));
  return element;
}
function set(element, name, value2) {
  if (value2 === void 0 || value2 === false) element.removeAttribute(name);
  else if (value2 === true) element.setAttribute(name, "");
  else element.setAttribute(name, String(value2));
}
function write(element, text2) {
  if (element.textContent !== text2) element.textContent = text2;
}
var ids = 0;
function uniqueId(prefix) {
  return `${prefix}-${++ids}`;
}
function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} ${id}`);
  return element;
}
function icon(path, className = "icon") {
  return svg("svg", { class: className, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, svg("path", { d: path }));
}
var icons = {
  pin: "M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7Zm0 9.5A2.5 2.5 0 1 1 12 6.5a2.5 2.5 0 0 1 0 5Z",
  star: "m12 2.5 2.9 6.1 6.6.9-4.8 4.6 1.2 6.6-5.9-3.2-5.9 3.2 1.2-6.6-4.8-4.6 6.6-.9Z",
  target: "M12 3v3m0 12v3M3 12h3m12 0h3M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z",
  check: "m5 13 4.5 4.5L19.5 7",
  alert: "M12 8v5m0 3.2v.3M12 3 2.5 20h19Z",
  send: "M3.5 20.5 21 12 3.5 3.5 6 12Zm2.5-8.5h8",
  none: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 6l12 12"
};

// src/ui/account.ts
var AccountDialog = class {
  constructor(tokens, onChange) {
    this.tokens = tokens;
    this.onChange = onChange;
    this.button.addEventListener("click", () => this.show(""));
    byId("account-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    byId("account-guest", HTMLButtonElement).addEventListener("click", () => {
      tokens.forget();
      this.done();
    });
    byId("account-form", HTMLFormElement).addEventListener("submit", (e) => {
      e.preventDefault();
      const token = this.input.value.trim();
      if (token === "") return this.input.focus();
      tokens.paste(token);
      this.input.value = "";
      this.done();
    });
    this.update();
  }
  tokens;
  onChange;
  button = byId("account", HTMLButtonElement);
  dialog = byId("account-dialog", HTMLDialogElement);
  input = byId("account-token", HTMLTextAreaElement);
  message = byId("account-message", HTMLElement);
  /** Opens with a reason, such as a token that was refused. */
  show(reason) {
    write(this.message, reason);
    if (!this.dialog.open) this.dialog.showModal();
  }
  done() {
    this.dialog.close();
    this.update();
    this.onChange();
  }
  update() {
    write(this.button, this.tokens.guest ?? "your token");
  }
};

// src/ui/activity.ts
var most = 6;
var Activity = class {
  constructor(format, onPick) {
    this.format = format;
    this.onPick = onPick;
  }
  format;
  onPick;
  list = byId("activity", HTMLElement);
  quiet = byId("activity-quiet", HTMLElement);
  entries = [];
  /** Tells what happened to a question; an earlier entry about it makes room. */
  add(id, title, what) {
    const age = h("span", { class: "age" });
    const element = h(
      "li",
      {},
      h("button", { type: "button", class: "entry", onclick: () => this.onPick(id) }, h("span", { class: "entry-title" }, title), h("span", { class: "entry-what" }, what, age))
    );
    const others = this.entries.filter((e) => e.id !== id);
    this.entries = [{ id, when: Date.now(), element, age }, ...others].slice(0, most);
    this.list.replaceChildren(...this.entries.map((e) => e.element));
    this.quiet.hidden = true;
    this.refresh(Date.now());
  }
  refresh(now) {
    for (const e of this.entries) write(e.age, ` · ${this.format.age(e.when, now)}`);
  }
  clear() {
    this.entries = [];
    this.list.replaceChildren();
    this.quiet.hidden = false;
  }
};

// src/ui/chart.ts
var size = 400;
var inset = 14;
var Chart = class {
  constructor(format, className) {
    this.format = format;
    this.element = svg("svg", { class: `chart ${className}`, viewBox: `0 0 ${size} ${size}` }, this.ground, this.under, this.labels, this.over);
  }
  format;
  element;
  /** Layers from the bottom to the top, for those who draw on the chart. */
  under = svg("g");
  over = svg("g");
  ground = svg("g", { class: "ground" });
  labels = svg("g", { class: "ring-labels" });
  // over the marks, which crowd in the middle
  centre = { lat: 0, lng: 0 };
  radius = 1;
  /** Shows a circle of radius metres around centre. */
  show(centre2, radius) {
    this.centre = centre2;
    this.radius = radius;
    const middle = size / 2, full = middle - inset;
    this.ground.replaceChildren(
      svg("circle", { class: "disc", cx: middle, cy: middle, r: full }),
      svg("path", { class: "axis", d: `M${middle} ${inset}V${size - inset}M${inset} ${middle}H${size - inset}` }),
      ...this.format.rings(radius).map((r) => svg("circle", { class: "ring", cx: middle, cy: middle, r: full * r / radius })),
      svg("circle", { class: "edge", cx: middle, cy: middle, r: full }),
      svg("path", { class: "north", d: `M${middle} ${inset - 12}l6 12h-12z` })
    );
    this.labels.replaceChildren(...[...this.format.rings(radius), radius].map((r) => svg("text", { class: "ring-label", x: middle + 4, y: middle + full * r / radius - 4 }, this.format.distance(r))));
  }
  /** Where a place is on the drawing. */
  point(p) {
    return this.xy(project(this.centre, p));
  }
  xy(o) {
    const scale = (size / 2 - inset) / this.radius;
    return [size / 2 + o.east * scale, size / 2 - o.north * scale];
  }
  /** What is under a pointer: metres from the centre, and the place. */
  locate(e) {
    const box = this.element.getBoundingClientRect();
    const side = Math.min(box.width, box.height);
    const x = (e.clientX - box.left - (box.width - side) / 2) / side * size;
    const y = (e.clientY - box.top - (box.height - side) / 2) / side * size;
    const scale = this.radius / (size / 2 - inset);
    const offset = { east: (x - size / 2) * scale, north: (size / 2 - y) * scale };
    return { offset, place: unproject(this.centre, offset) };
  }
};

// src/ui/areamap.ts
var AreaMap = class {
  /** onPick: a question was clicked. onMove: a place was clicked while moving. */
  constructor(format, onPick, onMove) {
    this.onPick = onPick;
    this.chart = new Chart(format, "area-map");
    this.element = this.chart.element;
    set(this.element, "role", "img");
    this.element.addEventListener("click", (e) => {
      if (this.moving) onMove(this.chart.locate(e).place);
    });
  }
  onPick;
  element;
  chart;
  marks = /* @__PURE__ */ new Map();
  moving = false;
  show(area) {
    this.chart.show(area.at, area.radius);
    const [x, y] = this.chart.point(area.at);
    this.chart.over.replaceChildren(svg("circle", { class: "here-halo", cx: x, cy: y, r: 13 }), svg("circle", { class: "here", cx: x, cy: y, r: 6 }));
    this.marks.clear();
    this.chart.under.replaceChildren();
  }
  /** Whether a click moves there instead of picking a question. */
  setMoving(moving) {
    this.moving = moving;
    this.element.classList.toggle("moving", moving);
  }
  set(questions, fresh) {
    const ids2 = new Set(questions.map((q) => q.id));
    for (const [id, mark] of this.marks) {
      if (ids2.has(id)) continue;
      mark.remove();
      this.marks.delete(id);
    }
    for (const q of questions) {
      const mark = this.marks.get(q.id) ?? this.mark(q);
      set(mark, "class", `mark ${q.kind} ${tone(q)}${fresh.has(q.id) ? " fresh" : ""}`);
    }
    const geo = questions.filter((q) => q.kind === "geo").length;
    set(this.element, "aria-label", `Map of ${questions.length} questions around you, ${geo} of them answered by a place. The list has them all.`);
  }
  /** Makes one question stand out, or none. */
  highlight(id) {
    for (const [other, mark] of this.marks) {
      mark.classList.toggle("highlight", other === id);
      if (other === id) mark.parentNode.append(mark);
    }
  }
  mark(q) {
    const [x, y] = this.chart.point(q.location);
    const shape = q.kind === "geo" ? svg("rect", { x: -5.5, y: -5.5, width: 11, height: 11, rx: 2, transform: "rotate(45)" }) : svg("circle", { r: 6.5 });
    const mark = svg("g", {
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
      onclick: () => {
        if (!this.moving) this.onPick(q.id);
      }
    }, svg("circle", { class: "ping", r: 6 }), shape, svg("title", {}, q.text));
    this.marks.set(q.id, mark);
    this.chart.under.append(mark);
    return mark;
  }
};
function tone(q) {
  const mean = average(q.summary);
  if (mean === void 0) return "unanswered";
  if (q.kind === "geo") return "answered";
  return mean < 2 ? "low" : mean < 3.5 ? "middle" : "high";
}

// src/ui/composer.ts
var maxLength = 100;
var Composer = class {
  form = byId("ask", HTMLFormElement);
  text = byId("ask-text", HTMLTextAreaElement);
  counter = byId("ask-counter", HTMLElement);
  button = byId("ask-button", HTMLButtonElement);
  constructor(onAsk) {
    this.text.addEventListener("input", () => this.update());
    this.text.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" || e.isComposing) return;
      e.preventDefault();
      this.form.requestSubmit();
    });
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      const problem = this.problem();
      if (problem !== void 0) return this.text.focus();
      const kind = new FormData(this.form).get("kind") === "geo" ? "geo" : "star";
      onAsk(this.question, kind);
      this.text.value = "";
      this.update();
      this.text.focus();
    });
    this.update();
  }
  get question() {
    return this.text.value.replace(/\s+/g, " ").trim();
  }
  /** What keeps the question from being asked; undefined where nothing does. */
  problem() {
    const length = [...this.question].length;
    if (length === 0) return "";
    return length > maxLength ? `${length - maxLength} characters too many` : void 0;
  }
  update() {
    const problem = this.problem();
    const left = maxLength - [...this.question].length;
    this.button.disabled = problem !== void 0;
    write(this.counter, problem || (left <= 30 ? `${left} characters left` : `${left}`));
    this.counter.classList.toggle("over", left < 0);
    set(this.text, "aria-invalid", left < 0 ? "true" : void 0);
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
};

// src/ui/draft.ts
var Draft = class {
  element;
  status = h("p", { class: "status pending", role: "status" });
  actions;
  constructor(text2, kind, retry, dismiss) {
    this.actions = h(
      "div",
      { class: "actions", hidden: true },
      h("button", { type: "button", class: "secondary", onclick: retry }, "Try again"),
      h("button", { type: "button", class: "quiet", onclick: dismiss }, "Discard")
    );
    this.element = h(
      "article",
      { class: `card draft ${kind}`, "aria-busy": "true" },
      h("div", { class: "card-head" }, h("span", { class: "kind" }, icon(kind === "geo" ? icons.pin : icons.star), kind === "geo" ? "Where" : "Rate")),
      h("h3", {}, text2),
      h("div", { class: "card-foot" }, this.status, this.actions)
    );
    this.sending();
  }
  sending() {
    this.show("Sending…", "pending");
  }
  accepted() {
    this.show("Accepted, about to appear…", "pending");
  }
  failed(why) {
    this.show(why, "failed");
  }
  show(text2, state) {
    write(this.status, text2);
    this.status.className = `status ${state}`;
    this.actions.hidden = state === "pending";
    this.element.setAttribute("aria-busy", String(state === "pending"));
    this.element.classList.toggle("failed", state === "failed");
  }
};

// src/ui/format.ts
var milesRegions = /* @__PURE__ */ new Set(["US", "GB", "LR", "MM"]);
function usesMiles(language) {
  return milesRegions.has(new Intl.Locale(language).maximize().region ?? "");
}
var Format = class {
  miles;
  whole;
  tenth;
  relative;
  constructor(language) {
    this.miles = usesMiles(language);
    this.whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
    this.tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  }
  /** "120 ft", "1.2 mi", or "40 m", "1.9 km". */
  distance(metres) {
    if (this.miles) {
      const miles = metres / mile;
      return miles < 0.1 ? `${this.whole.format(Math.round(metres / 0.3048 / 10) * 10)} ft` : `${this.short(miles)} mi`;
    }
    return metres < 950 ? `${this.whole.format(Math.round(metres / 10) * 10)} m` : `${this.short(metres / 1e3)} km`;
  }
  short(n) {
    return n < 9.95 && Math.abs(n - Math.round(n)) > 0.05 ? this.tenth.format(n) : this.whole.format(n);
  }
  /** Distances in metres for the rings of a map of this radius, and the largest of them. */
  rings(radius) {
    const unit = this.miles ? mile : 1e3;
    const steps = [0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 50];
    const step2 = steps.find((s) => radius / (s * unit) <= 4.05) ?? 100;
    const rings = [];
    for (let r = step2 * unit; r < radius * 0.98; r += step2 * unit) rings.push(r);
    return rings;
  }
  /** "just now", "5 minutes ago", "3 days ago". */
  age(then, now) {
    const seconds = Math.round((then - now) / 1e3);
    if (seconds > -45) return "just now";
    if (seconds > -45 * 60) return this.relative.format(Math.round(seconds / 60), "minute");
    if (seconds > -22 * 3600) return this.relative.format(Math.round(seconds / 3600), "hour");
    if (seconds > -26 * 86400) return this.relative.format(Math.round(seconds / 86400), "day");
    if (seconds > -320 * 86400) return this.relative.format(Math.round(seconds / (30.44 * 86400)), "month");
    return this.relative.format(Math.round(seconds / (365.25 * 86400)), "year");
  }
  /** "4.3" */
  average(stars2) {
    return this.tenth.format(stars2);
  }
  /** "1 answer", "2,100 answers" */
  count(n, one, many = one + "s") {
    return `${this.whole.format(n)} ${n === 1 ? one : many}`;
  }
};
function stars(n) {
  if (n === 0) return "no stars";
  if (n === 0.5) return "half a star";
  if (n === 1) return "1 star";
  return `${Math.floor(n)}${n % 1 === 0 ? "" : "½"} stars`;
}
function coordinates(p) {
  const part = (n, plus, minus) => `${Math.abs(n).toFixed(4)}° ${n < 0 ? minus : plus}`;
  return `${part(p.lat, "N", "S")}, ${part(p.lng, "E", "W")}`;
}

// src/geo/s2.ts
var swap = 1;
var invert = 2;
var positionToIJ = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
var positionToOrientation = [swap, 0, 0, invert | swap];
function parse2(token) {
  if (!/^[0-9a-f]{1,16}$/.test(token)) return void 0;
  const id = BigInt("0x" + token.padEnd(16, "0"));
  const face = Number(id >> 61n);
  let zeros = 0;
  while (zeros <= 60 && (id & 1n << BigInt(zeros)) === 0n) zeros++;
  if (face > 5 || zeros > 60 || zeros % 2 === 1) return void 0;
  const level = 30 - zeros / 2;
  let i = 0, j = 0, orientation = face & swap;
  for (let k = 0; k < level; k++) {
    const position = Number(id >> BigInt(59 - 2 * k) & 3n);
    const ij = positionToIJ[orientation][position];
    i = 2 * i + (ij >> 1);
    j = 2 * j + (ij & 1);
    orientation ^= positionToOrientation[position];
  }
  return { face, level, i, j };
}
function toUV(s) {
  return s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3;
}
function toLatLng(face, s, t) {
  const u = toUV(s), v = toUV(t);
  const [x, y, z] = [[1, u, v], [-u, 1, v], [-u, -v, 1], [-1, -v, -u], [v, -1, -u], [v, u, -1]][face];
  return { lat: Math.atan2(z, Math.hypot(x, y)) * 180 / Math.PI, lng: Math.atan2(y, x) * 180 / Math.PI };
}
function centre(token) {
  const cell = parse2(token);
  if (!cell) return void 0;
  const size2 = 2 ** cell.level;
  return toLatLng(cell.face, (cell.i + 0.5) / size2, (cell.j + 0.5) / size2);
}
function corners(token) {
  const cell = parse2(token);
  if (!cell) return void 0;
  const size2 = 2 ** cell.level;
  const corner = (di, dj) => toLatLng(cell.face, (cell.i + di) / size2, (cell.j + dj) / size2);
  return [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
}

// src/ui/geopanel.ts
var levels = 5;
var step = 1 / 50;
var margin = 5;
var GeoPanel = class {
  constructor(question3, format, canAnswer, onPick) {
    this.question = question3;
    this.format = format;
    this.onPick = onPick;
    this.chart = new Chart(format, "heat-map");
    this.chart.show(question3.location, question3.radius);
    const [x, y] = this.chart.point(question3.location);
    this.chart.over.append(svg("circle", { class: "here-small", cx: x, cy: y, r: 4 }), this.pin);
    const whereId = uniqueId("where");
    this.where = h("output", { class: "where", id: whereId });
    set(this.chart.element, "aria-hidden", "true");
    this.pad = h("div", canAnswer ? {
      class: "pad",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "map",
      "aria-describedby": whereId,
      "aria-label": "Map. Arrow keys move the pin, with Shift in larger steps.",
      onclick: (e) => this.move(this.chart.locate(e).offset),
      onkeydown: (e) => this.key(e)
    } : { class: "pad still" }, this.chart.element);
    this.table = h(
      "table",
      { class: "heat-table" },
      h("caption", {}, "Answers by cell, about a kilometre wide"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Where"), h("th", { scope: "col" }, "Centre"), h("th", { scope: "col" }, "Answers"))),
      this.rows
    );
    this.element = h(
      "div",
      { class: "geo-panel" },
      this.pad,
      h(
        "div",
        { class: "geo-side" },
        canAnswer && h("p", { class: "hint" }, icon(icons.pin), "Click the map, or use the arrow keys, to put your pin."),
        this.where,
        this.legend,
        h("details", {}, h("summary", {}, "As a table"), h("div", { class: "table-wrap" }, this.table))
      )
    );
    this.showPin();
  }
  question;
  format;
  onPick;
  element;
  chart;
  pad;
  where;
  legend = h("ul", { class: "legend" });
  rows = h("tbody");
  table;
  pin = svg("g", { class: "pin" }, svg("path", { d: icons.pin, transform: "translate(-18 -33) scale(1.5)" }));
  offset;
  /** Where the pin is. */
  get value() {
    return this.offset && unproject(this.question.location, this.offset);
  }
  set value(p) {
    this.offset = p && project(this.question.location, p);
    this.showPin();
  }
  focus() {
    this.pad.focus();
  }
  /** Draws the answers by cell. */
  setHeat(cells) {
    const most2 = Math.max(0, ...cells.values());
    const sorted = [...cells].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    this.chart.under.replaceChildren(...sorted.flatMap(([token, n]) => this.cell(token, n, most2)));
    this.rows.replaceChildren(...sorted.map(([token, n]) => this.row(token, n)));
    this.table.hidden = sorted.length === 0;
    this.legend.replaceChildren(...legendOf(most2).map(({ level, label }) => h("li", {}, h("span", { class: `swatch heat-${level}` }), label)));
    if (most2 === 0) this.legend.replaceChildren(h("li", { class: "muted" }, "No answers yet."));
  }
  cell(token, n, most2) {
    const corners2 = corners(token), middle = centre(token);
    if (!corners2 || !middle) return [];
    const points = corners2.map((c) => this.chart.point(c).map((v) => v.toFixed(1)).join(",")).join(" ");
    const [x, y] = this.chart.point(middle);
    return [
      svg("polygon", { class: `cell heat-${levelOf(n, most2)}`, points, "data-cell": token, "data-answers": n }),
      svg("text", { class: `cell-count on-heat-${levelOf(n, most2)}`, x: x.toFixed(1), y: (y + 3.5).toFixed(1) }, String(n))
    ];
  }
  row(token, n) {
    const middle = centre(token);
    const away = middle ? this.describe(middle) : "unknown";
    return h("tr", {}, h("th", { scope: "row" }, away), h("td", {}, middle ? `${middle.lat.toFixed(4)}, ${middle.lng.toFixed(4)}` : ""), h("td", { class: "number" }, String(n)));
  }
  describe(p) {
    const metres = distance(this.question.location, p);
    return metres < 30 ? "at the question's place" : `${this.format.distance(metres)} ${wind(this.question.location, p)}`;
  }
  key(e) {
    const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[e.key];
    if (!by) return;
    e.preventDefault();
    const metres = this.question.radius * step * (e.shiftKey ? 5 : 1);
    const from = this.offset ?? { east: 0, north: 0 };
    this.move(this.offset ? { east: from.east + by[0] * metres, north: from.north + by[1] * metres } : from);
  }
  move(to) {
    const away = Math.hypot(to.east, to.north), most2 = this.question.radius - margin;
    const shrink = away > most2 ? most2 / away : 1;
    this.offset = { east: to.east * shrink, north: to.north * shrink };
    this.showPin();
    this.onPick();
  }
  showPin() {
    const p = this.value;
    set(this.pin, "display", p ? void 0 : "none");
    if (!p || !this.offset) return write(this.where, "");
    const [x, y] = this.chart.xy(this.offset);
    set(this.pin, "transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    write(this.where, `Your pin: ${this.describe(p)} (${p.lat.toFixed(4)}, ${p.lng.toFixed(4)})`);
  }
};
function levelOf(n, most2) {
  return Math.max(1, Math.min(levels, Math.ceil(levels * n / Math.max(1, most2))));
}
function legendOf(most2) {
  const legend = [];
  for (let level = 1; level <= levels; level++) {
    const from = Math.floor((level - 1) * most2 / levels) + 1, to = Math.floor(level * most2 / levels);
    if (from <= to) legend.push({ level, label: from === to ? String(from) : `${from}–${to}` });
  }
  return legend;
}

// src/ui/histogram.ts
var Histogram = class {
  element;
  bars;
  constructor() {
    this.bars = Array.from({ length: 11 }, () => h("span", { class: "bar" }));
    this.element = h(
      "div",
      { class: "histogram", role: "img" },
      h("span", { class: "bars" }, ...this.bars),
      h("span", { class: "scale" }, h("span", {}, "0"), h("span", {}, "5"))
    );
  }
  /** counts[i] is how many gave i half stars. */
  set(counts) {
    const most2 = Math.max(1, ...counts);
    for (const [i, bar] of this.bars.entries()) {
      const n = counts[i] ?? 0;
      bar.style.height = `${n === 0 ? 4 : 12 + 88 * n / most2}%`;
      bar.classList.toggle("none", n === 0);
      set(bar, "title", `${stars(i / 2)}: ${n}`);
    }
    const told = counts.flatMap((n, i) => n > 0 ? [`${n} × ${stars(i / 2)}`] : []);
    set(this.element, "aria-label", told.length > 0 ? `Ratings: ${told.reverse().join(", ")}` : "No ratings yet");
  }
};

// src/ui/stars.ts
var StarMeter = class {
  element;
  filled;
  constructor() {
    const row = (className) => h("span", { class: className }, ...Array.from({ length: 5 }, () => icon(icons.star, "star-icon")));
    this.filled = row("filled");
    this.element = h("span", { class: "star-meter", "aria-hidden": "true" }, row("empty"), this.filled);
  }
  set(rating) {
    this.filled.style.width = `${(rating ?? 0) / 5 * 100}%`;
  }
};
var StarInput = class {
  constructor(legend, onChange) {
    this.onChange = onChange;
    const name = uniqueId("stars");
    this.output = h("output", { class: "star-output", "aria-hidden": "true" });
    this.inputs = Array.from(
      { length: 11 },
      (_, i) => h("input", { type: "radio", name, value: i / 2, "aria-label": stars(i / 2), onchange: () => this.changed() })
    );
    const zone = (i) => {
      const half = i % 2 === 1 ? "left" : "right";
      return h("label", {
        class: i === 0 ? "zone zero" : `zone ${half}`,
        title: stars(i / 2),
        onpointerenter: () => this.show(i)
      }, this.inputs[i], icon(i === 0 ? icons.none : icons.star, i === 0 ? "icon" : "star-icon"));
    };
    this.element = h(
      "fieldset",
      { class: "star-input", onpointerleave: () => this.show(this.index) },
      h("legend", {}, legend),
      h("div", { class: "zones" }, ...this.inputs.map((_, i) => zone(i))),
      this.output
    );
    this.show(void 0);
  }
  onChange;
  element;
  inputs;
  output;
  shown;
  /** The chosen rating, 0 to 5. */
  get value() {
    return this.index === void 0 ? void 0 : this.index / 2;
  }
  set value(rating) {
    for (const [i, input] of this.inputs.entries()) input.checked = rating !== void 0 && i === rating * 2;
    this.show(this.index);
  }
  focus() {
    (this.inputs.find((i) => i.checked) ?? this.inputs[0])?.focus();
  }
  get index() {
    const i = this.inputs.findIndex((input) => input.checked);
    return i < 0 ? void 0 : i;
  }
  changed() {
    this.show(this.index);
    this.onChange();
  }
  /** Lights the stars up to a choice, or to where the pointer is. */
  show(index) {
    this.shown = index;
    for (const [i, input] of this.inputs.entries()) {
      input.parentElement.classList.toggle("lit", i > 0 && this.shown !== void 0 && i <= this.shown);
      input.parentElement.classList.toggle("chosen", i === this.shown);
    }
    write(this.output, index === void 0 ? "Choose 0 to 5 stars" : stars(index / 2));
  }
};

// src/ui/card.ts
var Card = class {
  constructor(question3, format, actions) {
    this.format = format;
    this.actions = actions;
    this.question = question3;
    const title = uniqueId("question"), panel = uniqueId("panel");
    this.toggle = h("button", { type: "button", class: "secondary", "aria-expanded": "false", "aria-controls": panel, onclick: () => this.setOpen(!this.open) });
    this.panel = h("div", { class: "panel", id: panel, hidden: true });
    this.element = h(
      "article",
      {
        class: `card ${question3.kind}`,
        "data-id": question3.id,
        "aria-labelledby": title,
        tabindex: -1,
        onpointerenter: () => actions.pointedAt(question3.id),
        onpointerleave: () => actions.pointedAt(void 0)
      },
      h(
        "div",
        { class: "card-head" },
        h("span", { class: "kind" }, icon(question3.kind === "geo" ? icons.pin : icons.star), question3.kind === "geo" ? "Where" : "Rate"),
        this.meta
      ),
      h("h3", { id: title }, question3.text),
      h(
        "div",
        { class: "result" },
        question3.kind === "star" && this.rating,
        this.answers,
        question3.kind === "star" && this.histogram.element,
        this.toggle
      ),
      this.status,
      this.panel
    );
    this.update(question3);
    this.setSending({ state: "none" });
  }
  format;
  actions;
  element;
  question;
  own;
  meta = h("p", { class: "meta" });
  mean = h("span", { class: "mean" });
  answers = h("span", { class: "answers" });
  meter = new StarMeter();
  histogram = new Histogram();
  rating = h("div", { class: "rating" }, this.mean, this.meter.element);
  status = h("p", { class: "status", role: "status" });
  toggle;
  panel;
  form;
  get open() {
    return !this.panel.hidden;
  }
  /** Shows the question as it is now; flash says that others moved it just now. */
  update(question3, flash = false) {
    this.question = question3;
    const { summary: summary2 } = question3;
    const mean = average(summary2);
    write(this.answers, summary2.answers === 0 ? "No answers yet" : this.format.count(summary2.answers, "answer"));
    if (question3.kind === "star") {
      this.rating.hidden = this.histogram.element.hidden = mean === void 0;
      write(this.mean, mean === void 0 ? "" : this.format.average(mean));
      set(this.mean, "aria-label", `${this.mean.textContent} of 5 stars on average`);
      set(this.mean, "role", "img");
      this.meter.set(mean);
      this.histogram.set(summary2.histogram);
    }
    this.element.classList.toggle("mine", question3.mine);
    this.element.classList.toggle("closed", !question3.open);
    this.label();
    if (flash) {
      this.element.classList.remove("flash");
      void this.element.offsetWidth;
      this.element.classList.add("flash");
    }
  }
  /** Shows how far away and how long ago. */
  place(from, now) {
    const metres = distance(from, this.question.location);
    const away = metres < 30 ? "right here" : `${this.format.distance(metres)} ${wind(from, this.question.location)}`;
    const mine = this.question.mine ? " · asked by you" : "";
    write(this.meta, `${away} · ${this.format.age(this.question.createdAt, now)}${mine}`);
  }
  setHeat(cells) {
    this.form?.setHeat(cells);
  }
  setOwn(answer2) {
    this.own = answer2;
    this.form?.setOwn(answer2);
    this.label();
  }
  setSending(s) {
    write(this.status, s.state === "none" ? "" : s.text);
    this.status.className = `status ${s.state}`;
    set(this.element, "aria-busy", s.state === "pending" ? "true" : void 0);
    this.form?.setBusy(s.state === "pending");
  }
  setOpen(open) {
    if (open === this.open) return;
    if (open && !this.form) {
      this.form = new AnswerForm(this.question, this.format, this.canAnswer, this.actions);
      this.form.setOwn(this.own);
      this.panel.append(this.form.element);
    }
    this.panel.hidden = !open;
    set(this.toggle, "aria-expanded", String(open));
    this.label();
    this.actions.toggled(this.question.id, open);
    if (open && this.canAnswer) this.form.focus();
  }
  get canAnswer() {
    return this.question.open && !this.question.mine;
  }
  label() {
    const geo = this.question.kind === "geo";
    this.toggle.hidden = !geo && !this.canAnswer;
    if (this.open) return write(this.toggle, "Close");
    if (!this.canAnswer) return write(this.toggle, "See the map");
    if (this.own) return write(this.toggle, geo ? "Change my answer" : `My rating: ${stars(this.own.stars ?? 0)}`);
    write(this.toggle, geo ? "Answer on the map" : "Rate");
  }
};
var AnswerForm = class {
  element;
  stars;
  map;
  send = h("button", { type: "submit", class: "primary" }, "Send");
  withdraw = h("button", { type: "button", class: "quiet" }, "Withdraw my answer");
  busy = false;
  own;
  constructor(question3, format, canAnswer, actions) {
    const changed = () => this.enable();
    if (question3.kind === "star") this.stars = new StarInput("Your rating", changed);
    else this.map = new GeoPanel(question3, format, canAnswer, changed);
    this.withdraw.addEventListener("click", () => actions.withdraw(question3.id));
    this.element = h("form", {
      class: "answer-form",
      onsubmit: (e) => {
        e.preventDefault();
        const value2 = this.value;
        if (value2 && !this.busy) actions.answer(question3.id, value2);
      }
    }, (this.stars ?? this.map).element, canAnswer && h("div", { class: "actions" }, this.send, this.withdraw));
    this.enable();
  }
  setHeat(cells) {
    this.map?.setHeat(cells);
  }
  setOwn(answer2) {
    this.own = answer2;
    if (this.stars) this.stars.value = answer2?.stars;
    if (this.map) this.map.value = answer2?.location;
    this.enable();
  }
  setBusy(busy) {
    this.busy = busy;
    this.enable();
  }
  focus() {
    (this.stars ?? this.map).focus();
  }
  get value() {
    const rating = this.stars?.value, location2 = this.map?.value;
    if (rating !== void 0) return { stars: rating };
    return location2 && { location: location2 };
  }
  enable() {
    this.send.disabled = this.busy || this.value === void 0;
    this.withdraw.disabled = this.busy;
    this.withdraw.hidden = this.own === void 0;
  }
};

// src/ui/list.ts
var nearness = "300px";
var List = class {
  constructor(element, format, actions, onSeen) {
    this.element = element;
    this.format = format;
    this.actions = actions;
    this.observer = new IntersectionObserver((entries) => {
      for (const e of entries) {
        const id = e.target.dataset.id;
        if (e.isIntersecting) this.near.add(id);
        else this.near.delete(id);
      }
      onSeen();
    }, { rootMargin: nearness });
  }
  element;
  format;
  actions;
  cards = /* @__PURE__ */ new Map();
  near = /* @__PURE__ */ new Set();
  observer;
  order = [];
  card(id) {
    return this.cards.get(id);
  }
  /** Ids: first the open cards, then those that are seen, then the rest from the top. */
  get wanted() {
    const seen = this.order.filter((id) => this.near.has(id));
    return [.../* @__PURE__ */ new Set([...this.open, ...seen, ...this.order])];
  }
  get open() {
    return this.order.filter((id) => this.cards.get(id).open);
  }
  /** Shows these questions in this order. Cards stay what they are: focus and open forms survive. */
  set(questions, from, now) {
    this.order = questions.map((q) => q.id);
    const wanted = new Set(this.order);
    for (const [id, card] of this.cards) {
      if (wanted.has(id)) continue;
      this.observer.unobserve(card.element);
      this.near.delete(id);
      card.element.remove();
      this.cards.delete(id);
    }
    let before = this.element.firstElementChild;
    for (const q of questions) {
      let card = this.cards.get(q.id);
      if (!card) {
        card = new Card(q, this.format, this.actions);
        this.cards.set(q.id, card);
        this.observer.observe(card.element);
      }
      card.place(from, now);
      if (card.element === before) before = before.nextElementSibling;
      else this.element.insertBefore(card.element, before);
    }
  }
  /** Ages grow while nothing else happens. */
  refresh(from, now) {
    for (const card of this.cards.values()) card.place(from, now);
  }
  clear() {
    this.set([], { lat: 0, lng: 0 }, 0);
  }
};

// src/ui/places.ts
var cities = [
  { name: "London", at: { lat: 51.5112, lng: -0.1291 } },
  { name: "New York", at: { lat: 40.7467, lng: -73.9891 } },
  { name: "Paris", at: { lat: 48.8621, lng: 2.3381 } },
  { name: "Sydney", at: { lat: -33.8686, lng: 151.215 } },
  { name: "Tokyo", at: { lat: 35.6819, lng: 139.746 } }
];
function unnamed(at) {
  return { name: coordinates(at), at };
}
var PlaceDialog = class {
  constructor(onChoose) {
    this.onChoose = onChoose;
    byId("place-cities", HTMLElement).append(...cities.map((c) => h("li", {}, h("button", { type: "button", class: "secondary", onclick: () => this.choose(c) }, c.name))));
    byId("place-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    this.here.addEventListener("click", () => this.locate());
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      const at = parseLatLng(this.input.value);
      if (at) return this.choose(unnamed(at));
      this.say("Type a latitude and a longitude in degrees, such as 51.5, -0.12.");
      this.input.focus();
    });
    this.dialog.addEventListener("click", (e) => {
      if (e.target === this.dialog) this.dialog.close();
    });
  }
  onChoose;
  dialog = byId("place-dialog", HTMLDialogElement);
  here = byId("place-here", HTMLButtonElement);
  message = byId("place-message", HTMLElement);
  form = byId("place-form", HTMLFormElement);
  input = byId("place-input", HTMLInputElement);
  show() {
    this.say("");
    this.dialog.showModal();
  }
  choose(p) {
    this.dialog.close();
    this.onChoose(p);
  }
  locate() {
    if (!("geolocation" in navigator) || !window.isSecureContext) {
      return this.say("This browser does not tell where you are. Choose a city, or type coordinates.");
    }
    this.here.disabled = true;
    this.say("Finding you…");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.here.disabled = false;
        this.choose({ name: "where you are", at: { lat: coords.latitude, lng: coords.longitude } });
      },
      (error) => {
        this.here.disabled = false;
        this.say(error.code === error.PERMISSION_DENIED ? "You did not allow this page to know where you are. Choose a city, or type coordinates." : "Your place could not be found. Choose a city, or type coordinates.");
      },
      { timeout: 1e4, maximumAge: 6e4 }
    );
  }
  say(text2) {
    write(this.message, text2);
  }
};

// src/ui/status.ts
var ConnectionPill = class {
  pill = byId("connection", HTMLElement);
  text = byId("connection-text", HTMLElement);
  retry = byId("connection-retry", HTMLButtonElement);
  ticking;
  constructor(onRetry) {
    this.retry.addEventListener("click", onRetry);
  }
  show(state) {
    clearInterval(this.ticking);
    this.pill.dataset.state = state.kind;
    this.retry.hidden = state.kind === "live" || state.kind === "connecting";
    switch (state.kind) {
      case "live":
        return write(this.text, "Live");
      case "connecting":
        return write(this.text, "Connecting…");
      case "stopped":
        return write(this.text, "Not connected");
      case "waiting": {
        const tick = () => {
          const seconds = Math.max(0, Math.ceil((state.until - Date.now()) / 1e3));
          write(this.text, navigator.onLine ? `Reconnecting in ${seconds} s` : "Offline");
        };
        tick();
        this.ticking = setInterval(tick, 1e3);
      }
    }
  }
};
var Banner = class {
  element = byId("banner", HTMLElement);
  text = byId("banner-text", HTMLElement);
  again = byId("banner-again", HTMLButtonElement);
  constructor(onAgain) {
    byId("banner-close", HTMLButtonElement).addEventListener("click", () => this.hide());
    this.again.addEventListener("click", () => {
      this.hide();
      onAgain();
    });
  }
  error(text2) {
    this.show(text2, true);
  }
  notice(text2) {
    this.show(text2, false);
  }
  hide() {
    this.element.hidden = true;
  }
  /** It works again. A notice stays. */
  hideError() {
    if (this.element.classList.contains("error")) this.hide();
  }
  show(text2, error) {
    this.element.classList.toggle("error", error);
    this.again.hidden = !error;
    this.element.hidden = false;
    write(this.text, text2);
  }
};
var Announcer = class {
  region = byId("announcer", HTMLElement);
  waiting = [];
  timer;
  say(text2) {
    this.waiting.push(text2);
    this.timer ??= setTimeout(() => {
      this.timer = void 0;
      const [first, ...rest] = this.waiting;
      this.waiting = [];
      write(this.region, rest.length === 0 ? first : `${first} And ${rest.length} more changes.`);
    }, 1500);
  }
};

// src/app.ts
var patience = 6e4;
var placeKey = "askaround.place";
var answeredKey = "askaround.answered";
var App = class {
  format = new Format(navigator.language);
  store = new Store();
  tokens = new Tokens(sessionStorage, (input, init) => fetch(input, init));
  api = new Api(this.tokens, (input, init) => fetch(input, init));
  sync;
  map;
  list;
  pill = new ConnectionPill(() => this.sync.retry());
  banner = new Banner(() => void this.reload());
  announcer = new Announcer();
  activity = new Activity(this.format, (id) => this.reveal(id));
  account;
  drafts = byId("drafts", HTMLElement);
  heading = byId("list-heading", HTMLElement);
  empty = byId("empty", HTMLElement);
  loading = byId("loading", HTMLElement);
  more = byId("more", HTMLButtonElement);
  moveToggle = byId("map-move", HTMLButtonElement);
  place;
  order = "newest";
  fresh = /* @__PURE__ */ new Set();
  // questions that came while one looked
  known = /* @__PURE__ */ new Set();
  // questions whose own answer was asked for
  sending = /* @__PURE__ */ new Map();
  // of answers: the latest attempt counts
  answered = new Set(sessionStorage.getItem(answeredKey)?.split(" "));
  // questions that this window answered
  asked = /* @__PURE__ */ new Map();
  // accepted, by the question's id
  rendering = false;
  watching;
  constructor(start) {
    this.place = start;
    this.map = new AreaMap(this.format, (id) => this.reveal(id), (at) => this.go(unnamed(at)));
    byId("map", HTMLElement).append(this.map.element);
    this.list = new List(byId("questions", HTMLElement), this.format, {
      answer: (id, value2) => void this.answer(id, value2),
      withdraw: (id) => void this.withdraw(id),
      toggled: (id, open) => this.toggled(id, open),
      pointedAt: (id) => this.map.highlight(id)
    }, () => this.watchSoon());
    this.account = new AccountDialog(this.tokens, () => void this.signedIn());
    this.sync = new Sync({
      api: this.api,
      store: this.store,
      open: (endpoints) => new WebSocket(endpoint(endpoints), ["mqtt"]),
      token: () => this.tokens.get(),
      tokenRefused: (token) => this.tokens.refused(token),
      instance: "web-" + randomHex(8),
      onState: (state) => {
        this.pill.show(state);
        if (state.kind === "stopped" && state.why.includes("token")) this.account.show(state.why);
      },
      onChanges: (changes, live2) => this.changed(changes, live2),
      onOperation: (o) => this.api.told(o),
      onNotice: (text2) => this.banner.notice(text2),
      onRead: (more) => {
        this.loading.hidden = true;
        this.more.hidden = !more;
        this.banner.hideError();
        this.render();
      },
      onError: (error) => this.failed(error),
      onResumed: () => this.api.resumed()
    });
    this.listen();
    this.go(start);
  }
  listen() {
    new Composer((text2, kind) => this.ask(text2, kind));
    const dialog = new PlaceDialog((p) => this.go(p));
    byId("place", HTMLButtonElement).addEventListener("click", () => dialog.show());
    byId("order", HTMLFormElement).addEventListener("change", (e) => {
      this.order = e.target.value === "nearest" ? "nearest" : "newest";
      this.render();
      void this.sync.reorder(this.order);
    });
    this.more.addEventListener("click", () => void this.sync.more());
    this.moveToggle.addEventListener("click", () => this.setMoving(this.moveToggle.getAttribute("aria-pressed") !== "true"));
    addEventListener("online", () => this.sync.wake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.sync.wake();
    });
    setInterval(() => {
      this.list.refresh(this.place.at, Date.now());
      this.activity.refresh(Date.now());
      this.render();
    }, 3e4);
  }
  get area() {
    return { at: this.place.at, radius: fiveMiles };
  }
  /** Moves to a place. */
  go(place2) {
    this.place = place2;
    sessionStorage.setItem(placeKey, JSON.stringify(place2));
    this.setMoving(false);
    this.store.clear();
    this.fresh.clear();
    this.known.clear();
    this.list.clear();
    this.activity.clear();
    this.map.show(this.area);
    write(byId("place-name", HTMLElement), place2.name);
    write(byId("map-caption", HTMLElement), `${this.format.distance(fiveMiles)} around ${place2.name}`);
    this.loading.hidden = false;
    this.empty.hidden = this.more.hidden = true;
    this.render();
    void this.reload();
  }
  async reload() {
    await this.sync.move(this.area, this.order);
    this.watch();
  }
  async signedIn() {
    this.known.clear();
    this.store.clear();
    this.list.clear();
    await this.sync.signIn();
    this.watch();
  }
  changed(changes, live2) {
    for (const c of changes) {
      if (c.kind === "heat") {
        this.list.card(c.id)?.setHeat(this.store.heat(c.id));
        continue;
      }
      const { question: question3 } = c;
      this.list.card(question3.id)?.update(question3, live2);
      if (c.kind === "added") this.arrived(question3.id);
      if (!live2 || distance(this.place.at, question3.location) > fiveMiles) continue;
      if (c.kind === "added") this.fresh.add(question3.id);
      const what = c.kind === "added" ? "New question" : this.words(question3);
      this.activity.add(question3.id, question3.text, what);
      this.announcer.say(`${question3.text} ${what}.`);
    }
    this.render();
  }
  words({ kind, summary: summary2 }) {
    const mean = average(summary2);
    const count2 = this.format.count(summary2.answers, "answer");
    return kind === "star" && mean !== void 0 ? `Now ${this.format.average(mean)} stars of ${count2}` : `Now ${count2}`;
  }
  /** Draws the list and the map, once for all that happens at a time. */
  render() {
    if (this.rendering) return;
    this.rendering = true;
    queueMicrotask(() => {
      this.rendering = false;
      const now = Date.now();
      const questions = this.store.nearby(this.place.at, fiveMiles, this.order, now);
      this.list.set(questions, this.place.at, now);
      for (const id of this.fresh) this.list.card(id)?.element.classList.add("fresh");
      this.map.set(questions, this.fresh);
      const more = this.more.hidden ? "" : "+";
      write(this.heading, questions.length === 0 ? "Questions" : `${questions.length}${more} question${questions.length === 1 ? "" : "s"}`);
      this.empty.hidden = questions.length > 0 || !this.loading.hidden;
      this.watch();
    });
  }
  /** After scrolling, which moves many cards. */
  watchSoon() {
    clearTimeout(this.watching);
    this.watching = setTimeout(() => this.watch(), 200);
  }
  watch() {
    clearTimeout(this.watching);
    this.sync.watch(this.list.wanted, this.list.open);
  }
  /** Shows a question that was clicked on the map. */
  reveal(id) {
    const element = this.list.card(id)?.element;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    element?.focus({ preventScroll: true });
    this.map.highlight(id);
  }
  setMoving(moving) {
    set(this.moveToggle, "aria-pressed", String(moving));
    write(this.moveToggle, moving ? "Click the map…" : "Move on the map");
    this.map.setMoving(moving);
  }
  toggled(id, open) {
    this.watch();
    if (!open) return;
    this.list.card(id)?.setHeat(this.store.heat(id));
    void this.sync.refresh(id);
    if (this.known.has(id) || this.store.get(id)?.mine) return;
    this.known.add(id);
    if (this.tokens.guest !== void 0 && !this.answered.has(id)) return;
    this.api.ownAnswer(id).then((own) => this.sending.has(id) || this.list.card(id)?.setOwn(own), () => this.known.delete(id));
  }
  ask(text2, kind) {
    const key = randomHex(16), at = this.place.at;
    let draft;
    const attempt = async () => {
      draft.sending();
      try {
        const accepted = await this.api.ask(text2, kind, at, key);
        draft.accepted();
        this.asked.set(accepted.question, draft);
        if (this.store.get(accepted.question)) this.arrived(accepted.question);
        await accepted.outcome({ patience });
        await this.sync.refresh(accepted.question);
        this.announcer.say("Your question is there.");
      } catch (error) {
        draft.failed(message2(error));
      }
    };
    draft = new Draft(text2, kind, () => void attempt(), () => draft.element.remove());
    this.drafts.prepend(draft.element);
    void attempt();
  }
  /** A question of one's own is in the list: its draft is done. */
  arrived(id) {
    this.asked.get(id)?.element.remove();
    this.asked.delete(id);
  }
  async answer(id, value2) {
    const what = value2.stars !== void 0 ? `Your rating: ${stars(value2.stars)}` : "Your pin";
    await this.send(id, () => this.api.answer(id, value2), `${what}, being sent…`, `${what} counts.`, value2);
  }
  async withdraw(id) {
    await this.send(id, () => this.api.withdraw(id), "Withdrawing…", "Your answer is withdrawn.", void 0);
  }
  /** Sends a change of the own answer, shown at once and taken back where it fails. */
  async send(id, request, pending, done, own) {
    const attempt = (this.sending.get(id) ?? 0) + 1;
    this.sending.set(id, attempt);
    const show = (s) => {
      if (this.sending.get(id) === attempt) this.list.card(id)?.setSending(s);
    };
    show({ state: "pending", text: pending });
    try {
      const accepted = await request();
      await accepted.outcome({ patience });
      this.list.card(id)?.setOwn(own);
      this.answered.add(id);
      sessionStorage.setItem(answeredKey, [...this.answered].join(" "));
      show({ state: "done", text: done });
    } catch (error) {
      show({ state: "failed", text: message2(error) });
    }
  }
  failed(error) {
    this.loading.hidden = true;
    if (error instanceof NoToken) return this.account.show(error.message);
    this.banner.error(message2(error));
    this.render();
  }
};
function message2(error) {
  if (error instanceof OperationFailed) {
    switch (error.code) {
      case "own_question":
        return "You cannot answer your own question.";
      case "outside_circle":
        return "Your pin is outside of the question's circle.";
    }
  }
  return error instanceof Error ? error.message : String(error);
}
function endpoint(endpoints) {
  for (const e of endpoints) {
    const url = new URL(e, location.href);
    if (url.protocol === "http:") url.protocol = "ws:";
    if (url.protocol === "https:") url.protocol = "wss:";
    if (url.protocol === "ws:" || url.protocol === "wss:") return url.href;
  }
  throw new Error("no WebSocket among the endpoints");
}
function startPlace() {
  const named = parseLatLng(new URLSearchParams(location.search).get("at") ?? "");
  if (named) return unnamed(named);
  try {
    const { name, at } = JSON.parse(sessionStorage.getItem(placeKey) ?? "");
    if (typeof name === "string" && parseLatLng(`${at.lat},${at.lng}`)) return { name, at };
  } catch {
  }
  return cities[0];
}
function takeToken() {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (!token) return;
  new Tokens(sessionStorage, fetch).paste(token);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
}
takeToken();
new App(startPlace());
