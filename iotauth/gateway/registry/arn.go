package registry

import (
	"strings"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// arn is the ARN of a resource of the account.
func (r *Registry) arn(kind, name string) string {
	return policy.ARN{
		Partition: partition(r.options.Region), Service: "iot", Region: r.options.Region, Account: r.options.Account, Resource: kind + "/" + name,
	}.String()
}

// named returns the name in an ARN of the account's resources of a kind, "" where it is
// none.
func (r *Registry) named(kind, arn string) string {
	name, ok := strings.CutPrefix(arn, r.arn(kind, ""))
	if !ok {
		return ""
	}
	return name
}

// partition is the part of AWS that a region belongs to.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
