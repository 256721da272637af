package registry

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/iotauth"
)

// Functions finds authorizers' functions: an ARN of table, such as
// arn:aws:lambda:us-east-1:123456789012:function:MyAuthorizer, is its handler; an http or
// https URL is the function behind it ([iotauth.NewRemote]), which may be a Lambda
// function behind an endpoint that is compatible with Lambda's. An ARN with a version or
// an alias behind it means the function without where the table has only that.
func Functions(table map[string]iotauth.Handler) func(arn string) (iotauth.Handler, error) {
	return func(arn string) (iotauth.Handler, error) {
		if h, ok := table[arn]; ok {
			return h, nil
		}
		if strings.HasPrefix(arn, "http://") || strings.HasPrefix(arn, "https://") {
			return iotauth.NewRemote(arn)
		}
		if parts := strings.Split(arn, ":"); len(parts) == 8 && parts[2] == "lambda" {
			if h, ok := table[strings.Join(parts[:7], ":")]; ok {
				return h, nil
			}
		}
		return nil, fmt.Errorf("no function is known as %q: name it in Options.Functions, or use the http or https URL behind which it is", clip(arn))
	}
}
