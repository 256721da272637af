package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// numberCases put a number and read it back in the form that DynamoDB gives it, or see
// it refused.
func numberCases() (cases []testCase) {
	nines := strings.Repeat("9", 38)
	for _, row := range []struct{ why, in, out string }{
		{"zero", "0", "0"},
		{"minus zero", "-0.0", "0"},
		{"leading zeros and a plus", "+007", "7"},
		{"trailing zeros", "1.500", "1.5"},
		{"an exponent", "1.2e3", "1200"},
		{"a negative exponent", "12E-3", "0.012"},
		{"no digit before the point", ".5", "0.5"},
		{"38 digits", nines, nines},
		{"38 digits behind the point", "-0." + nines, "-0." + nines},
		{"more digits that are zeros", "1" + strings.Repeat("0", 40), "1" + strings.Repeat("0", 40)},
		{"the largest", nines + "e88", nines + strings.Repeat("0", 88)},
		{"the smallest", "1e-130", "0." + strings.Repeat("0", 129) + "1"},
	} {
		cases = append(cases, testCase{row.why, func(s *scene) {
			name := s.table(plainTable)
			s.put(name, item{"pk": "x", "v": num(row.in)})
			s.want(row.in, s.get(name, item{"pk": "x"})["v"], any(num(row.out)))
		}})
	}
	for _, row := range []struct{ why, in, words string }{
		{"39 digits", nines + "9", "Attempting to store more than 38 significant digits in a Number"},
		{"too large", "1e126", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"too small", "1e-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range"},
		{"words", "ten", "The parameter cannot be converted to a numeric value: ten"},
		{"infinity", "Infinity", "The parameter cannot be converted to a numeric value: Infinity"},
	} {
		cases = append(cases, testCase{"refused: " + row.why, func(s *scene) {
			name := s.table(plainTable)
			_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x", "v": num(row.in)})})
			s.invalid(row.in, err, row.words)
		}})
	}
	return append(cases, testCase{"numbers are ordered by value, to the last digit", ordersNumbers},
		testCase{"sums are exact", addsExactly})
}

func ordersNumbers(s *scene) {
	name := s.table(schema{key: "pk:S sk:N"})
	order := []string{"-1e20", "-10", "-9.5", "-9", "-0.001", "0", "1e-100", "0.5", "2", "10", "9223372036854775807", "9223372036854775808", "1e30"}
	for i := range order {
		s.put(name, item{"pk": "p", "sk": num(order[(i*5)%len(order)])})
	}
	out, err := s.db.Query(s.ctx, &dynamodb.QueryInput{TableName: &name, KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: attributes(item{":p": "p"})})
	s.must(err)
	var want []item
	for _, n := range order {
		i := s.get(name, item{"pk": "p", "sk": num(n)})
		want = append(want, i)
	}
	s.wantItems("order", out.Items, want...)
}

func addsExactly(s *scene) {
	name := s.table(plainTable)
	for _, row := range []struct{ a, b, sum string }{
		{"0.1", "0.2", "0.3"},
		{"9223372036854775807", "2", "9223372036854775809"},
		{"1e37", "1", "10000000000000000000000000000000000001"},
		{"5", "-5.00", "0"},
	} {
		s.put(name, item{"pk": row.a, "v": num(row.a)})
		_, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": row.a}),
			UpdateExpression: aws.String("SET w = v + :b ADD v :b"), ExpressionAttributeValues: attributes(item{":b": num(row.b)})})
		s.must(err)
		s.want(row.a+" + "+row.b, s.get(name, item{"pk": row.a}), item{"pk": row.a, "v": num(row.sum), "w": num(row.sum)})
	}
}
