// Two people in two windows, and mqtt.js beside them, against a running server.
//
//	node browser.mjs URL CHROMIUM ARTIFACTS
//
// It also has a crowd answer, looks for what keeps people out (axe), and takes pictures in
// the dark, narrow, and of dialogs. Prints what it does; exits with 1 where something is
// not as it should be. No request may leave the server's origin, and nothing may be
// written to the console as an error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import mqtt from "mqtt";

const [url, executablePath, artifacts] = process.argv.slice(2);
const origin = new URL(url).origin;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const patience = 10_000;
const complaints = []; // what fails the test at the end
let forgiven = []; // console errors that a step provokes on purpose

const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Opens a window of its own: another guest. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 960 }, locale: "en-GB", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on("console", (m) => {
    if (m.type() === "error" && !forgiven.some((f) => m.text().includes(f))) complaints.push(`${name}: console: ${m.text()}`);
  });
  page.on("pageerror", (e) => complaints.push(`${name}: exception: ${e.stack}`));
  const inside = (address) => {
    const u = new URL(address);
    if (u.protocol === "data:") return;
    if (u.origin.replace(/^ws/, "http") !== origin) complaints.push(`${name}: a request to ${address}`);
  };
  page.on("request", (r) => inside(r.url()));
  page.on("websocket", (w) => inside(w.url()));
  let loads = 0;
  page.on("load", () => loads++);
  // Lets a step cut the live connection.
  let cut = false;
  const sockets = new Set();
  await page.routeWebSocket(/\/mqtt$/, (socket) => {
    if (cut) return socket.close();
    sockets.add(socket);
    const server = socket.connectToServer();
    socket.onMessage((m) => server.send(m));
    server.onMessage((m) => socket.send(m));
    socket.onClose(() => { sockets.delete(socket); server.close(); });
    server.onClose(() => { sockets.delete(socket); socket.close(); });
  });
  const setCut = (value) => {
    cut = value;
    if (cut) for (const s of [...sockets]) s.close();
  };
  return { name, context, page, loads: () => loads, setCut };
}

async function visit(window, query = "") {
  await window.page.goto(url + query);
  await live(window.page);
}

const live = (page) => page.locator('#connection[data-state="live"]').waitFor();

/** The card of a question. */
const card = (page, text) => page.locator("#questions article", { has: page.getByRole("heading", { name: text, exact: true }) });

/** Waits until an element's text is this. */
const reads = (locator, text) => locator.filter({ hasText: text }).first().waitFor();

async function step(what, does) {
  const began = Date.now();
  await does();
  console.log(`${what} (${Date.now() - began} ms)`);
}

async function ask(page, text, kind = "Stars") {
  await page.getByLabel("Your question, up to 100 characters").fill(text);
  await page.locator("#ask label", { hasText: kind }).click();
  await page.getByRole("button", { name: "Ask", exact: true }).click();
}

/** Goes to a city of the list. */
async function move(page, city) {
  await page.locator("#place").click();
  await page.getByRole("button", { name: city }).click();
  await reads(page.locator("#place-name"), city);
}

/** Fails where axe finds what keeps people out. */
async function accessible(window, what) {
  await window.page.evaluate(axe); // not a script of the page: its policy would forbid it
  const { violations } = await window.page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  for (const v of violations) complaints.push(`${window.name}: ${what}: axe: ${v.id}: ${v.help}: ${v.nodes.length} times, such as ${v.nodes[0].html.slice(0, 200)}: ${v.nodes[0].failureSummary}`);
}

const noOverflow = async (page) => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "the page scrolls sideways");

const picture = (page, name) => page.screenshot({ path: `${artifacts}/${name}.png` });

/** A token of the development issuer. */
async function tokenFor(user) {
  const response = await fetch(`${origin}/dev/token`, { method: "POST", body: new URLSearchParams({ user }) });
  assert.equal(response.status, 200);
  return (await response.json()).access_token;
}

/** mqtt.js, subscribed as the page is. */
async function listen() {
  const token = await tokenFor("mqtt.js");
  const where = await (await fetch(`${origin}/live?lat=51.5112&lng=-0.1291`, { headers: { Authorization: `Bearer ${token}` } })).json();
  const client = mqtt.connect(`${origin.replace(/^http/, "ws")}/mqtt`, { protocolVersion: 5, clientId: `${where.topics.account.split("/").at(-1)}-mqttjs`, username: "any", password: token, reconnectPeriod: 0 });
  const messages = [];
  let wake = () => {};
  client.on("error", (e) => complaints.push(`mqtt.js: ${e}`));
  client.on("message", (topic, payload) => {
    messages.push({ topic, ...JSON.parse(payload.toString()) });
    wake();
  });
  await new Promise((done) => client.on("connect", done));
  const subscribe = async (topics) => {
    const granted = await client.subscribeAsync(topics, { qos: 1 });
    assert.ok(granted.every((g) => g.qos === 1), JSON.stringify(granted));
  };
  for (let i = 0; i < where.topics.geo.length; i += 8) await subscribe(where.topics.geo.slice(i, i + 8));
  return {
    end: () => client.endAsync(),
    follow: (id) => subscribe([where.topics.question.replace("{question}", id)]),
    async until(what, matches) {
      const deadline = Date.now() + patience;
      for (;;) {
        const found = messages.find(matches);
        if (found) return found;
        assert.ok(Date.now() < deadline, `mqtt.js: ${what} did not arrive; it has ${JSON.stringify(messages)}`);
        await new Promise((done) => { wake = done; setTimeout(done, 100); });
      }
    },
  };
}

const unique = Date.now().toString(36); // a server that keeps its data has questions of earlier runs
const fountain = `Is the fountain on? ${unique}`, picnic = `Where to have a picnic? ${unique}`;

async function main() {
  const ann = await open("ann"), bob = await open("bob");
  await Promise.all([visit(ann), visit(bob)]);
  const peer = await listen();

  await step("ann asks, bob sees it without a reload, and so does mqtt.js", async () => {
    await ask(ann.page, fountain);
    await card(bob.page, fountain).waitFor();
    await card(ann.page, fountain).waitFor();
    const m = await peer.until("the question", (m) => m.type === "question" && m.question.text === fountain);
    await peer.follow(m.question.id);
    assert.equal(await ann.page.locator("#drafts article").count(), 0);
    await reads(bob.page.locator("#activity"), fountain);
  });

  await step("ann cannot rate her own question", async () => {
    await reads(card(ann.page, fountain).locator(".meta"), "asked by you");
    assert.equal(await card(ann.page, fountain).getByRole("button", { name: "Rate" }).count(), 0);
  });

  const annCard = card(ann.page, fountain), bobCard = card(bob.page, fountain);
  await step("bob rates by keyboard, the average moves in ann's window", async () => {
    await bobCard.getByRole("button", { name: "Rate" }).focus();
    await bob.page.keyboard.press("Enter");
    await bob.page.keyboard.press("Space"); // no stars
    for (let i = 0; i < 9; i++) await bob.page.keyboard.press("ArrowRight");
    assert.ok(await bobCard.getByRole("radio", { name: "4½ stars" }).isChecked());
    await bob.page.keyboard.press("Enter");
    await reads(bobCard.locator(".status"), "Your rating: 4½ stars counts.");
    await reads(annCard.locator(".mean"), "4.5");
    await reads(annCard.locator(".answers"), "1 answer");
    await peer.until("the summary", (m) => m.type === "summary" && m.answers === 1 && m.sumHalfStars === 9 && m.histogram[9] === 1);
  });

  await step("bob changes his rating by mouse, still one answer", async () => {
    const zone = bobCard.locator(".zone.right").nth(1); // the right half of the second star
    await zone.click();
    await bobCard.getByRole("button", { name: "Send" }).click();
    await reads(annCard.locator(".mean"), "2.0");
    await reads(annCard.locator(".answers"), "1 answer");
  });

  await step("no stars is a rating too", async () => {
    await bobCard.locator(".zone.zero").click();
    await bobCard.getByRole("button", { name: "Send" }).click();
    await reads(annCard.locator(".mean"), "0.0");
  });

  await step("bob withdraws", async () => {
    await bobCard.getByRole("button", { name: "Withdraw my answer" }).click();
    await reads(annCard.locator(".answers"), "No answers yet");
    await reads(bobCard.locator(".status"), "withdrawn");
    await bobCard.getByRole("button", { name: "Close" }).click();
  });

  await step("a geo answer shows on the heat map in the other window, and moves there", async () => {
    await ask(ann.page, picnic, "A place");
    const theirs = card(bob.page, picnic), mine = card(ann.page, picnic);
    await mine.getByRole("button", { name: "See the map" }).click();
    await reads(mine.locator(".legend"), "No answers yet");
    await theirs.getByRole("button", { name: "Answer on the map" }).click();
    await bob.page.keyboard.press("ArrowUp"); // the pin, in the middle
    for (let i = 0; i < 2; i++) await bob.page.keyboard.press("Shift+ArrowUp");
    await reads(theirs.locator(".where"), "1 mi N");
    await theirs.getByRole("button", { name: "Send" }).click();
    const cell = mine.locator("polygon.cell");
    await cell.waitFor();
    const first = await cell.getAttribute("data-cell");
    assert.equal(await cell.getAttribute("data-answers"), "1");
    const { question } = await peer.until("the question", (m) => m.type === "question" && m.question.text === picnic);
    await peer.follow(question.id);

    await theirs.locator(".pad").click({ position: { x: 250, y: 160 } }); // east of the middle
    await theirs.getByRole("button", { name: "Send" }).click();
    await mine.locator(`polygon.cell:not([data-cell="${first}"])`).waitFor();
    await mine.locator(`polygon.cell[data-cell="${first}"]`).waitFor({ state: "detached" });
    assert.equal(await cell.count(), 1);
    const second = await cell.getAttribute("data-cell");
    await peer.until("the heat", (m) => m.type === "heat" && m.question === question.id && m.cells[second] === 1);
    await mine.getByText("As a table").click();
    await reads(mine.locator("tbody tr"), "1");
    assert.equal(await mine.locator("tbody tr").count(), 1);
  });

  await step("what is sent is shown at once; the client tries four times; what fails can be tried again, once", async () => {
    const text = `Is it raining? ${unique}`;
    forgiven = ["503"];
    let attempts = [];
    await ann.page.route("**/questions", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      attempts.push(route.request().headers()["idempotency-key"]);
      await new Promise((done) => setTimeout(done, 300));
      if (attempts.length <= 5) return route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Unavailable", detail: "Come back later.", status: 503 }) });
      return route.fallback();
    });
    await ask(ann.page, text);
    const draft = ann.page.locator("#drafts article");
    await reads(draft.locator(".status"), "Sending…");
    await reads(draft.locator(".status"), "Come back later.");
    await draft.getByRole("button", { name: "Try again" }).click();
    await card(ann.page, text).waitFor();
    await draft.waitFor({ state: "detached" });
    assert.equal(attempts.length, 6);
    assert.equal(new Set(attempts).size, 1, "the same key, so that it is asked once");
    await ann.page.unroute("**/questions");
    forgiven = [];
  });

  await step("after a break nothing is missing", async () => {
    bob.setCut(true);
    await bob.page.locator('#connection[data-state="waiting"], #connection[data-state="connecting"]').first().waitFor();
    const text = `Did you miss me? ${unique}`;
    await ask(ann.page, text);
    await card(ann.page, text).waitFor();
    assert.equal(await card(bob.page, text).count(), 0);
    bob.setCut(false);
    await bob.page.evaluate(() => dispatchEvent(new Event("online")));
    await live(bob.page);
    await card(bob.page, text).waitFor();
  });

  await step("places: not allowed, allowed, typed, a city, clicked", async () => {
    const { page, context } = bob;
    const name = page.locator("#place-name");
    await page.locator("#place").click();
    await page.getByRole("button", { name: "Use my location" }).click();
    await reads(page.locator("#place-message"), "You did not allow");
    await context.grantPermissions(["geolocation"], { origin });
    await context.setGeolocation({ latitude: 48.8584, longitude: 2.2945 });
    await page.getByRole("button", { name: "Use my location" }).click();
    await reads(name, "where you are");
    await card(page, "How is Eiffel Tower right now?").waitFor();
    assert.equal(await card(page, fountain).count(), 0);

    await page.locator("#place").click();
    await page.getByLabel("Latitude and longitude").fill("95, 0");
    await page.keyboard.press("Enter");
    await reads(page.locator("#place-message"), "Type a latitude");
    await page.getByLabel("Latitude and longitude").fill("40.7467, -73.9891");
    await page.keyboard.press("Enter");
    await reads(name, "40.7467° N, 73.9891° W");
    await page.locator("#questions article").first().waitFor();

    await move(page, "Sydney");
    await page.getByRole("button", { name: "Move on the map" }).click();
    await page.locator("#map svg").click({ position: { x: 250, y: 150 } });
    await reads(name, "33.8");
    await live(page);

    await move(page, "London");
    await card(page, fountain).waitFor();
    assert.equal(bob.loads(), 1, "without a reload");
  });

  await step("bob hears of what is asked near him, not of what is asked elsewhere", async () => {
    const near = `Is this near? ${unique}`, far = `Is this far? ${unique}`;
    await move(ann.page, "New York");
    await ask(ann.page, far);
    await card(ann.page, far).waitFor();
    await move(ann.page, "London");
    await ask(ann.page, near);
    await card(bob.page, near).waitFor();
    assert.equal(await card(bob.page, far).count(), 0);
  });

  await peer.end();
  assert.equal(ann.loads(), 1);

  await step("a crowd answers, and the windows show it", async () => {
    for (const { text, answers } of await crowd()) await reads(card(bob.page, text).locator(".answers"), `${answers} answer`);
  });
  await step("pictures, and what axe finds", () => pictures(bob));
}

/** A crowd answers the questions of a list, so that the pictures have something to show. */
async function crowd() {
  const people = await Promise.all(Array.from({ length: 12 }, (_, i) => tokenFor(`crowd-${unique}-${i}`)));
  const list = await (await fetch(`${origin}/questions?lat=51.5112&lng=-0.1291&limit=30`, { headers: { Authorization: `Bearer ${people[0]}` } })).json();
  let seed = 11;
  const random = () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
  const bell = () => random() + random() + random() - 1.5; // about -1 to 1
  const sums = []; // what each question has afterwards
  for (const [k, q] of list.items.entries()) {
    if (k % 7 === 6) continue; // some stay without an answer
    const mood = 1 + 3.5 * random();
    const some = people.slice(0, 3 + Math.floor(9 * random()));
    await Promise.all(some.map(async (token) => {
      const body = q.kind === "star"
        ? { stars: Math.round(2 * Math.min(5, Math.max(0, mood + bell()))) / 2 }
        : { location: { lat: q.location.lat + 0.012 * bell(), lng: q.location.lng + 0.02 * bell() } };
      const response = await fetch(`${origin}/questions/${q.id}/answer`, {
        method: "PUT", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      assert.equal(response.status, 202, await response.text());
    }));
    sums.push({ text: q.text, answers: q.summary.answers + some.length });
  }
  return sums;
}

/** Light, dark and narrow, with forms open. */
async function pictures(bob) {
  await fill(bob.page);
  await accessible(bob, "light");
  await bob.page.evaluate(() => scrollTo(0, 0));
  await picture(bob.page, "light");
  const heat = bob.page.locator("#questions article.geo", { has: bob.page.locator(".panel:not([hidden])") }).first();
  await heat.locator("polygon.cell").first().waitFor();
  await heat.evaluate((e) => e.scrollIntoView());
  await picture(bob.page, "light-heat");

  const night = await open("night", { colorScheme: "dark" });
  await visit(night);
  await fill(night.page);
  await accessible(night, "dark");
  await night.page.evaluate(() => scrollTo(0, 0));
  await picture(night.page, "dark");

  const phone = await open("phone", { viewport: { width: 320, height: 720 }, hasTouch: true });
  await visit(phone);
  await noOverflow(phone.page);
  await accessible(phone, "narrow");
  await picture(phone.page, "narrow");
  await fill(phone.page);
  await noOverflow(phone.page);
  await phone.page.screenshot({ path: `${artifacts}/narrow-page.png`, fullPage: true, clip: { x: 0, y: 0, width: 320, height: 2400 } });

  for (const dialog of ["place", "account"]) {
    await bob.page.locator(`#${dialog}`).click();
    await accessible(bob, `${dialog} dialog`);
    await picture(bob.page, `dialog-${dialog}`);
    await bob.page.keyboard.press("Escape");
  }
}

/** Opens a star question and a geo question. */
async function fill(page) {
  await page.locator("#questions article.star").getByRole("button", { name: "Rate" }).first().click();
  await page.locator(".panel:not([hidden]) .zone.left").nth(3).click();
  await page.locator("#questions article.geo").getByRole("button", { name: /map|answer/ }).first().click();
}

try {
  await main();
} catch (error) {
  complaints.push(error.stack);
  for (const [i, page] of browser.contexts().flatMap((c) => c.pages()).entries()) {
    await page.screenshot({ path: `${artifacts}/failed-${i}.png` }).catch(() => {});
  }
}
await browser.close();
for (const c of complaints) console.error(c);
process.exit(complaints.length > 0 ? 1 : 0);
