package app

import (
	"net/http"

	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/examples/askaround/web"
)

// routes puts the page, the API, the broker and the issuer on one port.
func (a *App) routes(verifier *httpapi.Verifier) (http.Handler, error) {
	api, err := httpapi.New(a.service, verifier, func(o *httpapi.Options) {
		o.Events, o.Logger = a.events, a.log("api")
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", api) // unknown paths get its problem document
	page := web.Handler()
	mux.Handle("GET /{$}", page)
	mux.Handle("GET /assets/", page)
	mux.Handle("/mqtt", a.broker.WebSocket())
	if a.issuer != nil {
		mux.Handle("/dev/", http.StripPrefix("/dev", a.issuer))
	}
	return mux, nil
}
