package trackfile

import "slices"

// Renames tells which tickets of an old version of a track stand under other ids in a new one: old id to new. A
// ticket counts as renamed when its id is gone, or says something else now, and just one ticket of the new version
// says exactly what it said; so ids that were swapped or moved on by one are found too. It counts as renamed also when
// its id is gone, another has come at its place among the tickets that stayed, and the two are alike for the most
// part. Where two could be meant none is taken, and so one that was split in two is no rename. What a ticket depends
// on is left out: those ids may have been renamed with it. Ids that stand twice take no part.
func Renames(old, new []Ticket) map[string]string {
	r := renaming{old: old, new: new, before: idsOf(old), after: idsOf(new), out: map[string]string{}, taken: map[int]bool{}}
	gone, come := unlike(old, r.before, new, r.after), unlike(new, r.after, old, r.before)
	if len(gone) == 0 || len(come) == 0 {
		return r.out
	}
	r.exact(gone, come)
	r.inPlace(gone)
	return r.out
}

// ids is where each id stands; -1 for one that stands twice.
type ids map[string]int

func idsOf(tickets []Ticket) ids {
	at := make(ids, len(tickets))
	for i := range tickets {
		if _, twice := at[tickets[i].ID]; twice {
			at[tickets[i].ID] = -1
			continue
		}
		at[tickets[i].ID] = i
	}
	return at
}

// find is where an id stands; -1 when it stands nowhere, or twice.
func (at ids) find(id string) int {
	if i, ok := at[id]; ok {
		return i
	}
	return -1
}

type renaming struct {
	old, new      []Ticket
	before, after ids
	out           map[string]string
	taken         map[int]bool // tickets of the new version
}

// unlike lists the tickets, by index, that the other version does not have under the same id and with the same text.
func unlike(tickets []Ticket, own ids, others []Ticket, theirs ids) []int {
	var out []int
	for i := range tickets {
		t := &tickets[i]
		j, there := theirs[t.ID]
		if t.ID == "" || own[t.ID] < 0 || there && (j < 0 || sameText(t, &others[j])) {
			continue
		}
		out = append(out, i)
	}
	return out
}

func (r *renaming) pair(i, j int) {
	r.out[r.old[i].ID] = r.new[j].ID
	r.taken[j] = true
}

// exact pairs tickets that say the same but for the id, where there is just one of each.
func (r *renaming) exact(gone, come []int) {
	before, after := byText(r.old, gone), byText(r.new, come)
	for _, i := range gone {
		key := content(&r.old[i])
		if len(before[key]) == 1 && len(after[key]) == 1 && r.old[i].Description != "" {
			r.pair(i, after[key][0])
		}
	}
}

func byText(tickets []Ticket, which []int) map[string][]int {
	out := make(map[string][]int, len(which))
	for _, i := range which {
		key := content(&tickets[i])
		out[key] = append(out[key], i)
	}
	return out
}

// content is what a ticket says but for its id and what it depends on, in a form that can be compared.
func content(t *Ticket) string {
	parts := []string{t.Description, t.TargetFile, string(t.Priority), t.ModelOverride, t.Verify, t.AssignedTo}
	for _, list := range [][]string{t.TargetSymbols, t.ContextRequirements, t.Writes} {
		parts = append(parts, listOf(list, quoteJSON))
	}
	return listOf(parts, quoteJSON)
}

// sameText compares contents without making them.
func sameText(a, b *Ticket) bool {
	return a.Description == b.Description && a.TargetFile == b.TargetFile && a.Priority == b.Priority &&
		a.ModelOverride == b.ModelOverride && a.Verify == b.Verify && a.AssignedTo == b.AssignedTo &&
		slices.Equal(a.TargetSymbols, b.TargetSymbols) && slices.Equal(a.ContextRequirements, b.ContextRequirements) &&
		slices.Equal(a.Writes, b.Writes)
}

// inPlace pairs tickets between the same neighbours, when one alone vanished there and one alone came, and most of
// what they say is the same.
func (r *renaming) inPlace(gone []int) {
	for _, i := range gone {
		if _, there := r.after[r.old[i].ID]; there || r.out[r.old[i].ID] != "" {
			continue
		}
		prev, next, alone := r.neighbours(i)
		if !alone || next-prev != 2 {
			continue
		}
		j := prev + 1
		if _, there := r.before[r.new[j].ID]; there || r.new[j].ID == "" || r.taken[j] || r.after.find(r.new[j].ID) != j {
			continue
		}
		if alike(&r.old[i], &r.new[j]) {
			r.pair(i, j)
		}
	}
}

// neighbours is where, in the new version, the tickets before and behind the old one stand; -1 and the number of
// tickets at the ends. alone is false when a neighbour is none any more.
func (r *renaming) neighbours(i int) (prev, next int, alone bool) {
	prev, next = -1, len(r.new)
	if i > 0 {
		if prev = r.now(i - 1); prev < 0 {
			return 0, 0, false
		}
	}
	if i+1 < len(r.old) {
		if next = r.now(i + 1); next < 0 {
			return 0, 0, false
		}
	}
	return prev, next, true
}

// now is where a ticket of the old version stands in the new one, renamed or not; -1 when it is gone.
func (r *renaming) now(i int) int {
	id := r.old[i].ID
	if renamed, ok := r.out[id]; ok {
		id = renamed
	}
	return r.after.find(id)
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
