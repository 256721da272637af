// A question of one's own that is on its way, or did not arrive.

import type { Kind } from "../model/types.ts";
import { h, icon, icons, write } from "./dom.ts";

export class Draft {
  readonly element: HTMLElement;
  private readonly status = h("p", { class: "status pending", role: "status" });
  private readonly actions: HTMLElement;

  constructor(text: string, kind: Kind, retry: () => void, dismiss: () => void) {
    this.actions = h("div", { class: "actions", hidden: true },
      h("button", { type: "button", class: "secondary", onclick: retry }, "Try again"),
      h("button", { type: "button", class: "quiet", onclick: dismiss }, "Discard"),
    );
    this.element = h("article", { class: `card draft ${kind}`, "aria-busy": "true" },
      h("div", { class: "card-head" }, h("span", { class: "kind" }, icon(kind === "geo" ? icons.pin : icons.star), kind === "geo" ? "Where" : "Rate")),
      h("h3", {}, text),
      h("div", { class: "card-foot" }, this.status, this.actions),
    );
    this.sending();
  }

  sending(): void {
    this.show("Sending…", "pending");
  }

  accepted(): void {
    this.show("Accepted, about to appear…", "pending");
  }

  failed(why: string): void {
    this.show(why, "failed");
  }

  private show(text: string, state: "pending" | "failed"): void {
    write(this.status, text);
    this.status.className = `status ${state}`;
    this.actions.hidden = state === "pending";
    this.element.setAttribute("aria-busy", String(state === "pending"));
    this.element.classList.toggle("failed", state === "failed");
  }
}
