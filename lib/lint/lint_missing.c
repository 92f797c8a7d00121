#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

#include "infra/precious.h"

/*
 * What is named and is not there. The table says for each kind of edge which
 * rule that breaks and how the sentence begins; the rest is the same for all.
 */

struct row {
	enum gv_symbol_edge edge;
	enum gv_symbol_space space; /* NO_SPACE: any, and paths */
	const char *rule;
	const char *what; /* "the variable" */
};

#define EDGE(id)  GV_SYMBOL_EDGE_##id
#define SPACE(id) GV_SYMBOL_SPACE_##id
#define FILE_RULE "ref/missing-file"
#define ENV_RULE  "compose/env-file"

/* The first row that fits counts. */
static const struct row rows[] = {
	{ EDGE(TF_REF), SPACE(TF_VARIABLE), "tf/undeclared-var",
	    "the variable" },
	{ EDGE(TF_REF), SPACE(TF_LOCAL), "tf/undeclared", "the local" },
	{ EDGE(TF_REF), SPACE(TF_MODULE), "tf/undeclared", "the module" },
	{ EDGE(TF_REF), SPACE(TF_DATA), "tf/undeclared", "the data source" },
	{ EDGE(TF_REF), SPACE(NO_SPACE), "tf/undeclared", "the resource" },
	{ EDGE(TF_DEPENDS_ON), SPACE(TF_MODULE), "tf/undeclared",
	    "the module" },
	{ EDGE(TF_DEPENDS_ON), SPACE(TF_DATA), "tf/undeclared",
	    "the data source" },
	{ EDGE(TF_DEPENDS_ON), SPACE(NO_SPACE), "tf/undeclared",
	    "the resource" },
	{ EDGE(TF_VAR_FILE), SPACE(TF_VARIABLE), "tf/undeclared-value",
	    "the variable" },
	{ EDGE(K8S_SELECTOR), SPACE(NO_SPACE), "k8s/dangling-service",
	    "a pod template with the labels" },
	{ EDGE(K8S_BACKEND), SPACE(NO_SPACE), "k8s/dangling-ingress", "the" },
	{ EDGE(K8S_SECRET), SPACE(NO_SPACE), "k8s/missing-config", "the" },
	{ EDGE(K8S_CONFIG), SPACE(NO_SPACE), "k8s/missing-config", "the" },
	{ EDGE(K8S_VOLUME), SPACE(NO_SPACE), "k8s/missing-config", "the" },
	{ EDGE(K8S_ACCOUNT), SPACE(NO_SPACE), "k8s/missing-config", "the" },
	{ EDGE(K8S_SCALE), SPACE(NO_SPACE), "k8s/hpa-target", "the" },
	{ EDGE(K8S_ROLE), SPACE(NO_SPACE), "k8s/role-ref", "the" },
	{ EDGE(K8S_CLASS), SPACE(NO_SPACE), "k8s/class", "the" },
	{ EDGE(K8S_NAMESPACE), SPACE(NO_SPACE), "k8s/namespace", "the" },
	{ EDGE(KUSTOMIZE_PATCH_TARGET), SPACE(NO_SPACE),
	    "kustomize/patch-target", "the object" },
	{ EDGE(FLUX_SOURCE), SPACE(NO_SPACE), "flux/missing", "the" },
	{ EDGE(FLUX_DEPENDS_ON), SPACE(NO_SPACE), "flux/missing", "the" },
	{ EDGE(HELM_TEMPLATE), SPACE(HELM_TEMPLATE), "helm/template",
	    "the template" },
	{ EDGE(HELM_VALUE), SPACE(HELM_VALUE), "helm/value-missing",
	    "the value" },
	{ EDGE(COMPOSE_DEPENDS_ON), SPACE(NO_SPACE), "compose/undefined",
	    "the service" },
	{ EDGE(COMPOSE_VOLUME), SPACE(COMPOSE_VOLUME), "compose/undefined",
	    "the volume" },
	{ EDGE(COMPOSE_NETWORK), SPACE(NO_SPACE), "compose/undefined",
	    "the network" },
	{ EDGE(COMPOSE_SECRET), SPACE(COMPOSE_SECRET), "compose/undefined",
	    "the secret" },
	{ EDGE(COMPOSE_SECRET), SPACE(COMPOSE_CONFIG), "compose/undefined",
	    "the config" },
	{ EDGE(COMPOSE_EXTENDS), SPACE(COMPOSE_SERVICE), "compose/undefined",
	    "the service" },
	{ EDGE(COMPOSE_VAR), SPACE(NO_SPACE), "compose/var-unset",
	    "the variable" },
	{ EDGE(DOCKER_FROM), SPACE(DOCKER_STAGE), "docker/stage", "the stage" },
	{ EDGE(DOCKER_COPY), SPACE(DOCKER_STAGE), "docker/stage", "the stage" },
	{ EDGE(ANSIBLE_ROLE), SPACE(NO_SPACE), "ansible/missing", "the role" },
	{ EDGE(ANSIBLE_ROLE_DEPENDENCY), SPACE(NO_SPACE), "ansible/missing",
	    "the role" },
	{ EDGE(ANSIBLE_INCLUDE), SPACE(NO_SPACE), "ansible/missing", NULL },
	{ EDGE(ANSIBLE_FILE), SPACE(NO_SPACE), "ansible/missing", NULL },
	{ EDGE(ANSIBLE_HOSTS), SPACE(NO_SPACE), "ansible/no-hosts",
	    "the group or host" },
	{ EDGE(CFN_REF), SPACE(NO_SPACE), "cfn/ref", "the name" },
	{ EDGE(CFN_GETATT), SPACE(NO_SPACE), "cfn/ref", "the resource" },
	{ EDGE(CFN_SUB), SPACE(NO_SPACE), "cfn/ref", "the name" },
	{ EDGE(CFN_DEPENDS_ON), SPACE(NO_SPACE), "cfn/ref", "the resource" },
	{ EDGE(CFN_CONDITION), SPACE(NO_SPACE), "cfn/ref", "the condition" },
	{ EDGE(CFN_MAPPING), SPACE(NO_SPACE), "cfn/mapping", "the mapping" },
	{ EDGE(CFN_IMPORT), SPACE(NO_SPACE), "cfn/import", "the export" },
	{ EDGE(GHA_NEEDS), SPACE(NO_SPACE), "ci/needs", "the job" },
	{ EDGE(GHA_USES), SPACE(NO_SPACE), "ci/uses-local", NULL },
	{ EDGE(GITLAB_EXTENDS), SPACE(NO_SPACE), "ci/extends", "the job" },
	{ EDGE(GITLAB_NEEDS), SPACE(NO_SPACE), "ci/needs", "the job" },
	{ EDGE(GITLAB_INCLUDE), SPACE(NO_SPACE), "ci/uses-local", NULL },
	{ EDGE(SOPS_RULE), SPACE(NO_SPACE), "secret/recipients", NULL },
};

static const struct row *
row_of(const struct gv_depgraph_edge *e, const struct gv_symbol *s)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].edge == e->kind &&
		    (rows[i].space == SPACE(NO_SPACE) ||
			(s->how == GV_SYMBOL_BY_NAME &&
			    rows[i].space == s->space)))
			return &rows[i];
	return NULL;
}

static bool
is_by_path(const struct gv_symbol *s)
{
	return s->how == GV_SYMBOL_BY_PATH || s->how == GV_SYMBOL_BY_PARENT;
}

/* ---- paths --------------------------------------------------------------- */

/* Files that a program may write before another one reads them: never more
 * than information. */
static bool
may_be_made(enum gv_symbol_edge edge)
{
	return edge == EDGE(SCRIPT_FILE) || edge == EDGE(DOCKER_COPY) ||
	    edge == EDGE(ARGO_SOURCE) || edge == EDGE(FLUX_PATH) ||
	    edge == EDGE(COMPOSE_VOLUME) || edge == EDGE(PULUMI_PROJECT) ||
	    edge == EDGE(GHA_PATH);
}

/* Git ignores such a file as a rule, so a fresh clone does not have it, and the
 * last snapshot of another one may. */
static void
add_local(struct gv_lint *c, const struct gv_depgraph_edge *e, const char *rule,
    const char *path)
{
	gv_lint_note(c, rule, path, gv_lint_from(c, e),
	    "'%s' is not in this working tree; where a snapshot has it, git "
	    "vault restore brings it back",
	    path);
}

/* By a rule of this project, whatever the file is called. */
static void
add_ignored(struct gv_lint *c, const struct gv_depgraph_edge *e,
    const char *rule, const char *path)
{
	gv_lint_note(c, rule, path, gv_lint_from(c, e),
	    "'%s' is not in this working tree, and Git ignores it; where a "
	    "snapshot has it, git vault restore brings it back",
	    path);
}

/* Whether Compose itself reads variables from the file, before it starts
 * anything. */
static bool
is_env_file(const struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph *g = c->graph;

	return e->kind == EDGE(ENV_FILE) && e->symbol != GV_DEPGRAPH_NONE &&
	    g->files[g->file_of[e->symbol]].dialect ==
	    GV_SYMBOL_DIALECT_COMPOSE;
}

/* By its name Git ignores it as a rule, but in this project no rule does. */
static void
add_env_file(
    struct gv_lint *c, const struct gv_depgraph_edge *e, const char *path)
{
	gv_lint_add(c, ENV_RULE, path, gv_lint_from(c, e),
	    "'%s' does not exist, and Compose needs it as an env_file; where a "
	    "snapshot has the file, git vault restore brings it back",
	    path);
}

static void
add_path(struct gv_lint *c, const struct gv_depgraph_edge *e, const char *rule)
{
	const struct gv_lint_place place = gv_lint_from(c, e);
	struct gv_buf target = GV_BUF_INIT;
	const char *near, *sure;
	bool is_case = false;

	gv_depgraph_add_target(&target, c->graph, e);
	if (gv_buf_check(&target) < 0) {
		c->failed = true;
		gv_buf_release(&target);
		return;
	}
	near = gv_lint_near_path(c, target.p, &is_case);
	if (is_case)
		gv_lint_add(c, "ref/case", target.p, place,
		    "'%s' is named, but the file is '%s'", target.p, near);
	else if (may_be_made(e->kind))
		gv_lint_note(c, rule, target.p, place,
		    "'%s' is named and does not exist here%s%s%s", target.p,
		    near ? "; the nearest name is '" : "", near ? near : "",
		    near ? "'" : "");
	else if (gv_lint_is_ignored(c, target.p))
		add_ignored(
		    c, e, is_env_file(c, e) ? ENV_RULE : rule, target.p);
	else if (gv_precious_rule(target.p, target.len))
		(is_env_file(c, e) ? add_env_file(c, e, target.p)
				   : add_local(c, e, rule, target.p));
	else if (near)
		gv_lint_add(c, rule, target.p, place,
		    "'%s' does not exist; the nearest name is '%s'", target.p,
		    near);
	else
		gv_lint_add(
		    c, rule, target.p, place, "'%s' does not exist", target.p);
	if (near && !may_be_made(e->kind) &&
	    (sure = gv_lint_sure_path(c, target.p)) != NULL)
		gv_lint_fix(c, target.p, sure);
	gv_buf_release(&target);
}

/* Submodules and other clones beside this one are found that way: a backup of
 * this repository has none of it. */
static void
add_outside(struct gv_lint *c, const struct gv_depgraph_edge *e,
    const struct gv_symbol *s)
{
	const char *name = gv_lint_name(c, s);

	if (s->flags & GV_SYMBOL_ELSEWHERE)
		return;
	gv_lint_add(c, "ref/outside", name, gv_lint_at(c, e->symbol),
	    "'%s' is outside of the repository, so no backup has it", name);
}

/* ---- names --------------------------------------------------------------- */

/* The folder whose names count, for what a folder holds together. */
static uint32_t
folder_of(const struct gv_lint *c, const struct gv_symbol *s, uint32_t file)
{
	if (gv_symbol_reach(s->space) == GV_SYMBOL_REACH_CHART)
		return c->graph->folders[c->graph->files[file].folder].chart;
	return gv_symbol_reach(s->space) == GV_SYMBOL_REACH_FOLDER ||
		gv_symbol_reach(s->space) == GV_SYMBOL_REACH_FILE
	    ? c->graph->files[file].folder
	    : GV_DEPGRAPH_NONE;
}

/* A subject that a file or a folder distinguishes is another one in each. */
static void
add_subject(struct gv_buf *out, const struct gv_lint *c,
    const struct gv_symbol *s, uint32_t file)
{
	const struct gv_depgraph_file *f = &c->graph->files[file];

	if (gv_symbol_reach(s->space) == GV_SYMBOL_REACH_FILE)
		gv_buf_add(out, f->path, f->len);
	else if (gv_symbol_reach(s->space) == GV_SYMBOL_REACH_FOLDER) {
		gv_buf_add(out, c->graph->folders[f->folder].path,
		    c->graph->folders[f->folder].len);
		gv_buf_addch(out, '/');
	} else if (f->env)
		gv_buf_addstr(out, f->env);
	if (out->len)
		gv_buf_addch(out, ' ');
	gv_buf_addf(
	    out, "%s:%s", gv_symbol_spaces[s->space], gv_lint_name(c, s));
}

/* What every cluster has, and what flux bootstrap or a FluxInstance makes
 * there: it is in the tree only if it was committed. */
static bool
is_made_elsewhere(const char *name)
{
	return strcmp(name, "GitRepository/flux-system") == 0 ||
	    strcmp(name, "OCIRepository/flux-system") == 0 ||
	    strcmp(name, "k8s-app=kube-dns") == 0;
}

/* A file of values that has the right name, too, would have it twice. */
static bool
is_set_beside(
    const struct gv_lint *c, const struct gv_depgraph_edge *e, const char *name)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[e->symbol]];
	uint32_t k;

	if (e->kind != EDGE(TF_VAR_FILE))
		return false;
	for (k = f->first; k < f->first + f->n; k++)
		if (g->symbols.items[k].word == EDGE(TF_VAR_FILE) &&
		    g->symbols.items[k].kind == GV_SYMBOL_REFERENCE &&
		    strcmp(gv_lint_name(c, &g->symbols.items[k]), name) == 0)
			return true;
	return false;
}

#define FILES_MOST 64 /* of kustomizations that are put together */

struct files {
	uint32_t items[FILES_MOST];
	size_t n;
};

static void
add_file(struct files *files, uint32_t file)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (files->items[i] == file)
			return;
	if (files->n < FILES_MOST)
		files->items[files->n++] = file;
}

/* Add what a kustomization is put together from. Whether any of it is from
 * elsewhere. */
static bool
add_parts(struct files *files, const struct gv_depgraph *g, uint32_t node)
{
	const struct gv_depgraph_run out = gv_depgraph_out(g, node);
	uint32_t k, to;

	for (k = 0; k < out.n; k++) {
		const struct gv_depgraph_edge *e = &g->edges[out.items[k]];

		if (e->kind != EDGE(KUSTOMIZE_RESOURCE) &&
		    e->kind != EDGE(HELM_CHART))
			continue;
		if (e->target == GV_DEPGRAPH_EXTERNAL)
			return true;
		to = e->target == GV_DEPGRAPH_NODE
		    ? gv_depgraph_file_of(g, e->to)
		    : GV_DEPGRAPH_NONE;
		if (to != GV_DEPGRAPH_NONE)
			add_file(files, to);
	}
	return false;
}

/* Whether a kustomization, or one that it is put together from, takes objects
 * from elsewhere: they may be what a patch is for. */
static bool
takes_from_elsewhere(const struct gv_lint *c, uint32_t file)
{
	const struct gv_depgraph *g = c->graph;
	struct files files = { .n = 0 };
	size_t at;
	uint32_t k;

	add_file(&files, file);
	for (at = 0; at < files.n; at++) {
		const struct gv_depgraph_file *f = &g->files[files.items[at]];

		if (add_parts(&files, g, files.items[at]))
			return true;
		for (k = f->first; k < f->first + f->n; k++)
			if (add_parts(&files, g, gv_depgraph_symbol_node(g, k)))
				return true;
	}
	return files.n == FILES_MOST;
}

/* Whether a relation is to what a chart may make. */
static bool
is_of_cluster(enum gv_symbol_edge edge)
{
	return edge == EDGE(K8S_SELECTOR) || edge == EDGE(K8S_BACKEND) ||
	    edge == EDGE(K8S_SECRET) || edge == EDGE(K8S_CONFIG) ||
	    edge == EDGE(K8S_VOLUME) || edge == EDGE(K8S_ACCOUNT) ||
	    edge == EDGE(K8S_ROLE) || edge == EDGE(K8S_SCALE);
}

static void
add_name(struct gv_lint *c, const struct gv_depgraph_edge *e,
    const struct gv_symbol *s, const struct row *row)
{
	const struct gv_lint_place place = gv_lint_at(c, e->symbol);
	const char *name = gv_lint_name(c, s), *near, *sure;
	struct gv_buf subject = GV_BUF_INIT;

	add_subject(&subject, c, s, place.file);
	/* who installs a chart sets what it leaves open, and a chart that it
	 * needs may define what it includes: only a name that is nearly right
	 * is wrong */
	near = s->how == GV_SYMBOL_BY_NAME
	    ? gv_lint_near(c, folder_of(c, s, place.file),
		  (enum gv_symbol_space)s->space, name)
	    : NULL;
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else if (is_made_elsewhere(name) ||
	    (e->kind == EDGE(KUSTOMIZE_PATCH_TARGET) &&
		takes_from_elsewhere(c, place.file)) ||
	    (near == NULL &&
		gv_symbol_reach(s->space) == GV_SYMBOL_REACH_CHART))
		gv_lint_note(c, row->rule, subject.p, place,
		    "%s '%s' is not defined in this repository",
		    row->what ? row->what : "the name", name);
	else if (is_of_cluster(e->kind) &&
	    gv_lint_may_be_made(c, s, place.file))
		gv_lint_note(c, row->rule, subject.p, place,
		    "%s '%s' is not defined in this repository; a chart may "
		    "make it",
		    row->what ? row->what : "the name", name);
	else if (near)
		gv_lint_add(c, row->rule, subject.p, place,
		    "%s '%s' is not defined; the nearest name is '%s'",
		    row->what ? row->what : "the name", name, near);
	else
		gv_lint_add(c, row->rule, subject.p, place,
		    "%s '%s' is not defined%s",
		    row->what ? row->what : "the name", name,
		    gv_symbol_reach(s->space) == GV_SYMBOL_REACH_NAMESPACE
			? " in this repository"
			: "");
	sure = near ? gv_lint_sure(c, folder_of(c, s, place.file),
			  (enum gv_symbol_space)s->space, name)
		    : NULL;
	if (sure && !is_set_beside(c, e, sure))
		gv_lint_fix(c, name, sure);
	gv_buf_release(&subject);
}

/* An alias of a provider that the caller of a module passes in is in no file of
 * the module; without an alias Terraform makes it. */
static void
add_alias(struct gv_lint *c, const struct gv_depgraph_edge *e,
    const struct gv_symbol *s)
{
	static const struct row row = { EDGE(TF_PROVIDER), SPACE(TF_PROVIDER),
		"tf/provider-alias", "the provider" };

	if (strchr(gv_lint_name(c, s), '.'))
		add_name(c, e, s, &row);
}

/* A rule of SOPS is found by the path of the file itself. */
static void
add_unruled(struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const struct gv_lint_place place = gv_lint_from(c, e);
	const char *path = c->graph->files[place.file].path;

	gv_lint_add(c, "secret/recipients", path, place,
	    "no rule of .sops.yaml matches '%s', so it cannot be encrypted "
	    "again",
	    path);
}

/* A policy selects pods as a Service does, but the harm is another one. */
static const struct row *
row_of_policy(const struct gv_lint *c, const struct gv_symbol *s)
{
	static const struct row row = { EDGE(K8S_SELECTOR), SPACE(NO_SPACE),
		"k8s/netpol", "a pod template with the labels" };
	const struct gv_symbols *all = &c->graph->symbols;

	if (s->word != EDGE(K8S_SELECTOR) || s->in == GV_SYMBOL_NONE ||
	    strncmp(
		gv_lint_name(c, &all->items[s->in]), "NetworkPolicy/", 14) != 0)
		return NULL;
	return &row;
}

/* Where a name may be that nobody has found: in what cannot be read. */
static bool
may_be_unread(const struct gv_lint *c, const struct gv_symbol *s, uint32_t file)
{
	if (s->how != GV_SYMBOL_BY_NAME)
		return false;
	switch (gv_symbol_reach(s->space)) {
	case GV_SYMBOL_REACH_FILE:
		return c->broken_files[file];
	case GV_SYMBOL_REACH_FOLDER:
		return (s->word == EDGE(TF_REF) ||
			   s->word == EDGE(TF_DEPENDS_ON)) &&
		    c->broken_folders[c->graph->files[file].folder];
	default:
		return false;
	}
}

/* Whether pods may be those of a chart that this one depends on. */
static bool
may_be_of_subchart(
    const struct gv_lint *c, const struct gv_symbol *s, uint32_t file)
{
	const struct gv_depgraph *g = c->graph;
	const uint32_t chart = g->folders[g->files[file].folder].chart;
	const struct gv_depgraph_folder *f = &g->folders[chart];
	uint32_t i, k;

	if (s->word != EDGE(K8S_SELECTOR) || chart == GV_DEPGRAPH_NONE)
		return false;
	for (i = f->first; i < f->first + f->n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++)
			if (g->symbols.items[k].kind == GV_SYMBOL_REFERENCE &&
			    g->symbols.items[k].word == EDGE(HELM_DEPENDENCY) &&
			    g->symbols.items[k].how == GV_SYMBOL_EXTERNAL)
				return true;
	return false;
}

/* Whether names that a file has many of, and most of which are missing, have
 * one cause: it is in the wrong place, or what belongs to it is. */
static bool
have_one_cause(const struct row *row)
{
	return strcmp(row->rule, "tf/undeclared") == 0 ||
	    strcmp(row->rule, "tf/undeclared-value") == 0 ||
	    strcmp(row->rule, "compose/undefined") == 0;
}

/* One finding for the names of a kind that a file has. */
static void
add_many(struct gv_lint *c, const struct gv_depgraph_edge *e,
    const struct row *row, struct gv_lint_kind *kind)
{
	const struct gv_lint_place place = gv_lint_at(c, e->symbol);
	struct gv_buf subject = GV_BUF_INIT, names = GV_BUF_INIT;

	if (kind->finding != GV_DEPGRAPH_NONE) {
		gv_lint_add_to(c, kind->finding, place);
		return;
	}
	gv_buf_addf(&subject, "%s %s:*", c->graph->files[place.file].path,
	    gv_symbol_spaces[kind->space]);
	gv_lint_add_names(&names, kind->names, GV_LINT_SHOWN, true);
	if (gv_buf_check(&subject) < 0 || gv_buf_check(&names) < 0)
		c->failed = true;
	else
		gv_lint_add(c, row->rule, subject.p, place,
		    "%ss %s are not defined", row->what, names.p);
	kind->finding = gv_lint_last(c);
	gv_buf_release(&subject);
	gv_buf_release(&names);
}

static void
look(struct gv_lint *c, struct gv_lint_many *many,
    const struct gv_depgraph_edge *e)
{
	struct gv_lint_kind *kind;
	const struct gv_symbol *s;
	const struct row *row;

	s = &c->graph->symbols.items[e->symbol];
	if (may_be_unread(c, s, c->graph->file_of[e->symbol]) ||
	    may_be_of_subchart(c, s, c->graph->file_of[e->symbol]))
		return;
	if ((row = row_of_policy(c, s)) == NULL)
		row = row_of(e, s);
	if (e->kind == EDGE(SOPS_RULE))
		add_unruled(c, e);
	else if (is_by_path(s))
		add_path(
		    c, e, row && row->what == NULL ? row->rule : FILE_RULE);
	else if (e->kind == EDGE(TF_PROVIDER))
		add_alias(c, e, s);
	else if (row && (kind = gv_lint_many_find(many, e, s)) != NULL &&
	    have_one_cause(row))
		add_many(c, e, row, kind);
	else if (row)
		add_name(c, e, s, row);
}

static bool
note_broken(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i, file;

	c->broken_files =
	    calloc((size_t)g->n_files + 1, sizeof(*c->broken_files));
	c->broken_folders =
	    calloc((size_t)g->n_folders + 1, sizeof(*c->broken_folders));
	if (c->broken_files == NULL || c->broken_folders == NULL)
		return false;
	/* a link whose file is not known here */
	for (i = 0; i < g->n_files; i++)
		if (gv_depgraph_is_followed(&g->files[i]) && !g->files[i].n)
			c->broken_folders[g->files[i].folder] = true;
	for (i = 0; i < g->symbols.n; i++) {
		if (g->symbols.items[i].kind != GV_SYMBOL_ERROR)
			continue;
		file = g->file_of[i];
		c->broken_files[file] = true;
		if (g->files[file].dialect == GV_SYMBOL_DIALECT_TERRAFORM ||
		    g->files[file].dialect == GV_SYMBOL_DIALECT_TERRAFORM_JSON)
			c->broken_folders[g->files[file].folder] = true;
	}
	return true;
}

/* Of values for Terraform there are as many as of all others. */
static void
look_at_all(struct gv_lint *c, bool of_values)
{
	struct gv_lint_many many = { .file = GV_DEPGRAPH_NONE };
	uint32_t i;

	c->failed |= !note_broken(c);
	for (i = 0; i < c->graph->n_edges && !c->failed; i++) {
		const struct gv_depgraph_edge *e = &c->graph->edges[i];

		if (e->symbol == GV_DEPGRAPH_NONE)
			continue;
		if (c->graph->file_of[e->symbol] != many.file)
			gv_lint_many_begin(&many, c, i);
		if (e->is_pattern ||
		    (e->kind == EDGE(TF_VAR_FILE)) != of_values)
			continue;
		if (e->target == GV_DEPGRAPH_MISSING)
			look(c, &many, e);
		else if (e->target == GV_DEPGRAPH_EXTERNAL &&
		    is_by_path(&c->graph->symbols.items[e->symbol]))
			add_outside(c, e, &c->graph->symbols.items[e->symbol]);
	}
	free(c->broken_files);
	free(c->broken_folders);
	c->broken_files = c->broken_folders = NULL;
	gv_lint_made_free(c->made);
	c->made = NULL;
}

void
gv_lint_missing(struct gv_lint *c)
{
	look_at_all(c, false);
}

void
gv_lint_missing_values(struct gv_lint *c)
{
	look_at_all(c, true);
}

/* ---- what exists and is not stored --------------------------------------- */

void
gv_lint_left(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i, file;

	for (i = 0; i < g->n_edges && !c->failed; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];

		if (e->target != GV_DEPGRAPH_NODE || e->is_pattern ||
		    !gv_depgraph_is_file(g, e->to))
			continue;
		file = e->to;
		if (g->files[file].flags & GV_DEPGRAPH_LEFT)
			gv_lint_add(c, "ref/ignored-file", g->files[file].path,
			    gv_lint_from(c, e),
			    "'%s' is needed, but Git ignores it and no "
			    "snapshot stores it; to store it: snapshots: "
			    "{include: [...]} in .gitvault.yaml",
			    g->files[file].path);
	}
}
