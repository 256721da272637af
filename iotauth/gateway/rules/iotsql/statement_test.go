package iotsql

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const noResult = "(WHERE is not met)"

// outgoing returns the payload that a statement makes, or what became of it instead.
func outgoing(t testing.TB, version Version, sql, payload string) string {
	t.Helper()
	s, err := Parse(sql, version)
	if err != nil {
		return err.Error()
	}
	r, err := s.Evaluate(testMessage(payload))
	switch {
	case err != nil:
		return err.Error()
	case r == nil:
		return noResult
	}
	return string(r.Payload)
}

const (
	red    = `{"color":"red", "temperature":50}`
	sensor = `{"deviceid": "iot123", "temp": 54.98, "humidity": 32.43, "coords": {"latitude": 47.615694, "longitude": -122.3359976}}`
	senML  = `{"e": [{"n": "temperature", "u": "Cel", "t": 1234, "v": 22.5}, {"n": "light", "u": "lm", "t": 1235, "v": 135}, {"n": "acidity", "u": "pH", "t": 1235, "v": 7}]}`
	enrich = `{"attributes": {"data1": 1, "data2": 2}, "values": [{"a": 3}, {"b": 4}, {"c": 5}]}`
	nested = `{"data1": "example", "data2": {"a": "first attribute", "b": "second attribute", "c": [{"x": {"someInt": 5, "someString": "hello"}, "y": true}, {"x": {"someInt": 10, "someString": "world"}, "y": false}]}}`
	noJSON = "\x00\xff\x01no JSON"
)

func TestStatements(t *testing.T) {
	for _, row := range []struct {
		reason, sql, payload, want string
	}{
		{"* is the payload as it came", `SELECT * FROM 'topic/subtopic'`, red, red},
		{"* of bytes that are no JSON", `SELECT * FROM 'topic/subtopic'`, noJSON, noJSON},
		{"* of nothing", `SELECT * FROM 'topic/subtopic'`, ``, ``},
		{"VALUE * is the same", `SELECT VALUE * FROM 'a'`, noJSON, noJSON},
		{"an attribute", `SELECT color FROM 'topic/subtopic'`, red, `{"color":"red"}`},
		{"AS", `SELECT color AS my_color FROM 'topic/subtopic'`, red, `{"my_color":"red"}`},
		{"items, keywords in any case", `select color as my_color, temperature As fahrenheit from 'topic/subtopic'`, red, `{"my_color":"red","fahrenheit":50}`},
		{"* and an item", `SELECT *, 15 as speed FROM 'topic/subtopic'`, red, `{"color":"red","temperature":50,"speed":15}`},
		{"an item that replaces one of *", `SELECT *, 'blue' AS color FROM 'a'`, red, `{"color":"blue","temperature":50}`},
		{"an Undefined item takes nothing away", `SELECT *, nothing AS color FROM 'a'`, red, `{"color":"red","temperature":50}`},
		{"VALUE of a string", `SELECT VALUE color FROM 'topic/subtopic'`, red, `"red"`},
		{"VALUE of an array", `SELECT VALUE arr FROM 'topic'`, `{"a": {"b":"c"}, "arr":[1,2,3,4]}`, `[1,2,3,4]`},
		{"VALUE that is Undefined", `SELECT VALUE nothing FROM 'topic'`, red, ``},
		{"a path", `SELECT color.red as red_value FROM 'topic/subtopic'`, `{"color":{"red":255,"green":0,"blue":0}, "temperature":50}`, `{"red_value":255}`},
		{"a path without AS has its last name", `SELECT color.red FROM 'a'`, `{"color":{"red":255}}`, `{"red":255}`},
		{"a function without AS has its name, as written", `SELECT topic(1), Upper(color), cast(temperature AS String) FROM 'a'`, red, `{"topic":"things","Upper":"RED","cast":"50"}`},
		{"AS with a path makes an object", `SELECT foo.bar AS bar.baz FROM 'topic/subtopic'`, `{"foo": {"bar": "RED", "bar1": "GREEN"}}`, `{"bar":{"baz":"RED"}}`},
		{"AS with paths makes one object", `SELECT a AS o.a, b AS o.b FROM 'a'`, `{"a": 1, "b": 2}`, `{"o":{"a":1,"b":2}}`},
		{"AS with a path does not change the payload", `SELECT *, 1 AS o.new, o AS copy FROM 'a'`, `{"o": {"a": 1}}`, `{"o":{"a":1,"new":1},"copy":{"a":1}}`},
		{"transform does not change the payload", `SELECT transform('enrichArray', {'k': 1}, a) AS t, a FROM 'a'`, `{"a": [{"x": 1}]}`, `{"t":[{"x":1,"k":1}],"a":[{"x":1}]}`},
		{"functions and parentheses", `SELECT (temperature - 32) * 5 / 9 AS celsius, upper(color) as my_color FROM 'topic/subtopic'`, red, `{"celsius":10,"my_color":"RED"}`},
		{"Undefined is left out", `SELECT color, nothing FROM 'a'`, red, `{"color":"red"}`},
		{"NULL as a value", `SELECT NULL AS n FROM 'topic/subtopic'`, red, `{"n":null}`},
		{"a payload that is an array", `SELECT VALUE get(*, 1) FROM 'a'`, `[1,2,3]`, `2`},
		{"an attribute named value", `SELECT value FROM 'a'`, `{"value": 1}`, `{"value":1}`},
		{"an attribute named value, renamed", `SELECT value AS v, value[0] AS w FROM 'a'`, `{"value": [5]}`, `{"v":[5],"w":5}`},

		{"WHERE that is met", `SELECT color AS rgb FROM 'topic/subtopic' WHERE temperature > 50`, `{"color":"red","temperature":100}`, `{"rgb":"red"}`},
		{"WHERE that is not", `SELECT color AS my_color FROM 'topic/subtopic' WHERE temperature > 50 AND color <> 'red'`, `{"color":"red", "temperature":40}`, noResult},
		{"WHERE sees no aliases", `SELECT color AS c FROM 'a' WHERE c = 'red'`, red, noResult},
		{"WHERE that is Undefined", `SELECT * FROM 'a' WHERE nothing = 1`, red, noResult},
		{"WHERE of bytes that are no JSON", `SELECT * FROM 'topic/subtopic' WHERE device_type = 'thermostat'`, noJSON, noResult},
		{"WHERE without the payload", `SELECT * FROM 'topic/subtopic' WHERE timestamp() % 12 = 3`, noJSON, noJSON},
		{"WHERE of the message", `SELECT * FROM 'a' WHERE topic(2) = 'myThings' AND clientid() = 'sensor-7'`, red, red},
		{"get of a name with a hyphen", `SELECT * from 'iot/rules' WHERE get(get(get(mydata,"item2"),"0"),"my-key") = "myValue"`,
			`{"mydata":{"item2":{"0":{"my-key":"myValue"}}}}`, `{"mydata":{"item2":{"0":{"my-key":"myValue"}}}}`},

		{"encode of bytes that are no JSON", `SELECT encode(*, 'base64') AS data, timestamp() AS ts FROM 'topic/subtopic'`, "\x00\xff", `{"data":"AP8=","ts":1481825251155}`},
		{"decode of encode makes a value", `SELECT decode(encode(*, 'base64'), 'base64') AS value FROM 'topic/subtopic' WHERE decode(encode(*, 'base64'), 'base64') > 50`, `80`, `{"value":80}`},
		{"decode of encode of a text", `SELECT decode(encode(*, 'base64'), 'base64') AS payload FROM 'topic'`, `hello`, `{"payload":"hello"}`},
		{"items can be added to nothing", `SELECT *, principal() as principal, timestamp() as time FROM 'topic/subtopic'`, ``, `{"principal":"ba67293a","time":1481825251155}`},
		{"items cannot be added to bytes", `SELECT *, principal() as principal FROM 'topic/subtopic'`, noJSON,
			`iotsql: the payload does not fit the statement: it is no JSON, and * is not alone; encode(*, 'base64') takes any bytes`},
		{"items cannot be added to an array", `SELECT *, 1 AS a FROM 'a'`, `[1]`, `iotsql: the payload does not fit the statement: it is no object that other items could be added to`},
		{"* with a name", `SELECT * AS message FROM 'some/topic'`, red, `{"message":{"color":"red","temperature":50}}`},
		{"an attribute of what is no JSON", `SELECT color FROM 'a'`, noJSON, `{}`},

		{"a hash", `SELECT temp, md5(deviceid) AS hashed_id FROM 'topic/#'`, sensor, `{"temp":54.98,"hashed_id":"e37f81fb397e595c4aeb5645b8cbbbd1"}`},
		{"the literal page's array", `SELECT [lat,long] as lat_long FROM 'topic/subtopic'`, `{"lat": 47.696, "long": -122.332}`, `{"lat_long":[47.696,-122.332]}`},
		{"CASE", "SELECT CASE color\n WHEN 'green' THEN 'go'\n WHEN 'yellow' THEN 'caution'\n ELSE 'x' END as instructions\n FROM 'topic/subtopic'", `{"color":"yellow"}`, `{"instructions":"caution"}`},
		{"the DynamoDB tutorial", `SELECT temperature, humidity, wind.velocity as wind_velocity FROM 'device/+/data'`, `{"temperature": 28, "humidity": 80, "wind": {"velocity": 22, "bearing": 255}}`, `{"temperature":28,"humidity":80,"wind_velocity":22}`},
		{"the republish tutorial", `SELECT topic(2) as device_id, temperature FROM 'device/+/data'`, `{"temperature": 28}`, `{"device_id":"myThings","temperature":28}`},

		{"a nested query of values", `SELECT (SELECT VALUE n FROM e) as sensors FROM 'my/topic'`, senML, `{"sensors":["temperature","light","acidity"]}`},
		{"a nested query of objects", `SELECT (SELECT v FROM e WHERE n = 'temperature') as temperature FROM 'my/topic'`, senML, `{"temperature":[{"v":22.5}]}`},
		{"a nested query made flat", `SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'topic'`, senML, `{"temperature":22.5}`},
		{"a nested query of an object", `SELECT (SELECT a, b FROM data2) AS o FROM 'a'`, nested, `{"o":{"a":"first attribute","b":"second attribute"}}`},
		{"a nested query that finds nothing", `SELECT (SELECT VALUE n FROM e WHERE v > 1000) AS o FROM 'a'`, senML, `{"o":[]}`},
		{"a nested query from what is no collection", `SELECT (SELECT VALUE n FROM color) AS o, color FROM 'a'`, red, `{"color":"red"}`},
		{"a nested query that hands on its rows", `SELECT VALUE (SELECT * FROM e WHERE u = 'lm') FROM 'a'`, senML, `[{"n":"light","u":"lm","t":1235,"v":135}]`},
		{"nested queries in one another", `SELECT VALUE (SELECT VALUE (SELECT VALUE y FROM x) FROM a) FROM 'a'`, `{"a":[{"x":[{"y":1},{"y":2}]},{"x":[]}]}`, `[[1,2],[]]`},
		{"transform", `select value transform("enrichArray", attributes, values) from 'A/B'`, enrich, `[{"a":3,"data1":1,"data2":2},{"b":4,"data1":1,"data2":2},{"c":5,"data1":1,"data2":2}]`},
		{"transform with a literal", `select value transform("enrichArray", {"key": attributes.data1}, values) from 'A/B'`, enrich, `[{"a":3,"key":1},{"b":4,"key":1},{"c":5,"key":1}]`},
		{"transform with nested queries", `select value transform('enrichArray', (select a, b from data2), (select value c from data2)) from 'A/B'`, nested,
			`[{"x":{"someInt":5,"someString":"hello"},"y":true,"a":"first attribute","b":"second attribute"},{"x":{"someInt":10,"someString":"world"},"y":false,"a":"first attribute","b":"second attribute"}]`},

		{"SET", `SET @c = (t - 32) * 5.0 / 9 SELECT @c AS celsius, humidity FROM 'device/data'`, `{"t": 77, "humidity": 60}`, `{"celsius":25,"humidity":60}`},
		{"SET of an object", `SET @s = device1.deviceData.sensors SELECT @s.temp AS temp, @s.humidity FROM 'a'`, `{"device1":{"deviceData":{"sensors":{"temp": 75, "humidity": 60}}}}`, `{"temp":75,"humidity":60}`},
		{"SET of more, in WHERE and in a nested query", `SET @low = 100, @high = @low + 1 SELECT VALUE (SELECT VALUE n FROM e WHERE v > @high) FROM 'a' WHERE @low = 100`, senML, `["light"]`},
		{"without FROM, for Basic Ingest", `SELECT color WHERE temperature = 50`, red, `{"color":"red"}`},
	} {
		if got := outgoing(t, V2016, row.sql, row.payload); got != row.want {
			t.Errorf("%s: %s\n got %s\nwant %s", row.reason, row.sql, got, row.want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, row := range []struct {
		reason  string
		version Version
		sql     string
		want    string
	}{
		{"nothing", V2016, ``, `iotsql: 1:1: the end, where SELECT is expected`},
		{"no item", V2016, `SELECT FROM 'a'`, `iotsql: 1:8: "FROM", where an expression is expected`},
		{"a comma too many", V2016, `SELECT a, FROM 'a'`, `iotsql: 1:11: "FROM", where an expression is expected`},
		{"the line and the column", V2016, "SELECT a\n  FRUM 'a'", `iotsql: 2:3: "FRUM", where the end is expected`},
		{"a filter without quotes", V2016, `SELECT * FROM topic/#`, `iotsql: 1:15: "topic", where a topic filter in single quotes is expected`},
		{"a filter in double quotes", V2016, `SELECT * FROM "a"`, `iotsql: 1:15: "\"a\"", where a topic filter in single quotes is expected`},
		{"an empty filter", V2016, `SELECT * FROM ''`, `iotsql: 1:15: the topic filter is empty`},
		{"a wildcard in a level", V2016, `SELECT * FROM 'a+/b'`, `iotsql: 1:15: the topic filter has a wildcard that is not the whole of its level`},
		{"a # that is not last", V2016, `SELECT * FROM 'a/#/b'`, `iotsql: 1:15: the topic filter has a # that is not its last level`},
		{"a shared subscription", V2016, `SELECT * FROM '$share/g/a'`, `iotsql: 1:15: the topic filter is that of a shared subscription, which a rule has not`},
		{"Basic Ingest", V2016, `SELECT * FROM '$aws/rules/r/a'`, `iotsql: 1:15: the topic filter is that of Basic Ingest, which a rule gets by its name`},
		{"an item without a name", V2016, `SELECT 1 + topic(1) FROM 'a'`, `iotsql: 1:8: the item needs a name: write AS and one`},
		{"an unknown function", V2016, `SELECT foo(1) AS x FROM 'a'`, `iotsql: 1:8: AWS IoT SQL has no function foo()`},
		{"a function of a later version", V2015, `SELECT length('a') AS x FROM 'a'`, `iotsql: 1:8: length() needs awsIotSqlVersion 2016-03-23; this is 2015-10-08`},
		{"an array of a later version", V2015, `SELECT [1] AS x FROM 'a'`, `iotsql: 1:8: the literal of an array needs awsIotSqlVersion 2016-03-23; this is 2015-10-08`},
		{"an object of a later version", V2015, `SELECT {} AS x FROM 'a'`, `iotsql: 1:8: the literal of an object needs awsIotSqlVersion 2016-03-23; this is 2015-10-08`},
		{"a nested query of a later version", V2015, `SELECT (SELECT a FROM b) AS x FROM 'a'`, `iotsql: 1:9: a nested query needs awsIotSqlVersion 2016-03-23; this is 2015-10-08`},
		{"a cast of a later version", V2015, `SELECT cast(a AS Bool) AS x FROM 'a'`, `iotsql: 1:18: cast to Bool needs awsIotSqlVersion 2016-03-23; this is 2015-10-08`},
		{"a cast to no type", V2016, `SELECT cast(a AS Float) AS x FROM 'a'`, `iotsql: 1:18: "Float", where a type: String, Int, Decimal, Double or Boolean is expected`},
		{"!=", V2016, `SELECT * FROM 'a' WHERE a != 1`, `iotsql: 1:27: write <> for inequality`},
		{"||", V2016, `SELECT a || b AS c FROM 'a'`, `iotsql: 1:10: write + or concat() to join strings`},
		{"a semicolon", V2016, `SELECT * FROM 'a';`, `iotsql: 1:18: a rule has one statement, without a semicolon`},
		{"a name with a hyphen and digits behind a point", V2016, `SELECT a.0 AS x FROM 'a'`, `iotsql: 1:10: "0", where the name of a member; one that is no plain name is read by get(…, 'name') is expected`},
		{"a string without an end", V2016, `SELECT 'a AS x`, `iotsql: 1:8: the string has no end`},
		{"* in an expression", V2016, `SELECT 1 + * AS x FROM 'a'`, `iotsql: 1:12: * stands alone in SELECT, or as an argument of a function`},
		{"VALUE of two", V2016, `SELECT VALUE a, b FROM 'a'`, `iotsql: 1:17: SELECT VALUE has one item`},
		{"CASE without WHEN", V2016, `SELECT CASE a ELSE 1 END AS x FROM 'a'`, `iotsql: 1:15: "ELSE", where WHEN is expected`},
		{"CASE without a value", V2016, `SELECT CASE WHEN a THEN 1 END AS x FROM 'a'`, `iotsql: 1:13: CASE is followed by the value that WHEN is compared with`},
		{"a variable that is not set", V2016, `SELECT @a AS x FROM 'a'`, `iotsql: 1:8: there is no variable @a before this: SET @a = … makes one`},
		{"a variable in its own expression", V2016, `SET @a = @a SELECT 1 AS x FROM 'a'`, `iotsql: 1:10: there is no variable @a before this: SET @a = … makes one`},
		{"a variable that is set twice", V2016, `SET @a = 1, @a = 2 SELECT 1 AS x FROM 'a'`, `iotsql: 1:13: @a is set twice`},
		{"a nested query from a topic", V2016, `SELECT (SELECT a FROM 'b') AS x FROM 'a'`, `iotsql: 1:23: a nested query selects from an attribute, without quotes`},
		{"a scheme that is not there", V2016, `SELECT encode(*, 'hex') AS x FROM 'a'`, `iotsql: 1:8: encode(): argument 2 is one of the literals base64`},
		{"a property that is none", V2016, `SELECT get_mqtt_property('topic') AS x FROM 'a'`, `iotsql: 1:8: get_mqtt_property(): argument 1 is one of the literals content_type, format_indicator, response_topic, correlation_data`},
		{"a look-ahead, which RE2 has not", V2016, `SELECT regexp_matches(a, 'x(?=y)') AS x FROM 'a'`, "iotsql: 1:8: regexp_matches(): error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
		{"an expression that repeats too much", V2016, `SELECT regexp_matches(a, '(abcde){900}') AS x FROM 'a'`, `iotsql: 1:8: regexp_matches(): the expression repeats too much`},
		{"a letter of time that is not there", V2016, `SELECT parse_time('yyyy-xx', 0) AS x FROM 'a'`, `iotsql: 1:8: parse_time(): the pattern has the letter x, of which there are here only GYyEDMdaKhHkmsSzZ`},
		{"nesting", V2016, `SELECT ` + strings.Repeat("(", 101) + `1`, `iotsql: 1:108: the expression nests deeper than 100`},
	} {
		_, err := Parse(row.sql, row.version)
		if err == nil {
			t.Errorf("%s: %s parses", row.reason, row.sql)
			continue
		}
		if diff := cmp.Diff(row.want, err.Error()); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", row.reason, row.sql, diff)
		}
	}
}

// TestUnsupportedFunctions: what AWS IoT documents and this package has not is refused by
// its name.
func TestUnsupportedFunctions(t *testing.T) {
	for name := range elsewhere {
		_, err := Parse("SELECT "+name+"('a') AS x FROM 'a'", V2016)
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), name+"() is not supported here") {
			t.Errorf("%s(): %v", name, err)
		}
		if functions[name] != nil {
			t.Errorf("%s() is here and elsewhere", name)
		}
	}
	var syntax *SyntaxError
	if _, err := Parse("SELECT get_secret('a') AS x", V2016); !errors.As(err, &syntax) || syntax.Offset != 7 {
		t.Errorf("the error is %v, at %+v", err, syntax)
	}
}

func TestVersion(t *testing.T) {
	for s, want := range map[string]Version{"": V2015, "2015-10-08": V2015, "2016-03-23": V2016, "beta": Beta} {
		if got, err := ParseVersion(s); err != nil || got != want {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
	if _, err := ParseVersion("2017-01-01"); err == nil {
		t.Error("there is a version 2017-01-01")
	}
}

// TestArray2015: an array as the outgoing payload came with the second version.
func TestArray2015(t *testing.T) {
	const want = "iotsql: the payload does not fit the statement: an array as the outgoing payload needs awsIotSqlVersion 2016-03-23"
	if got := outgoing(t, V2015, "SELECT VALUE a FROM 'a'", `{"a":[1]}`); got != want {
		t.Error(got)
	}
}

func TestTemplates(t *testing.T) {
	s, err := Parse("SET @room = upper(room) SELECT temp AS t FROM 'a'", V2016)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Evaluate(testMessage(`{"temp": 54.98, "room": "attic", "n": null, "o": {"a": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ reason, text, want string }{
		{"no substitution", "my_table", "my_table"},
		{"nothing", "", ""},
		{"a function", "${topic()}/republish", "things/myThings/thingOne/republish"},
		{"more than one", "${topic(1)}-${room}-${temp}", "things-attic-54.98"},
		{"the guide's key", "${replace(topic(), '/', '-') + '-' + timestamp()}", "things-myThings-thingOne-1481825251155"},
		{"a cast", "${cast(topic(2) AS DECIMAL)}", ""},
		{"braces in the expression", "${ {'a': {'b': 1}}.a.b }", "1"},
		{"a brace in a string", "${concat('}', room)}", "}attic"},
		{"an object is its JSON", "${o}", `{"a":1}`},
		{"no alias", "${t}", ""},
		{"a variable", "${@room}", "ATTIC"},
		{"Null and Undefined are empty", "[${n}${nothing}]", "[]"},
		{"a dollar alone", "$$aws/things/$x", "$$aws/things/$x"},
		{"the time", "${parse_time('yyyy', timestamp(), 'UTC')}", "2016"},
	} {
		template, err := ParseTemplate(row.text, s)
		if err != nil {
			t.Errorf("%s: %v", row.reason, err)
			continue
		}
		if got, err := template.Expand(r); err != nil || got != row.want {
			t.Errorf("%s: %s is %q, %v; want %q", row.reason, row.text, got, err, row.want)
		}
		if again, err := ParseTemplate(template.String(), s); err != nil || again.String() != template.String() {
			t.Errorf("%s: %s is written as %s, which is %v", row.reason, row.text, template, err)
		}
	}
	for _, row := range []struct{ text, want string }{
		{"a${", `iotsql: 1:4: the end, where an expression is expected`},
		{"${topic()", `iotsql: 1:10: the end, where } is expected`},
		{"${a b}", `iotsql: 1:5: "b", where } is expected`},
		{"x${get_secret('a')}", `iotsql: 1:4: get_secret() is not supported here: there is no Secrets Manager`},
		{"${@none}", `iotsql: 1:3: there is no variable @none before this: SET @none = … makes one`},
	} {
		if _, err := ParseTemplate(row.text, s); err == nil || err.Error() != row.want {
			t.Errorf("%s: %v, want %s", row.text, err, row.want)
		}
	}
}
