// Package receipt says what became of an edit that was sent to an editor. What a client answers to an edit proves nothing; the
// versions of the buffer that come back do. A Receipt is given each of them, in order, and says whether the edit is there,
// formatted or beside what its person typed, whether some hunks of it are, or none.
//
// Some clients look at no version: they lay an edit where its lines were, whatever was typed meanwhile. Such a stray edit is
// known from the versions, too, and what mends it is worked out here: the buffer's text, or the disk's once it was saved and
// closed.
//
// All of it is pure: texts in, texts out. A Receipt is its delivery's own and may not be shared between goroutines.
package receipt
