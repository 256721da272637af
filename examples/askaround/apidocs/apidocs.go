package apidocs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// policy lets the page load from its own origin only. Swagger UI's page has scripts and
// styles in line.
const policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// An API is one of the documents.
type API struct {
	Name     string // for people
	File     string // of the document, below the page
	Document []byte // OpenAPI as JSON
	Server   string // where the API is, "/" or a path
}

// Handler serves the page at base, which ends with a slash, and the documents below it.
// tokens is where a POST of {"user":"demo"} is answered with an access_token; "" leaves it
// to the reader to paste one.
func Handler(base, tokens string, apis ...API) (http.Handler, error) {
	mux := http.NewServeMux()
	var urls []map[string]string
	for _, api := range apis {
		document, err := at(api.Document, api.Server)
		if err != nil {
			return nil, fmt.Errorf("apidocs: %s: %w", api.Name, err)
		}
		mux.Handle("GET "+base+api.File, file(document))
		urls = append(urls, map[string]string{"url": base + api.File, "name": api.Name})
	}
	list, err := json.Marshal(urls)
	if err != nil {
		return nil, fmt.Errorf("apidocs: %w", err)
	}
	settings := map[string]string{"urls": string(list), "tryItOutEnabled": "true"}
	if tokens != "" {
		settings["requestInterceptor"] = interceptor(tokens)
	}
	page := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "APIs", SwaggerJSON: base + apis[0].File, BasePath: base, ShowTopBar: true, SettingsUI: settings,
	})
	mux.Handle("GET "+base, page)
	return secured(mux), nil
}

// at returns the document with server as its only one.
func at(document []byte, server string) ([]byte, error) {
	var d map[string]any
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&d); err != nil {
		return nil, err
	}
	d["servers"] = []any{map[string]any{"url": server, "description": "This server"}}
	return json.Marshal(d)
}

// interceptor is a function in JavaScript that gives requests to this server a token, unless
// they have one.
func interceptor(tokens string) string {
	const script = `async (request) => {
	if (request.loadSpec || request.headers.Authorization || !request.url.startsWith(location.origin + "/")) return request;
	const answer = await fetch(TOKENS, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({user: "demo"})});
	if (answer.ok) request.headers.Authorization = "Bearer " + (await answer.json()).access_token;
	return request;
}`
	address, err := json.Marshal(tokens)
	if err != nil { // a string cannot fail to marshal
		panic(err)
	}
	return strings.Replace(script, "TOKENS", string(address), 1)
}

func file(document []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document) // a client that went away cannot be told
	})
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
