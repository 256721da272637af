package askaround

import (
	"fmt"
	"reflect"
)

// Resources names the tables and queues of one installation.
type Resources struct {
	// Tables.
	Questions, Answers, Counted, Heat, Operations, Watches string
	// Queue URLs, each with its dead-letter queue.
	QuestionsQueue, QuestionsDeadLetters     string
	StarAnswersQueue, StarAnswersDeadLetters string
	GeoAnswersQueue, GeoAnswersDeadLetters   string
}

func (r Resources) validate() error {
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		if v.Field(i).String() == "" {
			return fmt.Errorf("%w: Resources.%s is empty", ErrOptions, v.Type().Field(i).Name)
		}
	}
	return nil
}
