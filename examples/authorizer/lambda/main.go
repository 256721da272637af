// Command lambda is the authorizer's function as AWS Lambda runs it.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/askaround/askaround-go/examples/authorizer/function"
	"github.com/askaround/askaround-go/iotauth"
)

func main() {
	fn, err := iotauth.Lambda(iotauth.HandlerFunc(function.Authorize))
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(fn)
}
