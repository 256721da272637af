package geoindex

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A place is text in tables of dynamodb-geo:
//
//	npm      {"type":"POINT","coordinates":[lng,lat]}, or "Point", or latitude first
//	Java     {"type":"Point","coordinates":[lat,lng]} with its own numbers
//	dyngeo   {"Type":"Point","Coordinates":[lng,lat]}
//	Python   lat,lng

// geoJSON writes a place as c has it.
func (c *Compat) geoJSON(p LatLng) string {
	number := scriptNumber
	if c.JavaNumbers {
		number = javaNumber
	}
	x, y := number(p.Lng), number(p.Lat)
	if c.LatitudeFirst {
		x, y = y, x
	}
	return `{"type":"` + c.PointType + `","coordinates":[` + x + "," + y + "]}"
}

// scriptNumber writes a number as JSON.stringify does ("Number::toString", ECMAScript).
func scriptNumber(f float64) string {
	if f == 0 {
		return "0" // of either sign
	}
	if math.Abs(f) >= 1e-6 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	digits, exponent := scientific(f)
	return strings.TrimSuffix(digits, ".0") + "e" + strconv.Itoa(exponent)
}

// javaNumber writes a number as Double.toString does.
func javaNumber(f float64) string {
	if f != 0 && math.Abs(f) < 1e-3 {
		digits, exponent := scientific(f)
		return digits + "E" + strconv.Itoa(exponent)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// scientific returns the shortest digits, with a point, and the exponent of ten.
func scientific(f float64) (digits string, exponent int) {
	digits, power, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	exponent, _ = strconv.Atoi(power) // of a number that was just written
	return digits, exponent
}

// parseCoordinates reads the two coordinates of any of the forms, in their order.
func parseCoordinates(text string) (x, y float64, err error) {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return parsePair(text)
	}
	var point struct { // keys match in any case
		Type        string
		Coordinates []float64
	}
	if err := json.Unmarshal([]byte(text), &point); err != nil {
		return 0, 0, err
	}
	if !strings.EqualFold(point.Type, "point") || len(point.Coordinates) < 2 || len(point.Coordinates) > 3 {
		return 0, 0, fmt.Errorf("%q is no point of two coordinates", text)
	}
	return point.Coordinates[0], point.Coordinates[1], nil // a third is the height
}

// parsePair reads two numbers with a comma between.
func parsePair(text string) (x, y float64, err error) {
	first, second, ok := strings.Cut(text, ",")
	if !ok {
		return 0, 0, fmt.Errorf("%q is no pair of numbers", text)
	}
	if x, err = strconv.ParseFloat(strings.TrimSpace(first), 64); err != nil {
		return 0, 0, err
	}
	y, err = strconv.ParseFloat(strings.TrimSpace(second), 64)
	return x, y, err
}

// place reads a place that lies in a leaf cell, or on its edge: that tells the order of the
// coordinates. Where both orders do, it is c's.
func (c *Compat) place(text string, leaf CellID) (p LatLng, latitudeFirst bool, err error) {
	x, y, err := parseCoordinates(text)
	if err != nil {
		return LatLng{}, false, err
	}
	for _, latitudeFirst := range []bool{c.LatitudeFirst, !c.LatitudeFirst} {
		p := LatLng{Lat: y, Lng: x}
		if latitudeFirst {
			p = LatLng{Lat: x, Lng: y}
		}
		if p.Validate() == nil && leaf.meets(p) {
			return p, latitudeFirst, nil
		}
	}
	return LatLng{}, false, fmt.Errorf("%q does not lie in cell %s in either order", text, leaf)
}
