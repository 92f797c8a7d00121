#include "lint/lint_kept.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "graph/depgraph.h"
#include "graph/depgraph_kept.h"
#include "repo/hash.h"
#include "worktree/cache.h"
#include "worktree/fact.h"

/* ---- the key ------------------------------------------------------------- */

static void
add_number(struct gv_hash_sha256 *h, int64_t n)
{
	gv_hash_sha256_update(h, &n, sizeof(n));
}

/* NULL is not "". */
static void
add_text(struct gv_hash_sha256 *h, const char *text)
{
	add_number(h, text ? (int64_t)strlen(text) : -1);
	if (text)
		gv_hash_sha256_update(h, text, strlen(text));
}

static void
add_texts(struct gv_hash_sha256 *h, const struct gv_policy_texts *texts)
{
	size_t i;

	add_number(h, (int64_t)texts->n);
	for (i = 0; i < texts->n; i++)
		add_text(h, texts->items[i]);
}

static void
add_policy(struct gv_hash_sha256 *h, const struct gv_policy_lint *policy)
{
	size_t i;

	add_number(h, (int64_t)policy->n_levels);
	for (i = 0; i < policy->n_levels; i++) {
		add_text(h, policy->levels[i].rule);
		add_number(h, policy->levels[i].level);
	}
	add_number(h, (int64_t)policy->n_ignores);
	for (i = 0; i < policy->n_ignores; i++) {
		add_text(h, policy->ignores[i].rule);
		add_text(h, policy->ignores[i].path);
		add_text(h, policy->ignores[i].reason);
		add_number(h, policy->ignores[i].ends);
	}
	add_texts(h, &policy->protected);
	add_number(h, (int64_t)policy->n_required);
	for (i = 0; i < policy->n_required; i++) {
		add_text(h, policy->required[i].path);
		add_texts(h, &policy->required[i].files);
		add_number(h, policy->required[i].line);
	}
	for (i = 0; i < GV_POLICY_SOURCES; i++) {
		add_number(h, policy->has_allowed[i]);
		add_texts(h, &policy->allowed[i]);
	}
}

static void
add_state(struct gv_hash_sha256 *h, const struct gv_lint_state *state)
{
	add_text(h, state->env);
	add_text(h, state->stack);
	add_text(h, state->dir);
	add_number(h, (int64_t)state->n_orphans);
	add_text(h, state->orphan);
	add_number(h, (int64_t)state->n_planned);
	add_text(h, state->planned);
	add_text(h, state->file);
	add_number(h, state->line);
}

static void
add_opts(struct gv_hash_sha256 *h, const struct gv_lint_opts *opts)
{
	size_t i;

	add_number(h, opts->least);
	add_number(h, opts->expires_soon);
	add_number(h, (int64_t)opts->n_policies);
	for (i = 0; i < opts->n_policies; i++)
		add_policy(h, opts->policies[i]);
	add_number(h, (int64_t)opts->n_ignores);
	for (i = 0; i < opts->n_ignores; i++) {
		add_text(h, opts->ignores[i].rule);
		add_text(h, opts->ignores[i].path);
		add_text(h, opts->ignores[i].subject);
		add_text(h, opts->ignores[i].reason);
		add_number(h, opts->ignores[i].by);
	}
	add_number(h, (int64_t)opts->n_states);
	for (i = 0; i < opts->n_states; i++)
		add_state(h, &opts->states[i]);
}

/* Where links lead is no part of the graph. */
static bool
add_links(struct gv_hash_sha256 *h, const struct gv_depgraph *g,
    const struct gv_lint_opts *opts)
{
	struct gv_buf text = GV_BUF_INIT;
	bool ok = true;
	uint32_t i;

	for (i = 0; ok && i < g->n_files; i++) {
		if (!(g->files[i].flags & GV_DEPGRAPH_LINK) || !opts->read_link)
			continue;
		gv_buf_reset(&text);
		ok = opts->read_link(opts->read_ctx, &text, &g->files[i]) == 0;
		add_text(h, ok ? text.p : NULL);
	}
	gv_buf_release(&text);
	return ok;
}

static bool
reads_files(const struct gv_lint_opts *opts)
{
	size_t i, k;

	for (i = 0; i < opts->n_policies; i++)
		for (k = 0; k < opts->policies[i]->n_required; k++)
			if (opts->policies[i]->required[k].keys.n)
				return true;
	return false;
}

void
gv_lint_kept_key(struct gv_lint_kept *kept,
    const struct gv_depgraph_kept *graph, const struct gv_depgraph *g,
    const struct gv_lint_opts *opts)
{
	struct gv_hash_sha256 h;
	char *before = gv_err_save();

	*kept = (struct gv_lint_kept){ .now = opts->now };
	if (!graph->has_key || opts->n_rules || reads_files(opts))
		goto out;
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, graph->key, sizeof(graph->key));
	add_opts(&h, opts);
	kept->has_key = add_links(&h, g, opts);
	gv_hash_sha256_finish(&h, kept->key);
out:
	gv_err_restore(before);
}

/* ---- the file ------------------------------------------------------------ */

int
gv_lint_kept_load(struct gv_lint_report *out, struct gv_lint_kept *kept,
    const struct gv_repo *repo, uint32_t n_files)
{
	int r;

	if (!kept->has_key ||
	    gv_cache_map(&kept->map, repo, GV_FACT_CHECK) < 0 ||
	    kept->map.p == NULL)
		return 0;
	r = gv_lint_bytes_read(
	    out, kept->map.p, kept->map.len, kept->key, n_files, kept->now);
	if (r < 0)
		gv_file_unmap(&kept->map);
	return r == 0 ? 1 : r == GV_ECORRUPT ? 0 : r;
}

void
gv_lint_kept_save(const struct gv_lint_kept *kept, const struct gv_repo *repo,
    const struct gv_lint_report *report)
{
	struct gv_lint_writing w = {
		.report = report, .key = kept->key, .now = kept->now
	};

	if (kept->has_key && !report->is_private &&
	    report->n >= GV_LINT_KEPT_LEAST)
		gv_cache_save_by(repo, GV_FACT_CHECK, gv_lint_bytes_next, &w);
}

void
gv_lint_kept_release(struct gv_lint_kept *kept)
{
	gv_file_unmap(&kept->map);
}
