// Package geohash is Gustavo Niemeyer's geohash: places on Earth as text in base 32,
// where a longer text is a smaller cell and a prefix is a cell that contains it.
//
//	h, err := geohash.Encode(57.64911, 10.40744, 11)
//	fmt.Println(h, h.Parent(5)) // u4pruydqqvj u4pru
//
// # Cells
//
// The Earth is a rectangle of longitude by latitude, halved 5 times a character, in
// longitude first: 8 by 4 cells of one character, each of 4 by 8 (odd lengths: 8 by 4)
// smaller ones. A cell contains its southern and western edges, as geohash.org has it;
// implementations that compare with > instead of >= differ on the edges, and only there.
// The last row contains the north pole too, the last column longitude 180: longitude 180
// and -180 are one place in two spellings, which lie in neighbouring cells.
//
// Sizes at the equator, [Size] in degrees:
//
//	1   5,004 km × 5,004 km     7   153 m  × 153 m
//	2   1,251 km × 625 km       8   38 m   × 19 m
//	3   156 km   × 156 km       9   4.8 m  × 4.8 m
//	4   39 km    × 20 km        10  1.2 m  × 0.6 m
//	5   4.9 km   × 4.9 km       11  15 cm  × 15 cm
//	6   1.2 km   × 0.6 km       12  3.7 cm × 1.9 cm
//
// Width shrinks with the cosine of the latitude, and to nothing at the poles. That is why
// package geoindex itself uses S2; this one serves those who have geohashes already.
//
// # A search with nine cells
//
// A cell and its 8 neighbours hold every disc around a place in the cell whose radius
// is not larger than the cell: [RadiusPrecision] tells the longest hash for which that
// is so. It is not so near a pole, at any length.
//
// Nothing here does I/O; every function is safe for concurrent use.
package geohash
