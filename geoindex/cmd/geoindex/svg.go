package main

import (
	"bytes"
	"fmt"
	"html"
	"math"

	"github.com/golang/geo/r2"
	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"

	"github.com/askaround/askaround-go/geoindex"
)

const (
	canvas = 1000 // pixels in width and height
	border = 60
)

// projection is azimuthal and equidistant: north is up at the centre, and distances and
// directions from there are true. It has no seams short of the antipode.
type projection struct {
	center, east, north r3.Vector
	scale               float64 // pixels a radian
	shift               r2.Point
}

func newProjection(center s2.Point) projection {
	east := r3.Vector{X: -center.Y, Y: center.X}
	if east.Norm() == 0 { // a pole, where every way is south
		east = r3.Vector{Y: 1}
	}
	east = east.Normalize()
	return projection{center: center.Vector, east: east, north: center.Cross(east), scale: 1}
}

func (p *projection) at(q s2.Point) r2.Point {
	v := r2.Point{X: q.Dot(p.east), Y: -q.Dot(p.north)}
	if n := v.Norm(); n > 0 {
		v = v.Mul(math.Atan2(n, q.Dot(p.center)) / n)
	}
	return v.Mul(p.scale).Add(p.shift)
}

// fit scales so that all of the picture is on the canvas.
func (p *projection) fit(pic *picture) {
	bounds := r2.EmptyRect()
	for _, c := range pic.cells {
		for _, v := range c.boundary() {
			bounds = bounds.AddPoint(p.at(v))
		}
	}
	for _, v := range pic.outline {
		bounds = bounds.AddPoint(p.at(v))
	}
	p.scale = (canvas - 2*border) / max(bounds.Size().X, bounds.Size().Y)
	middle := bounds.Center().Mul(p.scale)
	p.shift = r2.Point{X: canvas/2 - middle.X, Y: canvas/2 - middle.Y}
}

func (pic *picture) svg() []byte {
	p := newProjection(pic.center)
	p.fit(pic)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif">`+"\n", canvas, canvas, canvas, canvas)
	fmt.Fprintf(&b, `<title>%s: %d cells</title><rect width="100%%" height="100%%" fill="#fff"/>`+"\n", html.EscapeString(pic.title), len(pic.cells))
	for _, c := range pic.cells {
		fill := "#9ecae1"
		if c.inside {
			fill = "#4292c6"
		}
		fmt.Fprintf(&b, `<path d="%s" fill="%s" fill-opacity="0.55" stroke="#08519c" stroke-width="1.2"><title>%s, level %d</title></path>`+"\n",
			p.path(c.boundary()), fill, c.id.ToToken(), c.id.Level())
	}
	fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="#cb181d" stroke-width="3"/>`+"\n", p.path(pic.outline))
	for _, c := range pic.cells {
		p.label(&b, c)
	}
	fmt.Fprintf(&b, `<text x="%d" y="32" font-size="20">%s: %d cells</text>`+"\n", border, html.EscapeString(pic.title), len(pic.cells))
	p.legend(&b)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (p *projection) path(ring []s2.Point) string {
	var b bytes.Buffer
	for i, v := range ring {
		at := p.at(v)
		command := 'L'
		if i == 0 {
			command = 'M'
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", command, at.X, at.Y)
	}
	return b.String() + "Z"
}

// label writes a cell's token where there is room for it.
func (p *projection) label(b *bytes.Buffer, c drawnCell) {
	cell := s2.CellFromCellID(c.id)
	token := c.id.ToToken()
	width := p.at(cell.Vertex(0)).Sub(p.at(cell.Vertex(2))).Norm() * 0.6
	size := min(16, width/(0.6*float64(len(token))))
	if size < 6 {
		return
	}
	at := p.at(cell.Center())
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="%.1f" text-anchor="middle" dominant-baseline="middle" fill="#08306b">%s</text>`+"\n", at.X, at.Y, size, token)
}

// legend has a scale of a round length and what the colours mean.
func (p *projection) legend(b *bytes.Buffer) {
	metres := math.Pow(10, math.Floor(math.Log10(300/p.scale*float64(geoindex.EarthRadius))))
	pixels := metres / float64(geoindex.EarthRadius) * p.scale
	y := canvas - 24
	fmt.Fprintf(b, `<path d="M%d %dv8h%.1fv-8" fill="none" stroke="#000" stroke-width="2"/>`+"\n", border, y-8, pixels)
	length := fmt.Sprintf("%g m", metres)
	if metres >= 1000 {
		length = fmt.Sprintf("%g km", metres/1000)
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" font-size="16">%s</text>`+"\n", border+pixels+8, y, length)
	for i, entry := range []struct{ fill, text string }{{"#9ecae1", "reaches beyond"}, {"#4292c6", "wholly inside"}} {
		x := canvas - border - 320 + 170*i
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="16" height="16" fill="%s" fill-opacity="0.55" stroke="#08519c"/><text x="%d" y="%d" font-size="16">%s</text>`+"\n",
			x, y-13, entry.fill, x+22, y, entry.text)
	}
}
