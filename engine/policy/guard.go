package policy

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// guard is a kind of place that always asks. A name is of a file, or, with a slash at its end, of a folder and all that
// is in it, at any depth.
type guard struct {
	why   string
	read  bool // also where it is only read
	names []string
}

// guards lists what always asks. The first that fits is named to people.
var guards = []guard{
	{"secrets", true, []string{
		".env*", "*.env", ".netrc", "_netrc", ".npmrc", ".yarnrc.yml", ".pypirc", ".pgpass", ".my.cnf", ".htpasswd", ".git-credentials",
		".git/config", ".s3cfg", ".boto", ".dockercfg", ".docker/config.json", ".vault-token", ".terraformrc", "kubeconfig", ".kube/config",
		".aws/", ".azure/", ".ssh/", ".gnupg/", ".password-store/", ".config/gcloud/", ".config/gh/", ".cargo/credentials*", ".gem/credentials",
		"*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdb", "*.kdbx", "*.ppk", "*.gpg", "*.tfvars", "*.tfstate", "*.tfstate.*",
		"id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "credentials*", ".credentials*", "secrets.{json,yml,yaml,toml,ini,env}", ".secrets/",
		"service-account*.json", "wallet.dat",
	}},
	{"git", false, []string{".git/"}},
	{"slop-ls", false, []string{".slop/"}},
	{"editor settings", false, []string{
		".vscode/", ".idea/", ".vs/", ".zed/", ".fleet/", ".settings/", ".devcontainer/", ".devcontainer.json", "*.code-workspace", "*.sublime-project",
		".nvim.lua", ".nvimrc", ".exrc", ".vimrc", ".dir-locals.el", ".helix/",
	}},
	{"CI", false, []string{
		".ci/", ".github/workflows/", ".github/actions/", ".gitlab-ci.yml", ".gitlab-ci.yaml", ".gitlab/ci/", ".circleci/", ".travis.yml", ".buildkite/",
		".woodpecker/", ".woodpecker.{yml,yaml}", ".drone.{yml,yaml}", ".forgejo/workflows/", ".gitea/workflows/", ".teamcity/", ".semaphore/",
		".cirrus.{yml,yaml}", "jenkinsfile*", "azure-pipelines*.{yml,yaml}", ".azure-pipelines/", "bitbucket-pipelines.yml", "appveyor.yml",
		".appveyor.yml", "cloudbuild.{yml,yaml}", "buildspec.{yml,yaml}",
	}},
	{"git hooks", false, []string{".husky/", ".githooks/", ".pre-commit-config.yaml", "lefthook.{yml,yaml}", ".lefthook.{yml,yaml}"}},
}

// harmlessNames look like secrets and are made to be shared; sources that deal with credentials hold none.
var harmlessNames = []string{
	".env*.{example,sample,template,dist}", "{example,sample,template}.env",
	"credentials*.{go,py,js,jsx,mjs,ts,tsx,rs,c,h,cc,cpp,hpp,java,cs,rb,php,kt,swift,scala,lua,sh,md,rst,html,css,vue,svelte}",
}

// guardIndex finds a guard fast: most names are plain.
type guardIndex struct {
	plain map[string]string // component, with a slash where it is a folder → why
	globs []guardGlob
}

type guardGlob struct {
	glob, why string
	folder    bool
}

var writeGuards, readGuards = newGuardIndex(false), newGuardIndex(true)

func newGuardIndex(onlyRead bool) guardIndex {
	x := guardIndex{plain: map[string]string{}}
	for _, g := range guards {
		if onlyRead && !g.read {
			continue
		}
		for _, name := range g.names {
			x.add(name, g.why)
		}
	}
	return x
}

func (x *guardIndex) add(name, why string) {
	glob, folder := strings.CutSuffix(name, "/")
	if strings.ContainsAny(glob, "*{/") {
		x.globs = append(x.globs, guardGlob{"**/" + glob, why, folder})
		return
	}
	x.plain[name] = why
}

// guardOf says why a path always asks, or "".
func guardOf(p string, read bool) string {
	x := &writeGuards
	if read {
		x = &readGuards
	}
	full := plainPath(p)
	if tooDeep(full) {
		return "a path too deep to look at"
	}
	for p := full; p != "." && p != ""; p = above(p) {
		if why := x.find(p, p != full); why != "" {
			return why
		}
	}
	return ""
}

// find looks a path up. What is known to be a folder is no file; the last component may be either.
func (x *guardIndex) find(p string, folder bool) string {
	name := path.Base(p)
	if why := x.plain[name]; why != "" && !folder {
		return why
	}
	if why := x.plain[name+"/"]; why != "" {
		return why
	}
	for _, g := range x.globs {
		if (g.folder || !folder) && doublestar.MatchUnvalidated(g.glob, p) && !isHarmless(name) {
			return g.why
		}
	}
	return ""
}

func isHarmless(name string) bool {
	for _, glob := range harmlessNames {
		if doublestar.MatchUnvalidated(glob, name) {
			return true
		}
	}
	return false
}

// Secret says whether a path looks like one that holds secrets, by its name alone.
func Secret(p string) bool { return guardOf(p, true) != "" }
