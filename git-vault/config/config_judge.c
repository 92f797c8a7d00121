#include "git-vault/config/config_judge.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "drift/drift.h"
#include "git-vault/front/cmd.h"
#include "infra/envtree.h"
#include "layer/layer_emit.h"
#include "policy/team_rules.h"
#include "repo/repo.h"

/*
 * Each side is given to the engine as one document with all that its layers
 * come to, so that it compares effective values. A finding is that of the key
 * whose value is at its place in this document.
 */

struct side {
	struct gv_buf text; /* with secrets */
	char *name;         /* of the environment, in lower case */
	struct gv_doc doc;
	bool is_read;
	struct gv_map nodes;    /* paths to nodes of the document */
	struct gv_map findings; /* nodes to findings */
	struct gv_arena paths;
};

struct gv_config_judge {
	struct side sides[2];
	struct gv_drift_env envs[2];
	struct gv_envname_word words[2];
	struct gv_team_rules rules;
	struct gv_drift_opts opts;
	struct gv_drift *drift;
	struct gv_drift_report report;
};

static int
open_side(struct side *s, const struct gv_config_view *view)
{
	size_t i, len = 4096;
	char *p;
	int r;

	s->name = strdup(view->env ? view->env : "all");
	if (s->name == NULL)
		return gv_err_nomem();
	for (i = 0; i < view->param->n; i++)
		len += 2 * view->param->layers[i]->len;
	for (p = s->name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	/* no copy of a secret is left where the text would have to grow */
	if ((r = gv_buf_grow(&s->text, len)) == 0)
		r = gv_layer_emit(&s->text, view->param->tree.root,
		    &(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON });
	if (r == 0)
		r = gv_doc_read(
		    &s->doc, GV_DOC_FORMAT_JSON, s->text.p, s->text.len, NULL);
	s->is_read = r == 0;
	return r;
}

/* One environment with itself, or two in the order in which changes reach
 * them. */
static void
set_opts(struct gv_config_judge *j)
{
	unsigned rank[2] = { 0, 0 };
	size_t i;

	j->opts.in_time = strcmp(j->sides[0].name, j->sides[1].name) == 0;
	for (i = 0; i < 2; i++) {
		const char *name = j->sides[i].name;
		const enum gv_envtree_tier tier =
		    gv_envtree_tier_of(name, &rank[i]);

		j->envs[i] = (struct gv_drift_env){ name,
			j->opts.in_time ? (unsigned)i : rank[i],
			tier == GV_ENVTREE_PROD };
		j->words[i] = (struct gv_envname_word){ name, (unsigned)i };
	}
	j->opts.envs = j->envs;
	j->opts.n_envs = 2;
	if (!j->opts.in_time)
		j->opts.names = (struct gv_envname){ j->words, 2 };
	j->opts.rules = j->rules.set;
}

static int
compare(struct gv_config_judge *j)
{
	size_t i;
	int r = gv_drift_new(&j->drift, &j->opts);

	for (i = 0; r == 0 && i < 2; i++)
		r = gv_drift_add(j->drift,
		    &(struct gv_drift_file){ .path = "config.json",
			.role = "config.json",
			.text = j->sides[i].text.p,
			.len = j->sides[i].text.len,
			.env = (uint32_t)i });
	return r < 0 ? r : gv_drift_compare(&j->report, j->drift, 0, 1);
}

/* ---- findings by key ----------------------------------------------------- */

static int
note_node(void *ctx, const struct gv_buf *path, uint32_t node)
{
	struct side *s = ctx;
	const char *copy = gv_arena_copy(&s->paths, path->p, path->len);

	return copy
	    ? gv_map_put(&s->nodes, copy, path->len, &s->doc.nodes[node])
	    : GV_ENOMEM;
}

static int
index_side(struct side *s, const struct gv_drift_report *report, bool is_right)
{
	size_t i;
	uint32_t *at;
	int r = s->doc.n ? gv_doc_each(&s->doc, 0, note_node, s) : 0;

	for (i = 0; r == 0 && i < report->n; i++) {
		struct gv_drift_finding *f = &report->findings[i];
		const struct gv_drift_place *p =
		    is_right ? &f->right : &f->left;

		if (p->path == NULL)
			continue;
		at = gv_arena_alloc(&s->paths, sizeof(*at));
		if (at == NULL)
			return GV_ENOMEM;
		*at = (uint32_t)p->at;
		r = gv_map_put(&s->findings, at, sizeof(*at), f);
	}
	return r;
}

int
gv_config_judge_open(struct gv_config_judge **out, struct gv_ctx *ctx,
    const struct gv_config_view *left, const struct gv_config_view *right)
{
	struct gv_config_judge *j = calloc(1, sizeof(*j));
	size_t i;
	int r;

	*out = NULL;
	if (j == NULL)
		return gv_err_nomem();
	j->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
	j->sides[0].text = j->sides[1].text = (struct gv_buf)GV_BUF_INIT;
	if ((r = open_side(&j->sides[0], left)) == 0 &&
	    (r = open_side(&j->sides[1], right)) == 0 &&
	    (r = gv_team_rules_load(&j->rules, ctx->repo)) == 0) {
		set_opts(j);
		r = compare(j);
	}
	for (i = 0; r == 0 && i < 2; i++)
		r = index_side(&j->sides[i], &j->report, i);
	if (r == 0)
		*out = j;
	else
		gv_config_judge_close(j);
	return r;
}

void
gv_config_judge_close(struct gv_config_judge *j)
{
	size_t i;

	if (j == NULL)
		return;
	gv_drift_report_release(&j->report);
	gv_drift_free(j->drift);
	gv_team_rules_release(&j->rules);
	for (i = 0; i < 2; i++) {
		struct side *s = &j->sides[i];

		if (s->is_read)
			gv_doc_release(&s->doc);
		if (s->text.cap)
			explicit_bzero(s->text.p, s->text.len);
		gv_buf_release(&s->text);
		gv_map_release(&s->nodes);
		gv_map_release(&s->findings);
		gv_arena_release(&s->paths);
		free(s->name);
	}
	free(j);
}

/* ---- one key ------------------------------------------------------------- */

/* Whether a node has at most `n` keys, as the engine counts them: a list of
 * scalars is one. */
static bool
has_at_most(const struct gv_doc *doc, uint32_t node, size_t n)
{
	const uint32_t next = doc->nodes[node].next;
	uint32_t i;

	for (i = node; i < next; i++) {
		const struct gv_doc_node *at = &doc->nodes[i];
		const bool is_leaf = at->next == i + 1;

		if (is_leaf && at->index && at->parent != GV_DOC_NONE &&
		    doc->nodes[at->parent].kind == GV_DOC_LIST)
			continue;
		if (is_leaf && n-- == 0)
			return false;
	}
	return true;
}

/* The finding of a node, or of a map or list that is in it and is one finding
 * as a whole: that is placed at its first key. */
static const struct gv_drift_finding *
find(const struct side *s, uint32_t node)
{
	const struct gv_drift_finding *f;
	uint32_t first;

	for (; node != GV_DOC_NONE; node = s->doc.nodes[node].parent) {
		const struct gv_doc_node *n = &s->doc.nodes[node];

		f = gv_map_get(&s->findings, &n->at, sizeof(n->at));
		if (f)
			return f;
		for (first = node; s->doc.nodes[first].next > first + 1;)
			first++;
		n = &s->doc.nodes[first];
		f = gv_map_get(&s->findings, &n->at, sizeof(n->at));
		if (f && f->keys > 1 && has_at_most(&s->doc, node, f->keys))
			return f;
	}
	return NULL;
}

void
gv_config_judge(struct gv_config_judged *out, const struct gv_config_judge *j,
    const char *key)
{
	const struct gv_drift_finding *f = NULL;
	const struct gv_doc_node *n;
	int i;

	for (i = 0; f == NULL && i < 2; i++) {
		const struct side *s = &j->sides[i];

		n = gv_map_get(&s->nodes, key, strlen(key));
		if (n)
			f = find(s, (uint32_t)(n - s->doc.nodes));
	}
	*out = (struct gv_config_judged){
		.verdict = gv_drift_verdicts[f ? f->verdict : GV_DRIFT_SAME]
	};
	/* environments are made to differ; one is not, from itself */
	if (strcmp(j->sides[0].name, j->sides[1].name) == 0) {
		out->verdict = gv_drift_verdicts[GV_DRIFT_DRIFT];
		out->severity = gv_drift_severities[GV_DRIFT_NORMAL];
	}
	if (f == NULL)
		return;
	out->says = f->says && *f->says ? f->says : NULL;
	if (f->class)
		out->class = gv_drift_classes[f->class];
	if (f->severity)
		out->severity = gv_drift_severities[f->severity];
}
