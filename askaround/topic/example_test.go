package topic_test

import (
	"fmt"
	"slices"

	"github.com/askaround/askaround-go/askaround/topic"
)

func ExampleParse() {
	got, err := topic.Parse("askaround/v1/geo/89c25b")
	if err != nil {
		fmt.Println(err)
		return
	}
	switch got := got.(type) {
	case topic.Geo:
		fmt.Println("questions in cell", got.Cell())
	default:
		fmt.Println("something else:", got)
	}

	_, err = topic.Parse("askaround/v1/geo/brooklyn")
	fmt.Println(err)
	// Output:
	// questions in cell 89c25b
	// topic: parameter: "brooklyn" is not the token of an S2 cell of level 10: six hexadecimal digits
}

func ExampleChannel() {
	act, err := topic.NewRobotAction("r2")
	if err != nil {
		fmt.Println(err)
		return
	}
	channel := act.Channel()
	fmt.Println("publish on", act, "with QoS", channel.QoS(), "at most", channel.MaxPayload(), "bytes")
	fmt.Println("all robots:", channel.Filter())
	fmt.Println("the robot listens:", topic.RoleRobot.MayReceive("r2", act))
	fmt.Println("another does not:", topic.RoleRobot.MayReceive("c3", act))
	// Output:
	// publish on askaround/v1/robot/r2/action with QoS 1 at most 1024 bytes
	// all robots: askaround/v1/robot/+/action
	// the robot listens: true
	// another does not: false
}

func ExampleFilter_Match() {
	everything, _ := topic.ParseFilter("#")
	fmt.Println(everything.Match(topic.System{}.String()))
	fmt.Println(everything.Match("$SYS/broker/uptime"))
	// Output:
	// true
	// false
}

func ExampleRouter() {
	var router topic.Router[string]
	geo, _ := topic.ParseFilter("askaround/v1/geo/+")
	stop := router.Handle(geo, func(name, message string) { fmt.Println(name, message) })
	fmt.Println(router.Route("askaround/v1/geo/487603", "a question"))
	stop()
	fmt.Println(router.Route("askaround/v1/geo/487603", "another"))
	// Output:
	// askaround/v1/geo/487603 a question
	// 1
	// 0
}

func ExampleIndex() {
	var subscribers topic.Index[string]
	for name, filter := range map[string]string{"ann": "askaround/v1/system", "bob": "askaround/v1/#"} {
		f, _ := topic.ParseFilter(filter)
		subscribers.Add(f, name)
	}
	fmt.Println(slices.Sorted(subscribers.Matching("askaround/v1/system")))
	// Output: [ann bob]
}
