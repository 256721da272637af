package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// custom is a connected client of an authorizer without signing, whose function is f.
func custom(t *testing.T, f iotauth.Handler, optFns ...func(*Options)) (*Gateway, *tableRegistry, *packet, mqtt.Client) {
	t.Helper()
	registry := newTableRegistry()
	registry.unsigned(t, "unsigned", f)
	registry.byDefault = "unsigned"
	g := testGateway(t, registry, optFns...)
	p := connectAs("sensor7")
	p.Username, p.Password = "ann", []byte("swordfish")
	return g, registry, p, mustAdmit(t, g, carrierOf(mqttCustom), p)
}

// times answers with policies that allow topic, and with times in minutes.
func times(topic string, refresh, disconnect int) *iotauth.Response {
	return &iotauth.Response{
		IsAuthenticated: true, PrincipalID: "owner1",
		RefreshAfter: time.Duration(refresh) * time.Minute, DisconnectAfter: time.Duration(disconnect) * time.Minute,
		PolicyDocuments: []*policy.Document{policy.New(policy.Allow(policy.Connect).On("*"), policy.Allow(policy.Publish).On(policy.Topic(topic)))},
	}
}

// TestRefresh: the authorizer is asked again with what the client showed when it connected,
// and what it says then holds.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &function{answer: always(times("a", 5, 60))}
		g, _, p, client := custom(t, f)
		first := f.last(t)
		f.answers(always(times("b", 20, 60)))

		time.Sleep(5*time.Minute - time.Nanosecond)
		synctest.Wait()
		if f.called() != 1 || !client.MayPublish("a", false) || client.MayPublish("b", false) {
			t.Fatal("refreshed too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if f.called() != 2 || client.MayPublish("a", false) || !client.MayPublish("b", false) {
			t.Fatal("not refreshed after five minutes")
		}
		if diff := cmp.Diff(first, f.last(t)); diff != "" {
			t.Errorf("asked again about another client: %s", diff)
		}
		time.Sleep(20*time.Minute - time.Nanosecond)
		synctest.Wait()
		if f.called() != 2 {
			t.Fatal("the second answer's time does not count")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if f.called() != 3 || metric(g, "CustomAuthorizer.Refresh") != 2 {
			t.Fatalf("called %d times", f.called())
		}
		client.Closed()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if why, ended := p.ended(); f.called() != 3 || ended {
			t.Errorf("after the end: called %d times, disconnected %t for %d", f.called(), ended, why)
		}
	})
}

// TestRefreshFails: whatever fails in a refresh ends the connection, at that moment.
func TestRefreshFails(t *testing.T) {
	for _, test := range []struct {
		name   string
		break_ func(*tableRegistry, *function)
		after  time.Duration // that the failure takes
		log    string
	}{
		{"not authenticated", func(_ *tableRegistry, f *function) { f.answers(always(&iotauth.Response{})) }, 0, "isAuthenticated is false"},
		{"function fails", func(_ *tableRegistry, f *function) {
			f.answers(func(*iotauth.Request) (*iotauth.Response, error) { return nil, errors.New("no database") })
		}, 0, "no database"},
		{"function does not answer", func(_ *tableRegistry, f *function) {
			f.answers(func(*iotauth.Request) (*iotauth.Response, error) { time.Sleep(time.Minute); return nil, nil })
		}, 5 * time.Second, "did not answer in time"},
		{"invalid answer", func(_ *tableRegistry, f *function) { f.answers(always(times("a", 1, 60))) }, 0, "refreshAfterInSeconds"},
		{"authorizer inactive", func(r *tableRegistry, _ *function) {
			r.change("", func() {
				a := r.authorizers["unsigned"]
				a.Active = false
				r.authorizers["unsigned"] = a
			})
		}, 0, "is not ACTIVE"},
		{"authorizer gone", func(r *tableRegistry, _ *function) { r.change("", func() { clear(r.authorizers) }) }, 0, "there is no default one"},
		{"registry fails", func(r *tableRegistry, _ *function) { r.change("", func() { r.err = errors.New("no disk") }) }, 0, "no disk"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &function{answer: always(times("a", 5, 60))}
				var log syncBuffer
				_, registry, p, client := custom(t, f, logTo(&log))
				test.break_(registry, f)
				time.Sleep(5*time.Minute + test.after - time.Nanosecond)
				synctest.Wait()
				if _, ended := p.ended(); ended || !client.MayPublish("a", false) {
					t.Fatal("ended before the refresh")
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if why, ended := p.ended(); !ended || why != mqtt.NotAuthorized {
					t.Errorf("ended %t for %d", ended, why)
				}
				if l := lines(log.String(), "refresh failed"); len(l) != 1 || !strings.Contains(l[0], test.log) {
					t.Errorf("the log has %q", l)
				}
				time.Sleep(time.Hour) // for the function that sleeps
			})
		})
	}
}

// TestDisconnectAfter: the connection ends at its time, to the nanosecond, counted from
// its beginning, whatever refreshes say; unless they bring the end nearer.
func TestDisconnectAfter(t *testing.T) {
	for _, test := range []struct {
		name        string
		first, then *iotauth.Response
		want        time.Duration
	}{
		{"refreshes do not put it off", times("a", 7, 60), times("a", 7, 60), time.Hour},
		{"longer in a refresh", times("a", 7, 60), times("a", 7, 1440), time.Hour},
		{"shorter in a refresh", times("a", 7, 60), times("a", 7, 30), 30 * time.Minute},
		{"already over in a refresh", times("a", 20, 60), times("a", 20, 10), 20*time.Minute + 3*time.Second},
		{"before any refresh", times("a", 60, 10), nil, 10 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &function{answer: func(*iotauth.Request) (*iotauth.Response, error) {
					time.Sleep(3 * time.Second) // the connection has begun
					return test.first, nil
				}}
				begun := time.Now()
				_, _, p, client := custom(t, f)
				f.answers(always(test.then))
				time.Sleep(test.want - time.Since(begun) - time.Nanosecond)
				synctest.Wait()
				if _, ended := p.ended(); ended {
					t.Fatal("ended too early")
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if why, ended := p.ended(); !ended || why != mqtt.MaximumConnectTime {
					t.Errorf("ended %t for %d", ended, why)
				}
				client.Closed()
			})
		})
	}
}

// TestCloseDuringRefresh: a connection that ends while its authorizer is asked is not
// touched any more, and close waits for what is under way.
func TestCloseDuringRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &function{answer: always(times("a", 5, 60))}
		g, _, p, client := custom(t, f)
		f.answers(func(*iotauth.Request) (*iotauth.Response, error) {
			time.Sleep(2 * time.Second)
			return times("b", 5, 60), nil
		})
		time.Sleep(5*time.Minute + time.Second)
		client.Closed()
		g.admission.close()
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, ended := p.ended(); ended || f.called() != 2 {
			t.Errorf("called %d times, disconnected %t", f.called(), ended)
		}
	})
}

// TestRegistryChanges: what is changed there reaches clients that are connected.
func TestRegistryChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		robot, other := certificate(t, "robot7"), certificate(t, "robot8")
		id := certificateID(robot)
		topic := func(name string) *policy.Document {
			return policy.New(policy.Allow(policy.Connect).On("*"), policy.Allow(policy.Publish).On(policy.Topic(name)))
		}
		registry := newTableRegistry()
		registry.principals[id] = Principal{Active: true, Policies: []*policy.Document{topic("a")}}
		registry.principals[certificateID(other)] = Principal{Active: true, Policies: []*policy.Document{topic("a")}}
		var log syncBuffer
		g := testGateway(t, registry, logTo(&log))
		p, q := connectAs("robot7"), connectAs("robot8")
		client := mustAdmit(t, g, carrierOf(mqttCertificate).withCertificate(robot), p)
		bystander := mustAdmit(t, g, carrierOf(mqttCertificate).withCertificate(other), q)
		allowed := func(want ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for _, name := range []string{"a", "b", "${iot:Connection.Thing.ThingName}", "robot7"} {
				if client.MayPublish(name, false) {
					got = append(got, name)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("allowed are %q, want %q", got, want)
			}
		}
		allowed("a")
		asked := registry.questions()
		registry.change(id, func() { registry.principals[id] = Principal{Active: true, Policies: []*policy.Document{topic("b")}} })
		allowed("b")
		if n := registry.questions() - asked; n != 1 {
			t.Errorf("a change of one certificate asked %d times", n)
		}
		registry.change("", func() {
			registry.principals[id] = Principal{Active: true, Policies: []*policy.Document{topic("${iot:Connection.Thing.ThingName}")}}
		})
		allowed()
		registry.change("", func() {
			registry.principals[id] = Principal{Active: true, Thing: &policy.Thing{Name: "robot7", Attached: true}, Policies: registry.principals[id].Policies}
		})
		allowed("robot7")

		// While the registry fails the old rules hold; then the change arrives by itself.
		registry.change(id, func() { registry.err = errors.New("no disk") })
		allowed("robot7")
		registry.mu.Lock()
		registry.err = nil
		registry.principals[id] = Principal{Active: true, Policies: []*policy.Document{topic("a")}}
		registry.mu.Unlock()
		time.Sleep(retryAfter)
		allowed("a")

		registry.change(id, func() { registry.principals[id] = Principal{Policies: []*policy.Document{topic("a")}} })
		synctest.Wait()
		if why, ended := p.ended(); !ended || why != mqtt.AdministrativeEnd {
			t.Errorf("deactivated: ended %t for %d", ended, why)
		}
		if len(lines(log.String(), "not ACTIVE")) != 1 {
			t.Errorf("the log does not say why:\n%s", log.String())
		}
		if _, ended := q.ended(); ended || !bystander.MayPublish("a", false) {
			t.Error("the other client was touched")
		}
		registry.change("", func() { delete(registry.principals, certificateID(other)) })
		synctest.Wait()
		if why, ended := q.ended(); !ended || why != mqtt.AdministrativeEnd {
			t.Errorf("deleted: ended %t for %d", ended, why)
		}
	})
}

// TestAlwaysTheNewest changes the registry at random while clients come and go and are
// refreshed. Whenever nothing moves, each client may do exactly what policy.Set says by the
// newest state.
func TestAlwaysTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed := uint64(rand.Uint32())
		t.Logf("seed %d", seed)
		d := &world{T: t, Rand: rand.New(rand.NewPCG(seed, 1)), registry: newTableRegistry(), live: map[string]*inhabitant{}, compared: map[bool]int{}, wasBad: map[string]bool{},
			function: rand.New(rand.NewPCG(seed, 2)), answers: map[string][]*policy.Document{}}
		d.g = testGateway(t, d.registry)
		d.registry.unsigned(t, "unsigned", iotauth.HandlerFunc(d.authorize))
		d.registry.byDefault = "unsigned"
		for i := range 3 {
			d.certificates = append(d.certificates, carrierOf(mqttCertificate).withCertificate(certificate(t, fmt.Sprint("c", i))))
		}
		for range 400 {
			for range 1 + d.IntN(4) {
				d.step()
			}
			synctest.Wait()
			d.check()
		}
		for _, in := range d.live {
			in.Closed()
		}
		if d.compared[true] < 100 || d.compared[false] < 100 {
			t.Errorf("compared only %d that are allowed, and %d that are not", d.compared[true], d.compared[false])
		}
	})
}

// A world is a registry and clients that change at random.
type world struct {
	*testing.T
	*rand.Rand
	registry     *tableRegistry
	g            *Gateway
	certificates []*carrier
	live         map[string]*inhabitant // by client id

	compared map[bool]int    // decisions
	wasBad   map[string]bool // certificates that were for a moment since the last check

	mu       sync.Mutex
	function *rand.Rand                    // of the authorizer's function, which runs on its own
	answers  map[string][]*policy.Document // last given, by connection
}

type inhabitant struct {
	mqtt.Client
	carrier *carrier
	packet  *packet
}

func randomDocuments(d *rand.Rand, n int) []*policy.Document {
	list := make([]*policy.Document, d.IntN(n))
	for i := range list {
		s := policy.Allow(policy.Publish, policy.Receive, policy.Subscribe, policy.RetainPublish)
		if d.IntN(4) == 0 {
			s.Effect = policy.EffectDeny
		}
		pattern := []string{"*", "t/*", "t/1", "t/${iot:ClientId}", "t/${iot:Connection.Thing.ThingName}", "t/${iot:Connection.Thing.Attributes[room]}", "t/${iot:Certificate.Subject.CommonName}"}[d.IntN(7)]
		s = s.On(policy.Topic(pattern), policy.TopicFilter(pattern))
		list[i] = policy.New(s, policy.Allow(policy.Connect).On("*"))
	}
	return list
}

// authorize answers with random documents, as many as there may be.
func (d *world) authorize(_ context.Context, r *iotauth.Request) (*iotauth.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	response := times("x", 5, 1440)
	response.PolicyDocuments = append(randomDocuments(d.function, 3), policy.New(policy.Allow(policy.Connect).On("*")))
	if tls := r.ProtocolData.TLS; tls.PrincipalID != "" {
		response.PrincipalID = tls.PrincipalID
	}
	d.answers[r.ConnectionMetadata.ID] = response.PolicyDocuments
	return response, nil
}

func (d *world) step() {
	switch d.IntN(6) {
	case 0, 1:
		d.changeCertificate()
	case 2, 3:
		d.connect()
	case 4:
		for id, in := range d.live {
			if d.IntN(4) == 0 {
				in.Closed()
				delete(d.live, id)
			}
		}
	case 5:
		time.Sleep(time.Duration(d.IntN(400)) * time.Second) // refreshes
	}
}

func (d *world) changeCertificate() {
	c := d.certificates[d.IntN(len(d.certificates))].certificate
	id := certificateID(c)
	d.registry.change([]string{id, ""}[d.IntN(2)], func() {
		defer func() { d.wasBad[id] = d.wasBad[id] || !d.registry.principals[id].Active }()
		if d.IntN(8) == 0 {
			delete(d.registry.principals, id)
			return
		}
		p := Principal{Active: d.IntN(8) > 0, Policies: append(randomDocuments(d.Rand, 3), sensorPolicy()), GroupPolicies: randomDocuments(d.Rand, 2)}
		if before, ok := d.registry.principals[id]; ok && d.IntN(2) == 0 { // the thing alone changes
			p.Policies, p.GroupPolicies = before.Policies, before.GroupPolicies
		}
		if d.IntN(2) == 0 {
			p.Thing = &policy.Thing{Name: "1", Attributes: map[string]string{"room": fmt.Sprint(d.IntN(2))}, Attached: d.IntN(4) > 0, Exclusive: d.IntN(2) == 0}
		}
		d.registry.principals[id] = p
	})
}

func (d *world) connect() {
	id := fmt.Sprint(d.IntN(4))
	if in := d.live[id]; in != nil {
		in.Closed()
		delete(d.live, id)
	}
	c := d.certificates[d.IntN(len(d.certificates))]
	switch d.IntN(3) {
	case 0:
		c = carrierOf(mqttCustom)
	case 1:
		c = carrierOf(mqttCustom).withCertificate(c.certificate)
	}
	p := connectAs(id)
	p.SessionID = fmt.Sprint(d.Uint64())
	if client, err := d.g.admit(c)(d.Context(), &p.Connect); err == nil {
		d.live[id] = &inhabitant{client, c, p}
	}
}

// check compares every decision with what the newest state says.
func (d *world) check() {
	for _, id := range slices.Sorted(maps.Keys(d.live)) {
		in := d.live[id]
		var own []*policy.Document
		if in.carrier.kind == mqttCustom {
			d.mu.Lock()
			own = d.answers[in.packet.SessionID]
			d.mu.Unlock()
		}
		set, err := policy.Compile(own...)
		if err != nil {
			d.Fatal(err)
		}
		connection := policy.Connection{Protocol: policy.MQTT, ClientID: id}
		if c := in.carrier.certificate; c != nil {
			d.registry.mu.Lock()
			registered, ok := d.registry.principals[certificateID(c)]
			d.registry.mu.Unlock()
			_, ended := in.packet.ended()
			good := ok && registered.Active
			if !good && !ended || ended && good && !d.wasBad[certificateID(c)] {
				d.Fatalf("client %s: good %t, ended %t", id, good, ended)
			}
			if ended {
				in.Closed()
				delete(d.live, id)
				continue
			}
			connection.Certificate, connection.Thing = policy.NewCertificate(c), registered.Thing
			if set, err = join(set, registered.Policies, registered.GroupPolicies); err != nil {
				d.Fatal(err)
			}
		}
		for _, name := range []string{"t/0", "t/1", "t/2", "t/c1", "sensors/" + id + "/x", "other"} {
			d.same(in, set, connection, name)
		}
	}
	clear(d.wasBad)
}

func (d *world) same(in *inhabitant, set *policy.Set, connection policy.Connection, name string) {
	want := func(a policy.Action) bool { return set.Evaluate(connection.Request(a, name)).Allowed() }
	for what, pair := range map[string][2]bool{
		"publish":   {in.MayPublish(name, false), want(policy.Publish)},
		"retain":    {in.MayPublish(name, true), want(policy.Publish) && want(policy.RetainPublish)},
		"subscribe": {in.MaySubscribe(name), want(policy.Subscribe)},
		"receive":   {in.MayReceive(name, ""), want(policy.Receive)},
	} {
		d.compared[pair[1]]++
		if pair[0] != pair[1] {
			d.Fatalf("%s %s: the client has %t, the newest state says %t", what, name, pair[0], pair[1])
		}
	}
}

// TestThingChanges: the policies stay, and one thing about the thing changes at a time.
func TestThingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		robot := certificate(t, "robot7")
		id := certificateID(robot)
		document := policy.New(
			policy.Allow(policy.Connect).On("*"),
			policy.Allow(policy.Publish).On(policy.Topic("${iot:Connection.Thing.ThingName}"), policy.Topic("type/${iot:Connection.Thing.ThingTypeName}"), policy.Topic("room/${iot:Connection.Thing.Attributes[room]}")),
		)
		documents := []*policy.Document{document}
		registry := newTableRegistry()
		registry.principals[id] = Principal{Active: true, Policies: documents}
		g := testGateway(t, registry)
		client := mustAdmit(t, g, carrierOf(mqttCertificate).withCertificate(robot), connectAs("robot7"))
		thing := policy.Thing{Name: "robot7", TypeName: "arm", Attributes: map[string]string{"room": "12"}, Attached: true}
		with := func(change func(*policy.Thing)) *policy.Thing {
			changed := thing
			change(&changed)
			return &changed
		}
		for _, test := range []struct {
			name  string
			thing *policy.Thing
			want  string
		}{
			{"none", nil, ""},
			{"as it is", with(func(*policy.Thing) {}), "robot7 type/arm room/12"},
			{"another type", with(func(t *policy.Thing) { t.TypeName = "leg" }), "robot7 type/leg room/12"},
			{"another attribute", with(func(t *policy.Thing) { t.TypeName, t.Attributes = "leg", map[string]string{"room": "13"} }), "robot7 type/leg room/13"},
			{"detached", with(func(t *policy.Thing) {
				t.TypeName, t.Attributes, t.Attached = "leg", map[string]string{"room": "13"}, false
			}), ""},
			{"as it is again", with(func(*policy.Thing) {}), "robot7 type/arm room/12"},
			{"another name", with(func(t *policy.Thing) { t.Name = "other" }), ""},
			{"another name, exclusive", with(func(t *policy.Thing) { t.Name, t.Exclusive = "other", true }), "other type/arm room/12"},
			{"gone", nil, ""},
		} {
			registry.change(id, func() { registry.principals[id] = Principal{Active: true, Thing: test.thing, Policies: documents} })
			synctest.Wait()
			var allowed []string
			for _, name := range []string{"robot7", "other", "type/arm", "type/leg", "room/12", "room/13"} {
				if client.MayPublish(name, false) {
					allowed = append(allowed, name)
				}
			}
			if got := strings.Join(allowed, " "); got != test.want {
				t.Errorf("%s: allowed are %q, want %q", test.name, got, test.want)
			}
		}
	})
}
