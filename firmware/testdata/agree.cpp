// What the header thinks of topics, for a test that compares it with package topic. It
// needs a C library only, so that it runs on an emulated microcontroller too.
//
// It answers the lines of its standard input:
//
//   generate N SEED       N topics that follow the patterns of the header
//   channels              kind, pattern and constants of every channel
//   parse TOPIC           the topic's kind, and the topic as written again; or "-"
//   format KIND VALUE...  the topic of these values; or "-"
//
// Texts are in hexadecimal, so that they can be anything; "." is the empty text.
#include "askaround_topics.h"

#include <stdio.h>
#include <stdlib.h>

namespace {

using namespace askaround;

// A text in a block of its own size, so that the address sanitizer sees a read beyond it.
class Text {
 public:
  Text() : bytes_(0), text_(nullptr) {}
  explicit Text(const char* digits) : Text() { read(digits); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text() { free(text_); }

  void read(const char* digits) {
    free(text_);
    bytes_ = strlen(digits) / 2;
    text_ = static_cast<char*>(malloc(bytes_));
    for (size_t i = 0; i < bytes_; ++i) {
      const char byte[] = {digits[2 * i], digits[2 * i + 1], '\0'};
      text_[i] = static_cast<char>(strtoul(byte, nullptr, 16));
    }
  }
  const char* text() const { return text_; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  char* text_;
};

void printHex(const char* text, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(text[i])));
}

// Prints the topic as format writes it, in a buffer of exactly the promised size.
template <class Channel>
void print(const Channel& topic) {
  char buffer[Channel::kTopicBufferBytes];
  const size_t bytes = topic.format(buffer);
  if (buffer[bytes] != '\0') printf("no NUL after ");
  if (bytes == 0) printf("-");
  printHex(buffer, bytes);
}

// Parse.

template <class Channel>
bool parse(const char* name, Kind kind, const Text& topic) {
  Channel channel;
  if (!Channel::parse(topic.text(), topic.bytes(), &channel)) return false;
  printf("%s%s ", kind == kindOf(topic.text(), topic.bytes()) ? "" : "unlike kindOf, ", name);
  print(channel);
  return true;
}

// All channels are tried, so that a topic of two of them would be seen.
void parse(const Text& topic) {
  bool any = false;
#define TRY(Channel) any |= parse<Channel>(#Channel, Kind::Channel, topic);
  ASKAROUND_EACH_CHANNEL(TRY)
#undef TRY
  printf(any ? "\n" : "-\n");
}

// Format.

constexpr size_t kMaxValues = 8;

template <class Parameter>
Parameter next(const Text** value) {
  const Text& v = *(*value)++;
  return Parameter(v.text(), v.bytes());
}

template <class Self, uint16_t T, uint32_t M, uint8_t P, uint8_t Q, bool R, class... Parameters>
void format(const detail::Channel<Self, T, M, P, Q, R, Parameters...>&, const Text* values) {
  (void)values;
  print(Self{next<Parameters>(&values)...}); // in braces, from left to right
  puts("");
}

void format(const char* kind, const Text* values) {
#define TRY(Channel) \
  if (strcmp(kind, #Channel) == 0) return format(Channel(), values);
  ASKAROUND_EACH_CHANNEL(TRY)
#undef TRY
  puts("unknown channel");
}

// Generate.

uint64_t state;

// A number below n, from Marsaglia's xorshift.
size_t below(size_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<size_t>(state % n);
}

template <size_t Least, size_t Most, char... Ranges>
void generate(detail::Run<Least, Most, Ranges...>) {
  static const char ranges[] = {Ranges...};
  // The shortest and the longest runs are where programs differ.
  const size_t lengths[] = {Least, Most, Least + below(Most - Least + 1)};
  for (size_t left = lengths[below(3)]; left > 0; --left) {
    const size_t i = 2 * below(sizeof ranges / 2);
    const char c = static_cast<char>(ranges[i] + static_cast<char>(below(static_cast<size_t>(ranges[i + 1] - ranges[i] + 1))));
    printHex(&c, 1);
  }
}

template <class Self, class... Runs>
void generate(const detail::Parameter<Self, detail::Pattern<Runs...>>&) {
  const int each[] = {(generate(Runs()), 0)...};
  (void)each;
}

template <class Parameter>
void generateValue() {
  generate(Parameter());
}

template <class Self, uint16_t T, uint32_t M, uint8_t P, uint8_t Q, bool R, class... Parameters>
void generate(const detail::Channel<Self, T, M, P, Q, R, Parameters...>&) {
  void (*const values[])() = {generateValue<Parameters>..., nullptr};
  size_t next = 0;
  for (const char* p = Self::pattern(); *p != '\0'; ++p) {
    if (*p == '+') {
      values[next++]();
    } else {
      printHex(p, 1);
    }
  }
  puts("");
}

void generate(size_t n, uint64_t seed) {
  state = seed + 1;
  while (n > 0) {
#define PRINT(Channel) \
  if (n > 0 && n-- > 0) generate(Channel());
    ASKAROUND_EACH_CHANNEL(PRINT)
#undef PRINT
  }
}

// Constants, by reference: each has an address without being defined here.
template <class Value>
void figure(const Value& value) {
  printf(" %lu", static_cast<unsigned long>(value));
}

template <class Channel>
void figures(const char* kind) {
  printf("%s %s", kind, Channel::pattern());
  figure(Channel::kMaxPayloadBytes);
  figure(Channel::kPublishQos);
  figure(Channel::kRetained);
  figure(Channel::kMaxTopicBytes);
  figure(Channel::kMaxPacketBytes);
  figure(Channel::kTopicBufferBytes);
  figure(Channel::kSubscribeQos);
  puts("");
}

void channels() {
#define FIGURES(Channel) figures<Channel>(#Channel);
  ASKAROUND_EACH_CHANNEL(FIGURES)
#undef FIGURES
}

// Answer.

const char* nextWord() { return strtok(nullptr, " \n"); }

void answerFormat() {
  const char* const kind = nextWord();
  Text values[kMaxValues];
  for (Text& value : values) {
    const char* const digits = nextWord();
    if (digits == nullptr) break;
    value.read(digits);
  }
  format(kind, values);
}

void answerGenerate() {
  const size_t n = strtoul(nextWord(), nullptr, 10);
  generate(n, strtoul(nextWord(), nullptr, 10));
}

void answer(char* line) {
  const char* const verb = strtok(line, " \n");
  if (verb == nullptr) return;
  if (strcmp(verb, "generate") == 0) answerGenerate();
  if (strcmp(verb, "channels") == 0) channels();
  if (strcmp(verb, "parse") == 0) parse(Text(nextWord()));
  if (strcmp(verb, "format") == 0) answerFormat();
}

} // namespace

int main() {
#ifdef QUESTIONS // the file to read instead of standard input
  FILE* const in = fopen(QUESTIONS, "r");
  if (in == nullptr) return 1;
#else
  FILE* const in = stdin;
#endif
  static char line[4096];
  while (fgets(line, sizeof line, in) != nullptr) answer(line);
}
