// Package robotapi serves the HTTP contract of a robot (api/robot) from memory: it
// publishes actions through a broker and keeps the telemetry that it is given.
//
//	robot, err := robotapi.New("RobotName", broker, robotapi.Options{Verify: verify})
//	http.Handle("/", robot)
//	err = robot.Observe(map[string]any{"battery": 7.4})
//
// Topics and payloads are those of the source posts: {"action":"forward"} on
// RobotName/action, telemetry on RobotName/telemetry.
package robotapi
