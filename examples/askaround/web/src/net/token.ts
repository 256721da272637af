// The bearer token of this window.
//
// By default the development issuer gives one to a user made up for this window,
// so that two windows are two people. A token of a real issuer comes in the
// address (?token=…) or is pasted; it is kept until the window closes.

/** Where the window keeps things: sessionStorage, or a map in tests. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const userKey = "askaround.user", tokenKey = "askaround.token";

/** No token can be had; the user must bring one. */
export class NoToken extends Error {
  override name = "NoToken";
}

export class Tokens {
  private minted: Promise<string> | undefined;

  constructor(private readonly storage: Storage, private readonly fetcher: typeof fetch) {}

  /** The name of the made-up user, for display; undefined with a token of one's own. */
  get guest(): string | undefined {
    return this.storage.getItem(tokenKey) ? undefined : this.user();
  }

  /** Uses a token of a real issuer from now on. */
  paste(token: string): void {
    this.storage.setItem(tokenKey, token.trim().replace(/^Bearer\s+/i, ""));
  }

  /** Goes back to the made-up user. */
  forget(): void {
    this.storage.removeItem(tokenKey);
  }

  /** A token that was not refused yet. */
  get(): Promise<string> {
    const own = this.storage.getItem(tokenKey);
    if (own) return Promise.resolve(own);
    return (this.minted ??= this.mint().catch((error) => {
      this.minted = undefined;
      throw error;
    }));
  }

  /** Says that the server refused this token: the next one will be another. */
  refused(token: string): void {
    if (this.storage.getItem(tokenKey) === token) throw new NoToken("The server does not accept this token. Paste another one.");
    this.minted = undefined;
  }

  private user(): string {
    let user = this.storage.getItem(userKey);
    if (!user) {
      user = "guest-" + randomHex(4);
      this.storage.setItem(userKey, user);
    }
    return user;
  }

  private async mint(): Promise<string> {
    const response = await this.fetcher("dev/token", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: new URLSearchParams({ user: this.user() }),
    });
    if (response.status === 404) throw new NoToken("This server has no development issuer. Paste a token of yours.");
    if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
    const { access_token: token } = (await response.json()) as { access_token?: unknown };
    if (typeof token !== "string" || token === "") throw new Error("the issuer gave no token");
    return token;
  }
}

/** Random bytes in hexadecimal. (crypto.randomUUID exists on https and localhost only.) */
export function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, "0")).join("");
}
