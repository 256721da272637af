// How the header behaves in use, beside what it reads and writes; see agree.cpp.
#include "askaround_topics.h"

#include <stdio.h>

using namespace askaround;

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  printf("does not hold: %s\n", what);
  ++failures;
}

// Constants are checked and measured by the compiler.
constexpr ThingName kThing("printer-1");
static_assert(kThing.ok() && kThing.bytes() == 9, "a constant knows its length");
static_assert(!ThingName().ok() && !DeviceAck().ok(), "what names nothing is not ok");
static_assert(DeviceAck(kThing).ok() && DeviceAck(kThing).thing().bytes() == 9, "a topic can be a constant");
static_assert(System().ok(), "a topic without parameters is ok");

static_assert(MqttBuffer<role::Device, DeviceAck>::kBytes == DeviceAck::kMaxPacketBytes, "one channel");
static_assert(MqttBuffer<role::Device, DeviceAck, DeviceCommand>::kBytes == DeviceCommand::kMaxPacketBytes &&
                  MqttBuffer<role::Device, DeviceCommand, DeviceAck>::kBytes == DeviceCommand::kMaxPacketBytes,
              "the largest of two channels, in any order");

void publishing() {
  PublishTopic<role::Device, DeviceAck> topic{DeviceAck(kThing)};
  expect(topic.ok() && topic.bytes() == strlen(topic.c_str()), "a topic ends with a NUL");
  expect(strcmp(topic.c_str(), "askaround/v1/device/printer-1/ack") == 0, "a topic as it is published");

  PublishTopic<role::Device, DeviceAck> bad{DeviceAck(ThingName("a/b", 3))};
  expect(!bad.ok() && bad.bytes() == 0 && bad.c_str()[0] == '\0', "a bad parameter leaves the topic empty");
}

void subscribing() {
  SubscribeFilter<role::Device, DeviceCommand> filter{DeviceCommand(kThing)};
  expect(strcmp(filter.c_str(), "askaround/v1/device/printer-1/command") == 0, "a filter of one topic");
  expect(strcmp(SubscribeAll<role::Operator, DeviceAck>::c_str(), "askaround/v1/device/+/ack") == 0, "a filter of all topics");

  SubscribeFilter<role::Device, DeviceCommand> bad{DeviceCommand(ThingName("+"))};
  expect(!bad.ok() && bad.c_str()[0] == '\0', "a wildcard does not come in by a parameter");
}

void parsing() {
  const char arrived[] = "askaround/v1/edge/camera-1/bottles/state and what follows in the buffer";
  EdgeModel model;
  expect(EdgeModel::parse(arrived, strlen("askaround/v1/edge/camera-1/bottles/state"), &model), "a topic without NUL");
  expect(model.thing() == ThingName("camera-1") && model.model() == ModelName("bottles"), "parameters in their order");
  expect(model.thing().text() == arrived + strlen("askaround/v1/edge/"), "a parameter views what arrived");
  expect(!EdgeModel::parse(arrived, 3, &model) && model.ok(), "a failed parse leaves the topic as it was");
  expect(!EdgeModel::parse(arrived, 0, &model) && !EdgeModel::parse(nullptr, 0, &model), "nothing is no topic");
}

void comparing() {
  expect(ThingName("a") == ThingName("axy", 1), "texts are compared, not where they are");
  expect(ThingName("a") != ThingName("b") && ThingName("a") != ThingName("ab"), "other texts differ");
  expect(ThingName() == ThingName("?") && ThingName() != ThingName("a"), "what names nothing is equal to its like");
}

// Text of unknown length is not read further than a parameter can be.
void bounds() {
  char* const text = new char[ThingName::kMaxBytes + 1];
  memset(text, 'a', ThingName::kMaxBytes + 1);
  expect(!ThingName(text).ok(), "text without NUL is too long");
  expect(ThingName(text, ThingName::kMaxBytes).ok(), "the longest name");
  expect(!ThingName(static_cast<const char*>(nullptr)).ok() && !ThingName(nullptr, 0).ok(), "no text at all");
  delete[] text;
}

} // namespace

int main() {
  publishing();
  subscribing();
  parsing();
  comparing();
  bounds();
  return failures == 0 ? 0 : 1;
}
