// Numbers in words.

import { mile } from "../geo/geo.ts";

const milesRegions = new Set(["US", "GB", "LR", "MM"]);

/** Whether people of the browser's region measure in miles. */
export function usesMiles(language: string): boolean {
  return milesRegions.has(new Intl.Locale(language).maximize().region ?? "");
}

export class Format {
  private readonly miles: boolean;
  private readonly whole: Intl.NumberFormat;
  private readonly tenth: Intl.NumberFormat;
  private readonly relative: Intl.RelativeTimeFormat;

  constructor(language: string) {
    this.miles = usesMiles(language);
    this.whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
    this.tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  }

  /** "120 ft", "1.2 mi", or "40 m", "1.9 km". */
  distance(metres: number): string {
    if (this.miles) {
      const miles = metres / mile;
      return miles < 0.1 ? `${this.whole.format(Math.round((metres / 0.3048) / 10) * 10)} ft` : `${this.short(miles)} mi`;
    }
    return metres < 950 ? `${this.whole.format(Math.round(metres / 10) * 10)} m` : `${this.short(metres / 1000)} km`;
  }

  private short(n: number): string {
    return n < 9.95 && Math.abs(n - Math.round(n)) > 0.05 ? this.tenth.format(n) : this.whole.format(n);
  }

  /** Distances in metres for the rings of a map of this radius, and the largest of them. */
  rings(radius: number): number[] {
    const unit = this.miles ? mile : 1000;
    const steps = [0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 50];
    const step = steps.find((s) => radius / (s * unit) <= 4.05) ?? 100;
    const rings: number[] = [];
    for (let r = step * unit; r < radius * 0.98; r += step * unit) rings.push(r);
    return rings;
  }

  /** "just now", "5 minutes ago", "3 days ago". */
  age(then: number, now: number): string {
    const seconds = Math.round((then - now) / 1000);
    if (seconds > -45) return "just now";
    if (seconds > -45 * 60) return this.relative.format(Math.round(seconds / 60), "minute");
    if (seconds > -22 * 3600) return this.relative.format(Math.round(seconds / 3600), "hour");
    if (seconds > -26 * 86_400) return this.relative.format(Math.round(seconds / 86_400), "day");
    if (seconds > -320 * 86_400) return this.relative.format(Math.round(seconds / (30.44 * 86_400)), "month");
    return this.relative.format(Math.round(seconds / (365.25 * 86_400)), "year");
  }

  /** "4.3" */
  average(stars: number): string {
    return this.tenth.format(stars);
  }

  /** "1 answer", "2,100 answers" */
  count(n: number, one: string, many = one + "s"): string {
    return `${this.whole.format(n)} ${n === 1 ? one : many}`;
  }
}

/** "no stars", "half a star", "1 star", "3½ stars" */
export function stars(n: number): string {
  if (n === 0) return "no stars";
  if (n === 0.5) return "half a star";
  if (n === 1) return "1 star";
  return `${Math.floor(n)}${n % 1 === 0 ? "" : "½"} stars`;
}

/** A place in digits, to about ten metres. */
export function coordinates(p: { lat: number; lng: number }): string {
  const part = (n: number, plus: string, minus: string) => `${Math.abs(n).toFixed(4)}° ${n < 0 ? minus : plus}`;
  return `${part(p.lat, "N", "S")}, ${part(p.lng, "E", "W")}`;
}
