package askaround

import (
	"fmt"
	"strconv"
)

// HalfStars is a rating in half stars, 0 to MaxHalfStars: 9 is 4.5 stars.
type HalfStars uint8

// MaxHalfStars is five stars.
const MaxHalfStars = 10

// ParseStars returns the rating of stars, which is 0, 0.5, 1, ... 5. Others, NaN
// included, are an [ErrInvalid] with the pointer /stars.
func ParseStars(stars float64) (HalfStars, error) {
	half := stars * 2
	if !(half >= 0 && half <= MaxHalfStars) || half != float64(int(half)) {
		return 0, &ValidationError{Fields: []FieldError{{"/stars", fmt.Sprintf("%v is not a rating: use 0 to 5 in steps of 0.5", stars)}}}
	}
	return HalfStars(half), nil
}

// Stars returns the rating in stars, exactly.
func (h HalfStars) Stars() float64 { return float64(h) / 2 }

// String returns the rating in stars: "4.5".
func (h HalfStars) String() string { return strconv.FormatFloat(h.Stars(), 'g', -1, 64) }
