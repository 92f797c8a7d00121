#include "infra/makeup.h"

#include <assert.h>
#include <string.h>

/* By the suffix of the name, or the whole name. In alphabetical order of the
 * languages; those of data and prose are marked. */
static const struct language {
	const char *name;
	const char *suffixes; /* with blanks between; "=NAME" is a whole name */
	bool is_data;
} languages[] = {
	{ "Assembly", ".s .asm", false },
	{ "C", ".c .h", false },
	{ "C#", ".cs .csx .razor", false },
	{ "C++", ".cc .cpp .cxx .hpp .hh .hxx", false },
	{ "CSS", ".css .scss .sass .less", false },
	{ "Clojure", ".clj .cljs .cljc .edn", false },
	{ "Dart", ".dart", false },
	{ "Dockerfile", "=Dockerfile =Containerfile .dockerfile", false },
	{ "Elixir", ".ex .exs", false },
	{ "Erlang", ".erl .hrl", false },
	{ "F#", ".fs .fsx .fsi", false },
	{ "Go", ".go", false },
	{ "Go template", ".tpl .gotmpl", false },
	{ "GraphQL", ".graphql .gql", false },
	{ "Groovy", ".groovy .gradle =Jenkinsfile", false },
	{ "HTML", ".html .htm .vue .svelte .astro", false },
	{ "Haskell", ".hs .lhs", false },
	{ "INI", ".ini .cfg .conf .properties", true },
	{ "JSON", ".json .json5 .jsonc", true },
	{ "Java", ".java", false },
	{ "JavaScript", ".js .jsx .mjs .cjs", false },
	{ "Jinja", ".j2 .jinja .jinja2", false },
	{ "Jsonnet", ".jsonnet .libsonnet", false },
	{ "Julia", ".jl", false },
	{ "Kotlin", ".kt .kts", false },
	{ "Lua", ".lua", false },
	{ "Makefile", "=Makefile =GNUmakefile .mk", false },
	{ "Markdown", ".md .mdx .markdown", true },
	{ "Nix", ".nix", false },
	{ "OCaml", ".ml .mli", false },
	{ "Objective-C", ".m .mm", false },
	{ "PHP", ".php", false },
	{ "Perl", ".pl .pm", false },
	{ "PowerShell", ".ps1 .psm1", false },
	{ "Protobuf", ".proto", false },
	{ "Puppet", ".pp", false },
	{ "Python", ".py .pyi .pyx", false },
	{ "R", ".r .R .Rmd", false },
	{ "Rego", ".rego", false },
	{ "Ruby", ".rb .rake =Rakefile =Gemfile =Vagrantfile", false },
	{ "Rust", ".rs", false },
	{ "SQL", ".sql", false },
	{ "Scala", ".scala .sbt", false },
	{ "Shell", ".sh .bash .zsh .fish", false },
	{ "Starlark", ".bzl .star =BUILD =BUILD.bazel =WORKSPACE", false },
	{ "Swift", ".swift", false },
	{ "TOML", ".toml", true },
	{ "Terraform", ".tf .tfvars .hcl .tofu", false },
	{ "Text", ".txt .rst .adoc .org", true },
	{ "TypeScript", ".ts .tsx .mts .cts", false },
	{ "Vim script", ".vim", false },
	{ "XML", ".xml .xsd .svg", true },
	{ "YAML", ".yaml .yml", true },
	{ "Zig", ".zig", false },
};

#define N_LANGUAGES (sizeof(languages) / sizeof(languages[0]))

_Static_assert(N_LANGUAGES <= GV_MAKEUP_LANGUAGES, "each has its place");

/* The tools, by marker files: whole names, or suffixes of names. */
static const struct {
	const char *name;
	const char *marks; /* as above */
} stacks[] = {
	{ "ansible", "=ansible.cfg =galaxy.yml" },
	{ "argocd", "=argocd.yaml =applicationset.yaml" },
	{ "bazel", "=MODULE.bazel =WORKSPACE.bazel" },
	{ "bun", "=bun.lockb =bun.lock" },
	{ "bundler", "=Gemfile" },
	{ "cargo", "=Cargo.toml" },
	{ "cdk", "=cdk.json" },
	{ "cloudformation", "=samconfig.toml =template.cfn.yaml" },
	{ "cmake", "=CMakeLists.txt" },
	{ "composer", "=composer.json" },
	{ "crossplane", "=crossplane.yaml" },
	{ "deno", "=deno.json =deno.jsonc" },
	{ "django", "=manage.py" },
	{ "docker", "=Dockerfile =Containerfile" },
	{ "docker-compose",
	    "=docker-compose.yml =docker-compose.yaml =compose.yml "
	    "=compose.yaml" },
	{ "dotnet", ".csproj .fsproj .vbproj .sln" },
	{ "flutter", "=pubspec.yaml" },
	{ "flux", "=gotk-components.yaml" },
	{ "github-actions", "=action.yml =action.yaml" },
	{ "gitlab-ci", "=.gitlab-ci.yml" },
	{ "go", "=go.mod" },
	{ "gradle", "=build.gradle =build.gradle.kts" },
	{ "helm", "=Chart.yaml" },
	{ "helmfile", "=helmfile.yaml" },
	{ "hugo", "=hugo.toml =hugo.yaml" },
	{ "jenkins", "=Jenkinsfile" },
	{ "kustomize", "=kustomization.yaml =kustomization.yml" },
	{ "laravel", "=artisan" },
	{ "maven", "=pom.xml" },
	{ "mix", "=mix.exs" },
	{ "next", "=next.config.js =next.config.mjs =next.config.ts" },
	{ "nix", "=flake.nix =default.nix" },
	{ "node", "=package.json" },
	{ "nomad", ".nomad .nomad.hcl" },
	{ "nuxt", "=nuxt.config.ts =nuxt.config.js" },
	{ "packer", ".pkr.hcl" },
	{ "php-fpm", "=php-fpm.conf" },
	{ "pnpm", "=pnpm-lock.yaml" },
	{ "poetry", "=poetry.lock" },
	{ "pulumi", "=Pulumi.yaml" },
	{ "puppet", "=Puppetfile" },
	{ "python", "=pyproject.toml =setup.py =requirements.txt" },
	{ "rails", "=config.ru" },
	{ "sbt", "=build.sbt" },
	{ "serverless", "=serverless.yml =serverless.yaml" },
	{ "skaffold", "=skaffold.yaml" },
	{ "spring", "=application.properties =application.yml" },
	{ "svelte", "=svelte.config.js" },
	{ "swift", "=Package.swift" },
	{ "terraform", ".tf .tofu" },
	{ "terragrunt", "=terragrunt.hcl" },
	{ "unity", "=ProjectVersion.txt" },
	{ "uv", "=uv.lock" },
	{ "vagrant", "=Vagrantfile" },
	{ "vite", "=vite.config.js =vite.config.ts" },
	{ "yarn", "=yarn.lock" },
	{ "zig", "=build.zig" },
};

#define N_STACKS (sizeof(stacks) / sizeof(stacks[0]))

_Static_assert(N_STACKS <= GV_MAKEUP_STACKS, "each is a bit");

/* ---- names --------------------------------------------------------------- */

static void
take_apart(struct gv_makeup *m, const char *list, size_t of, bool is_stack)
{
	size_t n;

	for (; *list; list += n + (list[n] == ' ')) {
		const bool is_whole = *list == '=';

		n = strcspn(list, " ");
		assert(m->n_marks < GV_MAKEUP_MARKS);
		m->marks[m->n_marks++] = (struct gv_makeup_mark){
			.text = list + is_whole,
			.len = (unsigned char)(n - is_whole),
			.of = (unsigned char)of,
			.is_whole = is_whole,
			.is_stack = is_stack,
		};
	}
}

static void
prepare(struct gv_makeup *m)
{
	size_t i;

	for (i = 0; i < N_LANGUAGES; i++)
		take_apart(m, languages[i].suffixes, i, false);
	for (i = 0; i < N_STACKS; i++)
		take_apart(m, stacks[i].marks, i, true);
}

/* The last byte is asked first: it tells nearly all of them apart. */
static bool
is_of(const struct gv_makeup_mark *mark, const char *name, size_t len)
{
	const size_t n = mark->len;

	return len >= n && name[len - 1] == mark->text[n - 1] &&
	    (mark->is_whole ? len == n : len > n) &&
	    memcmp(name + len - n, mark->text, n) == 0;
}

static bool
ends_in(const char *name, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len >= n && memcmp(name + len - n, end, n) == 0;
}

/* Whether the path has a folder of that name. */
static bool
has_folder(const char *path, size_t len, const char *name)
{
	const size_t n = strlen(name);
	size_t i, begin = 0;

	for (i = 0; i < len; i++) {
		if (path[i] != '/')
			continue;
		if (i - begin == n && memcmp(path + begin, name, n) == 0)
			return true;
		begin = i + 1;
	}
	return false;
}

/* Of others, or made by a tool. */
static bool
is_foreign(const char *path, size_t len)
{
	static const char *const folders[] = { "third_party", "testdata",
		"fixtures" };
	static const char *const generated[] = { ".pb.go", ".min.js",
		".min.css", "_pb2.py", ".lock", ".map", "package-lock.json",
		"pnpm-lock.yaml", "go.sum", ".tfstate" };
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (has_folder(path, len, folders[i]))
			return true;
	for (i = 0; i < sizeof(generated) / sizeof(generated[0]); i++)
		if (ends_in(path, len, generated[i]))
			return true;
	return false;
}

bool
gv_makeup_is_foreign(const char *path, size_t len)
{
	return has_folder(path, len, "node_modules") ||
	    has_folder(path, len, "vendor") || is_foreign(path, len);
}

/* ---- counting ------------------------------------------------------------ */

/* A marker deep in a tree is of a part, an example or a test. */
static bool
is_deep(const char *path, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += path[i] == '/';
	return n > 2;
}

void
gv_makeup_add(struct gv_makeup *m, const char *path, size_t len, uint64_t size)
{
	size_t begin = len, i;
	bool is_counted, is_deeper;

	if (m->n_marks == 0)
		prepare(m);
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	if (begin == len || has_folder(path, len, "node_modules") ||
	    has_folder(path, len, "vendor"))
		return;
	is_deeper = is_deep(path, len);
	is_counted = is_foreign(path, len);
	for (i = 0; i < m->n_marks; i++) {
		const struct gv_makeup_mark *mark = &m->marks[i];

		if ((mark->is_stack ? is_deeper : is_counted) ||
		    !is_of(mark, path + begin, len - begin))
			continue;
		if (mark->is_stack) {
			m->stacks |= (uint64_t)1 << mark->of;
		} else {
			m->bytes[mark->of] += size ? size : 1;
			is_counted = true;
		}
	}
}

/* ---- one file ------------------------------------------------------------ */

static bool
is_in_list(const char *list, const char *name, size_t len)
{
	size_t n;

	for (; *list; list += n + (list[n] == ' ')) {
		const bool is_whole = *list == '=';

		n = strcspn(list, " ");
		if ((is_whole ? len == n - 1 : len > n) &&
		    memcmp(is_whole ? name : name + len - n, list + is_whole,
			n - is_whole) == 0)
			return true;
	}
	return false;
}

const char *
gv_makeup_language_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < N_LANGUAGES; i++)
		if (is_in_list(languages[i].suffixes, name, len))
			return languages[i].name;
	return NULL;
}

bool
gv_makeup_is_prose(const char *name, size_t len)
{
	const char *language = gv_makeup_language_of(name, len);

	return language &&
	    (strcmp(language, "Markdown") == 0 ||
		strcmp(language, "Text") == 0);
}

const char *
gv_makeup_language_at(size_t i)
{
	return i < N_LANGUAGES ? languages[i].name : NULL;
}

/* ---- answers ------------------------------------------------------------- */

const char *
gv_makeup_language(const struct gv_makeup *m)
{
	size_t i, best = N_LANGUAGES;

	for (i = 0; i < N_LANGUAGES; i++) {
		if (m->bytes[i] == 0)
			continue;
		if (best == N_LANGUAGES ||
		    languages[i].is_data < languages[best].is_data ||
		    (languages[i].is_data == languages[best].is_data &&
			m->bytes[i] > m->bytes[best]))
			best = i;
	}
	return best < N_LANGUAGES ? languages[best].name : NULL;
}

size_t
gv_makeup_stack(const char *out[GV_MAKEUP_STACKS], const struct gv_makeup *m)
{
	size_t i, n = 0;

	for (i = 0; i < N_STACKS; i++)
		if (m->stacks >> i & 1)
			out[n++] = stacks[i].name;
	return n;
}
