// mqtt.js in Node: by TLS with ALPN, and by WebSocket.
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { arguments_, others, own, tell } from './report.mjs';

const a = arguments_();
const ca = readFileSync(a.ca);
const options = { ca, clientId: a.clientId, protocolVersion: Number(a.protocol), reconnectPeriod: 0, username: a.username };
const urls = {
  certificate: `mqtts://${a.host}:${a.port}`, custom: `mqtts://${a.host}:${a.port}`, 'websocket-custom': `wss://${a.host}:${a.port}/mqtt`,
};
if (a.door === 'certificate') {
  Object.assign(options, { cert: readFileSync(a.cert), key: readFileSync(a.key), ALPNProtocols: ['x-amzn-mqtt-ca'] });
} else if (a.door === 'custom') {
  options.ALPNProtocols = ['mqtt'];
} else {
  options.wsOptions = { ca, headers: a.headers ? JSON.parse(a.headers) : {} };
}
// mqtt.js sends the server name by itself for names, but a socket of ALPN wants it said.
options.servername = a.host;

let client;
try {
  client = await mqtt.connectAsync(urls[a.door], options);
} catch (e) {
  tell({ refused: e.code ?? -1, error: String(e) });
  process.exit(0);
}
const message = new Promise((resolve) => client.on('message', (topic, payload) => resolve({ topic, payload: String(payload) })));
const granted = await client.subscribeAsync({ 'sensors/#': { qos: 1 } });
await client.publishAsync(own, 'hello', { qos: 1 });
const got = await message;
let denied;
if (a.protocol === '5') {
  denied = await client.publishAsync(others, 'x', { qos: 1 }).then(() => 0, (e) => e.code);
}
await client.endAsync();
tell({ subscribed: granted.map((g) => g.qos), published: 0, ...got, denied });
