// The AWS IoT device SDK for JavaScript, by MQTT 5 and by MQTT 3.1.1.
import { once } from 'node:events';
import sdk from 'aws-iot-device-sdk-v2';
import { arguments_, others, own, tell } from './report.mjs';

const { auth, iot, mqtt, mqtt5 } = sdk;
const a = arguments_();
const custom = {
  authorizerName: a.authorizer, username: 'sensor7', password: Buffer.from(a.password ?? ''),
  tokenKeyName: a.tokenKey, tokenValue: a.token, tokenSignature: a.signature,
};

function builder5() {
  const B = iot.AwsIotMqtt5ClientConfigBuilder;
  switch (a.door) {
    case 'certificate': return B.newDirectMqttBuilderWithMtlsFromPath(a.host, a.cert, a.key);
    case 'custom': return B.newDirectMqttBuilderWithCustomAuth(a.host, custom);
    case 'websocket-custom': return B.newWebsocketMqttBuilderWithCustomAuth(a.host, custom);
    case 'websocket-sigv4': return B.newWebsocketMqttBuilderWithSigv4Auth(a.host, {
      region: a.region, credentialsProvider: auth.AwsCredentialsProvider.newStatic(a.accessKey, a.secret, a.sessionToken),
    });
  }
  throw new Error('door ' + a.door);
}

async function by5() {
  const b = builder5();
  b.withCertificateAuthorityFromPath(undefined, a.ca);
  b.withPort(Number(a.port));
  b.withConnectProperties({ clientId: a.clientId, keepAliveIntervalSeconds: 60 });
  const client = new mqtt5.Mqtt5Client(b.build());
  const refused = once(client, 'connectionFailure'), connected = once(client, 'connectionSuccess');
  client.start();
  const first = await Promise.race([refused.then(([e]) => ({ e })), connected.then(() => ({}))]);
  if (first.e) {
    client.stop();
    return tell({ refused: first.e.connack?.reasonCode ?? -1, error: String(first.e.error) });
  }
  const message = once(client, 'messageReceived');
  const suback = await client.subscribe({ subscriptions: [{ topicFilter: 'sensors/#', qos: 1 }, { topicFilter: 'other/#', qos: 1 }] });
  const puback = await client.publish({ topicName: own, qos: 1, payload: 'hello' });
  const [{ message: got }] = await message;
  const denied = await client.publish({ topicName: others, qos: 1, payload: 'x' });
  const stopped = once(client, 'stopped');
  client.stop();
  await stopped;
  client.close();
  tell({
    subscribed: suback.reasonCodes, published: puback.reasonCode, topic: got.topicName,
    payload: Buffer.from(got.payload).toString(), denied: denied.reasonCode,
  });
}

function builder3() {
  const B = iot.AwsIotMqttConnectionConfigBuilder;
  switch (a.door) {
    case 'certificate': return B.new_mtls_builder_from_path(a.cert, a.key);
    case 'custom': return B.new_default_builder()
      .with_custom_authorizer('sensor7', a.authorizer, a.signature, a.password ?? '', a.tokenKey, a.token);
    case 'websocket-sigv4': return B.new_with_websockets({
      region: a.region, credentials_provider: auth.AwsCredentialsProvider.newStatic(a.accessKey, a.secret, a.sessionToken),
    });
  }
  throw new Error('door ' + a.door);
}

async function by3() {
  const config = builder3().with_certificate_authority_from_path(undefined, a.ca).with_port(Number(a.port))
    .with_clean_session(true).with_client_id(a.clientId).with_endpoint(a.host).build();
  const connection = new mqtt.MqttClient().new_connection(config);
  connection.on('error', () => {}); // the promise tells
  try {
    await connection.connect();
  } catch (e) {
    return tell({ refused: -1, error: String(e) });
  }
  let arrived;
  const message = new Promise((resolve) => { arrived = resolve; });
  const suback = await connection.subscribe('sensors/#', mqtt.QoS.AtLeastOnce, (topic, payload) => arrived({ topic, payload }));
  await connection.publish(own, 'hello', mqtt.QoS.AtLeastOnce);
  const got = await message;
  await connection.disconnect();
  tell({ subscribed: [suback.qos], published: 0, topic: got.topic, payload: Buffer.from(got.payload).toString() });
}

await (a.protocol === '5' ? by5() : by3());
