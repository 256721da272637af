// Feeds the header any bytes, as a topic and as the text of every parameter, and stops
// where it contradicts itself. The sanitizers stop it where it reads or writes too far.
#include "askaround_topics.h"

#include <stdio.h>
#include <stdlib.h>

using namespace askaround;

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

// A parameter that is ok is within its limit and is what it was made of.
template <class Parameter>
Parameter made(const char* text, size_t bytes) {
  const Parameter p(text, bytes);
  require(p.ok() == (p.bytes() != 0), "a parameter is ok or empty");
  require(!p.ok() || (p.text() == text && p.bytes() == bytes && bytes <= Parameter::kMaxBytes), "a parameter views its text");
  return p;
}

template <class Self, uint16_t T, uint32_t M, uint8_t P, uint8_t Q, bool R, class... Parameters>
Self made(const detail::Channel<Self, T, M, P, Q, R, Parameters...>&, const char* text, size_t bytes) {
  (void)text, (void)bytes;
  return Self{made<Parameters>(text, bytes)...};
}

// A topic made of this text is written within its limit, and read again as itself.
template <class Channel>
void write(Kind kind, const char* text, size_t bytes) {
  char out[Channel::kTopicBufferBytes];
  const Channel topic = made(Channel(), text, bytes);
  const size_t n = topic.format(out);
  require(topic.ok() == (n != 0) && n <= Channel::kMaxTopicBytes && strlen(out) == n, "format says what it wrote");
  require(n == 0 || kindOf(out, n) == kind, "what format wrote is of its channel");
}

// A topic that is read is written again as it was, and belongs to one channel.
template <class Channel>
void read(Kind kind, const char* text, size_t bytes, Kind told) {
  char out[Channel::kTopicBufferBytes];
  Channel topic;
  const bool parsed = Channel::parse(text, bytes, &topic);
  require(parsed == (told == kind), "kindOf tells the channel that parses");
  if (!parsed) return;
  require(topic.format(out) == bytes && memcmp(out, text, bytes) == 0, "a topic is written as it was read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const char* const text = reinterpret_cast<const char*>(data);
  const Kind told = kindOf(text, bytes);
#define TRY(Channel)                                 \
  read<Channel>(Kind::Channel, text, bytes, told); \
  write<Channel>(Kind::Channel, text, bytes);
  ASKAROUND_EACH_CHANNEL(TRY)
  return 0;
}
