// Every channel is read and written, so that all of the header is compiled.
#include "stubs/Arduino.h"

#include "askaround_topics.h"

template <class Channel>
static size_t echo(const char* topic, size_t bytes, char* out) {
  Channel channel;
  if (!Channel::parse(topic, bytes, &channel)) return 0;
  char again[Channel::kTopicBufferBytes];
  const size_t n = channel.format(again);
  memcpy(out, again, n + 1);
  return n;
}

// out holds kMaxTopicBytes + 1 bytes.
size_t echoAny(const char* topic, size_t bytes, char* out) {
  switch (askaround::kindOf(topic, bytes)) {
#define CASE(Channel)            \
  case askaround::Kind::Channel: \
    return echo<askaround::Channel>(topic, bytes, out);
    ASKAROUND_EACH_CHANNEL(CASE)
#undef CASE
    case askaround::Kind::Unknown:
      break;
  }
  return 0;
}
