// Package tool has the tools that every worker can call: reading, listing and searching files, views of source code,
// edits, and commands.
//
// Contract: a tool sees files only through the engine.Draft that it is called with, and writes nothing else. It
// consults no policy: who calls it has asked. Arguments are a model's own JSON and are never trusted: what is not
// exactly what the schema says, a field written twice too, is refused as an *engine.ToolError whose message says what
// to write instead, and so is a path that is not written in its plain form, so that a rule about a path cannot be got
// round by spelling it otherwise. Only what the model cannot mend is another error. What a tool returns is bounded,
// says what it leaves out and how to get at it, and is valid UTF-8. Tools keep nothing between calls and are safe for
// concurrent use.
package tool
