package workspace

// Where things are. ~ is the person's home; a path that begins with a variable takes its first folder, else what
// variableDefaults says.

var variableDefaults = map[string]string{
	"GOPATH": "~/go", "GOMODCACHE": "$GOPATH/pkg/mod", "GOCACHE": "$XDG_CACHE_HOME/go-build", "GOENV": "$XDG_CONFIG_HOME/go",
	"XDG_CACHE_HOME": "~/.cache", "XDG_CONFIG_HOME": "~/.config", "XDG_DATA_HOME": "~/.local/share",
}

// knownCache is the caches of a program.
type knownCache struct {
	program string // without which they are left alone
	places  []string
}

// KnownCaches are the caches that Sandbox.Caches can name by a word.
var KnownCaches = map[string]knownCache{
	"go":    {"go", []string{"$GOCACHE", "$GOMODCACHE", "$GOPATH/pkg/sumdb"}},
	"npm":   {"npm", []string{"~/.npm"}},
	"cargo": {"cargo", []string{"~/.cargo/registry", "~/.cargo/git"}},
	"pip":   {"pip", []string{"$XDG_CACHE_HOME/pip"}},
}

// DefaultCaches are those of go, npm, cargo and pip.
var DefaultCaches = []string{"go", "npm", "cargo", "pip"}

// systemPlaces are readable for every command. Not among them are homes, /tmp, /run and whatever else is mounted.
var systemPlaces = []string{
	"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/etc", "/opt", "/nix", "/gnu", "/snap", "/proc", "/sys", "/dev",
	"/var/lib", "/var/cache", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf", "/run/current-system", "/run/opengl-driver",
}

// devices may be written to.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts"}

// toolPlaces are what programs in a person's home need in order to run.
var toolPlaces = []string{
	"$GOPATH/bin", "$GOPATH/pkg", "$GOPATH/src", "$GOROOT", "$GOMODCACHE", "$GOCACHE", "$GOENV", "$XDG_CONFIG_HOME/git", "~/.gitconfig", "~/.gitignore", "~/.gitignore_global",
	"~/.gitattributes", "~/.tool-versions", "~/.asdf", "~/.bun", "~/.cabal", "~/.cargo", "~/.choosenim", "~/.deno", "~/.dotnet", "~/.elan", "~/.emsdk",
	"~/.foundry", "~/.gem", "~/.ghcup", "~/.goenv", "~/.gradle", "~/.gvm", "~/.hex", "~/.ivy2", "~/.jabba", "~/.jenv", "~/.julia", "~/.juliaup", "~/.konan",
	"~/.m2", "~/.mix", "~/.moon", "~/.nimble", "~/.nix-profile", "~/.nodenv", "~/.npm", "~/.npm-global", "~/.npm-packages", "~/.nuget", "~/.nvm", "~/.opam",
	"~/.phpenv", "~/.plenv", "~/.pnpm-store", "~/.proto", "~/.pub-cache", "~/.pyenv", "~/.rbenv", "~/.rustup", "~/.rvm", "~/.rye", "~/.sbt", "~/.sdkman",
	"~/.stack", "~/.swiftly", "~/.swiftpm", "~/.tfenv", "~/.volta", "~/.yarn", "~/.zvm", "~/miniconda3", "~/anaconda3", "~/miniforge3", "~/mambaforge",
	"~/.local/bin", "~/.local/lib", "~/.local/opt", "~/.local/pipx",
	"$XDG_DATA_HOME/fnm", "$XDG_DATA_HOME/gem", "$XDG_DATA_HOME/hatch", "$XDG_DATA_HOME/mise", "$XDG_DATA_HOME/pipx", "$XDG_DATA_HOME/pnpm",
	"$XDG_DATA_HOME/pypoetry", "$XDG_DATA_HOME/rtx", "$XDG_DATA_HOME/swiftly", "$XDG_DATA_HOME/uv", "$XDG_DATA_HOME/virtualenv", "$XDG_DATA_HOME/virtualenvs",
	"$XDG_CACHE_HOME/bazel", "$XDG_CACHE_HOME/bazelisk", "$XDG_CACHE_HOME/ccache", "$XDG_CACHE_HOME/composer", "$XDG_CACHE_HOME/coursier",
	"$XDG_CACHE_HOME/Cypress", "$XDG_CACHE_HOME/deno", "$XDG_CACHE_HOME/electron", "$XDG_CACHE_HOME/golangci-lint", "$XDG_CACHE_HOME/gopls",
	"$XDG_CACHE_HOME/ms-playwright", "$XDG_CACHE_HOME/node-gyp", "$XDG_CACHE_HOME/pip", "$XDG_CACHE_HOME/puppeteer", "$XDG_CACHE_HOME/pypoetry",
	"$XDG_CACHE_HOME/sccache", "$XDG_CACHE_HOME/staticcheck", "$XDG_CACHE_HOME/uv", "$XDG_CACHE_HOME/yarn", "$XDG_CACHE_HOME/zig",
}

// privatePlaces stay closed, also inside a folder that is open.
var privatePlaces = []string{
	"~/.ssh", "~/.gnupg", "~/.aws", "~/.azure", "~/.kube", "~/.docker", "~/.password-store", "~/.mozilla", "~/.thunderbird", "~/.vault-token", "~/.netrc", "~/_netrc",
	"~/.npmrc", "~/.pypirc", "~/.pgpass", "~/.my.cnf", "~/.git-credentials", "~/.s3cfg", "~/.boto", "~/.terraformrc", "~/.terraform.d", "~/.bundle/config",
	"~/.bash_history", "~/.zsh_history", "~/.python_history", "~/.node_repl_history", "~/.psql_history", "~/.env",
	"~/.cargo/credentials", "~/.cargo/credentials.toml", "~/.gem/credentials", "~/.m2/settings.xml", "~/.m2/settings-security.xml",
	"~/.gradle/gradle.properties", "~/.nuget/NuGet", "~/.sbt/.credentials", "~/.ivy2/.credentials", "~/.hex/hex.config", "~/.pub-cache/credentials.json",
	"~/.config", "$XDG_CONFIG_HOME/slop-ls", "$XDG_CONFIG_HOME/git/credentials", "$XDG_CONFIG_HOME/gh", "$XDG_CONFIG_HOME/gcloud",
	"~/.local/share/keyrings", "$XDG_DATA_HOME/keyrings", "~/.local/state", "$XDG_STATE_HOME", "~/.cache/mozilla", "~/.cache/google-chrome",
	"~/snap", "~/Library",
}
