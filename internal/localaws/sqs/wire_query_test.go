package sqs

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/journal"
)

var requestID = regexp.MustCompile(`<RequestId>[0-9a-f-]{36}</RequestId>`)

// ask sends a request of the query protocol as curl would.
func ask(e *Engine, method, target, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", formType+"; charset=utf-8")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

// result is an answer without its frame.
func result(body, action string) string {
	body = requestID.ReplaceAllString(body, "")
	body = strings.TrimPrefix(body, xml.Header)
	body = strings.TrimPrefix(body, "<"+action+`Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">`)
	return strings.TrimSuffix(body, "<ResponseMetadata></ResponseMetadata></"+action+"Response>")
}

func TestQueryProtocol(t *testing.T) {
	e, _, _ := newTest(t)
	const base = "http://sqs.us-east-1.localhost/000000000000/"
	for _, tt := range []struct {
		name, method, target, form string
		want                       string
	}{
		{"a queue with attributes and tags", "POST", "/", "Action=CreateQueue&Version=2012-11-05&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=0&Attribute.2.Name=VisibilityTimeout&Attribute.2.Value=40&Tag.1.Key=a&Tag.1.Value=b",
			"<CreateQueueResult><QueueUrl>" + base + "q</QueueUrl></CreateQueueResult>"},
		{"by GET", "GET", "/?Action=GetQueueUrl&Version=2012-11-05&QueueName=q", "",
			"<GetQueueUrlResult><QueueUrl>" + base + "q</QueueUrl></GetQueueUrlResult>"},
		{"the queue by the path", "POST", "/000000000000/q", "Action=GetQueueAttributes&Version=2012-11-05&AttributeName.1=VisibilityTimeout&AttributeName.2=QueueArn",
			"<GetQueueAttributesResult><Attribute><Name>QueueArn</Name><Value>" + arnOf + "q</Value></Attribute><Attribute><Name>VisibilityTimeout</Name><Value>40</Value></Attribute></GetQueueAttributesResult>"},
		{"a list without numbers, as the oldest clients write it", "GET", "/000000000000/q?Action=GetQueueAttributes&AttributeName=DelaySeconds", "",
			"<GetQueueAttributesResult><Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute></GetQueueAttributesResult>"},
		{"a map without numbers, likewise", "POST", "/000000000000/q", "Action=SetQueueAttributes&Attribute.Name=DelaySeconds&Attribute.Value=0", ""},
		{"the numbers order a list", "POST", "/000000000000/q", "Action=SendMessageBatch&SendMessageBatchRequestEntry.10.Id=b&SendMessageBatchRequestEntry.10.MessageBody=b&SendMessageBatchRequestEntry.10.DelaySeconds=901&SendMessageBatchRequestEntry.2.Id=a&SendMessageBatchRequestEntry.2.MessageBody=x&SendMessageBatchRequestEntry.2.DelaySeconds=901",
			"<SendMessageBatchResult>" + failed("a") + failed("b") + "</SendMessageBatchResult>"},
		{"tags", "POST", "/000000000000/q", "Action=ListQueueTags", "<ListQueueTagsResult><Tag><Key>a</Key><Value>b</Value></Tag></ListQueueTagsResult>"},
		{"an action without result", "POST", "/000000000000/q", "Action=UntagQueue&TagKey.1=a", ""},
		{"a result that is empty", "POST", "/000000000000/q", "Action=ReceiveMessage&WaitTimeSeconds=0", "<ReceiveMessageResult></ReceiveMessageResult>"},
		{"an empty list", "POST", "/", "Action=ListDeadLetterSourceQueues&QueueUrl=" + url.QueryEscape(base+"q"), "<ListDeadLetterSourceQueuesResult></ListDeadLetterSourceQueuesResult>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(e, tt.method, tt.target, tt.form)
			action := regexp.MustCompile(`Action=(\w+)`).FindStringSubmatch(tt.target + tt.form)[1]
			if diff := cmp.Diff(tt.want, result(w.Body.String(), action)); diff != "" || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/xml" {
				t.Errorf("%d %s (-want +got):\n%s", w.Code, w.Header(), diff)
			}
		})
	}
}

func failed(id string) string {
	return "<BatchResultErrorEntry><Code>InvalidParameterValue</Code><Id>" + id + "</Id><Message>Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be &gt;= 0 and &lt;= 900.</Message><SenderFault>true</SenderFault></BatchResultErrorEntry>"
}

// What XML cannot hold as it is comes back whole.
func TestQueryProtocolKeepsText(t *testing.T) {
	e, _, _ := newTest(t)
	ask(e, "POST", "/", "Action=CreateQueue&QueueName=q")
	const body = "<&>\r\n\t\"' é 🌍 ]]>"
	form := url.Values{"Action": {"SendMessage"}, "MessageBody": {body}, "MessageAttribute.1.Name": {"n"},
		"MessageAttribute.1.Value.DataType": {"Binary"}, "MessageAttribute.1.Value.BinaryValue": {"AP8="}}
	if w := ask(e, "POST", "/000000000000/q", form.Encode()); w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	w := ask(e, "POST", "/000000000000/q", "Action=ReceiveMessage&MessageAttributeName.1=All&AttributeName.1=All")
	var got struct {
		Message struct {
			Body             string `xml:"Body"`
			MessageAttribute struct {
				Name  string
				Value struct{ DataType, BinaryValue string }
			}
		} `xml:"ReceiveMessageResult>Message"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Message.MessageAttribute; got.Message.Body != body || a.Name != "n" || a.Value.BinaryValue != "AP8=" || a.Value.DataType != "Binary" {
		t.Errorf("%+v", got)
	}
}

func TestQueryErrors(t *testing.T) {
	e, _, _ := newTest(t)
	ask(e, "POST", "/", "Action=CreateQueue&QueueName=q")
	ask(e, "POST", "/000000000000/q", "Action=PurgeQueue")
	for _, tt := range []struct {
		name, method, target, form string
		status                     int
		code                       string
	}{
		{"no action", "GET", "/", "", 404, "UnknownOperationException"},
		{"an action nobody has", "POST", "/", "Action=Fly", 400, "InvalidAction"},
		{"another version", "POST", "/", "Action=ListQueues&Version=2006-01-01", 400, "NoSuchVersion"},
		{"another method", "PUT", "/?Action=ListQueues", "", 404, "UnknownOperationException"},
		{"a form that is none", "POST", "/", "Action=ListQueues&%zz", 400, "MalformedQueryString"},
		{"a form above the bound", "POST", "/", "Action=SendMessage&MessageBody=" + strings.Repeat("x", maxBody), 413, "RequestEntityTooLarge"},
		{"a number that is none", "POST", "/000000000000/q", "Action=ReceiveMessage&MaxNumberOfMessages=many", 400, "InvalidParameterValue"},
		{"a map without key", "POST", "/000000000000/q", "Action=SetQueueAttributes&Attribute.1.Value=1", 400, "MissingParameter"},
		{"no queue", "POST", "/", "Action=ReceiveMessage", 400, "MissingParameter"},
		{"an unknown queue", "POST", "/000000000000/none", "Action=ReceiveMessage", 400, "AWS.SimpleQueueService.NonExistentQueue"},
		{"another account", "POST", "/111122223333/q", "Action=ReceiveMessage", 400, "AWS.SimpleQueueService.NonExistentQueue"},
		{"a path that is no queue", "POST", "/a/b/c", "Action=ReceiveMessage", 404, "InvalidAddress"},
		{"a receipt that is none", "POST", "/000000000000/q", "Action=DeleteMessage&ReceiptHandle=x", 404, "ReceiptHandleIsInvalid"},
		{"purged too soon", "POST", "/000000000000/q", "Action=PurgeQueue", 403, "AWS.SimpleQueueService.PurgeQueueInProgress"},
		{"a queue with other attributes", "POST", "/", "Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=9", 400, "QueueAlreadyExists"},
		{"a batch that is empty", "POST", "/000000000000/q", "Action=SendMessageBatch", 400, "AWS.SimpleQueueService.EmptyBatchRequest"},
		{"bytes that are no UTF-8", "POST", "/000000000000/q", "Action=SendMessage&MessageBody=%ff", 400, "InvalidMessageContents"},
		{"a task that is none", "POST", "/", "Action=ListMessageMoveTasks&SourceArn=" + arnOf + "none", 404, "ResourceNotFoundException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(e, tt.method, tt.target, tt.form)
			var got struct {
				XMLName xml.Name `xml:"http://queue.amazonaws.com/doc/2012-11-05/ ErrorResponse"`
				Error   struct{ Type, Code, Message string }
			}
			if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != tt.status || got.Error.Code != tt.code || got.Error.Type != "Sender" || got.Error.Message == "" {
				t.Errorf("%d %+v, want %d %s", w.Code, got.Error, tt.status, tt.code)
			}
		})
	}
}

// A queue's URL leads to where the client sent its request: some take it for the endpoint.
func TestURLLeadsToTheServer(t *testing.T) {
	e, _, _ := newTest(t)
	server := httptest.NewServer(e)
	defer server.Close()
	response, err := http.Post(server.URL, formType, strings.NewReader("Action=CreateQueue&QueueName=q"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(body), "<QueueUrl>"+server.URL+"/000000000000/q</QueueUrl>") {
		t.Errorf("%s, %v", body, err)
	}
}

func TestSpeaks(t *testing.T) {
	for _, tt := range []struct {
		name                         string
		method, target, header, kind string
		want                         bool
	}{
		{"JSON", "POST", "/", "AmazonSQS.ListQueues", "application/x-amz-json-1.0", true},
		{"a form", "POST", "/", "", formType, true},
		{"a GET", "GET", "/?Action=ListQueues", "", "", true},
		{"another service's JSON", "POST", "/", "DynamoDB_20120810.ListTables", "application/x-amz-json-1.0", false},
		{"a browser", "GET", "/", "", "", false},
	} {
		r := httptest.NewRequest(tt.method, tt.target, nil)
		r.Header.Set("X-Amz-Target", tt.header)
		r.Header.Set("Content-Type", tt.kind)
		if got := Speaks(r); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// FuzzQuery: whatever the form, the answer is XML and no fault of the server's.
func FuzzQuery(f *testing.F) {
	for action := range operations {
		f.Add("Action=" + action)
		f.Add("Action=" + action + "&QueueUrl=/000000000000/q.fifo&MessageBody=b&MessageGroupId=g&MessageDeduplicationId=d&ReceiveRequestAttemptId=a&QueueName=r&VisibilityTimeout=0")
	}
	f.Add("Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=1&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringListValue.1=x")
	f.Add("Action=CreateQueue&QueueName=q&Attribute.-1.Name=a&Attribute.01.Name=b&Attribute.1.Name=c&Attribute.1=d&a.b..c.=&.=&=")
	f.Fuzz(func(t *testing.T, form string) {
		if strings.Contains(form, "WaitTimeSeconds") {
			t.Skip("would wait")
		}
		log, err := journal.Open("")
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		e, err := New(log, withClock(newClock()))
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		ask(e, "POST", "/", "Action=CreateQueue&QueueName=q.fifo&Attribute.1.Name=FifoQueue&Attribute.1.Value=true")
		w := ask(e, "POST", "/000000000000/q.fifo", form)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for decoder := xml.NewDecoder(bytes.NewReader(w.Body.Bytes())); ; {
			if _, err := decoder.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
		}
	})
}
