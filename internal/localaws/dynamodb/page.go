package dynamodb

import (
	"iter"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// maxPage is how much a Query or Scan reads before it returns a page: 1 MB of items, as
// they are before the filter.
const maxPage = 1 << 20

// PageInput are the parameters that Query and Scan share.
type PageInput struct {
	Select                 string  `api:"enum=SPECIFIC_ATTRIBUTES COUNT ALL_ATTRIBUTES ALL_PROJECTED_ATTRIBUTES"`
	IndexName              *string `api:"name,len=3..255"`
	ReturnConsumedCapacity string  `api:"enum=INDEXES TOTAL NONE"`
	TableName              *string `api:"required,table=1..255"`
	FilterExpression       *string
	ProjectionExpression   *string
	expressions
	legacy
	ExclusiveStartKey Document
	ConsistentRead    bool
}

// PageOutput is a page: the rows that were read, which its reader filters and projects
// as it writes them.
type PageOutput struct {
	reader           *reader
	rows             []row
	last             row // where the next page goes on, noRow behind the last
	ConsumedCapacity *Consumed
}

// Items returns the items of the page that pass the filter, as the projection shows them.
// It needs no lock, but the values of the request's expressions.
func (out *PageOutput) Items() iter.Seq[Image] {
	r := out.reader
	r.prepareRows()
	held := r.held()
	return func(yield func(Image) bool) {
		for _, row := range out.rows {
			if !r.passes(row) {
				continue
			}
			m := Image{whole: row.packed(), names: held}
			if r.projection != nil {
				m = projected(row, r.projection, r.wanted)
			}
			if !yield(m) {
				return
			}
		}
	}
}

// CountOnly reports whether the answer has no items, only how many there are.
func (out *PageOutput) CountOnly() bool { return out.reader.count }

// Scanned returns how many items were read, before the filter.
func (out *PageOutput) Scanned() int { return len(out.rows) }

// LastKey returns where the next page goes on, nothing behind the last.
func (out *PageOutput) LastKey() Image {
	if out.last == noRow {
		return Image{}
	}
	return Image{whole: out.last.packed(), names: out.reader.keyNames()}
}

// reader reads a page of a table or index.
type reader struct {
	table      *table
	index      *index // nil for the table itself
	filter     *expr.Condition
	projection *expr.Projection
	all        bool // whole items from an index that does not hold them
	count      bool // no items, only how many
	consistent bool
	limit      int
	start      attr.Item // nil at the beginning

	filtered, wanted []string // attributes that the filter and the projection look at
}

// prepareReader checks all but the key condition, which is parsed by parse: its names
// and values count as used. A nil limit is none.
func (e *Engine) prepareReader(in *PageInput, limit *int, parse func(*expr.Params) error) (*reader, error) {
	r := &reader{consistent: in.ConsistentRead, limit: 1 << 62}
	if limit != nil {
		r.limit = *limit
	}
	var err error
	if r.start, err = in.ExclusiveStartKey.item(); err != nil {
		return nil, err
	}
	p, err := in.params()
	if err != nil {
		return nil, err
	}
	if err := parse(p); err != nil {
		return nil, err
	}
	if err := r.parse(in, p); err != nil {
		return nil, err
	}
	if r.table, err = e.table(*in.TableName); err != nil {
		return nil, err
	}
	r.table.mu.RLock()
	defer r.table.mu.RUnlock()
	return r, r.choose(in)
}

func (r *reader) parse(in *PageInput, p *expr.Params) (err error) {
	if in.ProjectionExpression != nil {
		if in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES" {
			what := in.Select
			if what == "COUNT" {
				what = "only the Count"
			}
			return invalid("Cannot specify the ProjectionExpression when choosing to get %s", what)
		}
		if r.projection, err = expr.ParseProjection(*in.ProjectionExpression, p); err != nil {
			return err
		}
	} else if in.Select == "SPECIFIC_ATTRIBUTES" {
		return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	}
	if in.FilterExpression != nil {
		if r.filter, err = expr.ParseCondition("FilterExpression", *in.FilterExpression, p); err != nil {
			return err
		}
	}
	r.count = in.Select == "COUNT"
	return p.CheckUnused()
}

// choose finds the index and checks what may be asked of it.
func (r *reader) choose(in *PageInput) error {
	if in.IndexName == nil {
		if in.Select == "ALL_PROJECTED_ATTRIBUTES" {
			return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
		}
		return nil
	}
	if r.index = r.table.index(*in.IndexName); r.index == nil {
		return invalid("The table does not have the specified index: %s", *in.IndexName)
	}
	if !r.index.global {
		// A local index fetches from the table what it does not hold.
		r.all = in.Select == "ALL_ATTRIBUTES" || r.projection != nil
		return nil
	}
	if in.ConsistentRead {
		return invalid("Consistent reads are not supported on global secondary indexes")
	}
	if in.Select == "ALL_ATTRIBUTES" && r.index.projected != nil {
		return badParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", r.index.name)
	}
	if r.projection != nil && r.index.projected != nil {
		var missing []string
		for _, name := range r.projection.Attributes() {
			if !slices.Contains(r.index.projected, name) {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			return badParameter("Global secondary index %s does not project [%s]", r.index.name, strings.Join(missing, ", "))
		}
	}
	return nil
}

// key is the schema by which r reads.
func (r *reader) key() keySchema {
	if r.index != nil {
		return r.index.key
	}
	return r.table.key
}

func (r *reader) rows() *btree.Map[string, row] {
	if r.index != nil {
		return r.index.rows
	}
	return r.table.rows
}

// startPosition returns where the page starts, "" at the beginning. The key must be one
// that this reader returned, or could have.
func (r *reader) startPosition() (string, error) {
	if r.start == nil {
		return "", nil
	}
	names := r.keyNames()
	if len(r.start) != len(names) {
		return "", invalid("The provided starting key is invalid")
	}
	for _, name := range names {
		v, ok := r.start[name]
		if !ok || v.Type != r.table.attributes[name] || v.Type != attr.TypeN && v.S == "" {
			return "", invalid("The provided starting key is invalid: The provided key element does not match the schema")
		}
	}
	if r.index == nil {
		return string(keyBytes(nil, r.table.key, r.start)), nil
	}
	return string(keyBytes(keyBytes(nil, r.index.key, r.start), r.table.key, r.start)), nil
}

// page collects rows until one of the bounds is met.
type page struct {
	reader *reader
	rows   []row
	size   int // of what was read, before the filter
	fetch  float64
}

// newPage returns a page with room for what most have.
func (r *reader) newPage() *page {
	const most = 16
	return &page{reader: r, rows: make([]row, 0, min(r.limit, most))}
}

// take adds a row and reports whether there is room for another.
func (p *page) take(row row) bool {
	r := p.reader
	if r.index == nil || r.index.projected == nil {
		p.size += sizeOf(row)
	} else {
		p.size += r.index.size(row)
		if r.all && r.fetches() {
			p.fetch += readUnits(sizeOf(row), r.consistent)
		}
	}
	p.rows = append(p.rows, row)
	return len(p.rows) < r.limit && p.size < maxPage
}

// held are the attributes that the reader sees of a row; nil means all.
func (r *reader) held() []string {
	if r.index != nil && !r.all {
		return r.index.projected
	}
	return nil
}

// seen are those of the names that the reader sees.
func (r *reader) seen(names []string) []string {
	held := r.held()
	if held == nil {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(held, name) })
}

// prepareRows finds out what is to be decoded of each row.
func (r *reader) prepareRows() {
	if r.filter != nil {
		r.filtered = r.seen(r.filter.Attributes())
	}
	if r.projection != nil {
		r.wanted = r.seen(r.projection.Attributes())
	}
}

func (r *reader) passes(row row) bool {
	return r.filter == nil || r.filter.Eval(row.packed().Item(r.filtered))
}

// fetches reports whether the local index lacks an attribute that is wanted.
func (r *reader) fetches() bool {
	if r.projection == nil {
		return true
	}
	return slices.ContainsFunc(r.projection.Attributes(), func(name string) bool { return !slices.Contains(r.index.projected, name) })
}

// finish completes the output and pays for it. full tells that a bound stopped the page.
func (e *Engine) finish(p *page, full bool, capacity string) (*PageOutput, error) {
	r := p.reader
	out := &PageOutput{reader: r, rows: p.rows}
	if full {
		out.last = p.rows[len(p.rows)-1]
	}
	if capacity == "" && !e.options.EnforceThroughput {
		return out, nil // nobody asks
	}
	u := newUsage(r.table, false)
	if n := readUnits(p.size, r.consistent); r.index != nil {
		u.index(r.index, n)
		u.own = p.fetch
	} else {
		u.own = n
	}
	r.table.mu.RLock()
	err := e.spend(u)
	r.table.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	out.ConsumedCapacity = u.report(capacity)
	return out, nil
}

// keyNames are the attributes of a page's start and end.
func (r *reader) keyNames() []string { return union(r.table.key.names(), r.key().names()) }
