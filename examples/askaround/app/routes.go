package app

import (
	"context"
	"net/http"

	askaroundapi "github.com/askaround/askaround-go/api/askaround"
	deviceapi "github.com/askaround/askaround-go/api/device"
	robotapi "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/examples/askaround/apidocs"
	"github.com/askaround/askaround-go/examples/askaround/web"
	"github.com/askaround/askaround-go/internal/apihttp"
	deviceserver "github.com/askaround/askaround-go/internal/deviceapi"
	robotserver "github.com/askaround/askaround-go/internal/robotapi"
)

// routes puts the page, the APIs with their documentation, the broker and the issuer on one
// port.
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
	if err := a.routeThings(mux, verifier); err != nil {
		return nil, err
	}
	return mux, a.routeDocs(mux)
}

// routeThings adds the APIs of a robot and of a device, whose messages go by the broker.
func (a *App) routeThings(mux *http.ServeMux, verifier *httpapi.Verifier) error {
	verify := func(ctx context.Context, token string) (apihttp.Caller, error) {
		identity, err := verifier.Verify(ctx, token)
		return apihttp.Caller{Account: string(identity.Account), Expires: identity.Expires}, err
	}
	robot, err := robotserver.New("RobotName", a.broker, robotserver.Options{Verify: verify, BasePath: "/robot", Logger: a.log("robot")})
	if err != nil {
		return err
	}
	device, err := deviceserver.New(a.broker, deviceserver.Options{Verify: verify, BasePath: "/device", Logger: a.log("device")})
	if err != nil {
		return err
	}
	mux.Handle("/robot/", robot)
	mux.Handle("/device/", device)
	return nil
}

func (a *App) routeDocs(mux *http.ServeMux) error {
	tokens := ""
	if a.issuer != nil {
		tokens = "/dev/token"
	}
	docs, err := apidocs.Handler("/docs/", tokens,
		apidocs.API{Name: "Ask Around Me", File: "askaround.json", Document: askaroundapi.Document(), Server: "/"},
		apidocs.API{Name: "Telepresence robot", File: "robot.json", Document: robotapi.Document(), Server: "/robot"},
		apidocs.API{Name: "Devices", File: "device.json", Document: deviceapi.Document(), Server: "/device"})
	if err != nil {
		return err
	}
	mux.Handle("GET /docs/", docs)
	return nil
}
