package gateway_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// A device publishes over HTTPS with the certificate that it was given.
func Example() {
	ctx := context.Background()
	reg, err := registry.Open("")
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close()
	certificate, keys, err := reg.CreateKeysAndCertificate(ctx, true)
	if err != nil {
		log.Fatal(err)
	}
	_, err = reg.CreatePolicy(ctx, "sensors", `{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": "iot:Publish", "Resource": "arn:aws:iot:us-east-1:123456789012:topic/sensors/*"}}`)
	if err != nil {
		log.Fatal(err)
	}
	if err := reg.AttachPolicy(ctx, "sensors", certificate.ARN); err != nil {
		log.Fatal(err)
	}

	server, err := reg.CA().Server([]string{"localhost"}, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
	if err != nil {
		log.Fatal(err)
	}
	g, err := gateway.New(reg, func(o *gateway.Options) {
		o.Certificates = []tls.Certificate{server}
		o.Tap = func(_ context.Context, _ gateway.Source, m *gateway.Message) {
			fmt.Printf("%s: %s\n", m.Topic, m.Payload)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	defer g.Shutdown(ctx)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go g.Serve(ctx, listener, gateway.Port8443)

	pair, err := tls.X509KeyPair([]byte(certificate.PEM), []byte(keys.PrivateKey))
	if err != nil {
		log.Fatal(err)
	}
	device := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: reg.CA().Pool(), Certificates: []tls.Certificate{pair},
	}}}
	defer device.CloseIdleConnections()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for _, topic := range []string{"sensors%2F7", "windows%2F7"} {
		response, err := device.Post("https://localhost:"+port+"/topics/"+topic+"?qos=1", "application/json", strings.NewReader(`{"t": 21}`))
		if err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		fmt.Println(response.Status)
	}
	// Output:
	// sensors/7: {"t": 21}
	// 200 OK
	// 403 Forbidden
}
