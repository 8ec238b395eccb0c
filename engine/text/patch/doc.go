// Package patch reads the forms in which models write changes of files
// (SEARCH/REPLACE blocks, unified diffs, the apply_patch envelope) and works out
// what they come to.
//
// Contract: everything is pure; no input makes it panic. Parse is tolerant of
// what models get wrong about a form (fences, decorated paths, wrong counts,
// missing numbers) and refuses what is cut off, mixed, or none of the three.
// Apply finds each change by the cascade of package text, in memory, and reports
// every part: where one is refused the caller writes nothing. Paths come out
// slash-separated as they were written, unchecked: who opens files holds them
// against its root. Of this module the package imports text alone.
package patch
