"""Runs one test of the Eclipse Paho MQTT interoperability suite against a broker.

    python3 paho.py CHECKOUT MODULE TEST PORT MODE

prints "ok", or the last line of what went wrong. After a SUBSCRIBE the client waits a
moment, because some tests publish from another connection without waiting for the SUBACK,
and it waits for an answer for two seconds and not half of one, because the machine is busy.
In mode "qos1" the suite's client asks for
QoS 1 where the test says QoS 2, and reports QoS 2 for what was published as such: the test
then shows everything but the QoS 2 handshake, which AWS IoT does not have.
"""
import os
import socket
import sys
import threading
import time
import unittest

checkout, module_name, test_name, port, mode = sys.argv[1:]
sys.path.insert(0, os.path.join(checkout, "interoperability"))
sys.argv = sys.argv[:1]
suite = __import__(module_name)


def configure():
    suite.host, suite.port = "127.0.0.1", int(port)
    suite.topics = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")
    suite.wildtopics = ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")
    suite.nosubscribe_topics = ("test/nosubscribe",)
    suite.topic_prefix = "client_test5/"


def wait_after_subscribe():
    client = suite.mqtt_client.Client
    subscribe = client.subscribe

    def patient_subscribe(self, *args, **kw):
        packet_id = subscribe(self, *args, **kw)
        time.sleep(0.2)
        return packet_id

    client.subscribe = patient_subscribe


def wait_for_answers():
    settimeout = socket.socket.settimeout

    def patient_settimeout(self, seconds):
        settimeout(self, None if seconds is None else max(seconds, 2))

    socket.socket.settimeout = patient_settimeout


def lower_qos():
    client = suite.mqtt_client.Client
    published = {}  # topic and payload to the QoS of each publication that is not QoS 0
    arrivals = {}  # the same to how many came, for each subscriber
    connect, publish, subscribe = client.connect, client.publish, client.subscribe
    arrived = suite.Callbacks.publishArrived

    def lower(option):
        if isinstance(option, int):
            return min(option, 1)
        option.QoS = min(option.QoS, 1)
        return option

    def lower_connect(self, *args, **kw):
        kw.setdefault("willQoS", 1)
        return connect(self, *args, **kw)

    def lower_publish(self, topic, payload, qos=0, *args, **kw):
        if qos > 0:
            data = payload if isinstance(payload, bytes) else bytes(payload, "utf8")
            published.setdefault((topic, data), []).append(qos)
        return publish(self, topic, payload, min(qos, 1), *args, **kw)

    def lower_subscribe(self, topics, options, *args, **kw):
        return subscribe(self, topics, [lower(o) for o in options], *args, **kw)

    def raise_arrived(self, topic, payload, qos, *args, **kw):
        sent = published.get((topic, payload))
        if qos == 1 and sent:
            key = (id(self), topic, payload)
            nth = arrivals[key] = arrivals.get(key, -1) + 1
            qos = sent[min(nth, len(sent) - 1)]
        return arrived(self, topic, payload, qos, *args, **kw)

    client.connect, client.publish, client.subscribe = lower_connect, lower_publish, lower_subscribe
    suite.Callbacks.publishArrived = raise_arrived


def give_up():
    report("timeout")


def report(line):
    print(line, file=out, flush=True)
    os._exit(0)  # the suite's threads may be stuck


out, sys.stdout = sys.stdout, sys.stderr
configure()
wait_after_subscribe()
wait_for_answers()
if mode == "qos1":
    lower_qos()
timer = threading.Timer(60, give_up)
timer.daemon = True
timer.start()
result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromName("Test." + test_name, suite).run(result)
for _, trace in result.errors + result.failures:
    report(trace.strip().splitlines()[-1])
report("ok")
