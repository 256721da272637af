// Package conformance connects to package gateway with clients that nobody here wrote,
// unmodified, by every door that they have: the AWS IoT device SDKs for JavaScript and
// Python, and mqtt.js in Node and in a browser. Those of the command line, curl,
// mosquitto_pub and the AWS CLI, and paho.golang are in the tests of package gateway.
//
// It has tests only. The npm packages are installed by npm ci --ignore-scripts in peers.
package conformance
