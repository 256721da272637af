// The macros by which Arduino.h and the cores of ESP8266 and AVR take names from
// everybody. Ours: only the names are Arduino's.
#define abs(x) ((x) > 0 ? (x) : -(x))
#define bit(b) (1UL << (b))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define cli() noInterrupts()
#define constrain(x, low, high) ((x) < (low) ? (low) : ((x) > (high) ? (high) : (x)))
#define degrees(rad) ((rad) * 57.29)
#define F(text) (text)
#define highByte(w) ((w) >> 8)
#define interrupts() sei()
#define lowByte(w) ((w) & 0xff)
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define PSTR(text) (text)
#define radians(deg) ((deg) * 0.017)
#define round(x) ((long)(x))
#define sei() interrupts()
#define sq(x) ((x) * (x))
#define word(...) makeWord(__VA_ARGS__)
#define B0 0
#define B1 1
#define CHANGE 1
#define DEC 10
#define DEFAULT 1
#define EXTERNAL 0
#define FALLING 2
#define HEX 16
#define HIGH 1
#define INPUT 0
#define INTERNAL 3
#define LOW 0
#define OUTPUT 1
#define PI 3.14
#define RISING 3
