// A WebSocket and a broker behind it that do what a test says.

import type { Socket } from "../src/mqtt/client.ts";

export class FakeSocket implements Socket {
  binaryType = "blob";
  sent: Uint8Array[] = [];
  closed = false;
  onopen: ((e: any) => void) | null = null;
  onmessage: ((e: any) => void) | null = null;
  onclose: ((e: any) => void) | null = null;
  onerror: ((e: any) => void) | null = null;

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.({});
  }

  receive(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }

  drop(): void {
    this.onclose?.({});
  }

  /** What was sent since the last call, as type names. */
  take(): string[] {
    const names = this.sent.map((b) => ({ 1: "CONNECT", 4: "PUBACK", 8: "SUBSCRIBE", 10: "UNSUBSCRIBE", 12: "PINGREQ", 14: "DISCONNECT" })[b[0]! >> 4] ?? "?");
    this.sent = [];
    return names;
  }
}

export const connack = (code = 0) => Uint8Array.of(0x20, 2, 0, code);
export const pingresp = Uint8Array.of(0xd0, 0);

export function publish(topic: string, payload: string, id = 0): Uint8Array {
  const t = new TextEncoder().encode(topic), p = new TextEncoder().encode(payload);
  const body = [t.length >> 8, t.length & 255, ...t, ...(id ? [id >> 8, id & 255] : []), ...p];
  const length = body.length < 128 ? [body.length] : [(body.length % 128) | 128, body.length >> 7];
  return Uint8Array.of(id ? 0x32 : 0x30, ...length, ...body);
}

/** The filters of a SUBSCRIBE or UNSUBSCRIBE, and the SUBACK that grants all but those refused. */
export function answer(packet: Uint8Array, refuse: (filter: string) => boolean = () => false): { filters: string[]; suback: Uint8Array } {
  const isSubscribe = packet[0] === 0x82;
  let at = 2;
  if (packet[1]! >= 128) at++;
  const id = [packet[at]!, packet[at + 1]!];
  at += 2;
  const filters: string[] = [];
  while (at < packet.length) {
    const length = packet[at]! * 256 + packet[at + 1]!;
    filters.push(new TextDecoder().decode(packet.subarray(at + 2, at + 2 + length)));
    at += 2 + length + (isSubscribe ? 1 : 0);
  }
  const codes = filters.map((f) => (refuse(f) ? 0x80 : 1));
  return { filters, suback: Uint8Array.of(0x90, 2 + codes.length, ...id, ...codes) };
}

/** Grants every SUBSCRIBE among what was sent; returns the filters. */
export function grant(socket: FakeSocket): string[] {
  const granted: string[] = [];
  const sent = socket.sent;
  socket.sent = [];
  for (const packet of sent) {
    if (packet[0] !== 0x82) continue;
    const { filters, suback } = answer(packet);
    granted.push(...filters);
    socket.receive(suback);
  }
  return granted;
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
