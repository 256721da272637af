// Package deviceapi serves the HTTP contract of devices (api/device) from memory: it
// publishes messages through a broker and keeps those that it is given.
//
//	device, err := deviceapi.New(broker, deviceapi.Options{Verify: verify, Secret: secret})
//	http.Handle("/", device)
//	device.Receive(map[string]any{"time": 1000, "sensor_a0": 512})
//
// Topics and payloads are those of the source posts: {"text":"Hello world!"} or
// {"message":"…"} on esp32/sub, what devices measure on esp32/pub.
package deviceapi
