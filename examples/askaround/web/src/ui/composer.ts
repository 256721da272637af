// Where a question is asked.

import type { Kind } from "../model/types.ts";
import { byId, set, write } from "./dom.ts";

/** The longest question in characters, as the server counts them. */
const maxLength = 100;

export class Composer {
  private readonly form = byId("ask", HTMLFormElement);
  private readonly text = byId("ask-text", HTMLTextAreaElement);
  private readonly counter = byId("ask-counter", HTMLElement);
  private readonly button = byId("ask-button", HTMLButtonElement);

  constructor(onAsk: (text: string, kind: Kind) => void) {
    this.text.addEventListener("input", () => this.update());
    this.text.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" || e.isComposing) return;
      e.preventDefault(); // a question is one line
      this.form.requestSubmit();
    });
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      const problem = this.problem();
      if (problem !== undefined) return this.text.focus();
      const kind = new FormData(this.form).get("kind") === "geo" ? "geo" : "star";
      onAsk(this.question, kind);
      this.text.value = "";
      this.update();
      this.text.focus();
    });
    this.update();
  }

  private get question(): string {
    return this.text.value.replace(/\s+/g, " ").trim();
  }

  /** What keeps the question from being asked; undefined where nothing does. */
  private problem(): string | undefined {
    const length = [...this.question].length; // code points
    if (length === 0) return "";
    return length > maxLength ? `${length - maxLength} characters too many` : undefined;
  }

  private update(): void {
    const problem = this.problem();
    const left = maxLength - [...this.question].length;
    this.button.disabled = problem !== undefined;
    write(this.counter, problem || (left <= 30 ? `${left} characters left` : `${left}`));
    this.counter.classList.toggle("over", left < 0);
    set(this.text, "aria-invalid", left < 0 ? "true" : undefined);
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
}
