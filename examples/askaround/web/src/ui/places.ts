// Choosing the place: here, a city, or coordinates.

import { parseLatLng, type LatLng } from "../geo/geo.ts";
import { byId, h, write } from "./dom.ts";
import { coordinates } from "./format.ts";

export interface Place {
  name: string;
  at: LatLng;
}

/** The cities of the bundled questions: the middle of their places. */
export const cities: readonly Place[] = [
  { name: "London", at: { lat: 51.5112, lng: -0.1291 } },
  { name: "New York", at: { lat: 40.7467, lng: -73.9891 } },
  { name: "Paris", at: { lat: 48.8621, lng: 2.3381 } },
  { name: "Sydney", at: { lat: -33.8686, lng: 151.215 } },
  { name: "Tokyo", at: { lat: 35.6819, lng: 139.746 } },
];

/** A place that has no name of its own. */
export function unnamed(at: LatLng): Place {
  return { name: coordinates(at), at };
}

export class PlaceDialog {
  private readonly dialog = byId("place-dialog", HTMLDialogElement);
  private readonly here = byId("place-here", HTMLButtonElement);
  private readonly message = byId("place-message", HTMLElement);
  private readonly form = byId("place-form", HTMLFormElement);
  private readonly input = byId("place-input", HTMLInputElement);

  constructor(private readonly onChoose: (p: Place) => void) {
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
      if (e.target === this.dialog) this.dialog.close(); // the backdrop
    });
  }

  show(): void {
    this.say("");
    this.dialog.showModal();
  }

  private choose(p: Place): void {
    this.dialog.close();
    this.onChoose(p);
  }

  private locate(): void {
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
        this.say(error.code === error.PERMISSION_DENIED
          ? "You did not allow this page to know where you are. Choose a city, or type coordinates."
          : "Your place could not be found. Choose a city, or type coordinates.");
      },
      { timeout: 10_000, maximumAge: 60_000 },
    );
  }

  private say(text: string): void {
    write(this.message, text);
  }
}
