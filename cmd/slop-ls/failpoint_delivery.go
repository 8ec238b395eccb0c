package main

import (
	"context"

	"github.com/slop-ls/slop-ls/engine"
)

// The points of a delivery at which crash tests end or stop the process.
const (
	pointBeforeDelivery = "before-delivery" // journalled that it begins, nothing sent or written
	pointAfterDelivery  = "after-delivery"  // it has arrived, which is journalled next
	pointBeforeUndo     = "before-undo"     // likewise of an undo
	pointAfterUndo      = "after-undo"
)

// pointedApplier passes the points of a delivery.
type pointedApplier struct {
	engine.Applier
	pass          func(point string)
	before, after string
}

// atPoints is the applier itself where no point is asked for.
func atPoints(a engine.Applier, pass func(point string)) engine.Applier {
	return pointed(a, pass, pointBeforeDelivery, pointAfterDelivery)
}

// atUndoPoints is atPoints of undos.
func atUndoPoints(a engine.Applier, pass func(point string)) engine.Applier {
	return pointed(a, pass, pointBeforeUndo, pointAfterUndo)
}

func pointed(a engine.Applier, pass func(point string), before, after string) engine.Applier {
	if pass == nil {
		return a
	}
	return pointedApplier{a, pass, before, after}
}

// Deliver implements engine.Applier.
func (a pointedApplier) Deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	a.pass(a.before)
	d, err := a.Applier.Deliver(ctx, run, set)
	a.pass(a.after)
	return d, err
}
