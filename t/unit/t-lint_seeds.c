/* lib/lint: 40 faults, one at a time, in a tree that is in order. The seed
 * chooses the names in it and how far down in its file each fault is. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "lint/lint.h"
#include "graph/depgraph.h"

#define NOW   1800000000
#define SEEDS 41

struct file {
	const char *path, *text, *env;
};

/* @a to @d are names that the seed chooses. */
static const struct file clean[] = {
	{ "modules/net/main.tf",
	    "variable \"@a\" {}\n"
	    "output \"@b\" {\n  value = var.@a\n}\n",
	    NULL },
	{ "live/dev/main.tf",
	    "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n"
	    "    key    = \"dev/net.tfstate\"\n  }\n}\n"
	    "variable \"@c\" {}\n"
	    "module \"net\" {\n  source = \"../../modules/net\"\n"
	    "  @a = var.@c\n}\n"
	    "locals {\n  x = module.net.@b\n  y = file(\"@d.txt\")\n}\n",
	    "dev" },
	{ "live/dev/terraform.tfvars", "@c = 1\n", "dev" },
	{ "live/dev/@d.txt", "", "dev" },
	{ "live/prod/main.tf",
	    "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n"
	    "    key    = \"prod/net.tfstate\"\n  }\n}\n"
	    "variable \"@c\" {}\n"
	    "module \"net\" {\n  source = \"../../modules/net\"\n"
	    "  @a = var.@c\n}\n"
	    "locals {\n  x = module.net.@b\n  y = file(\"@d.txt\")\n}\n",
	    "prod" },
	{ "live/prod/terraform.tfvars", "@c = 2\n", "prod" },
	{ "live/prod/@d.txt", "", "prod" },
	{ "k8s/kustomization.yaml",
	    "resources:\n- deploy.yaml\n- service.yaml\n- config.yaml\n"
	    "patches:\n- path: patch.yaml\n"
	    "  target: {kind: Deployment, name: @a}\n",
	    NULL },
	{ "k8s/deploy.yaml",
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: @a\n"
	    "spec:\n  template:\n    metadata:\n      labels: {app: @a}\n"
	    "    spec:\n      containers:\n      - name: x\n"
	    "        image: nginx:1.27\n        env:\n        - name: K\n"
	    "          valueFrom:\n            configMapKeyRef: {name: @b, key: "
	    "@c}\n",
	    NULL },
	{ "k8s/service.yaml",
	    "apiVersion: v1\nkind: Service\nmetadata:\n  name: @a\nspec:\n"
	    "  selector: {app: @a}\n  ports:\n  - port: 80\n",
	    NULL },
	{ "k8s/config.yaml",
	    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: @b\ndata:\n"
	    "  @c: x\n",
	    NULL },
	{ "k8s/patch.yaml",
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: @a\n"
	    "spec:\n  replicas: 2\n",
	    NULL },
	{ "charts/web/Chart.yaml",
	    "apiVersion: v2\nname: web\nversion: 1.0.0\n", NULL },
	{ "charts/web/values.yaml", "@a: 1\n@b:\n  @c: 2\n", NULL },
	{ "charts/web/templates/_helpers.tpl",
	    "{{- define \"web.@d\" -}}x{{- end -}}\n", NULL },
	{ "charts/web/templates/config.yaml",
	    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n"
	    "  a: {{ .Values.@a }}\n  b: {{ .Values.@b.@c }}\n"
	    "  c: {{ include \"web.@d\" . }}\n",
	    NULL },
	{ "compose/docker-compose.yml",
	    "services:\n  @a:\n    image: nginx:1.27\n    depends_on: [@b]\n"
	    "    volumes: [\"@c:/data\"]\n    networks: [@d]\n"
	    "    env_file: app.env\n"
	    "  @b:\n    build: ./web\n    networks: [@d]\n"
	    "volumes:\n  @c: {}\nnetworks:\n  @d: {}\n",
	    NULL },
	{ "compose/app.env", "A=1\n", NULL },
	{ "compose/web/Dockerfile",
	    "FROM alpine:3.20 AS @a\nRUN true\nFROM alpine:3.20\n"
	    "COPY --from=@a /x /x\n",
	    NULL },
	{ "ansible/site.yml", "- hosts: @a\n  roles:\n  - @b\n", NULL },
	{ "ansible/hosts.ini", "[@a]\nh1\n", NULL },
	{ "ansible/roles/@b/tasks/main.yml",
	    "- template:\n    src: @c.j2\n    dest: /x\n"
	    "- include_tasks: @d.yml\n",
	    NULL },
	{ "ansible/roles/@b/tasks/@d.yml", "- debug: {msg: x}\n", NULL },
	{ "ansible/roles/@b/templates/@c.j2", "x\n", NULL },
	{ "cfn/stack.yaml",
	    "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n"
	    "  P@a: {Type: String}\nMappings:\n  M@b:\n    k: {v: x}\n"
	    "Conditions:\n  C@c: !Equals [!Ref P@a, x]\nResources:\n"
	    "  R@d:\n    Type: AWS::SNS::Topic\n    Condition: C@c\n"
	    "    Properties:\n      DisplayName: !Ref P@a\n"
	    "      TopicName: !FindInMap [M@b, k, v]\n"
	    "Outputs:\n  O:\n    Value: !GetAtt R@d.TopicName\n",
	    NULL },
	{ ".github/workflows/ci.yml",
	    "on: push\njobs:\n  @a:\n    runs-on: ubuntu-24.04\n    steps:\n"
	    "    - uses: ./.github/actions/@c\n  @b:\n    needs: @a\n"
	    "    runs-on: ubuntu-24.04\n    steps:\n    - run: echo x\n",
	    NULL },
	{ ".github/actions/@c/action.yml",
	    "name: x\nruns:\n  using: composite\n  steps: []\n", NULL },
	{ ".gitlab-ci.yml",
	    ".@c:\n  script: [echo x]\n@a:\n  extends: .@c\n"
	    "@b:\n  extends: .@c\n  needs: [@a]\n"
	    "deploy-dev:\n  environment: dev\n"
	    "  script: [\"@d $CHAT_TOKEN $KEY_TOKEN_DEV\"]\n"
	    "deploy-prod:\n  environment: prod\n"
	    "  script: [\"@d $CHAT_TOKEN $KEY_TOKEN_PROD\"]\n",
	    NULL },
	{ "Pulumi.yaml",
	    "name: app\nruntime: yaml\nconfig:\n  @a: {type: string}\n", NULL },
	{ "Pulumi.dev.yaml", "config:\n  app:@a: x\n", "dev" },
	{ "Pulumi.prod.yaml", "config:\n  app:@a: y\n", "prod" },
	{ .path = NULL },
};

/* `from` becomes `to` once in the file, or the file is not there (from NULL).
 */
static const struct seed {
	const char *path, *from, *to;
	const char *rule, *at; /* where it is to be found */
	unsigned line;         /* without what the seed puts before it; 0: the
				  whole file */
} seeds[SEEDS] = {
	{ "live/dev/main.tf", "= var.@c\n}", "= var.@cx\n}",
	    "tf/undeclared-var", NULL, 10 },
	{ "live/prod/main.tf", "  @a = var.@c\n", "  @a = var.@c\n  @ax = 1\n",
	    "tf/undeclared-var", NULL, 11 },
	{ "live/prod/main.tf", "module.net.@b", "module.net.@bx",
	    "tf/undeclared", NULL, 13 },
	{ "live/dev/main.tf", "module.net.@b", "module.ned.@b", "tf/undeclared",
	    NULL, 13 },
	{ "live/dev/main.tf", "module.net.@b", "local.@b", "tf/undeclared",
	    NULL, 13 },
	{ "live/dev/main.tf", "@d.txt", "@dd.txt", "ref/missing-file", NULL,
	    14 },
	{ "live/prod/@d.txt", NULL, NULL, "ref/missing-file",
	    "live/prod/main.tf", 14 },
	{ "live/dev/main.tf", "../../modules/net", "../../modules/nets",
	    "ref/missing-file", NULL, 9 },
	{ "live/prod/main.tf", "prod/net", "dev/net", "tf/backend-shared", NULL,
	    2 },
	{ "live/prod/main.tf", "@d.txt", "@d.TXT", "ref/case", NULL, 14 },
	{ "live/dev/terraform.tfvars", "@c = 1", "@c = 1\n@cx = 1",
	    "tf/undeclared-value", NULL, 2 },
	{ "live/dev/main.tf", "locals {", "locals {{", "parse/error", NULL,
	    12 },
	{ "cfn/stack.yaml", "Condition: C@c", "Condition: C@cx", "cfn/ref",
	    NULL, 12 },
	{ "live/prod/main.tf", "@d.txt", "../dev/@d.txt", "env/cross", NULL,
	    14 },
	{ "k8s/kustomization.yaml", "- config.yaml", "- confg.yaml",
	    "ref/missing-file", NULL, 4 },
	{ "k8s/patch.yaml", NULL, NULL, "ref/missing-file",
	    "k8s/kustomization.yaml", 6 },
	{ "k8s/kustomization.yaml", "name: @a}", "name: @ax}",
	    "kustomize/patch-target", NULL, 7 },
	{ "k8s/deploy.yaml", "key: @c", "key: @cx", "k8s/key-missing", NULL,
	    16 },
	{ "k8s/deploy.yaml", "{name: @b,", "{name: @bx,", "k8s/missing-config",
	    NULL, 16 },
	{ "k8s/service.yaml", "{app: @a}", "{app: @ax}", "k8s/dangling-service",
	    NULL, 6 },
	{ "k8s/service.yaml", "apiVersion: v1", "apiVersion: v1\n  x: [",
	    "parse/error", NULL, 2 },
	{ "k8s/config.yaml", "  @c: x\n",
	    "  @c: x\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: @a\n",
	    "kustomize/duplicate", NULL, 8 },
	{ "charts/web/templates/config.yaml", "web.@d", "web.@dx",
	    "helm/template", NULL, 8 },
	{ "charts/web/templates/config.yaml", "Values.@a", "Values.@ax",
	    "helm/value-missing", NULL, 6 },
	{ "compose/docker-compose.yml", "depends_on: [@b]", "depends_on: [@bx]",
	    "compose/undefined", NULL, 4 },
	{ "compose/docker-compose.yml", "\"@c:/data\"", "\"@cx:/data\"",
	    "compose/undefined", NULL, 5 },
	{ "compose/docker-compose.yml", "networks: [@d]\n    env",
	    "networks: [@dx]\n    env", "compose/undefined", NULL, 6 },
	{ "compose/app.env", NULL, NULL, "compose/env-file",
	    "compose/docker-compose.yml", 7 },
	{ "compose/docker-compose.yml", "./web", "./wep", "ref/missing-file",
	    NULL, 9 },
	{ "ansible/site.yml", "- @b\n", "- @bx\n", "ansible/missing", NULL, 3 },
	{ ".gitlab-ci.yml", "needs: [@a]", "needs: [@ax]", "ci/needs", NULL,
	    7 },
	{ "ansible/roles/@b/templates/@c.j2", NULL, NULL, "ansible/missing",
	    "ansible/roles/@b/tasks/main.yml", 2 },
	{ "ansible/roles/@b/tasks/@d.yml", NULL, NULL, "ansible/missing",
	    "ansible/roles/@b/tasks/main.yml", 4 },
	{ "cfn/stack.yaml", "!GetAtt R@d", "!GetAtt R@dx", "cfn/ref", NULL,
	    18 },
	{ "cfn/stack.yaml", "DisplayName: !Ref P@a", "DisplayName: !Ref P@ax",
	    "cfn/ref", NULL, 14 },
	{ "cfn/stack.yaml", "[M@b,", "[M@bx,", "cfn/mapping", NULL, 15 },
	{ ".github/workflows/ci.yml", "needs: @a", "needs: @ax", "ci/needs",
	    NULL, 8 },
	{ ".github/actions/@c/action.yml", NULL, NULL, "ci/uses-local",
	    ".github/workflows/ci.yml", 6 },
	{ ".gitlab-ci.yml", "@b:\n  extends: .@c", "@b:\n  extends: .@cx",
	    "ci/extends", NULL, 6 },
	{ ".gitlab-ci.yml", "$CHAT_TOKEN $KEY_TOKEN_PROD", "$KEY_TOKEN_PROD",
	    "ci/secret", NULL, 10 },
	{ "Pulumi.prod.yaml", "app:@a: y", "app:@b: y", "pulumi/config", NULL,
	    0 },
};

/* ---- a tree of a seed ---------------------------------------------------- */

static unsigned
draw(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 16) & 0x7fff;
}

static const char *const words[] = { "orders", "ledger", "wallet", "search",
	"billing", "catalog", "session", "pricing" };

struct tree {
	unsigned lines; /* before the text of the file with the fault */
	const char *names[4];
	char *paths[64], *texts[64];
	const char *envs[64];
	size_t n;
};

/* Four names that differ. */
static void
choose(struct tree *t, unsigned seed)
{
	unsigned state = seed * 7919 + 1, first;
	int i;

	first = draw(&state) % 8;
	for (i = 0; i < 4; i++)
		t->names[i] = words[(first + 3 * (unsigned)i) % 8];
	t->lines = draw(&state) % 7;
}

static char *
fill(const struct tree *t, const char *text)
{
	struct gv_buf out = GV_BUF_INIT;

	for (; *text; text++) {
		if (*text == '@' && text[1] >= 'a' && text[1] <= 'd')
			gv_buf_addstr(&out, t->names[*++text - 'a']);
		else
			gv_buf_addch(&out, *text);
	}
	return gv_buf_take(&out);
}

/* The text with the fault, below some lines of comment. */
static char *
spoil(const struct tree *t, const struct seed *seed, char *text)
{
	char *from = fill(t, seed->from), *to = fill(t, seed->to);
	char *at = strstr(text, from);
	struct gv_buf out = GV_BUF_INIT;
	unsigned i;

	if (at == NULL)
		fail_msg("%s has no '%s'", seed->path, from);
	for (i = 0; i < t->lines; i++)
		gv_buf_addstr(&out, "# a comment\n");
	gv_buf_addf(
	    &out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	free(from);
	free(to);
	free(text);
	return gv_buf_take(&out);
}

static void
grow(struct tree *t, unsigned number, const struct seed *seed)
{
	const struct file *f;

	memset(t, 0, sizeof(*t));
	choose(t, number);
	for (f = clean; f->path; f++) {
		const bool is_it = seed && strcmp(f->path, seed->path) == 0;

		if (is_it && seed->from == NULL)
			continue;
		t->paths[t->n] = fill(t, f->path);
		t->texts[t->n] = fill(t, f->text);
		t->envs[t->n] = f->env;
		if (is_it)
			t->texts[t->n] = spoil(t, seed, t->texts[t->n]);
		t->n++;
	}
}

static void
cut(struct tree *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->paths[i]);
		free(t->texts[i]);
	}
}

static void
put(struct gv_depgraph *g, const struct tree *t, uint32_t i)
{
	const uint32_t k = g->files[i].given;
	struct gv_symbols symbols;
	struct gv_buf packed = GV_BUF_INIT;

	assert_int_equal(
	    gv_symbols_read(&symbols,
		gv_symbol_dialect(t->paths[k], strlen(t->paths[k])),
		t->texts[k], strlen(t->texts[k])),
	    0);
	gv_symbols_pack(&packed, &symbols);
	assert_int_equal(gv_depgraph_put(g, i, packed.p, packed.len), 0);
	gv_symbols_release(&symbols);
	gv_buf_release(&packed);
}

static void
link_tree(struct gv_depgraph *g, const struct tree *t)
{
	uint32_t i;

	for (i = 0; i < t->n; i++)
		assert_int_equal(gv_depgraph_add(g, t->paths[i],
				     strlen(t->paths[i]), t->envs[i], 0),
		    0);
	assert_int_equal(gv_depgraph_sort(g), 0);
	for (i = 0; i < g->n_files; i++)
		put(g, t, i);
	assert_int_equal(gv_depgraph_link(g), 0);
}

/* ---- what is found ------------------------------------------------------- */

static bool
is_at(const struct gv_lint_finding *f, const struct gv_depgraph *g,
    const char *path, unsigned line)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(g->files[f->places[i].file].path, path) == 0 &&
		    (line == 0 || f->places[i].line == line))
			return true;
	return false;
}

/* All findings but notes, a line each. */
static void
list(struct gv_buf *out, const struct gv_lint_report *report,
    const struct gv_depgraph *g)
{
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_lint_finding *f = &report->findings[i];

		if (f->severity > GV_LINT_INFO)
			gv_buf_addf(out, "%s %s:%u %s\n", f->rule->id,
			    g->files[f->places[0].file].path, f->places[0].line,
			    f->text);
	}
}

/* The number of findings that are wanted, and of all others. */
static void
check(const struct tree *t, const struct seed *seed)
{
	const struct gv_lint_opts opts = { .now = NOW };
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_lint_report report;
	struct gv_buf all = GV_BUF_INIT;
	char *path = seed ? fill(t, seed->at ? seed->at : seed->path) : NULL;
	size_t i, found = 0, others = 0;

	link_tree(&g, t);
	assert_int_equal(gv_lint_run(&report, &g, &opts), 0);
	list(&all, &report, &g);
	for (i = 0; i < report.n; i++) {
		const struct gv_lint_finding *f = &report.findings[i];

		if (seed && strcmp(f->rule->id, seed->rule) == 0 &&
		    is_at(f, &g, path,
			seed->line && seed->from && !seed->at
			    ? seed->line + t->lines
			    : seed->line))
			found++;
		else
			others += f->severity > GV_LINT_INFO;
	}
	if (found != (seed ? 1 : 0) || others)
		fail_msg("%s '%s': want %s at %s:%u (+%u); found\n%s",
		    seed ? seed->path : "clean", seed ? seed->to : "",
		    seed ? seed->rule : "nothing", path ? path : "",
		    seed ? seed->line : 0, t->lines, all.len ? all.p : "");
	gv_lint_release(&report);
	gv_depgraph_release(&g);
	gv_buf_release(&all);
	free(path);
}

static void
a_tree_in_order_has_no_findings(void **state)
{
	struct tree t;
	unsigned i;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		grow(&t, i, NULL);
		check(&t, NULL);
		cut(&t);
	}
}

static void
each_fault_is_found_by_its_rule_in_its_place(void **state)
{
	struct tree t;
	unsigned i;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		grow(&t, i, &seeds[i]);
		check(&t, &seeds[i]);
		cut(&t);
	}
}

UNIT(lint_seeds)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_in_order_has_no_findings),
		cmocka_unit_test(each_fault_is_found_by_its_rule_in_its_place),
	};

	return UNIT_RUN(tests);
}
