package treesitter

// HasTrees tells the external tests whether the build has tree-sitter.
const HasTrees = hasTrees
