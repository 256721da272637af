package sigv4_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/sigv4"
)

func Example() {
	keys := sigv4.Static{"AKIDEXAMPLE": {SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}
	verifier, err := sigv4.New(keys.Retrieve, []string{"service"}, func(o *sigv4.Options) {
		o.Regions = []string{"us-east-1"}
		o.Clock = func() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request, _ := http.NewRequest("GET", "http://example.amazonaws.com/", strings.NewReader(""))
	request.Header.Set("X-Amz-Date", "20150830T123600Z")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
	identity, err := verifier.Verify(request)
	fmt.Println(identity.AccessKeyID, err)

	request.URL.RawQuery = "a=b"
	_, err = verifier.Verify(request)
	fmt.Println(err)
	// Output:
	// AKIDEXAMPLE <nil>
	// sigv4: InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.
}
