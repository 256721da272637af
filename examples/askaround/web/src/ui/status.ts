// How the live connection is, what went wrong, and what is new, in words.

import type { ConnectionState } from "../net/connection.ts";
import { byId, write } from "./dom.ts";

/** The pill in the head of the page. */
export class ConnectionPill {
  private readonly pill = byId("connection", HTMLElement);
  private readonly text = byId("connection-text", HTMLElement);
  private readonly retry = byId("connection-retry", HTMLButtonElement);
  private ticking: ReturnType<typeof setInterval> | undefined;

  constructor(onRetry: () => void) {
    this.retry.addEventListener("click", onRetry);
  }

  show(state: ConnectionState): void {
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
          const seconds = Math.max(0, Math.ceil((state.until - Date.now()) / 1000));
          write(this.text, navigator.onLine ? `Reconnecting in ${seconds} s` : "Offline");
        };
        tick();
        this.ticking = setInterval(tick, 1000);
      }
    }
  }
}

/** A banner for what the user should know, with a way to try again. */
export class Banner {
  private readonly element = byId("banner", HTMLElement);
  private readonly text = byId("banner-text", HTMLElement);
  private readonly again = byId("banner-again", HTMLButtonElement);

  constructor(onAgain: () => void) {
    byId("banner-close", HTMLButtonElement).addEventListener("click", () => this.hide());
    this.again.addEventListener("click", () => {
      this.hide();
      onAgain();
    });
  }

  error(text: string): void {
    this.show(text, true);
  }

  notice(text: string): void {
    this.show(text, false);
  }

  hide(): void {
    this.element.hidden = true;
  }

  /** It works again. A notice stays. */
  hideError(): void {
    if (this.element.classList.contains("error")) this.hide();
  }

  private show(text: string, error: boolean): void {
    this.element.classList.toggle("error", error);
    this.again.hidden = !error;
    this.element.hidden = false;
    write(this.text, text);
  }
}

/** What a screen reader says of what others do: not more than one thing in a while. */
export class Announcer {
  private readonly region = byId("announcer", HTMLElement);
  private waiting: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.waiting.push(text);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const [first, ...rest] = this.waiting;
      this.waiting = [];
      write(this.region, rest.length === 0 ? first! : `${first} And ${rest.length} more changes.`);
    }, 1500);
  }
}
