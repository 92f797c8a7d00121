#include "infra/precious_internal.h"

/* Manifests, and what else only a tool's folder stands beside. */
static const char *const javascript[] = { "package.json", NULL };
static const char *const dist[] = { "package.json", "setup.py", "setup.cfg",
	"pyproject.toml", NULL };
static const char *const build[] = { "package.json", "setup.py", "setup.cfg",
	"pyproject.toml", "build.gradle", "build.gradle.kts", "settings.gradle",
	"settings.gradle.kts", "CMakeLists.txt", "meson.build", "pubspec.yaml",
	NULL };
static const char *const out[] = { "package.json", "tsconfig.json",
	"build.gradle", "build.gradle.kts", NULL };
static const char *const target[] = { "Cargo.toml", "pom.xml", "build.sbt",
	"project.clj", "dbt_project.yml", NULL };
static const char *const vendor[] = { "composer.json", "go.mod", NULL };
static const char *const python_home[] = { "pyvenv.cfg", NULL };
static const char *const conda_home[] = { "conda-meta", NULL };
static const char *const dotnet_bin[] = { "obj", "Program.cs",
	"Directory.Build.props", "global.json", NULL };
static const char *const dotnet_obj[] = { "bin", "Program.cs",
	"Directory.Build.props", "global.json", NULL };
static const char *const dotnet_inside[] = { "project.assets.json", NULL };
static const char *const helm[] = { "Chart.yaml", "Chart.lock",
	"requirements.lock", NULL };
static const char *const cdk[] = { "cdk.json", NULL };
static const char *const cdktf[] = { "cdktf.json", NULL };
static const char *const serverless[] = { "serverless.yml", "serverless.yaml",
	"serverless.ts", "serverless.js", NULL };
static const char *const mix[] = { "mix.exs", NULL };
static const char *const dbt[] = { "dbt_project.yml", NULL };
static const char *const swift[] = { "Package.swift", NULL };
static const char *const zig[] = { "build.zig", NULL };
static const char *const mkdocs[] = { "mkdocs.yml", NULL };
static const char *const jekyll[] = { "_config.yml", NULL };
static const char *const hugo[] = { "hugo.toml", "hugo.yaml", "hugo.json",
	"gatsby-config.js", "gatsby-config.ts", NULL };

#define BUILD(how, text, parent, beside, rule)                                 \
	{                                                                      \
		GV_PRECIOUS_##how, text, sizeof(text) - 1, parent, beside,     \
		    rule                                                       \
	}

const struct gv_precious_build gv_precious_builds[] = {
	BUILD(NAME, "node_modules", NULL, NULL, "node modules"),
	BUILD(NAME, "bower_components", NULL, NULL, "node modules"),
	BUILD(NAME, "jspm_packages", NULL, NULL, "node modules"),
	BUILD(NAME, "cache", ".yarn", NULL, "yarn cache"),
	BUILD(NAME, "unplugged", ".yarn", NULL, "yarn cache"),
	BUILD(NAME, ".pnpm-store", NULL, NULL, "package cache"),
	BUILD(NAME, ".npm", NULL, NULL, "package cache"),
	BUILD(NAME, ".eggs", NULL, NULL, "package cache"),
	BUILD(NAME, "pip-wheel-metadata", NULL, NULL, "package cache"),
	BUILD(NAME, ".next", NULL, NULL, "web build"),
	BUILD(NAME, ".nuxt", NULL, NULL, "web build"),
	BUILD(NAME, ".svelte-kit", NULL, NULL, "web build"),
	BUILD(NAME, ".angular", NULL, NULL, "web build"),
	BUILD(NAME, ".docusaurus", NULL, NULL, "web build"),
	BUILD(NAME, ".parcel-cache", NULL, NULL, "web build"),
	BUILD(NAME, ".turbo", NULL, NULL, "web build"),
	BUILD(NAME, "storybook-static", NULL, NULL, "web build"),
	BUILD(NAME, ".output", NULL, javascript, "web build"),
	BUILD(NAME, "dist", NULL, dist, "build output"),
	BUILD(NAME, "build", NULL, build, "build output"),
	BUILD(NAME, "out", NULL, out, "build output"),
	BUILD(NAME, "target", NULL, target, "build output"),
	BUILD(NAME, "CMakeFiles", NULL, NULL, "build output"),
	BUILD(PREFIX, "cmake-build-", NULL, NULL, "build output"),
	BUILD(NAME, "autom4te.cache", NULL, NULL, "build output"),
	BUILD(NAME, "dist-newstyle", NULL, NULL, "build output"),
	BUILD(NAME, ".stack-work", NULL, NULL, "build output"),
	BUILD(NAME, "elm-stuff", NULL, NULL, "build output"),
	BUILD(NAME, ".dart_tool", NULL, NULL, "build output"),
	BUILD(NAME, ".kotlin", NULL, NULL, "build output"),
	BUILD(NAME, ".cxx", NULL, NULL, "build output"),
	BUILD(NAME, "_build", NULL, mix, "build output"),
	BUILD(NAME, ".build", NULL, swift, "build output"),
	BUILD(NAME, "zig-out", NULL, zig, "build output"),
	BUILD(NAME, "obj", NULL, dotnet_obj, "build output"),
	BUILD(NAME, "bin", NULL, dotnet_bin, "build output"),
	BUILD(NAME, "Debug", NULL, dotnet_inside, "build output"),
	BUILD(NAME, "Release", NULL, dotnet_inside, "build output"),
	BUILD(NAME, "site", NULL, mkdocs, "site build"),
	BUILD(NAME, "_site", NULL, jekyll, "site build"),
	BUILD(NAME, "public", NULL, hugo, "site build"),
	BUILD(NAME, "resources", NULL, hugo, "site build"),
	BUILD(NAME, "vendor", NULL, vendor, "vendored packages"),
	BUILD(NAME, "bundle", "vendor", NULL, "vendored packages"),
	BUILD(NAME, "cache", ".bundle", NULL, "vendored packages"),
	BUILD(NAME, "plugin", ".bundle", NULL, "vendored packages"),
	BUILD(NAME, "ruby", ".bundle", NULL, "vendored packages"),
	BUILD(NAME, "library", "renv", NULL, "vendored packages"),
	BUILD(NAME, "staging", "renv", NULL, "vendored packages"),
	BUILD(NAME, "deps", NULL, mix, "vendored packages"),
	BUILD(NAME, "dbt_packages", NULL, dbt, "vendored packages"),
	BUILD(NAME, "__pycache__", NULL, NULL, "python cache"),
	BUILD(NAME, ".pytest_cache", NULL, NULL, "python cache"),
	BUILD(NAME, ".mypy_cache", NULL, NULL, "python cache"),
	BUILD(NAME, ".ruff_cache", NULL, NULL, "python cache"),
	BUILD(NAME, ".tox", NULL, NULL, "python cache"),
	BUILD(NAME, ".nox", NULL, NULL, "python cache"),
	BUILD(NAME, ".hypothesis", NULL, NULL, "python cache"),
	BUILD(NAME, ".pytype", NULL, NULL, "python cache"),
	BUILD(NAME, ".pyre", NULL, NULL, "python cache"),
	BUILD(NAME, "__pypackages__", NULL, NULL, "python cache"),
	BUILD(SUFFIX, ".egg-info", NULL, NULL, "python cache"),
	BUILD(SUFFIX, ".dist-info", NULL, NULL, "python cache"),
	BUILD(NAME, ".venv", NULL, NULL, "python virtual environment"),
	BUILD(NAME, "venv", NULL, NULL, "python virtual environment"),
	BUILD(NAME, ".virtualenv", NULL, NULL, "python virtual environment"),
	BUILD(NAME, "virtualenv", NULL, NULL, "python virtual environment"),
	BUILD(NAME, "lib", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "lib64", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "bin", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "include", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "share", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "Lib", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "Scripts", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "Include", NULL, python_home, "python virtual environment"),
	BUILD(NAME, "lib", NULL, conda_home, "conda environment"),
	BUILD(NAME, "bin", NULL, conda_home, "conda environment"),
	BUILD(NAME, "include", NULL, conda_home, "conda environment"),
	BUILD(NAME, "share", NULL, conda_home, "conda environment"),
	BUILD(NAME, "pkgs", NULL, conda_home, "conda environment"),
	BUILD(NAME, "conda-meta", NULL, conda_home, "conda environment"),
	BUILD(NAME, "coverage", NULL, NULL, "coverage report"),
	BUILD(NAME, "htmlcov", NULL, NULL, "coverage report"),
	BUILD(NAME, ".nyc_output", NULL, NULL, "coverage report"),
	BUILD(NAME, ".gradle", NULL, NULL, "gradle cache"),
	BUILD(NAME, "repository", ".m2", NULL, "maven repository"),
	BUILD(NAME, ".bloop", NULL, NULL, "scala cache"),
	BUILD(NAME, ".metals", NULL, NULL, "scala cache"),
	BUILD(NAME, ".bsp", NULL, NULL, "scala cache"),
	BUILD(NAME, ".cache", NULL, NULL, "cache"),
	BUILD(NAME, ".ccache", NULL, NULL, "cache"),
	BUILD(NAME, ".sass-cache", NULL, NULL, "cache"),
	BUILD(NAME, ".rpt2_cache", NULL, NULL, "cache"),
	BUILD(NAME, ".zig-cache", NULL, NULL, "cache"),
	BUILD(NAME, "zig-cache", NULL, NULL, "cache"),
	BUILD(NAME, ".direnv", NULL, NULL, "direnv cache"),
	BUILD(NAME, ".devenv", NULL, NULL, "direnv cache"),
	BUILD(NAME, "providers", ".terraform", NULL, "terraform providers"),
	BUILD(NAME, "plugins", ".terraform", NULL, "terraform providers"),
	BUILD(NAME, "modules", ".terraform", NULL, "terraform modules"),
	BUILD(NAME, "plugin-cache", ".terraform.d", NULL,
	    "terraform plugin cache"),
	BUILD(NAME, "plugins", ".terraform.d", NULL, "terraform plugin cache"),
	BUILD(NAME, ".external_modules", NULL, NULL, "linter cache"),
	BUILD(NAME, "plugins", ".tflint.d", NULL, "linter cache"),
	BUILD(NAME, "packer_cache", NULL, NULL, "packer cache"),
	BUILD(NAME, "plugins", ".packer.d", NULL, "packer cache"),
	BUILD(NAME, "plugins", ".pulumi", NULL, "pulumi plugins"),
	BUILD(NAME, "bin", ".pulumi", NULL, "pulumi plugins"),
	BUILD(NAME, "templates", ".pulumi", NULL, "pulumi plugins"),
	BUILD(NAME, "templates-policy", ".pulumi", NULL, "pulumi plugins"),
	BUILD(NAME, "cdk.out", NULL, cdk, "cdk output"),
	BUILD(NAME, "cdktf.out", NULL, cdktf, "cdktf output"),
	BUILD(NAME, ".gen", NULL, cdktf, "cdktf output"),
	BUILD(NAME, ".aws-sam", NULL, NULL, "sam build"),
	BUILD(NAME, ".serverless", NULL, NULL, "serverless build"),
	BUILD(NAME, ".webpack", NULL, serverless, "serverless build"),
	BUILD(NAME, ".esbuild", NULL, serverless, "serverless build"),
	BUILD(NAME, "deployments", ".chalice", NULL, "chalice packages"),
	BUILD(NAME, "charts", NULL, helm, "helm dependencies"),
	BUILD(NAME, "cache", ".kube", NULL, "kubectl cache"),
	BUILD(NAME, "http-cache", ".kube", NULL, "kubectl cache"),
	BUILD(NAME, "ansible_collections", NULL, NULL, "ansible collections"),
	BUILD(NAME, "cp", ".ansible", NULL, "ansible cache"),
	BUILD(NAME, "tmp", ".ansible", NULL, "ansible cache"),
	BUILD(NAME, "galaxy_cache", ".ansible", NULL, "ansible cache"),
	BUILD(NAME, "collections", ".ansible", NULL, "ansible cache"),
	BUILD(NAME, "roles", ".ansible", NULL, "ansible cache"),
	BUILD(NAME, ".molecule", NULL, NULL, "molecule scratch"),
	BUILD(NAME, "logs", ".kitchen", NULL, "test kitchen logs"),
	BUILD(NAME, "cache", ".kitchen", NULL, "test kitchen logs"),
	BUILD(NAME, "bundler", ".vagrant", NULL, "vagrant helpers"),
	BUILD(NAME, "rgloader", ".vagrant", NULL, "vagrant helpers"),
	{ GV_PRECIOUS_NAME, NULL, 0, NULL, NULL, NULL },
};

#define ROW(text, rule)                                                        \
	{                                                                      \
		text, sizeof(text) - 1, rule                                   \
	}

const struct gv_precious_row gv_precious_foreign[] = {
	ROW(".git", "version control"),
	ROW(".hg", "version control"),
	ROW(".svn", "version control"),
	ROW(".bzr", "version control"),
	ROW(".jj", "version control"),
	ROW("_darcs", "version control"),
	ROW("CVS", "version control"),
	ROW("lost+found", "system"),
	ROW("__MACOSX", "system"),
	ROW(".Trash", "system"),
	ROW(".Spotlight-V100", "system"),
	ROW(".fseventsd", "system"),
	{ NULL, 0, NULL },
};
