package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:generate go tool -modfile=../../../api/tools/go.mod esbuild src/app.ts src/app.css --bundle --format=esm --target=es2022 --charset=utf8 --outdir=dist/assets --log-level=warning

//go:embed index.html dist/assets
var files embed.FS

// policy lets the page load from its own origin only. A WebSocket's address is the
// server's to name, so its origin stays open.
const policy = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// asset is one file of the page.
type asset struct {
	kind string // content type
	etag string
	body []byte
}

// Handler serves the page at "/" and what it loads under "/assets/". It answers GET
// and HEAD; browsers keep the files and ask whether they still hold.
func Handler() http.Handler {
	assets := map[string]asset{}
	add := func(address, name string) {
		body, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded: cannot be missing
		}
		sum := sha256.Sum256(body)
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".js" {
			kind = "text/javascript; charset=utf-8" // whatever the system's table says
		}
		assets[address] = asset{kind: kind, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, body: body}
	}
	add("/", "index.html")
	entries, err := fs.ReadDir(files, "dist/assets")
	if err != nil {
		panic(err) // likewise
	}
	for _, e := range entries {
		add("/assets/"+e.Name(), "dist/assets/"+e.Name())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("ETag", a.etag)
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // a token may be in the address
		h.Set("Permissions-Policy", "geolocation=(self)")
		http.ServeContent(w, r, strings.TrimPrefix(r.URL.Path, "/"), time.Time{}, bytes.NewReader(a.body))
	})
}
