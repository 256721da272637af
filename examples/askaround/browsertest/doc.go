// Package browsertest tests the page of Ask Around Me in Chromium: two windows and
// mqtt.js against the running example.
//
// It needs Chromium, Node, and the packages of package-lock.json (npm ci); the tests
// skip where one is missing. Pictures go to the folder that ARTIFACTS names.
package browsertest
