// Package catalog is what is known of models, as data with a date: what they cost, how much they take, and what is
// special about how they are spoken to.
//
// The contract: models.json holds public figures as they were on AsOf, and nothing in it is guessed. A model that is not
// in it is not known, which is not the same as one that costs nothing. Money is counted in whole millionths of a US
// dollar and prices in such millionths for a million tokens, so that no sum ever drifts. Nothing here changes after the
// program has started.
package catalog
