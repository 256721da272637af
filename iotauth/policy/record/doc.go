// Command record asks AWS IoT's operation TestAuthorization the documented cases of package
// policy, and writes the answers for its tests to replay. It needs an AWS account, and is
// therefore built with the tag aws only, in a module of its own:
//
//	go run -C iotauth/policy/record -tags aws . -in ../testdata/recordable.jsonl -out ../testdata/recorded.jsonl
//
// It creates one policy at a time, named askaround-record-N, and deletes it again. Region
// and credentials come from the environment as the AWS CLI takes them. TestAuthorization
// answers 10 requests in a second at most; the command keeps below.
package main
