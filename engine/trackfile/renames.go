package trackfile

// Renames tells which ids of an old version of a document are other ids in a new one: old id to new. A ticket
// counts as renamed when its id is gone, another id has come, and the two are the same ticket by what else they
// say: the same text, or at the same place among the tickets that stayed and alike for the most part. Where two
// could be meant none is taken, and so a pair of tickets that swap ids, or one that was split in two, is no
// rename. Both documents may have errors; ids that stand twice, or in what could not be read, take no part.
func Renames(old, new *Document) map[string]string {
	gone, come := vanished(old, new), vanished(new, old)
	out := map[string]string{}
	if len(gone) == 0 || len(come) == 0 {
		return out
	}
	r := renaming{old: old, new: new, out: out, taken: map[int]bool{}}
	gone = r.exact(gone, come)
	r.inPlace(gone)
	return out
}

// vanished lists the tickets of a document, by index, whose ids another one does not have.
func vanished(d, other *Document) []int {
	if d.links == other.links {
		return nil
	}
	count := map[string]int{}
	for i := range d.Items {
		count[d.Track.Tickets[i].ID]++
	}
	var out []int
	for i := range d.Items {
		id := d.Track.Tickets[i].ID
		if _, there := other.links.first[id]; !there && !other.hidden[id] && id != "" && count[id] == 1 {
			out = append(out, i)
		}
	}
	return out
}

type renaming struct {
	old, new *Document
	out      map[string]string
	taken    map[int]bool // tickets of the new version
}

func (r *renaming) pair(i, j int) {
	r.out[r.old.Track.Tickets[i].ID] = r.new.Track.Tickets[j].ID
	r.taken[j] = true
}

// exact pairs tickets that say the same but for the id, where there is just one of each, and returns those of the
// old version that are left.
func (r *renaming) exact(gone, come []int) (left []int) {
	before, after := byText(r.old, gone), byText(r.new, come)
	for _, i := range gone {
		key := content(&r.old.Track.Tickets[i])
		if len(before[key]) == 1 && len(after[key]) == 1 && r.old.Track.Tickets[i].Description != "" {
			r.pair(i, after[key][0])
		} else {
			left = append(left, i)
		}
	}
	return left
}

func byText(d *Document, tickets []int) map[string][]int {
	out := map[string][]int{}
	for _, i := range tickets {
		key := content(&d.Track.Tickets[i])
		out[key] = append(out[key], i)
	}
	return out
}

// content is what a ticket says but for its id, in a form that can be compared. What it depends on is left out:
// those ids may have been renamed with it.
func content(t *Ticket) string {
	parts := []string{t.Description, t.TargetFile, string(t.Priority), t.ModelOverride, t.Verify, t.AssignedTo}
	for _, list := range [][]string{t.TargetSymbols, t.ContextRequirements, t.Writes} {
		parts = append(parts, listOf(list, quoteJSON))
	}
	return listOf(parts, quoteJSON)
}

// inPlace pairs tickets between the same neighbours, when one alone vanished there and one alone came, and most of
// what they say is the same.
func (r *renaming) inPlace(gone []int) {
	for _, i := range gone {
		prev, next, alone := r.neighbours(i)
		if !alone || next-prev != 2 {
			continue
		}
		j := prev + 1
		if id := r.new.Track.Tickets[j].ID; id == "" || r.taken[j] || r.old.Ticket(id) >= 0 || r.old.hidden[id] || r.new.Ticket(id) != j {
			continue
		}
		if alike(&r.old.Track.Tickets[i], &r.new.Track.Tickets[j]) {
			r.pair(i, j)
		}
	}
}

// neighbours is where, in the new version, the tickets before and behind the old one stand; -1 and the number of
// tickets at the ends. alone is false when a neighbour is none any more.
func (r *renaming) neighbours(i int) (prev, next int, alone bool) {
	prev, next = -1, len(r.new.Items)
	if i > 0 {
		if prev = r.now(i - 1); prev < 0 {
			return 0, 0, false
		}
	}
	if i+1 < len(r.old.Items) {
		if next = r.now(i + 1); next < 0 {
			return 0, 0, false
		}
	}
	return prev, next, true
}

// now is where a ticket of the old version stands in the new one, renamed or not; -1 when it is gone.
func (r *renaming) now(i int) int {
	id := r.old.Track.Tickets[i].ID
	if renamed, ok := r.out[id]; ok {
		id = renamed
	}
	return r.new.Ticket(id)
}

// alike says whether more than half of what either of the tickets says is the same, and something telling is.
func alike(a, b *Ticket) bool {
	same, said := 0, 0
	compare := func(x, y string, weight int) {
		if x == "" && y == "" {
			return
		}
		said += weight
		if x == y {
			same += weight
		}
	}
	compare(a.Description, b.Description, 3)
	compare(a.TargetFile, b.TargetFile, 2)
	compare(a.Verify, b.Verify, 1)
	compare(string(a.Priority), string(b.Priority), 1)
	compare(a.ModelOverride, b.ModelOverride, 1)
	for _, l := range [][2][]string{
		{a.TargetSymbols, b.TargetSymbols}, {a.ContextRequirements, b.ContextRequirements}, {a.Writes, b.Writes}, {a.DependsOn, b.DependsOn},
	} {
		if len(l[0])+len(l[1]) > 0 {
			compare(listOf(l[0], quoteJSON), listOf(l[1], quoteJSON), 1)
		}
	}
	return 2*same > said && same >= 2
}
