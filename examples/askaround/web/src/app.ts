// Ask Around Me in a browser: the parts, put together.

import { distance, fiveMiles, parseLatLng, type LatLng } from "./geo/geo.ts";
import { average, Store, type Change, type Order } from "./model/store.ts";
import type { Answer, Kind, Operation, Question } from "./model/types.ts";
import { Api, type Area } from "./net/api.ts";
import { Operations } from "./net/operations.ts";
import { Sync } from "./net/sync.ts";
import { NoToken, randomHex, Tokens } from "./net/token.ts";
import { AccountDialog } from "./ui/account.ts";
import { Activity } from "./ui/activity.ts";
import { AreaMap } from "./ui/areamap.ts";
import type { Sending } from "./ui/card.ts";
import { Composer } from "./ui/composer.ts";
import { byId, set, write } from "./ui/dom.ts";
import { Draft } from "./ui/draft.ts";
import { Format, stars } from "./ui/format.ts";
import { List } from "./ui/list.ts";
import { cities, PlaceDialog, unnamed, type Place } from "./ui/places.ts";
import { Announcer, Banner, ConnectionPill } from "./ui/status.ts";

const placeKey = "askaround.place", answeredKey = "askaround.answered";

class App {
  private readonly format = new Format(navigator.language);
  private readonly store = new Store();
  private readonly tokens = new Tokens(sessionStorage, (input, init) => fetch(input, init));
  private readonly api = new Api(this.tokens, (input, init) => fetch(input, init));
  private readonly operations = new Operations((id) => this.api.operation(id));
  private readonly sync: Sync;

  private readonly map: AreaMap;
  private readonly list: List;
  private readonly pill = new ConnectionPill(() => this.sync.retry());
  private readonly banner = new Banner(() => void this.reload());
  private readonly announcer = new Announcer();
  private readonly activity = new Activity(this.format, (id) => this.reveal(id));
  private readonly account: AccountDialog;
  private readonly drafts = byId("drafts", HTMLElement);
  private readonly heading = byId("list-heading", HTMLElement);
  private readonly empty = byId("empty", HTMLElement);
  private readonly loading = byId("loading", HTMLElement);
  private readonly more = byId("more", HTMLButtonElement);
  private readonly moveToggle = byId("map-move", HTMLButtonElement);

  private place: Place;
  private order: Order = "newest";
  private readonly fresh = new Set<string>(); // questions that came while one looked
  private readonly known = new Set<string>(); // questions whose own answer was asked for
  private readonly sending = new Map<string, number>(); // of answers: the latest attempt counts
  private readonly answered = new Set(sessionStorage.getItem(answeredKey)?.split(" ")); // questions that this window answered
  private readonly asked = new Map<string, Draft>(); // accepted, by the question's id
  private rendering = false;
  private watching: ReturnType<typeof setTimeout> | undefined;

  constructor(start: Place) {
    this.place = start;
    this.map = new AreaMap(this.format, (id) => this.reveal(id), (at) => this.go(unnamed(at)));
    byId("map", HTMLElement).append(this.map.element);
    this.list = new List(byId("questions", HTMLElement), this.format, {
      answer: (id, value) => void this.answer(id, value),
      withdraw: (id) => void this.withdraw(id),
      toggled: (id, open) => this.toggled(id, open),
      pointedAt: (id) => this.map.highlight(id),
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
      onChanges: (changes, live) => this.changed(changes, live),
      onOperation: (o) => this.operations.told(o),
      onNotice: (text) => this.banner.notice(text),
      onRead: (more) => {
        this.loading.hidden = true;
        this.more.hidden = !more;
        this.banner.hideError();
        this.render();
      },
      onError: (error) => this.failed(error),
      onResumed: () => this.operations.refresh(),
    });
    this.listen();
    this.go(start);
  }

  private listen(): void {
    new Composer((text, kind) => this.ask(text, kind));
    const dialog = new PlaceDialog((p) => this.go(p));
    byId("place", HTMLButtonElement).addEventListener("click", () => dialog.show());
    byId("order", HTMLFormElement).addEventListener("change", (e) => {
      this.order = (e.target as HTMLInputElement).value === "nearest" ? "nearest" : "newest";
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
      this.render(); // questions expire
    }, 30_000);
  }

  private get area(): Area {
    return { at: this.place.at, radius: fiveMiles };
  }

  /** Moves to a place. */
  private go(place: Place): void {
    this.place = place;
    sessionStorage.setItem(placeKey, JSON.stringify(place));
    this.setMoving(false);
    this.store.clear();
    this.fresh.clear();
    this.known.clear();
    this.list.clear();
    this.activity.clear();
    this.map.show(this.area);
    write(byId("place-name", HTMLElement), place.name);
    write(byId("map-caption", HTMLElement), `${this.format.distance(fiveMiles)} around ${place.name}`);
    this.loading.hidden = false;
    this.empty.hidden = this.more.hidden = true;
    this.render();
    void this.reload();
  }

  private async reload(): Promise<void> {
    await this.sync.move(this.area, this.order);
    this.watch();
  }

  private async signedIn(): Promise<void> {
    this.known.clear();
    this.store.clear();
    this.list.clear();
    await this.sync.signIn();
    this.watch();
  }

  private changed(changes: readonly Change[], live: boolean): void {
    for (const c of changes) {
      if (c.kind === "heat") {
        this.list.card(c.id)?.setHeat(this.store.heat(c.id));
        continue;
      }
      const { question } = c;
      this.list.card(question.id)?.update(question, live);
      if (c.kind === "added") this.arrived(question.id);
      if (!live || distance(this.place.at, question.location) > fiveMiles) continue;
      if (c.kind === "added") this.fresh.add(question.id);
      const what = c.kind === "added" ? "New question" : this.words(question);
      this.activity.add(question.id, question.text, what);
      this.announcer.say(`${question.text} ${what}.`);
    }
    this.render();
  }

  private words({ kind, summary }: Question): string {
    const mean = average(summary);
    const count = this.format.count(summary.answers, "answer");
    return kind === "star" && mean !== undefined ? `Now ${this.format.average(mean)} stars of ${count}` : `Now ${count}`;
  }

  /** Draws the list and the map, once for all that happens at a time. */
  private render(): void {
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
  private watchSoon(): void {
    clearTimeout(this.watching);
    this.watching = setTimeout(() => this.watch(), 200);
  }

  private watch(): void {
    clearTimeout(this.watching);
    this.sync.watch(this.list.wanted, this.list.open);
  }

  /** Shows a question that was clicked on the map. */
  private reveal(id: string): void {
    const element = this.list.card(id)?.element;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    element?.focus({ preventScroll: true });
    this.map.highlight(id);
  }

  private setMoving(moving: boolean): void {
    set(this.moveToggle, "aria-pressed", String(moving));
    write(this.moveToggle, moving ? "Click the map…" : "Move on the map");
    this.map.setMoving(moving);
  }

  private toggled(id: string, open: boolean): void {
    this.watch();
    if (!open) return;
    this.list.card(id)?.setHeat(this.store.heat(id));
    void this.sync.refresh(id);
    if (this.known.has(id) || this.store.get(id)?.mine) return;
    this.known.add(id);
    // A guest is of this window only: what it did not answer it has no answer to.
    if (this.tokens.guest !== undefined && !this.answered.has(id)) return;
    this.api.ownAnswer(id).then((own) => this.sending.has(id) || this.list.card(id)?.setOwn(own), () => this.known.delete(id));
  }

  private ask(text: string, kind: Kind): void {
    const key = randomHex(16), at = this.place.at;
    let draft: Draft;
    const attempt = async () => {
      draft.sending();
      try {
        const accepted = await this.api.ask(text, kind, at, key);
        draft.accepted();
        this.asked.set(accepted.question, draft);
        if (this.store.get(accepted.question)) this.arrived(accepted.question);
        const o = await this.operations.outcome(accepted);
        if (o.status === "failed") return draft.failed(failure(o));
        await this.sync.refresh(o.question); // which tells that it is one's own
        this.announcer.say("Your question is there.");
      } catch (error) {
        draft.failed(message(error));
      }
    };
    draft = new Draft(text, kind, () => void attempt(), () => draft.element.remove());
    this.drafts.prepend(draft.element);
    void attempt();
  }

  /** A question of one's own is in the list: its draft is done. */
  private arrived(id: string): void {
    this.asked.get(id)?.element.remove();
    this.asked.delete(id);
  }

  private async answer(id: string, value: Answer): Promise<void> {
    const what = value.stars !== undefined ? `Your rating: ${stars(value.stars)}` : "Your pin";
    await this.send(id, () => this.api.answer(id, value, randomHex(16)), `${what}, being sent…`, `${what} counts.`, value);
  }

  private async withdraw(id: string): Promise<void> {
    await this.send(id, () => this.api.withdraw(id, randomHex(16)), "Withdrawing…", "Your answer is withdrawn.", undefined);
  }

  /** Sends a change of the own answer, shown at once and taken back where it fails. */
  private async send(id: string, request: () => Promise<Operation>, pending: string, done: string, own: Answer | undefined): Promise<void> {
    const attempt = (this.sending.get(id) ?? 0) + 1;
    this.sending.set(id, attempt);
    const show = (s: Sending) => {
      if (this.sending.get(id) === attempt) this.list.card(id)?.setSending(s);
    };
    show({ state: "pending", text: pending });
    try {
      const o = await this.operations.outcome(await request());
      if (o.status === "failed") return show({ state: "failed", text: failure(o) });
      this.list.card(id)?.setOwn(own);
      this.answered.add(id);
      sessionStorage.setItem(answeredKey, [...this.answered].join(" "));
      show({ state: "done", text: done });
    } catch (error) {
      show({ state: "failed", text: message(error) });
    }
  }

  private failed(error: unknown): void {
    this.loading.hidden = true;
    if (error instanceof NoToken) return this.account.show(error.message);
    this.banner.error(message(error));
    this.render();
  }
}

/** Why an operation failed, for people. */
function failure(o: Operation): string {
  switch (o.failure?.code) {
    case "own_question":
      return "You cannot answer your own question.";
    case "outside_circle":
      return "Your pin is outside of the question's circle.";
  }
  return o.failure?.detail ?? "It did not work.";
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first address that a browser can use, as an absolute one. */
function endpoint(endpoints: readonly string[]): string {
  for (const e of endpoints) {
    const url = new URL(e, location.href);
    if (url.protocol === "http:") url.protocol = "ws:";
    if (url.protocol === "https:") url.protocol = "wss:";
    if (url.protocol === "ws:" || url.protocol === "wss:") return url.href;
  }
  throw new Error("no WebSocket among the endpoints");
}

/** Where to begin: the address says (?at=51.5,-0.12), or the window remembers, or the first city. */
function startPlace(): Place {
  const named = parseLatLng(new URLSearchParams(location.search).get("at") ?? "");
  if (named) return unnamed(named);
  try {
    const { name, at } = JSON.parse(sessionStorage.getItem(placeKey) ?? "") as { name: string; at: LatLng };
    if (typeof name === "string" && parseLatLng(`${at.lat},${at.lng}`)) return { name, at };
  } catch {
    // nothing that could be remembered
  }
  return cities[0]!;
}

/** Takes a token out of the address, where it would stay in the history. */
function takeToken(): void {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (!token) return;
  new Tokens(sessionStorage, fetch).paste(token);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
}

takeToken();
new App(startPlace());
