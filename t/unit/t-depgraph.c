/* lib/graph/depgraph: what references of files in memory lead to. */
#include "unit.h"

#include "base/err.h"
#include "depgraph_told.h"
#include "graph/depgraph_internal.h"
#include "graph/depgraph_query.h"
#include "graph/depgraph_unit.h"

static void
names_of_terraform_are_known_in_one_folder(void **state)
{
	static const struct depgraph_file files[] = {
		{ "a/main.tf", NULL,
		    "resource \"x_y\" \"r\" {\n  a = var.n\n  b = var.none\n}\n" },
		{ "a/vars.tf", NULL, "variable \"n\" {}\n" },
		{ "b/vars.tf", NULL,
		    "variable \"n\" {}\nvariable \"none\" {}\n" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, NULL,
	    "a/main.tf:2 tf.ref -> a/vars.tf#tf.variable:n\n"
	    "a/main.tf:3 tf.ref -> !tf.variable:none\n");
}

static void
a_module_is_a_folder_with_its_code(void **state)
{
	static const struct depgraph_file files[] = {
		{ "live/prod/main.tf", "prod",
		    "module \"a\" {\n  source = \"../../modules//net\"\n}\n"
		    "module \"b\" {\n  source = \"../../modules/nt\"\n}\n"
		    "module \"c\" {\n  source = \"../../../out\"\n}\n"
		    "module \"d\" {\n  source = \"a/b/c\"\n"
		    "  version = \"1.2\"\n}\n" },
		{ "modules/net/main.tf", NULL, "" },
		{ "modules/net/README.md", NULL, "" },
		{ "modules/net/sub/x.tf", NULL, "" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, NULL,
	    "live/prod/main.tf:2 tf.module -> modules/net\n"
	    "live/prod/main.tf:5 tf.module -> !modules/nt\n"
	    "live/prod/main.tf:8 tf.module -> @path:../../../out\n"
	    "live/prod/main.tf:11 tf.module -> @registry:a/b/c=1.2\n"
	    "modules/net tf.module -> modules/net/main.tf\n");
}

static void
files_are_present_ignored_or_missing(void **state)
{
	static const struct depgraph_file files[] = {
		{ "a/main.tf", NULL,
		    "locals {\n  a = file(\"${path.module}/x.tpl\")\n"
		    "  b = file(\"dist/x.zip\")\n  c = file(\"none\")\n"
		    "  d = file(\"${path.module}/${var.e}.json\")\n"
		    "  e = fileexists(\"may.be\")\n}\nvariable \"e\" {}\n" },
		{ "a/x.tpl", NULL, "" },
		{ "a/dev.json", NULL, "" },
		{ "a/prod.json", NULL, "" },
		{ "a/dist/x.zip", NULL, NULL },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, "tf.file",
	    "a/main.tf:2 tf.file -> a/x.tpl\n"
	    "a/main.tf:3 tf.file -> a/dist/x.zip\n"
	    "a/main.tf:4 tf.file -> !a/none\n"
	    "a/main.tf:5 tf.file ~> a/dev.json\n"
	    "a/main.tf:5 tf.file ~> a/prod.json\n");
}

static void
what_is_below_an_ignored_folder_is_there(void **state)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_symbols symbols;
	struct gv_buf packed = GV_BUF_INIT;
	static const char text[] =
	    "locals {\n  a = file(\"dist/b/x.zip\")\n}\n";

	(void)state;
	assert_int_equal(gv_depgraph_add(&g, "main.tf", 7, NULL, 0), 0);
	assert_int_equal(
	    gv_depgraph_add(&g, "dist", 4, NULL, GV_DEPGRAPH_LEFT_ALL), 0);
	assert_int_equal(gv_depgraph_sort(&g), 0);
	assert_string_equal(g.files[0].path, "dist");
	assert_int_equal(gv_symbols_read(&symbols, GV_SYMBOL_DIALECT_TERRAFORM,
			     text, strlen(text)),
	    0);
	gv_symbols_pack(&packed, &symbols);
	gv_symbols_release(&symbols);
	assert_int_equal(gv_depgraph_put(&g, 0, NULL, 0), 0);
	assert_int_equal(gv_depgraph_put(&g, 1, packed.p, packed.len), 0);
	assert_int_equal(gv_depgraph_link(&g), 0);
	assert_int_equal(g.n_edges, 1);
	assert_int_equal(g.edges[0].target, GV_DEPGRAPH_NODE);
	assert_int_equal(g.edges[0].to, 0);
	gv_buf_release(&packed);
	gv_depgraph_release(&g);
}

static void
put_text(struct gv_depgraph *g, struct gv_depgraph_want *want, uint32_t i,
    const char *text)
{
	struct gv_symbols symbols;
	struct gv_buf packed = GV_BUF_INIT;

	assert_int_equal(gv_symbols_read(&symbols,
			     (enum gv_symbol_dialect)g->files[i].dialect, text,
			     strlen(text)),
	    0);
	gv_symbols_pack(&packed, &symbols);
	gv_symbols_release(&symbols);
	if (g->want)
		assert_int_equal(
		    gv_depgraph_put(g, i, packed.p, packed.len), 0);
	else
		gv_depgraph_want_add(want, packed.p, packed.len);
	gv_buf_release(&packed);
}

static void
what_nothing_names_is_left_out(void **state)
{
	static const char *const paths[] = { "k/a.yaml", "k/b.yaml", "x/.env" };
	static const char *const texts[] = {
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
		"data: {one: a, two: b, three: c}\n---\n"
		"apiVersion: v1\nkind: Service\nmetadata: {name: s}\n",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
		"spec: {containers: [{name: p, image: p, env: [{name: X, "
		"valueFrom: {configMapKeyRef: {name: c, key: three}}}]}]}\n",
		"A=1\nB=2\nD=4\nC=${B}\n",
	};
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_depgraph_want *want;
	struct gv_buf told = GV_BUF_INIT;
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    gv_depgraph_add(&g, paths[i], strlen(paths[i]), NULL, 0),
		    0);
	assert_int_equal(gv_depgraph_sort(&g), 0);
	assert_int_equal(gv_depgraph_want_new(&want, &g), 0);
	for (i = 0; i < 3; i++)
		put_text(&g, want, i, texts[i]);
	for (g.want = want, i = 0; i < 3; i++)
		put_text(&g, want, i, texts[i]);
	for (i = 0; i < g.symbols.n; i++) {
		const struct gv_symbol *s = &g.symbols.items[i];

		if (s->kind == GV_SYMBOL_DEFINITION &&
		    (s->word == GV_SYMBOL_SPACE_K8S_KEY ||
			s->word == GV_SYMBOL_SPACE_ENV_VAR))
			gv_buf_addf(&told, "%s in %s\n",
			    gv_symbol_text(&g.symbols, &s->name),
			    s->in == GV_SYMBOL_NONE
				? "-"
				: gv_symbol_text(&g.symbols,
				      &g.symbols.items[s->in].name));
	}
	/* the first one says that there are some; a variable is there for what
	 * its value refers to */
	assert_string_equal(told.p,
	    "ConfigMap/c#one in ConfigMap/c\n"
	    "ConfigMap/c#three in ConfigMap/c\nA in -\nB in -\n"
	    "C in -\n");
	gv_buf_release(&told);
	gv_depgraph_want_free(want);
	gv_depgraph_release(&g);
}

static void
a_rule_of_sops_is_found_by_the_path(void **state)
{
	static const char sealed[] =
	    "a: ENC[AES256_GCM,data:xx]\nsops:\n  mac: ENC[x]\n";
	static const struct depgraph_file files[] = {
		{ ".sops.yaml", NULL,
		    "creation_rules:\n"
		    "- path_regex: live/prod/.*\\.yaml$\n  age: age1x\n"
		    "- path_regex: \\.enc\\.yaml$\n  age: age1y\n" },
		{ "live/dev/a.enc.yaml", "dev", sealed },
		{ "live/dev/b.yaml", "dev", sealed },
		{ "live/prod/a.enc.yaml", "prod", sealed },
		{ "own/.sops.yaml", NULL,
		    "creation_rules:\n- path_regex: ^secrets/\n  age: age1z\n" },
		{ "own/secrets/x.yaml", NULL, sealed },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file broken[] = {
		{ ".sops.yaml", NULL,
		    "creation_rules:\n- path_regex: (x\n  age: age1z\n" },
		{ "a.yaml", NULL, sealed },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, "sops.rule",
	    "live/dev/a.enc.yaml:2 sops.rule -> "
	    ".sops.yaml#sops.rule:\\.enc\\.yaml$\n"
	    "live/dev/b.yaml:2 sops.rule -> !sops.rule:*\n"
	    "live/prod/a.enc.yaml:2 sops.rule -> "
	    ".sops.yaml#sops.rule:live/prod/.*\\.yaml$\n"
	    "own/secrets/x.yaml:2 sops.rule -> "
	    "own/.sops.yaml#sops.rule:^secrets/\n");
	assert_edges(broken, "sops.rule", "");
}

static void
a_selector_may_name_a_helper_of_a_chart(void **state)
{
	static const char head[] =
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
	    "spec:\n  selector:\n    matchLabels:\n"
	    "      {{- include \"web.selectorLabels\" . | nindent 6 }}\n"
	    "  template:\n    metadata:\n      labels:\n"
	    "        {{- include \"web.labels\" . | nindent 8 }}\n"
	    "    spec: {containers: [{name: a, image: \"x:1\"}]}\n";
	static const struct depgraph_file files[] = {
		{ "web/Chart.yaml", NULL, "name: web\n" },
		{ "web/templates/_helpers.tpl", NULL,
		    "{{- define \"web.labels\" }}a: b{{ end }}\n"
		    "{{- define \"web.selectorLabels\" }}a: b{{ end }}\n"
		    "{{- define \"other.labels\" }}a: c{{ end }}\n" },
		{ "web/templates/a.yaml", NULL, head },
		{ "web/templates/other.yaml", NULL,
		    "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n"
		    "spec:\n  selector:\n"
		    "    {{- include \"other.labels\" . | nindent 4 }}\n"
		    "  ports: [{port: 80}]\n" },
		{ "web/templates/service.yaml", NULL,
		    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
		    "spec:\n  selector:\n"
		    "    {{- include \"web.selectorLabels\" . | nindent 4 }}\n"
		    "  ports: [{port: 80}]\n" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, "k8s.selector",
	    "web/templates/other.yaml:5 k8s.selector ~> "
	    "~k8s.pods:{{other.labels}}\n"
	    "web/templates/service.yaml:5 k8s.selector ~> "
	    "web/templates/a.yaml#k8s.pods:Deployment/a\n");
}

static void
equal_names_of_many_files_are_stored_once(void **state)
{
	static const struct depgraph_file files[] = {
		{ "a/main.tf", NULL, "variable \"region\" {}\n" },
		{ "b/main.tf", NULL,
		    "variable \"region\" {}\nvariable \"regions\" {}\n" },
		{ NULL, NULL, NULL },
	};
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	const struct gv_symbol *s;

	(void)state;
	depgraph_fill(&g, files);
	s = g.symbols.items;
	assert_int_equal(g.symbols.n, 3);
	assert_int_equal(s[0].name.at, s[1].name.at);
	assert_string_equal(gv_symbol_text(&g.symbols, &s[1].name), "region");
	assert_string_equal(gv_symbol_text(&g.symbols, &s[2].name), "regions");
	assert_int_equal(s[2].line, 2);
	gv_depgraph_release(&g);
}

static void
values_are_of_the_folder_or_of_one_above(void **state)
{
	static const struct depgraph_file files[] = {
		{ "s/main.tf", NULL, "variable \"a\" {}\n" },
		{ "s/terraform.tfvars", NULL, "a = 1\nb = 2\n" },
		{ "s/env/prod.tfvars", "prod", "a = 1\nb = 2\n" },
		{ "vars/x.tfvars", NULL, "a = 1\n" },
		{ NULL, NULL, NULL },
	};

	static const struct depgraph_file shared[] = {
		{ "live/common.tfvars", NULL, "a = 1\nb = 2\nc = 3\n" },
		{ "live/dev/main.tf", "dev",
		    "variable \"a\" {}\nvariable \"b\" {}\n"
		    "module \"m\" {\n  source = \"../modules/m\"\n}\n" },
		{ "live/modules/m/main.tf", NULL, "variable \"a\" {}\n" },
		{ "live/prod/main.tf", "prod", "variable \"a\" {}\n" },
		{ "main.tf", NULL, "variable \"a\" {}\n" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	/* a file above several stacks is for all that declare the variable */
	assert_edges(shared, "tf.var_file",
	    "live/common.tfvars:1 tf.var_file ~> "
	    "live/dev/main.tf#tf.variable:a\n"
	    "live/common.tfvars:1 tf.var_file ~> "
	    "live/prod/main.tf#tf.variable:a\n"
	    "live/common.tfvars:2 tf.var_file ~> "
	    "live/dev/main.tf#tf.variable:b\n");
	assert_edges(files, NULL,
	    "s/terraform.tfvars:1 tf.var_file -> s/main.tf#tf.variable:a\n"
	    "s/terraform.tfvars:2 tf.var_file -> !tf.variable:b\n"
	    "s/env/prod.tfvars:1 tf.var_file -> s/main.tf#tf.variable:a\n");
}

static void
states_are_found_by_where_they_are_kept(void **state)
{
	static const struct depgraph_file files[] = {
		{ "dev/net/main.tf", "dev",
		    "terraform {\n  backend \"s3\" {\n    bucket = \"d\"\n"
		    "    key = \"net\"\n  }\n}\n" },
		{ "prod/net/main.tf", "prod",
		    "terraform {\n  backend \"s3\" {\n    bucket = \"p\"\n"
		    "    key = \"net\"\n  }\n}\n" },
		{ "prod/app/main.tf", "prod",
		    "data \"terraform_remote_state\" \"n\" {\n"
		    "  backend = \"s3\"\n  config = {\n    bucket = \"p\"\n"
		    "    key = \"net\"\n  }\n}\n"
		    "data \"terraform_remote_state\" \"o\" {\n"
		    "  backend = \"s3\"\n  config = {\n    bucket = \"q\"\n"
		    "    key = \"other\"\n  }\n}\n" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, "tf.remote_state",
	    "prod/app/main.tf:1 tf.remote_state -> "
	    "prod/net/main.tf#tf.backend:s3:p/net\n"
	    "prod/app/main.tf:8 tf.remote_state -> @tf.backend:s3:q/other\n");
}

static void
units_find_what_is_above_them(void **state)
{
	static const struct depgraph_file files[] = {
		{ "live/root.hcl", NULL, "" },
		{ "live/prod/app/terragrunt.hcl", "prod",
		    "include \"root\" {\n"
		    "  path = find_in_parent_folders(\"root.hcl\")\n}\n"
		    "dependency \"vpc\" {\n  config_path = \"../vpc\"\n}\n"
		    "dependency \"none\" {\n  config_path = \"../none\"\n}\n" },
		{ "live/prod/vpc/terragrunt.hcl", "prod", "" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_edges(files, NULL,
	    "live/prod/app/terragrunt.hcl:2 tg.include -> live/root.hcl\n"
	    "live/prod/app/terragrunt.hcl:5 tg.dependency -> "
	    "live/prod/vpc/terragrunt.hcl\n"
	    "live/prod/app/terragrunt.hcl:8 tg.dependency -> "
	    "!live/prod/none\n");
}

static void
what_no_relation_needs_can_be_left_out(void **state)
{
	static const struct depgraph_file files[] = {
		{ "k/kustomization.yaml", NULL,
		    "namePrefix: p-\nresources: [a.yaml]\n" },
		{ "k/a.yaml", NULL,
		    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
		    "data: {k: v, l: w}\n---\napiVersion: v1\nkind: Pod\n"
		    "metadata: {name: p}\nspec:\n  containers:\n"
		    "  - image: i:1\n    envFrom:\n"
		    "    - configMapRef: {name: p-c}\n" },
		{ NULL, NULL, NULL },
	};
	static const char expect[] =
	    "k/a.yaml:11 k8s.image -> @image:i=1\n"
	    "k/a.yaml:13 k8s.config -> k/a.yaml#k8s.object:ConfigMap/c\n"
	    "k/kustomization.yaml:2 kustomize.resource -> k/a.yaml\n";
	struct gv_depgraph slim = { .symbols = GV_SYMBOLS_INIT,
		.is_slim = true };
	struct gv_depgraph all = GV_DEPGRAPH_INIT;
	struct gv_buf text = GV_BUF_INIT, same = GV_BUF_INIT;
	uint32_t i;

	(void)state;
	depgraph_fill(&slim, files);
	depgraph_fill(&all, files);
	for (i = 0; i < slim.n_edges; i++)
		depgraph_tell_edge(&text, &slim, &slim.edges[i]);
	for (i = 0; i < all.n_edges; i++)
		depgraph_tell_edge(&same, &all, &all.edges[i]);
	assert_string_equal(same.p, text.p);
	assert_string_equal(text.p, expect);
	assert_true(slim.symbols.n < all.symbols.n);
	gv_buf_release(&text);
	gv_buf_release(&same);
	gv_depgraph_release(&slim);
	gv_depgraph_release(&all);
}

static const struct depgraph_file stack[] = {
	{ "live/prod/main.tf", "prod",
	    "module \"a\" {\n  source = \"../../m\"\n}\n" },
	{ "live/dev/main.tf", "dev",
	    "module \"a\" {\n  source = \"../../m\"\n}\n" },
	{ "live/dev/dev.tfvars", "dev", "x = 1\n" },
	{ "m/main.tf", NULL,
	    "resource \"x_y\" \"r\" {\n  a = var.n\n}\nvariable \"n\" {}\n" },
	{ NULL, NULL, NULL },
};

static uint32_t
steps_between(const struct gv_depgraph *g, const char *from, const char *to,
    enum gv_depgraph_way way, uint32_t most)
{
	uint32_t start = gv_depgraph_find_file(g, from, strlen(from));
	uint32_t end = gv_depgraph_find_file(g, to, strlen(to)), n, *steps;

	assert_int_not_equal(start, GV_DEPGRAPH_NONE);
	assert_int_not_equal(end, GV_DEPGRAPH_NONE);
	assert_int_equal(
	    gv_depgraph_reachable(&steps, g, &start, 1, way, most), 0);
	n = steps[end];
	free(steps);
	return n;
}

static void
what_is_reached_has_its_steps(void **state)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;

	(void)state;
	depgraph_fill(&g, stack);
	assert_int_equal(steps_between(&g, "live/prod/main.tf", "m/main.tf",
			     GV_DEPGRAPH_DOWN, 0),
	    1);
	assert_int_equal(steps_between(&g, "m/main.tf", "live/dev/main.tf",
			     GV_DEPGRAPH_UP, 0),
	    1);
	assert_int_equal(steps_between(&g, "m/main.tf", "live/dev/main.tf",
			     GV_DEPGRAPH_DOWN, 0),
	    GV_DEPGRAPH_NONE);
	assert_int_equal(steps_between(&g, "live/dev/main.tf",
			     "live/prod/main.tf", GV_DEPGRAPH_UP, 0),
	    GV_DEPGRAPH_NONE);
	gv_depgraph_release(&g);
}

/* The nodes of each circle, ", " between them. */
static void
assert_cycles(const struct depgraph_file *files, const char *expect)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_depgraph_cycles cycles;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	uint32_t k;

	depgraph_fill(&g, files);
	assert_int_equal(gv_depgraph_find_cycles(&cycles, &g), 0);
	for (i = 0; i < cycles.n; i++) {
		for (k = cycles.at[i]; k < cycles.at[i + 1]; k++) {
			gv_depgraph_add_id(&text, &g, cycles.items[k]);
			gv_buf_addstr(
			    &text, k + 1 < cycles.at[i + 1] ? ", " : "\n");
		}
	}
	assert_string_equal(text.p, expect);
	gv_depgraph_cycles_release(&cycles);
	gv_buf_release(&text);
	gv_depgraph_release(&g);
}

static void
a_circle_is_a_path_and_is_told_once(void **state)
{
	static const struct depgraph_file files[] = {
		{ "a.tf", NULL,
		    "locals {\n  a = local.b\n  b = local.c\n  c = local.a\n"
		    "  d = local.a\n}\n" },
		{ "u/x/terragrunt.hcl", NULL,
		    "dependency \"y\" {\n  config_path = \"../y\"\n}\n" },
		{ "u/y/terragrunt.hcl", NULL,
		    "dependencies {\n  paths = [\"../x\"]\n}\n" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_cycles(stack, "");
	assert_cycles(files,
	    "a.tf#tf.local:a, a.tf#tf.local:b, a.tf#tf.local:c\n"
	    "u/x/terragrunt.hcl#tg.dependency:y, u/y/terragrunt.hcl, "
	    "u/x/terragrunt.hcl\n");
}

static void
folders_are_in_order(void **state)
{
	static const struct depgraph_file files[] = {
		{ "a-b/x.tf", NULL, "" },
		{ "a/b/x.tf", NULL, "" },
		{ "a/z.tf", NULL, "" },
		{ "a.tf", NULL, "" },
		{ "a/c/d/y.tf", NULL, "" },
		{ NULL, NULL, NULL },
	};
	static const char *const order[] = { "a.tf", "a/z.tf", "a/b/x.tf",
		"a/c/d/y.tf", "a-b/x.tf" };
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	uint32_t i, folder;

	(void)state;
	depgraph_fill(&g, files);
	assert_int_equal(g.n_files, 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(g.files[i].path, order[i]);
	folder = gv_depgraph_find_folder(&g, "a", 1);
	assert_int_equal(g.folders[folder].n, 1);
	assert_int_equal(g.folders[folder].end - g.folders[folder].first, 3);
	assert_int_equal(gv_depgraph_find_folder(&g, "a/c", 3), folder + 2);
	assert_int_equal(
	    gv_depgraph_find_folder(&g, "nowhere", 7), GV_DEPGRAPH_NONE);
	assert_int_equal(gv_depgraph_find_file(&g, "a/c", 3), GV_DEPGRAPH_NONE);
	gv_depgraph_release(&g);
}

/* Each with what it needs, by numbers. */
static void
assert_units(
    const struct depgraph_file *files, const char *env, const char *wanted)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_buf told = GV_BUF_INIT;
	struct gv_depgraph_units units;
	size_t i, k;

	depgraph_fill(&g, files);
	assert_int_equal(gv_depgraph_units(&units, &g, env), 0);
	for (i = 0; i < units.n; i++) {
		const struct gv_depgraph_unit *u = &units.items[i];

		gv_buf_addf(&told, "%s %s %s", u->kind, u->dir,
		    u->values ? u->values : "-");
		for (k = 0; k < u->n_needs; k++) {
			assert_true(u->needs[k] < i);
			gv_buf_addf(
			    &told, " <%s", units.items[u->needs[k]].dir);
		}
		gv_buf_addch(&told, '\n');
	}
	assert_string_equal(told.len ? told.p : "", wanted);
	gv_buf_release(&told);
	gv_depgraph_units_release(&units);
	gv_depgraph_release(&g);
}

#define STATE(key)                                                             \
	"terraform {\n backend \"s3\" {\n  bucket = \"b\"\n  key = \"" key     \
	"\"\n }\n}\n"
#define READS(name, key)                                                       \
	"data \"terraform_remote_state\" \"" name "\" {\n"                     \
	" backend = \"s3\"\n config = {\n  bucket = \"b\"\n  key = \"" key     \
	"\"\n }\n}\n"

static void
what_is_needed_is_built_first(void **state)
{
	static const struct depgraph_file files[] = {
		{ "live/prod/app/main.tf", "prod",
		    STATE("app") READS("n", "net") READS("s",
			"dns") "module \"m\" {\n source = \"../../../modules/m\"\n}\n" },
		{ "live/prod/net/main.tf", "prod", STATE("net") },
		{ "live/dev/net/main.tf", "dev", STATE("dev") },
		/* of no environment, and on the way to one that is */
		{ "shared/dns/main.tf", NULL, STATE("dns") READS("z", "zone") },
		{ "live/prod/zone/main.tf", "prod", STATE("zone") },
		{ "modules/m/main.tf", NULL, "" },
		{ "chart/Chart.yaml", NULL, "name: c\n" },
		{ "chart/values.yaml", NULL, "a: 1\n" },
		{ "chart/values-prod.yaml", "prod", "a: 2\n" },
		{ "chart/values-dev.yaml", "dev", "a: 3\n" },
		{ NULL, NULL, NULL },
	};
	static const struct depgraph_file circle[] = {
		{ "a/main.tf", "prod", STATE("a") READS("b", "b") },
		{ "b/main.tf", "prod", STATE("b") READS("c", "c") },
		{ "c/main.tf", "prod", STATE("c") READS("a", "a") },
		{ NULL, NULL, NULL },
	};

	(void)state;
	assert_units(files, "prod",
	    "chart chart values-prod.yaml\n"
	    "terraform live/prod/net -\n"
	    "terraform live/prod/zone -\n"
	    "terraform live/prod/app - <live/prod/net <live/prod/zone\n");
	assert_units(files, "dev",
	    "chart chart values-dev.yaml\nterraform live/dev/net -\n");
	assert_units(files, "none", "");
	assert_units(circle, "prod",
	    "terraform c -\nterraform b - <c\nterraform a - <b\n");
}

/* ---- symbols of all files at once ---------------------------------------- */

#define MANY 50000

/* Names that have little in common, each with an object that it stands in. */
static void
pack_many(struct gv_buf *out, unsigned seed)
{
	struct gv_symbols symbols;
	struct gv_buf text = GV_BUF_INIT;
	unsigned i;

	for (i = 0; i < MANY; i++)
		gv_buf_addf(&text, "variable \"v%08x%08x%08x\" {}\n",
		    (i + seed) * 2654435761U, i * 40503U, seed);
	gv_buf_addf(&text,
	    "module \"m%u\" {\n  source = \"a/b/c\"\n  version = \"%u\"\n}\n",
	    seed, seed);
	assert_int_equal(gv_symbols_read(&symbols, GV_SYMBOL_DIALECT_TERRAFORM,
			     text.p, text.len),
	    0);
	gv_symbols_pack(out, &symbols);
	gv_symbols_release(&symbols);
	gv_buf_release(&text);
}

static void
add_places(struct gv_depgraph *g)
{
	static const char *const paths[] = { "a/1.tf", "b/1.tf", "b/2.txt",
		"c/1.tf" };
	size_t i;

	for (i = 0; i < 4; i++)
		assert_int_equal(
		    gv_depgraph_add(g, paths[i], strlen(paths[i]), NULL, 0), 0);
	assert_int_equal(gv_depgraph_sort(g), 0);
}

static void
assert_same_symbol(
    const struct gv_symbols *a, const struct gv_symbols *b, size_t i)
{
	const struct gv_symbol *x = &a->items[i], *y = &b->items[i];

	assert_string_equal(
	    gv_symbol_text(a, &x->name), gv_symbol_text(b, &y->name));
	assert_string_equal(gv_symbol_text(a, gv_symbol_extra(a, x)),
	    gv_symbol_text(b, gv_symbol_extra(b, y)));
	assert_int_equal(x->in, y->in);
	assert_int_equal(x->line, y->line);
	assert_int_equal(x->kind, y->kind);
}

static void
several_threads_give_what_one_gives(void **state)
{
	struct gv_depgraph one = GV_DEPGRAPH_INIT, many = GV_DEPGRAPH_INIT;
	struct gv_buf packed[4] = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT };
	struct gv_depgraph_bytes all[4] = { { NULL, 0 } };
	struct gv_depgraph_runs *runs;
	uint32_t i;

	(void)state;
	add_places(&one);
	add_places(&many);
	for (i = 0; i < 4; i++) {
		if (i == 2)
			continue;
		pack_many(&packed[i], i);
		all[i] =
		    (struct gv_depgraph_bytes){ packed[i].p, packed[i].len };
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(
		    gv_depgraph_put(&one, i, all[i].p, all[i].len), 0);
	assert_int_equal(gv_depgraph_put_all(&runs, &many, all, 3), 0);
	for (i = 0; i < 4; i++)
		gv_buf_release(&packed[i]);
	assert_int_equal(gv_depgraph_put_end(runs), 0);
	gv_depgraph_runs_free(runs);
	for (i = 0; i < 4; i++) {
		assert_int_equal(many.files[i].first, one.files[i].first);
		assert_int_equal(many.files[i].n, one.files[i].n);
	}
	assert_true(one.symbols.n > (size_t)3 * MANY);
	assert_int_equal(many.symbols.n, one.symbols.n);
	for (i = 0; i < one.symbols.n; i++)
		assert_same_symbol(&one.symbols, &many.symbols, i);
	gv_depgraph_release(&one);
	gv_depgraph_release(&many);
}

static void
no_need(void *ctx, unsigned space, uint64_t hash, bool is_any)
{
	(void)space;
	(void)hash;
	(void)is_any;
	(*(size_t *)ctx)++;
}

static void
damaged_needs_are_noticed(void **state)
{
	static const char *const damaged[] = { "", "\x09", "\x08xxxxxxxx",
		"\xff\xff\xff", "\x09\xffxxxxxxxx" };
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(gv_symbols_needs(damaged[i],
				     strlen(damaged[i]), no_need, &n),
		    GV_ECORRUPT);
	assert_int_equal(n, 0);
}

UNIT(depgraph)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_terraform_are_known_in_one_folder),
		cmocka_unit_test(a_module_is_a_folder_with_its_code),
		cmocka_unit_test(files_are_present_ignored_or_missing),
		cmocka_unit_test(what_is_below_an_ignored_folder_is_there),
		cmocka_unit_test(values_are_of_the_folder_or_of_one_above),
		cmocka_unit_test(states_are_found_by_where_they_are_kept),
		cmocka_unit_test(units_find_what_is_above_them),
		cmocka_unit_test(what_nothing_names_is_left_out),
		cmocka_unit_test(a_rule_of_sops_is_found_by_the_path),
		cmocka_unit_test(a_selector_may_name_a_helper_of_a_chart),
		cmocka_unit_test(equal_names_of_many_files_are_stored_once),
		cmocka_unit_test(what_no_relation_needs_can_be_left_out),
		cmocka_unit_test(what_is_reached_has_its_steps),
		cmocka_unit_test(a_circle_is_a_path_and_is_told_once),
		cmocka_unit_test(folders_are_in_order),
		cmocka_unit_test(what_is_needed_is_built_first),
		cmocka_unit_test(several_threads_give_what_one_gives),
		cmocka_unit_test(damaged_needs_are_noticed),
	};

	return UNIT_RUN(tests);
}
