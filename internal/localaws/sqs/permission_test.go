package sqs

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

func policyOf(t *testing.T, c *client.Client, url string) (p any) {
	t.Helper()
	out, err := c.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Policy"}})
	if err != nil {
		t.Fatal(err)
	}
	if text := out.Attributes["Policy"]; text != "" {
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestPermissions(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Deny","Principal":"*","Action":"SQS:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`})
	add := func(label string, accounts, actions []string) error {
		_, err := c.AddPermission(t.Context(), &client.AddPermissionInput{QueueUrl: &url, Label: &label, AWSAccountIds: accounts, Actions: actions})
		return err
	}
	drop := func(label string) error {
		_, err := c.RemovePermission(t.Context(), &client.RemovePermissionInput{QueueUrl: &url, Label: &label})
		return err
	}
	before := policyOf(t, c, url)
	if err := add("one", []string{"111122223333"}, []string{"SendMessage"}); err != nil {
		t.Fatal(err)
	}
	if err := add("many", []string{"111122223333", "444455556666"}, []string{"SendMessage", "ReceiveMessage"}); err != nil {
		t.Fatal(err)
	}
	one := map[string]any{"Sid": "one", "Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::111122223333:root"},
		"Action": "SQS:SendMessage", "Resource": arnOf + "q"}
	many := map[string]any{"Sid": "many", "Effect": "Allow", "Principal": map[string]any{"AWS": []any{"arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"}},
		"Action": []any{"SQS:SendMessage", "SQS:ReceiveMessage"}, "Resource": arnOf + "q"}
	statements := policyOf(t, c, url).(map[string]any)["Statement"].([]any)
	if diff := cmp.Diff([]any{one, many}, statements[1:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name string
		err  error
		code string
	}{
		{"a label twice", add("one", []string{"111122223333"}, []string{"SendMessage"}), "InvalidParameterValue"},
		{"eight actions", add("x", []string{"111122223333"}, []string{"*", "*", "*", "*", "*", "*", "*", "*"}), "OverLimit"},
		{"an action of the owner alone", add("x", []string{"111122223333"}, []string{"CreateQueue"}), "InvalidParameterValue"},
		{"an account that is none", add("x", []string{"me"}, []string{"SendMessage"}), "InvalidParameterValue"},
		{"nobody", add("x", []string{}, []string{"SendMessage"}), "InvalidParameterValue"},
		{"a label with a space", add("a b", []string{"111122223333"}, []string{"SendMessage"}), "InvalidParameterValue"},
		{"a label that is not there", drop("x"), "InvalidParameterValue"},
	} {
		if errorCode(tt.err) != tt.code {
			t.Errorf("%s: %v, want %s", tt.name, tt.err, tt.code)
		}
	}
	for _, label := range []string{"one", "many"} {
		if err := drop(label); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before.(map[string]any)["Statement"], policyOf(t, c, url).(map[string]any)["Statement"]); diff != "" {
		t.Errorf("what was there before has changed:\n%s", diff)
	}
	if err := drop("mine"); err != nil || policyOf(t, c, url) != nil {
		t.Errorf("%v; a policy without statements is left: %v", err, policyOf(t, c, url))
	}
}

// Permissions are kept, and nobody is refused.
func TestNobodyIsRefused(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"SQS:*","Resource":"*"}]}`})
	if _, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m")}); err != nil {
		t.Error(err)
	}
}
