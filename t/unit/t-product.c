#include "unit.h"

#include <string.h>

#include "infra/product.h"
#include "infra/product_internal.h"

/* What stands around a folder: one name, at one place. */
struct around {
	unsigned up;
	const char *name;
};

static bool
has(void *ctx, unsigned up, const char *name)
{
	const struct around *a = ctx;

	return a->name && a->up == up && strcmp(a->name, name) == 0;
}

static const char *
judge(const char *path, bool ignored, unsigned up, const char *name)
{
	struct around a = { up, name };
	const struct gv_product_ask ask = { ignored, has, &a };
	const char *rule = gv_product_rule(path, strlen(path), &ask);

	return rule ? rule : gv_product_rule_inside(path, strlen(path), &ask);
}

static void
a_name_alone_proves_only_a_few(void **state)
{
	static const char *const few[] = { "node_modules", "a/b/node_modules",
		"__pycache__", ".terraform/providers",
		"x/.terraform/providers" };
	static const char *const others[] = { "dist", "build", "target",
		"vendor", "bin", "obj", "out", "venv", ".venv", "coverage",
		".gradle", ".next", ".cache", "terraform/providers",
		"x.terraform/providers", ".terraform/modules", "public",
		"packages", "deps", ".pytest_cache", "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(few) / sizeof(*few); i++)
		if (!judge(few[i], false, 0, NULL))
			fail_msg("%s is no product", few[i]);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (judge(others[i], false, 0, NULL))
			fail_msg("%s is a product by its name", others[i]);
}

static void
a_marker_counts_only_where_git_ignores_the_folder(void **state)
{
	static const struct {
		const char *path;
		unsigned up;
		const char *mark;
	} rows[] = {
		{ "dist", 1, "package.json" },
		{ "a/dist", 1, "pyproject.toml" },
		{ "build", 1, "CMakeLists.txt" },
		{ "target", 1, "Cargo.toml" },
		{ "target", 1, "pom.xml" },
		{ "bin", 1, "*.csproj" },
		{ "obj", 1, "*.fsproj" },
		{ "out", 1, "tsconfig.json" },
		{ "vendor", 1, "go.mod" },
		{ "vendor", 1, "composer.json" },
		{ "charts", 1, "Chart.lock" },
		{ "coverage", 1, "package.json" },
		{ "a/storage/framework", 2, "artisan" },
		{ "resources/_gen", 2, "hugo.toml" },
		{ "ansible_collections", 1, "requirements.yml" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!judge(rows[i].path, true, rows[i].up, rows[i].mark))
			fail_msg("%s is no product beside %s", rows[i].path,
			    rows[i].mark);
		if (judge(rows[i].path, false, rows[i].up, rows[i].mark))
			fail_msg("%s is a product though git does not ignore "
				 "it",
			    rows[i].path);
		if (judge(rows[i].path, true, 0, NULL))
			fail_msg(
			    "%s is a product beside nothing", rows[i].path);
	}
}

static void
what_only_a_tool_writes_proves_by_itself(void **state)
{
	(void)state;
	assert_string_equal(judge("any/name", false, 0, "pyvenv.cfg"),
	    "python virtual environment");
	assert_string_equal(
	    judge("x", false, 0, "conda-meta"), "conda environment");
	assert_non_null(judge("obj", false, 0, "project.assets.json"));
	assert_non_null(judge("target", false, 0, ".rustc_info.json"));
	assert_non_null(judge("build", false, 0, "CMakeCache.txt"));
	assert_non_null(judge("_opam", false, 0, ".opam-switch"));
	assert_non_null(judge(".terraform/modules", false, 0, "modules.json"));
	/* a build in its own source folder */
	assert_null(judge("src", false, 0, "CMakeCache.txt"));
	assert_null(judge("vendor", false, 0, "modules.txt"));
}

static void
what_a_tool_keeps_data_in_is_no_product(void **state)
{
	static const char *const kept[] = { ".dvc", ".mlruns", ".kitchen",
		".vagrant", ".vagrant/machines", ".terragrunt-cache", ".pulumi",
		".terraform", ".idea", ".vscode", "data", "logs", "uploads",
		"Saved", "xcuserdata", ".yarn", ".bundle", ".devenv",
		".devenv/state", ".netlify", ".bundle/config", "var", "var/log",
		".ansible" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (judge(kept[i], true, 0, NULL))
			fail_msg("%s is a product", kept[i]);
}

/* What tools of the field leave, and the file next to it that is theirs; "-":
 * whatever is there. A mark inside has " inside" behind it. */
static const struct {
	const char *mark, *folder;
} made[] = {
	{ "package.json", "node_modules" },
	{ "bower.json", "bower_components" },
	{ "package.json", "jspm_packages" },
	{ "package.json", "web_modules" },
	{ "package.json", ".yarn/cache" },
	{ "package.json", ".yarn/unplugged" },
	{ "-", ".pnpm-store" },
	{ "package.json", "dist" },
	{ "package.json", "build" },
	{ "package.json", ".next" },
	{ "package.json", ".nuxt" },
	{ "package.json", ".output" },
	{ "package.json", ".svelte-kit" },
	{ "angular.json", ".angular" },
	{ "package.json", ".parcel-cache" },
	{ "package.json", ".vite" },
	{ "nx.json", ".nx/cache" },
	{ "turbo.json", ".turbo" },
	{ "package.json", ".swc" },
	{ "package.json", ".rpt2_cache" },
	{ "package.json", ".rollup.cache" },
	{ "package.json", ".fusebox" },
	{ "package.json", "storybook-static" },
	{ "package.json", ".docusaurus" },
	{ "package.json", ".astro" },
	{ "package.json", ".vitepress/cache" },
	{ "package.json", ".temp" },
	{ "package.json", ".jest" },
	{ "package.json", ".nyc_output" },
	{ "package.json", "coverage" },
	{ "package.json", ".expo" },
	{ "app.json", ".metro" },
	{ "firebase.json", ".firebase" },
	{ "serverless.yml", ".serverless" },
	{ "sst.config.ts", ".sst" },
	{ "cdk.json", "cdk.out" },
	{ "template.yaml", ".aws-sam" },
	{ "deno.json", ".deno" },
	{ "-", "__pycache__" },
	{ "-", ".pytest_cache" },
	{ "-", ".mypy_cache" },
	{ "-", ".ruff_cache" },
	{ "tox.ini", ".tox" },
	{ "noxfile.py", ".nox" },
	{ "-", ".pytype" },
	{ "-", ".pyre" },
	{ "-", ".hypothesis" },
	{ "pyproject.toml", ".venv" },
	{ "requirements.txt", "venv" },
	{ "pyvenv.cfg inside", "env" },
	{ "pyproject.toml", "__pypackages__" },
	{ "setup.py", "build" },
	{ "setup.py", "dist" },
	{ "setup.py", ".eggs" },
	{ "setup.py", "a.egg-info" },
	{ "-", "htmlcov" },
	{ "-", ".ipynb_checkpoints" },
	{ "pixi.toml", ".pixi" },
	{ "pyproject.toml", ".pdm-build" },
	{ "buildout.cfg", "parts" },
	{ "buildout.cfg", "develop-eggs" },
	{ "conf.py", "_build" },
	{ "mkdocs.yml", "site" },
	{ "-", "__marimo__" },
	{ "-", "cython_debug" },
	{ "Cargo.toml", "target" },
	{ "Cargo.toml", ".xwin-cache" },
	{ "go.mod", "vendor" },
	{ "pom.xml", "target" },
	{ "build.gradle", "build" },
	{ "build.gradle.kts", "build" },
	{ "build.gradle", ".gradle" },
	{ "build.gradle", "out" },
	{ "build.gradle", ".cxx" },
	{ "build.gradle", ".externalNativeBuild" },
	{ "build.gradle", "captures" },
	{ "build.gradle.kts", ".kotlin" },
	{ "build.sbt", "target" },
	{ "build.sbt", "project/target" },
	{ "-", ".bloop" },
	{ "-", ".metals" },
	{ "-", ".bsp" },
	{ "build.sc", "out" },
	{ "project.clj", "target" },
	{ "deps.edn", ".cpcache" },
	{ "shadow-cljs.edn", ".shadow-cljs" },
	{ "CMakeLists.txt", "build" },
	{ "CMakeLists.txt", "cmake-build-x" },
	{ "CMakeCache.txt", "CMakeFiles" },
	{ "CMakeCache.txt", "_deps" },
	{ "CTestTestfile.cmake", "Testing" },
	{ "meson.build", "build" },
	{ "vcpkg.json", "vcpkg_installed" },
	{ "configure.ac", "autom4te.cache" },
	{ "Makefile.am", ".deps" },
	{ "Makefile.am", ".libs" },
	{ ".buckconfig", "buck-out" },
	{ "platformio.ini", ".pio" },
	{ "-", ".ccls-cache" },
	{ "build.zig", "zig-out" },
	{ "build.zig", ".zig-cache" },
	{ "*.csproj", "bin" },
	{ "*.csproj", "obj" },
	{ "*.fsproj", "obj" },
	{ "*.sln", ".vs" },
	{ "*.sln", "TestResults" },
	{ "packages.config", "packages" },
	{ "*.csproj", "BenchmarkDotNet.Artifacts" },
	{ "Assembly-CSharp.csproj", "Library" },
	{ "Assembly-CSharp.csproj", "Temp" },
	{ "Assembly-CSharp.csproj", "Logs" },
	{ "*.uproject", "Intermediate" },
	{ "*.uproject", "DerivedDataCache" },
	{ "*.uproject", "Binaries" },
	{ "project.godot", ".godot" },
	{ "project.godot", ".import" },
	{ "composer.json", "vendor" },
	{ "artisan", "storage/framework" },
	{ "phpunit.xml", ".phpunit.cache" },
	{ "Gemfile", "vendor/bundle" },
	{ "Gemfile", "tmp/cache" },
	{ "*.gemspec", "pkg" },
	{ ".yardopts", ".yardoc" },
	{ "mix.exs", "_build" },
	{ "mix.exs", "deps" },
	{ "mix.exs", "cover" },
	{ "mix.exs", ".elixir_ls" },
	{ "mix.exs", ".lexical" },
	{ "rebar.config", "_build" },
	{ "stack.yaml", ".stack-work" },
	{ "cabal.project", "dist-newstyle" },
	{ "-", ".cabal-sandbox" },
	{ "dune-project", "_build" },
	{ "esy.json", "_esy" },
	{ "elm.json", "elm-stuff" },
	{ "*.nimble", "nimcache" },
	{ "lakefile.lean", ".lake" },
	{ "moon.mod.json", ".mooncakes" },
	{ "shard.yml", ".shards" },
	{ "dub.json", ".dub" },
	{ "Project.toml", "docs/build" },
	{ "Makefile.PL", "blib" },
	{ "cpanfile", "local" },
	{ "renv.lock", "renv/library" },
	{ "*.Rproj", ".Rproj.user" },
	{ "_quarto.yml", ".quarto" },
	{ "Package.swift", ".build" },
	{ "Package.swift", ".swiftpm" },
	{ "Podfile", "Pods" },
	{ "Cartfile", "Carthage" },
	{ "*.xcodeproj", "DerivedData" },
	{ "pubspec.yaml", ".dart_tool" },
	{ "pubspec.yaml", "build" },
	{ "_config.yml", "_site" },
	{ "_config.yml", ".jekyll-cache" },
	{ ".eleventy.js", "_site" },
	{ "hugo.toml", "public" },
	{ "hugo.toml", "resources/_gen" },
	{ "-", ".sass-cache" },
	{ ".terraform.lock.hcl", ".terraform/providers" },
	{ ".terraform.lock.hcl", ".terraform/modules" },
	{ ".terraformrc", ".terraform.d/plugin-cache" },
	{ "Chart.yaml", "charts" },
	{ "-", "packer_cache" },
	{ "requirements.yml", "ansible_collections" },
	{ "dbt_project.yml", "target" },
	{ "dbt_project.yml", "dbt_packages" },
	{ "-", ".direnv" },
	{ "-", ".scannerwork" },
	{ "-", ".gemini-clipboard" },
};

static void
what_each_tool_makes_again_is_a_product(void **state)
{
	char mark[64];
	size_t i, up;

	(void)state;
	for (i = 0; i < sizeof(made) / sizeof(*made); i++) {
		const char *inside = strstr(made[i].mark, " inside");
		const size_t len = inside ? (size_t)(inside - made[i].mark)
					  : strlen(made[i].mark);

		assert_true(len < sizeof(mark));
		memcpy(mark, made[i].mark, len);
		mark[len] = '\0';
		/* next to the first of two folders */
		up = inside ? 0 : strchr(made[i].folder, '/') ? 2 : 1;
		if (!judge(made[i].folder, true, (unsigned)up, mark))
			fail_msg("%s is no product beside %s", made[i].folder,
			    made[i].mark);
	}
}

static void
files_that_are_worth_nothing(void **state)
{
	(void)state;
	assert_non_null(gv_product_file_rule("a/b.pyc", 7));
	assert_non_null(gv_product_file_rule(".terraform.tfstate.lock.info",
	    strlen(".terraform.tfstate.lock.info")));
	assert_null(gv_product_file_rule("notes.txt", 9));
	assert_null(gv_product_file_rule("app.log", 7));
	assert_null(gv_product_file_rule("pyc", 3));
}

static void
no_row_stands_twice(void **state)
{
	const struct gv_product_row *a, *b;

	(void)state;
	for (a = gv_product_rows; a->folder; a++)
		for (b = gv_product_rows; b < a; b++)
			if (a->proof == b->proof &&
			    strcmp(a->folder, b->folder) == 0 &&
			    strcmp(a->marks, b->marks) == 0)
				fail_msg("%s stands twice", a->folder);
}

UNIT(product)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_alone_proves_only_a_few),
		cmocka_unit_test(
		    a_marker_counts_only_where_git_ignores_the_folder),
		cmocka_unit_test(what_only_a_tool_writes_proves_by_itself),
		cmocka_unit_test(what_a_tool_keeps_data_in_is_no_product),
		cmocka_unit_test(what_each_tool_makes_again_is_a_product),
		cmocka_unit_test(files_that_are_worth_nothing),
		cmocka_unit_test(no_row_stands_twice),
	};

	return UNIT_RUN(tests);
}
