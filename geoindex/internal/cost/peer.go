package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// peer is the npm package dynamodb-geo at work on a table of its own in the same engine.
// It is reached over a socket, since it runs in a node of its own.
type peer struct {
	node    *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	stop    context.CancelFunc
	serving chan error
}

const (
	peerTable = "peer"
	// peerDigits is the length of its hash keys, of which 3 costs least: with 2 one of
	// them has most points of a city, with 6 a disc of 100 km takes hundreds of queries.
	peerDigits = 3
)

// openPeer fills the peer's table with the points of m
// and starts it.
func (m *measurement) openPeer(ctx context.Context, dir string) (*peer, error) {
	if err := m.createPeerTable(ctx); err != nil {
		return nil, err
	}
	requests := func(yield func(types.WriteRequest) bool) {
		for _, p := range m.set.points {
			if !yield(types.WriteRequest{PutRequest: &types.PutRequest{Item: peerItem(p)}}) {
				return
			}
		}
	}
	if err := m.write(ctx, peerTable, requests); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &peer{serving: make(chan error, 1)}
	ctx, p.stop = context.WithCancel(ctx)
	go func() { p.serving <- m.local.Serve(ctx, listener) }()
	p.node = exec.CommandContext(ctx, "node", filepath.Join(dir, "dynamodb-geo.js"), "http://"+listener.Addr().String(), peerTable, strconv.Itoa(peerDigits))
	p.node.Stderr = os.Stderr
	out, outErr := p.node.StdoutPipe()
	var inErr error
	p.in, inErr = p.node.StdinPipe()
	if err := errors.Join(outErr, inErr); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.out = bufio.NewScanner(out)
	if err := p.node.Start(); err != nil {
		p.node = nil
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// close ends the process and the server.
func (p *peer) close() (err error) {
	if p.node != nil {
		err = errors.Join(p.in.Close(), p.node.Wait())
	}
	p.stop()
	return errors.Join(err, <-p.serving)
}

// search returns what the peer reads for a disc.
func (p *peer) search(center geoindex.LatLng, radius geoindex.Meters) (c cost, err error) {
	if _, err := fmt.Fprintln(p.in, center.Lat, center.Lng, float64(radius)); err != nil {
		return c, err
	}
	if !p.out.Scan() {
		return c, errors.Join(errors.New("dynamodb-geo has ended"), p.out.Err())
	}
	_, err = fmt.Sscan(p.out.Text(), &c.queries, &c.units, &c.read)
	return c, err
}

// createPeerTable creates the table that the package's GeoTableUtil describes.
func (m *measurement) createPeerTable(ctx context.Context) error {
	attribute := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	_, err := m.client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            aws.String(peerTable),
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            keys("hashKey", "rangeKey"),
		AttributeDefinitions: []types.AttributeDefinition{attribute("hashKey", "N"), attribute("rangeKey", "S"), attribute("geohash", "N")},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName: aws.String("geohash-index"), KeySchema: keys("hashKey", "geohash"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	return err
}

// peerItem is what the package's putPoint writes.
func peerItem(p geoindex.Point) map[string]types.AttributeValue {
	geohash := strconv.FormatInt(int64(p.Key.Cell), 10)
	digits := peerDigits
	if geohash[0] == '-' {
		digits++
	}
	coordinate := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	item := map[string]types.AttributeValue{
		"hashKey":  &types.AttributeValueMemberN{Value: geohash[:digits]},
		"rangeKey": text(p.Key.ID),
		"geohash":  &types.AttributeValueMemberN{Value: geohash},
		"geoJson":  text(`{"type":"POINT","coordinates":[` + coordinate(p.Location.Lng) + "," + coordinate(p.Location.Lat) + "]}"),
	}
	for name, value := range p.Attributes {
		item[name] = value
	}
	return item
}
