package conformance

import "testing"

// exceptions tell by engine why it fails a case.
type exceptions map[string]exception

// exception is what a peer does instead, and the page of AWS's documentation by which
// that is wrong.
type exception struct{ does, page string }

// Where AWS's documentation is.
const (
	guide     = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
	reference = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"
)

// disagreements are by group and name of the case.
var disagreements = map[string]exceptions{
	"refused schemas/a stream of an unknown view": {dynoxide: {"accepts it", reference + "API_StreamSpecification.html"}},
	"tables/an added index is filled from the table": {
		dynoxide: {"puts an item whose key has another type into the index", guide + "GSI.OnlineOps.html"},
		ddbLocal: {"puts an item whose key has another type into the index", guide + "GSI.OnlineOps.html"}},
	"refused projections/a reserved word":           {ddbLocal: {"takes size for a name", guide + "ReservedWords.html"}},
	"numbers/sums are exact":                        {ddbLocal: {"keeps the zeros behind a sum: 0.00", guide + "HowItWorks.NamingRulesDataTypes.html"}},
	"updates/SET far behind a list's end appends":   {dynoxide: {"fills the gap with nulls", guide + "Expressions.UpdateExpressions.html"}},
	"updates/REMOVE elements by their old places":   {dynoxide: {"removes one element before it looks for the next", guide + "Expressions.UpdateExpressions.html"}},
	"updates/ADD to a set of numbers":               {dynoxide: {"takes 2 and 2.0 for two elements, then for one", guide + "HowItWorks.NamingRulesDataTypes.html"}},
	"updates/refused: an index key of another type": {ddbLocal: {"accepts it", guide + "GSI.html"}},
	"update returns/the five modes": {
		dynoxide: {"returns a whole list where one element was updated", reference + "API_UpdateItem.html"},
		ddbLocal: {"returns a whole map or list where one path was updated", reference + "API_UpdateItem.html"}},
	"update returns/the old values of a new item are none":                  {dynoxide: {"returns the key as the old item", reference + "API_UpdateItem.html"}},
	"conditions/refused: a reserved word":                                   {ddbLocal: {"takes size for a name", guide + "ReservedWords.html"}},
	"conditions/refused: an unknown type":                                   {dynoxide: {"evaluates it", guide + "Expressions.OperatorsAndFunctions.html"}},
	"conditions/refused: an undefined value":                                {dynoxide: {"accepts a filter with it as long as there is no item", guide + "Expressions.ExpressionAttributeValues.html"}},
	"conditions/refused: bounds in the wrong order":                         {dynoxide: {"accepts a filter with them as long as there is no item", guide + "Expressions.OperatorsAndFunctions.html"}},
	"conditions/refused: an operand compared with itself":                   {dynoxide: {"evaluates it", guide + "Expressions.OperatorsAndFunctions.html"}},
	"query rules/what each index holds, and what Select takes":              {dynoxide: {"does not fetch from the table what a local index does not project", guide + "LSI.html"}},
	"refused queries/a key of another type":                                 {dynoxide: {"finds nothing", guide + "Query.KeyConditionExpressions.html"}},
	"refused queries/an empty key":                                          {dynoxide: {"finds nothing", guide + "HowItWorks.NamingRulesDataTypes.html"}},
	"refused queries/what a global index does not hold":                     {dynoxide: {"returns the item without it", guide + "GSI.html"}},
	"refused queries/a start in another partition":                          {dynoxide: {"starts there", reference + "API_Query.html"}},
	"refused transactions/two actions in one item":                          {dynoxide: {"does one of them", reference + "API_TransactWriteItem.html"}},
	"refused transactions/a wrong expression":                               {dynoxide: {"makes a cancellation of it", reference + "API_TransactWriteItems.html"}},
	"transactions/what is wrong with an item is a reason":                   {ddbLocal: {"refuses the request instead", reference + "API_TransactWriteItems.html"}},
	"transactions/a transaction reads its items in order":                   {dynoxide: {"adds the key to a projection", reference + "API_Get.html"}},
	"capacity/a local index that fetches from the table":                    {dynoxide: {"does not round each fetch", guide + "LSI.html"}},
	"capacity/a query of nothing":                                           {ddbLocal: {"accounts nothing", guide + "read-write-operations.html"}},
	"capacity/a batch of writes":                                            {ddbLocal: {"accounts four units for three small writes", guide + "read-write-operations.html"}},
	"capacity/a batch of reads rounds each item":                            {ddbLocal: {"accounts nothing for an item that is not there", reference + "API_BatchGetItem.html"}},
	"streams/a write that changes nothing is not streamed":                  {dynoxide: {"streams a MODIFY", guide + "Streams.html"}},
	"streams/sequence numbers have 21 to 40 digits":                         {dynoxide: {"counts from 1", reference + "API_streams_StreamRecord.html"}},
	"streams/streams are listed and described":                              {dynoxide: {"tells no key schema, and an end of an open shard", reference + "API_streams_StreamDescription.html"}},
	"streams/a stream is switched off and on":                               {dynoxide: {"goes on with the old stream's records", guide + "Streams.html"}},
	"streams/a stream that is on is not switched on":                        {dynoxide: {"accepts it", reference + "API_UpdateTable.html"}},
	"streams/streams and shards that do not exist are not found":            {dynoxide: {"describes an empty stream", reference + "API_streams_DescribeStream.html"}},
	"settings/time to live that is on is not switched on, nor off when off": {dynoxide: {"accepts it", reference + "API_UpdateTimeToLive.html"}},
	"settings/the quotas of an account":                                     {dynoxide: {"does not know the operation", reference + "API_DescribeLimits.html"}},
	"settings/an endpoint is told": {
		dynoxide: {"does not know the operation", reference + "API_DescribeEndpoints.html"},
		ddbLocal: {"does not know the operation", reference + "API_DescribeEndpoints.html"}},
	"settings/tags are set, replaced and removed": {ddbLocal: {"has no tags", reference + "API_TagResource.html"}},
	"settings/tags come with the table":           {ddbLocal: {"has no tags", reference + "API_TagResource.html"}},
	"settings/the size of an item collection is estimated where there are local indexes": {
		dynoxide: {"tells a size to the byte, not a range", reference + "API_ItemCollectionMetrics.html"},
		ddbLocal: {"has no metrics", reference + "API_ItemCollectionMetrics.html"}},
	"settings/and by transactions": {
		dynoxide: {"has no metrics", reference + "API_TransactWriteItems.html"},
		ddbLocal: {"has no metrics", reference + "API_TransactWriteItems.html"}},
}

// exceptionFor returns the exception of an engine for a case.
func exceptionFor(engine *target, name string) (exception, bool) {
	e, ok := disagreements[name][engine.name]
	return e, ok
}

// TestDisagreements shows that every exception is for a case that exists, and has a reason.
func TestDisagreements(t *testing.T) {
	known := map[string]bool{}
	for _, g := range groups {
		for _, c := range g.cases {
			if known[g.name+"/"+c.name] {
				t.Errorf("two cases are called %s/%s", g.name, c.name)
			}
			known[g.name+"/"+c.name] = true
		}
	}
	for name, all := range disagreements {
		if !known[name] {
			t.Errorf("no case is called %s", name)
		}
		for engine, e := range all {
			if engine == inProcess || engine == overHTTP || e.does == "" || e.page == "" {
				t.Errorf("%s: %s: %+v", name, engine, e)
			}
		}
	}
}
