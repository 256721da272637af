// The part of 256dpi's arduino-mqtt (2.5) that the README's sketch calls, declared so that
// the sketch can be compiled here.
#include "Arduino.h"

class MQTTClient {
 public:
  explicit MQTTClient(int packetBytes);
  void onMessageAdvanced(void (*callback)(MQTTClient* client, char topic[], char payload[], int bytes));
  bool subscribe(const char topic[], int qos);
  bool publish(const char topic[], const char payload[], int bytes, bool retained, int qos);
};
