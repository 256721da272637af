package gateway

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/internal/foreign"
)

// Programs that nobody here wrote: curl, mosquitto's clients, the AWS CLI.

// command runs a program, and returns what it prints and whether it was content.
func command(t testing.TB, env []string, name string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// to makes curl go to a door, whatever port the URL has.
func (s *site) to(t testing.TB, door Door) []string {
	return []string{"--silent", "--show-error", "--include", "--max-time", "30", "--connect-to", "::127.0.0.1:" + s.port(t, door), "--cacert", s.file("ca.pem")}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	curl := foreign.Need(t, "curl")
	s := openSite(t)
	certificate := []string{"--cert", s.file("device.pem"), "--key", s.file("device.key")}
	credentials := s.credentials(t)
	headers := []string{"-H", "x-amz-customauthorizer-name: Doors", "-H", "token: " + credentials.Token, "-H", "x-amz-customauthorizer-signature: " + credentials.Signature}
	query, err := credentials.Query()
	if err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(s.dir, "big")
	if err := os.WriteFile(big, bytes.Repeat([]byte("x"), 128<<10+1), 0o600); err != nil {
		t.Fatal(err)
	}
	data := []string{"--data-binary", `{"a": 1}`}
	for _, tt := range []struct {
		reason string
		door   Door
		args   []string
		url    string
		want   string // begins what curl prints
	}{
		{"certificate on 8443", Port8443, append(certificate, data...), "https://localhost:8443/topics/doors%2Fa?qos=1", "HTTP/1.1 200 OK\r\n"},
		{"certificate on 8443, slashes", Port8443, append(certificate, data...), "https://localhost:8443/topics/doors/a?qos=1", "HTTP/1.1 200 OK\r\n"},
		{"headers on 443", Port443, append(headers, data...), "https://localhost/topics/doors%2Fa?qos=1", "HTTP/1.1 200 OK\r\n"},
		{"headers on 443, HTTP/1.0", Port443, append(append(headers, data...), "--http1.0"), "https://localhost/topics/doors%2Fa?qos=1", "HTTP/1.0 200 OK\r\n"},
		{"query on 443", Port443, data, "https://localhost/topics/doors%2Fa?qos=1&" + query, "HTTP/1.1 200 OK\r\n"},
		{"headers, plain", Plain, append(headers, data...), "http://localhost/topics/doors%2Fa?qos=1", "HTTP/1.1 200 OK\r\n"},
		{"signed by curl", Port443, append([]string{"--aws-sigv4", "aws:amz:us-east-1:iotdevicegateway", "--user", siteKey + ":" + siteSecret}, data...), "https://localhost/topics/doors/a?qos=1", "HTTP/1.1 200 OK\r\n"},
		{"no certificate on 8443", Port8443, data, "https://localhost:8443/topics/doors%2Fa", "curl: (56)"},
		{"certificate on 443 without its protocol", Port443, append(certificate, data...), "https://localhost/topics/doors%2Fa", "HTTP/1.1 403 Forbidden\r\n"},
		{"nobody", Port443, data, "https://localhost/topics/doors%2Fa", "HTTP/1.1 403 Forbidden\r\n"},
		{"another topic", Port443, append(headers, data...), "https://localhost/topics/windows", "HTTP/1.1 403 Forbidden\r\n"},
		{"too large", Port443, append(headers, "--data-binary", "@"+big), "https://localhost/topics/doors%2Fa", "HTTP/1.1 413 Request Entity Too Large\r\n"},
		{"by GET", Port443, headers, "https://localhost/topics/doors%2Fa", "HTTP/1.1 405 Method Not Allowed\r\n"},
		{"by a name that is no endpoint", Port443, append([]string{"--insecure"}, headers...), "https://evil.example/topics/doors%2Fa", "curl: (35)"},
		{"by an address", Port443, append([]string{"--insecure"}, headers...), "https://127.0.0.1/topics/doors%2Fa", "curl: (35)"},
		{"TLS 1.1", Port443, append([]string{"--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"}, headers...), "https://localhost/topics/doors%2Fa", "curl: (35)"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			out, _ := command(t, nil, curl, append(append(s.to(t, tt.door), tt.args...), tt.url)...)
			if !strings.HasPrefix(out, tt.want) {
				t.Fatalf("%s\n%s", out, s.log)
			}
			if !strings.Contains(tt.want, "200") {
				s.nothingPublished(t)
				return
			}
			if m := s.published(t); string(m.Payload) != `{"a": 1}` || m.Topic != "doors/a" || m.QoS != 1 {
				t.Errorf("published %+v", m.Message)
			}
			head, body, _ := strings.Cut(out, "\r\n\r\n")
			match := okAnswer.FindStringSubmatch(body)
			if match == nil || !strings.Contains(head, "x-amzn-RequestId: "+match[1]) || !strings.Contains(head, "Content-Length: 65") {
				t.Errorf("answer\n%s", out)
			}
		})
	}
}

func TestMosquitto(t *testing.T) {
	t.Parallel()
	mosquitto := foreign.Need(t, "mosquitto_pub")
	s := openSite(t)
	username, err := s.credentials(t).Username("user")
	if err != nil {
		t.Fatal(err)
	}
	certificate := []string{"--cert", s.file("device.pem"), "--key", s.file("device.key")}
	ca := []string{"--cafile", s.file("ca.pem")}
	user := []string{"-u", username, "-P", "any"}
	for _, tt := range []struct {
		reason string
		door   Door
		args   []string
		ok     bool
	}{
		{"8883", Port8883, append(ca, certificate...), true},
		{"443, certificate", Port443, append(append(ca, certificate...), "--tls-alpn", "x-amzn-mqtt-ca"), true},
		{"443, custom authorizer", Port443, append(append(ca, user...), "--tls-alpn", "mqtt"), true},
		{"plain, custom authorizer", Plain, user, true},
		{"8883, no certificate", Port8883, append(ca, user...), false},
		{"443, no credentials", Port443, append(ca, "--tls-alpn", "mqtt"), false},
		{"443, no protocol", Port443, append(ca, user...), false},
		{"443, another protocol", Port443, append(append(ca, user...), "--tls-alpn", "amqp"), false},
		{"plain, no credentials", Plain, nil, false},
	} {
		for _, version := range []string{"311", "5"} {
			t.Run(tt.reason+", MQTT "+version, func(t *testing.T) {
				args := append([]string{"-h", "localhost", "-p", s.port(t, tt.door), "-V", version, "-i", "mosquitto" + version, "-t", "doors/m", "-m", "hello", "-q", "1"}, tt.args...)
				out, err := command(t, nil, mosquitto, args...)
				if (err == nil) != tt.ok {
					t.Fatalf("%v\n%s\n%s", err, out, s.log)
				}
				if !tt.ok {
					s.nothingPublished(t)
				} else if m := s.published(t); m.Topic != "doors/m" || string(m.Payload) != "hello" || m.ClientID != "mosquitto"+version {
					t.Errorf("published %+v", m)
				}
			})
		}
	}
}

// cli is the AWS CLI with the site's access key.
func (s *site) cli(t testing.TB, endpoint string, args ...string) (output string, err error) {
	t.Helper()
	return command(t, []string{
		"AWS_ACCESS_KEY_ID=" + siteKey, "AWS_SECRET_ACCESS_KEY=" + siteSecret, "AWS_DEFAULT_REGION=us-east-1", "AWS_CA_BUNDLE=" + s.file("ca.pem"),
		"AWS_CONFIG_FILE=" + s.file("none"), "AWS_SHARED_CREDENTIALS_FILE=" + s.file("none"), "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=",
	}, foreign.Need(t, "aws"), append([]string{"iot-data", "--endpoint-url", endpoint}, args...)...)
}

// TestAWSCLI has the AWS CLI publish with all that it can say, and delete a connection.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the AWS CLI")
	}
	s := openSite(t)
	secure, plain := "https://localhost:"+s.port(t, Port443), "http://localhost:"+s.port(t, Plain)
	t.Run("publish", func(t *testing.T) {
		t.Parallel()
		payload := filepath.Join(s.dir, "payload")
		if err := os.WriteFile(payload, []byte("\x00binary\xff"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := s.cli(t, secure, "publish", "--topic", "doors/ä b/c", "--qos", "1", "--retain", "--payload", "fileb://"+payload,
			"--content-type", "a/b+c; d", "--response-topic", "doors/r", "--message-expiry", "60", "--payload-format-indicator", "UTF8_DATA",
			"--correlation-data", "abc=", "--user-properties", `[{"deviceName": "alpha"}, {"deviceCnt": "45"}]`)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, out, s.log)
		}
		m := s.published(t)
		got := fmt.Sprintf("%s|%q|%d|%t|%s|%s|%v|%t|%q|%v|%s", m.Topic, m.Payload, m.QoS, m.Retain, m.ContentType, m.ResponseTopic, m.Expiry, m.PayloadFormatUTF8, m.CorrelationData, m.UserProperties, m.Principal)
		const want = `doors/ä b/c|"\x00binary\xff"|1|true|a/b+c; d|doors/r|1m0s|true|"i\xb7"|[[deviceName alpha] [deviceCnt 45]]|AIDAEXAMPLE`
		if got != want {
			t.Errorf("published %s\nwant      %s", got, want)
		}
	})
	t.Run("publish, denied", func(t *testing.T) {
		t.Parallel()
		out, err := s.cli(t, plain, "publish", "--topic", "windows")
		if err == nil || !strings.Contains(out, "(ForbiddenException) when calling the Publish operation: Forbidden") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("delete-connection", func(t *testing.T) {
		t.Parallel()
		gone := make(chan *paho.Disconnect, 1)
		client := paho.NewClient(paho.ClientConfig{Conn: s.dialMQTT(t, Port8883, s.tls("", s.device)), OnServerDisconnect: func(d *paho.Disconnect) { gone <- d }})
		if _, err := client.Connect(t.Context(), &paho.Connect{ClientID: "room/7", CleanStart: true, KeepAlive: 30}); err != nil {
			t.Fatal(err)
		}
		if out, err := s.cli(t, plain, "delete-connection", "--client-id", "room/7", "--clean-session", "--prevent-will-message"); err != nil || strings.TrimSpace(out) != "" {
			t.Fatalf("%v\n%s\n%s", err, out, s.log)
		}
		if d := <-gone; d.ReasonCode != 0x98 {
			t.Errorf("DISCONNECT %#x", d.ReasonCode)
		}
	})
}
