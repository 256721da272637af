// Who one is: a guest, or the bearer of a token.

import type { Tokens } from "../net/token.ts";
import { byId, write } from "./dom.ts";

export class AccountDialog {
  private readonly button = byId("account", HTMLButtonElement);
  private readonly dialog = byId("account-dialog", HTMLDialogElement);
  private readonly input = byId("account-token", HTMLTextAreaElement);
  private readonly message = byId("account-message", HTMLElement);

  constructor(private readonly tokens: Tokens, private readonly onChange: () => void) {
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

  /** Opens with a reason, such as a token that was refused. */
  show(reason: string): void {
    write(this.message, reason);
    if (!this.dialog.open) this.dialog.showModal();
  }

  private done(): void {
    this.dialog.close();
    this.update();
    this.onChange();
  }

  private update(): void {
    write(this.button, this.tokens.guest ?? "your token");
  }
}
