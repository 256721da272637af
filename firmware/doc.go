// Package firmware tests the C++ header from which firmware takes its MQTT topics.
//
// It needs the compilers of the README; the tests skip where one is missing.
package firmware
