package main

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// rules makes the SQL of the AWS IoT rules. A row is the payload and what the topic says:
// topic(n) is its level n, counted from 1.
func rules(model *asyncapi.Model) ([]file, error) {
	var files []file
	for _, c := range model.Channels {
		if c.Rule == "" {
			continue
		}
		columns := []string{"*"}
		for i, s := range c.Segments {
			if s.Parameter != nil {
				columns = append(columns, fmt.Sprintf("topic(%d) AS %s", i+1, s.Parameter.Name))
			}
		}
		sql := fmt.Sprintf("SELECT %s FROM '%s'\n", strings.Join(columns, ", "), c.Filter())
		files = append(files, file{"api/rules/" + c.Rule + ".sql", []byte(sql)})
	}
	return files, nil
}
