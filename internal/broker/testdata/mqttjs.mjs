// Subscribes with mqtt.js and prints what it receives, one JSON a line.
// Arguments: folder that holds node_modules, URL, protocol version (4 or 5),
// token, number of messages to wait for, filters.
import { createRequire } from "node:module";

const [folder, url, version, token, count, ...filters] = process.argv.slice(2);
const mqtt = createRequire(folder + "/").call(null, "mqtt");
const print = (value) => console.log(JSON.stringify(value));

const client = mqtt.connect(url, {
  protocolVersion: Number(version),
  clientId: "js",
  username: "any",
  password: token,
  reconnectPeriod: 0,
});
let received = 0;
client.on("error", (error) => {
  // The broker closes the socket at the DISCONNECT; a WebSocket's own farewell may
  // come too late for that.
  if (client.disconnecting) process.exit(0);
  print({ error: error.message, code: error.code });
  process.exit(0);
});
client.on("message", (topic, payload, packet) => {
  print({ topic, payload: payload.toString(), qos: packet.qos });
  if (++received === Number(count)) client.end();
});
client.on("connect", () =>
  client.subscribe(filters, { qos: 1 }, (error, granted, suback) => {
    print({ suback: suback?.granted ?? null, error: error?.message ?? null });
    if (Number(count) === 0) client.end();
  }),
);
