package openapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

func Example() {
	document, err := openapi.Parse(api.Document())
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPut, "/questions/89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg/answer", strings.NewReader(`{"stars":5.5,"author":"bob"}`))
	r.Header.Set("Content-Type", "application/json")
	call, err := document.Find(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = call.Check(httptest.NewRecorder(), r, 16<<10)
	var refused *openapi.Error
	if errors.As(err, &refused) {
		fmt.Println(call.ID, refused.Reason.Status())
		for _, fault := range refused.Faults {
			fmt.Println(fault)
		}
	}
	// Output:
	// putAnswer 422
	// body "/stars" must be at most 5
	// body "/author" is unknown
	// body "" must have at most 1 member
}
