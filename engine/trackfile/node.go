package trackfile

// kind is what a node was written as. Its values are words for people.
type kind string

const (
	nothing kind = "nothing" // null, or no value at all
	text    kind = "text"
	boolean kind = "true or false"
	number  kind = "a number"
	list    kind = "a list"
	mapping kind = "a mapping"
)

// node is one value of a document, whatever it was written in. Offsets are bytes of the source.
type node struct {
	kind  kind
	span  Span
	text  string  // of scalars: the value; of numbers, as written
	entry int     // of an element of a list: where it starts, its dash included
	keys  []*node // of a mapping: one for each item
	items []*node // of lists and mappings
	flow  bool    // written with brackets
	cut   bool    // its end was not reached, for a syntax error
	size  int     // how many nodes it stands for, itself included
}

// describe is what the node is, for a message that says what was found.
func (n *node) describe() string {
	switch n.kind {
	case text:
		return "text " + quoteShort(n.text)
	case number:
		return "the number " + clip(n.text)
	case boolean:
		return n.text
	case mapping, list, nothing:
		return string(n.kind)
	}
	return string(n.kind)
}

// placed is a copy of the node with every position replaced by the given one: what an alias stands for is
// reported where the alias is written.
func (n *node) placed(at Span) *node {
	c := *n
	c.span, c.entry = at, at.Start
	c.keys, c.items = placedAll(n.keys, at), placedAll(n.items, at)
	return &c
}

func placedAll(nodes []*node, at Span) []*node {
	if nodes == nil {
		return nil
	}
	out := make([]*node, len(nodes))
	for i, n := range nodes {
		out[i] = n.placed(at)
	}
	return out
}
