"""The AWS IoT device SDK for Python, by MQTT 5."""

import json
import sys
import threading

from awscrt import auth, mqtt5
from awsiot import mqtt5_client_builder

a = dict(argument.split("=", 1) for argument in sys.argv[1:])
connected, stopped, arrived = threading.Event(), threading.Event(), threading.Event()
refused, message = {}, {}


def on_failure(data):
    refused["reason"] = int(data.connack_packet.reason_code) if data.connack_packet else -1
    refused["error"] = str(data.exception)
    connected.set()


def on_message(data):
    message["topic"], message["payload"] = data.publish_packet.topic, data.publish_packet.payload.decode()
    arrived.set()


common = dict(
    endpoint=a["host"], port=int(a["port"]), ca_filepath=a["ca"], client_id=a["clientId"],
    on_lifecycle_connection_success=lambda _: connected.set(), on_lifecycle_connection_failure=on_failure,
    on_lifecycle_stopped=lambda _: stopped.set(), on_publish_received=on_message,
)
custom = dict(
    auth_username="sensor7", auth_authorizer_name=a.get("authorizer"), auth_authorizer_signature=a.get("signature"),
    auth_password=b"", auth_token_key_name=a.get("tokenKey"), auth_token_value=a.get("token"),
)
if a["door"] == "certificate":
    client = mqtt5_client_builder.mtls_from_path(cert_filepath=a["cert"], pri_key_filepath=a["key"], **common)
elif a["door"] == "custom":
    client = mqtt5_client_builder.direct_with_custom_authorizer(**custom, **common)
elif a["door"] == "websocket-custom":
    client = mqtt5_client_builder.websockets_with_custom_authorizer(**custom, **common)
elif a["door"] == "websocket-sigv4":
    provider = auth.AwsCredentialsProvider.new_static(a["accessKey"], a["secret"], a.get("sessionToken"))
    client = mqtt5_client_builder.websockets_with_default_aws_signing(region=a["region"], credentials_provider=provider, **common)
else:
    sys.exit("door " + a["door"])

client.start()
if not connected.wait(60):
    sys.exit("not connected within a minute")
if refused:
    client.stop()
    print(json.dumps({"refused": refused["reason"], "error": refused["error"]}))
    sys.exit(0)
filters = [mqtt5.Subscription(topic_filter=f, qos=mqtt5.QoS.AT_LEAST_ONCE) for f in ("sensors/#", "other/#")]
suback = client.subscribe(mqtt5.SubscribePacket(subscriptions=filters)).result(60)


def publish(topic, payload):
    packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
    return int(client.publish(packet).result(60).puback.reason_code)


published = publish("sensors/7/t", b"hello")
if not arrived.wait(60):
    sys.exit("no message within a minute")
denied = publish("other/t", b"x")
client.stop()
stopped.wait(60)
print(json.dumps({"subscribed": [int(c) for c in suback.reason_codes], "published": published, "denied": denied, **message}))
