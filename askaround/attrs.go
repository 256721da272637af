package askaround

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is a DynamoDB item.
type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// place writes a location so that it reads back exactly. It is text, because the
// smallest numbers of float64 are below what a DynamoDB number can hold.
func place(l Location) types.AttributeValue {
	return str(strconv.FormatFloat(l.Lat, 'g', -1, 64) + "," + strconv.FormatFloat(l.Lng, 'g', -1, 64))
}

// attrs reads the attributes of an item and remembers the first that is not as it
// should be. Its methods return zero values from then on.
type attrs struct {
	item item
	err  error
}

func (a *attrs) fail(name, want string) {
	if a.err == nil {
		a.err = fmt.Errorf("attribute %s is not %s", name, want)
	}
}

func (a *attrs) text(name string) string {
	v, ok := a.item[name].(*types.AttributeValueMemberS)
	if !ok {
		a.fail(name, "a string")
		return ""
	}
	return v.Value
}

// optional returns "" for an attribute that is absent.
func (a *attrs) optional(name string) string {
	if a.item[name] == nil {
		return ""
	}
	return a.text(name)
}

func (a *attrs) integer(name string) int64 {
	n, ok := integerOf(a.item[name])
	if !ok {
		a.fail(name, "an integer")
	}
	return n
}

// count returns 0 for an attribute that is absent.
func (a *attrs) count(name string) int64 {
	if a.item[name] == nil {
		return 0
	}
	return a.integer(name)
}

func (a *attrs) float(name string) float64 {
	v, ok := a.item[name].(*types.AttributeValueMemberN)
	if !ok {
		a.fail(name, "a number")
		return 0
	}
	f, err := strconv.ParseFloat(v.Value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		a.fail(name, "a number")
		return 0
	}
	return f
}

func (a *attrs) place(name string) Location {
	lat, lng, found := strings.Cut(a.text(name), ",")
	l := Location{}
	var errLat, errLng error
	l.Lat, errLat = strconv.ParseFloat(lat, 64)
	l.Lng, errLng = strconv.ParseFloat(lng, 64)
	if !found || errLat != nil || errLng != nil || l.LatLng().Validate() != nil {
		a.fail(name, "a location")
		return Location{}
	}
	return l
}

func (a *attrs) document(name string) item {
	v, ok := a.item[name].(*types.AttributeValueMemberM)
	if !ok {
		a.fail(name, "a map")
		return nil
	}
	return v.Value
}

func integerOf(v types.AttributeValue) (int64, bool) {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	return i, err == nil
}

// fromStream converts an image of a stream record. nil stays nil.
func fromStream(image map[string]events.DynamoDBAttributeValue) (out item, err error) {
	if image == nil {
		return nil, nil
	}
	// The accessors of the events package panic on a value that was never set.
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("image: %v", r)
		}
	}()
	return fromStreamMap(image), nil
}

func fromStreamMap(image map[string]events.DynamoDBAttributeValue) item {
	out := make(item, len(image))
	for name, v := range image {
		out[name] = fromStreamValue(v)
	}
	return out
}

func fromStreamValue(v events.DynamoDBAttributeValue) types.AttributeValue {
	switch v.DataType() {
	case events.DataTypeString:
		return str(v.String())
	case events.DataTypeNumber:
		return &types.AttributeValueMemberN{Value: v.Number()}
	case events.DataTypeBinary:
		return &types.AttributeValueMemberB{Value: v.Binary()}
	case events.DataTypeBoolean:
		return &types.AttributeValueMemberBOOL{Value: v.Boolean()}
	case events.DataTypeNull:
		return &types.AttributeValueMemberNULL{Value: true}
	case events.DataTypeStringSet:
		return &types.AttributeValueMemberSS{Value: v.StringSet()}
	case events.DataTypeNumberSet:
		return &types.AttributeValueMemberNS{Value: v.NumberSet()}
	case events.DataTypeBinarySet:
		return &types.AttributeValueMemberBS{Value: v.BinarySet()}
	case events.DataTypeMap:
		return &types.AttributeValueMemberM{Value: fromStreamMap(v.Map())}
	case events.DataTypeList:
		list := make([]types.AttributeValue, len(v.List()))
		for i, e := range v.List() {
			list[i] = fromStreamValue(e)
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	panic(fmt.Sprintf("unknown data type %v", v.DataType()))
}
