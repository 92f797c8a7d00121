#include "search/search_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"

/* ---- numbers ------------------------------------------------------------- */

bool
gv_search_wants(const struct gv_search_opts *opts, const char *path, size_t len)
{
	const char *pattern = opts->path, *slash;
	size_t n;

	if (pattern == NULL)
		return true;
	n = strlen(pattern);
	if (gv_glob_match(pattern, n, path, len, 0))
		return true;
	if (strchr(pattern, '/'))
		return false;
	slash = memrchr(path, '/', len);
	return slash &&
	    gv_glob_match(
		pattern, n, slash + 1, len - (size_t)(slash + 1 - path), 0);
}

int
gv_search_add_step(struct gv_search *s, const struct gv_search_step *step)
{
	struct gv_search_private *p = s->private;

	if (GV_GROW(s->steps, p->n_steps, p->cap_steps) < 0)
		return gv_err_nomem();
	s->steps[p->n_steps++] = *step;
	return 0;
}

/* Numbers are kept in maps as pointers, + 1. */
static int
put_number(struct gv_map *map, const void *key, size_t len, size_t number)
{
	return gv_map_put(map, key, len, (void *)(uintptr_t)(number + 1));
}

static bool
get_number(uint32_t *out, const struct gv_map *map, const void *key, size_t len)
{
	const uintptr_t n = (uintptr_t)gv_map_get(map, key, len);

	*out = n ? (uint32_t)(n - 1) : 0;
	return n != 0;
}

int
gv_search_path(uint32_t *out, struct gv_search *s, const char *path, size_t len)
{
	struct gv_search_private *p = s->private;
	const char *copy;

	if (get_number(out, &p->path_map, path, len))
		return 0;
	if (GV_GROW(s->paths, p->n_paths, p->cap_paths) < 0 ||
	    (copy = gv_arena_copy(&s->arena, path, len)) == NULL)
		return gv_err_nomem();
	*out = (uint32_t)p->n_paths;
	s->paths[p->n_paths] = copy;
	return put_number(&p->path_map, copy, len, p->n_paths++);
}

int
gv_search_version(uint32_t *out, struct gv_search *s, const struct gv_oid *oid)
{
	struct gv_search_private *p = s->private;
	const char *key;

	if (get_number(out, &p->version_map, oid->id, sizeof(oid->id)))
		return 0;
	if (GV_GROW(p->versions, p->n_versions, p->cap_versions) < 0 ||
	    (key = gv_arena_copy(&s->arena, oid->id, sizeof(oid->id))) == NULL)
		return gv_err_nomem();
	*out = (uint32_t)p->n_versions;
	p->versions[p->n_versions] = *oid;
	return put_number(
	    &p->version_map, key, sizeof(oid->id), p->n_versions++);
}

static int
compare_names(const void *a, const void *b)
{
	const struct gv_oid *x = a, *y = b;

	return memcmp(x->id, y->id, sizeof(x->id));
}

bool
gv_search_find_version(
    uint32_t *out, const struct gv_search *s, const struct gv_oid *oid)
{
	const struct gv_search_private *p = s->private;
	const struct gv_oid *found;

	if (!p->is_recalled)
		return get_number(
		    out, &p->version_map, oid->id, sizeof(oid->id));
	if (p->n_versions == 0 ||
	    (found = bsearch(oid, p->versions, p->n_versions, sizeof(*found),
		 compare_names)) == NULL)
		return false;
	*out = (uint32_t)(found - p->versions);
	return true;
}

int
gv_search_change(
    struct gv_search *s, const char *path, size_t len, const struct gv_oid *oid)
{
	struct gv_search_private *p = s->private;
	struct gv_story_change c = { .version = GV_STORY_NONE };
	int r;

	if (!gv_search_wants(p->opts, path, len))
		return 0;
	c.step = (uint32_t)p->n_steps - 1;
	c.is_commit = s->steps[c.step].snapshot == NULL;
	if ((r = gv_search_path(&c.path, s, path, len)) < 0 ||
	    (oid && (r = gv_search_version(&c.version, s, oid)) < 0))
		return r;
	if (GV_GROW(p->changes, p->n_changes, p->cap_changes) < 0)
		return gv_err_nomem();
	p->changes[p->n_changes++] = c;
	return 0;
}

/* ---- what is there now --------------------------------------------------- */

/* The number of a path and its version, one behind the other, since paths that
 * no step has brought may still come. */
struct pairs {
	struct gv_search *s;
	uint32_t (*items)[2];
	size_t n, cap;
};

static int
add_now(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct pairs *pairs = ctx;
	uint32_t pair[2];
	int r;

	if (!S_ISREG(e->mode) ||
	    !gv_search_wants(pairs->s->private->opts, path, len))
		return 0;
	if ((r = gv_search_path(&pair[0], pairs->s, path, len)) < 0 ||
	    (r = gv_search_version(&pair[1], pairs->s, &e->oid)) < 0)
		return r;
	if (GV_GROW(pairs->items, pairs->n, pairs->cap) < 0)
		return gv_err_nomem();
	memcpy(pairs->items[pairs->n++], pair, sizeof(pair));
	return 0;
}

static int
find_now(struct gv_search *s, const struct gv_oid *tree)
{
	struct gv_search_private *p = s->private;
	struct pairs pairs = { .s = s };
	size_t i;
	int r = 0;

	if (!gv_oid_is_zero(tree) &&
	    (r = gv_tree_walk(p->odb, tree, add_now, &pairs)) < 0)
		goto out;
	p->now = malloc((p->n_paths + 1) * sizeof(*p->now));
	if (p->now == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < p->n_paths; i++)
		p->now[i] = GV_STORY_NONE;
	for (i = 0; i < pairs.n; i++)
		p->now[pairs.items[i][0]] = pairs.items[i][1];
out:
	free(pairs.items);
	return r;
}

/* ---- one order ----------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_story_change *x = a, *y = b;

	if (x->step != y->step)
		return x->step < y->step ? -1 : 1;
	return (x->path > y->path) - (x->path < y->path);
}

/* Two lists of steps, each in its own order, become one by time. */
static int
merge(struct gv_search *s, size_t first)
{
	struct gv_search_private *p = s->private;
	const size_t n = p->n_steps;
	struct gv_search_step *steps;
	size_t i = 0, k = first, at;
	uint32_t *rank;
	int r = GV_ENOMEM;

	if (first == 0 || first == n)
		return 0;
	steps = malloc(n * sizeof(*steps));
	rank = malloc(n * sizeof(*rank));
	if (steps == NULL || rank == NULL) {
		gv_err_nomem();
		goto out;
	}
	for (at = 0; at < n; at++) {
		const bool is_second = i == first ||
		    (k < n && s->steps[k].time < s->steps[i].time);
		const size_t from = is_second ? k++ : i++;

		steps[at] = s->steps[from];
		rank[from] = (uint32_t)at;
	}
	memcpy(s->steps, steps, n * sizeof(*steps));
	for (i = 0; i < p->n_changes; i++)
		p->changes[i].step = rank[p->changes[i].step];
	if (p->n_changes)
		qsort(p->changes, p->n_changes, sizeof(*p->changes), compare);
	r = 0;
out:
	free(steps);
	free(rank);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static int
load(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	struct gv_oid tree = { { 0 } };
	int64_t time = INT64_MIN;
	size_t first;
	int r;

	if ((r = gv_search_snapshots(s, &tree, &time)) < 0)
		return r;
	first = p->n_steps;
	if (p->opts->commits && (r = gv_search_commits(s, &tree, &time)) < 0)
		return r;
	/* the caller names what cannot be read */
	if (p->n_steps == 0 && s->damaged.len)
		return 0;
	if (p->n_steps == 0)
		return gv_err(GV_ENOTFOUND,
		    p->opts->commits
			? "there is neither a snapshot nor a commit to search"
			: "there is no snapshot to search; --commits searches "
			  "what was committed");
	return (r = merge(s, first)) < 0 ? r : find_now(s, &tree);
}

static int
begin(struct gv_search *out, struct gv_repo *repo,
    const struct gv_search_opts *opts)
{
	struct gv_search_private *p = calloc(1, sizeof(*p));
	int r;

	memset(out, 0, sizeof(*out));
	out->damaged = (struct gv_buf)GV_BUF_INIT;
	out->private = p;
	if (p == NULL)
		return gv_err_nomem();
	p->repo = repo;
	p->opts = opts;
	p->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
	p->scan = (struct gv_scan)GV_SCAN_INIT;
	if ((r = gv_repo_odb(repo, &p->odb)) == 0) {
		/* each tree is compared with the one before and the next */
		gv_odb_set_once(p->odb);
		gv_descent_init(&p->descent, p->odb);
	}
	return r;
}

static int
load_snapshots(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	struct gv_oid tree = { { 0 } };
	int64_t time = INT64_MIN;
	int r = gv_search_snapshots(s, &tree, &time);

	if (r == 0 && s->damaged.len == 0)
		r = find_now(s, &tree);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&s->damaged, "%s\n", gv_err_message());
		r = gv_buf_check(&s->damaged);
	}
	p->of_snapshots = (struct gv_search_sizes){ .steps = p->n_steps,
		.paths = p->n_paths,
		.versions = p->n_versions,
		.changes = p->n_changes };
	return r;
}

int
gv_search_load(struct gv_search *out, struct gv_repo *repo)
{
	static const struct gv_search_opts snapshots = { .pattern = "" };
	static const struct gv_search_opts saves = { .pattern = "",
		.of = GV_SEARCH_OF_SAVES };
	struct gv_oid tree = { { 0 } };
	int64_t time = INT64_MIN;
	uint64_t n;
	int r = begin(out, repo, &snapshots);

	if (r == 0)
		r = load_snapshots(out);
	if (r == 0) {
		n = out->snapshots;
		out->private->opts = &saves;
		r = gv_search_snapshots(out, &tree, &time);
		out->snapshots = n;
	}
	return r == 0 && out->private->n_steps == 0 ? GV_ENOTFOUND : r;
}

int
gv_search_run(struct gv_search *out, struct gv_repo *repo,
    const struct gv_search_opts *opts)
{
	struct gv_search_private *p;
	int r = begin(out, repo, opts);

	if (r < 0)
		return r;
	p = out->private;
	if ((r = gv_sought_init(&p->sought, opts->pattern,
		 opts->flags | (opts->symbol ? GV_SOUGHT_WORD : 0u))) < 0 ||
	    (r = gv_search_nothing(out)) != 0)
		return r < 0 ? r : 0;
	if ((r = gv_search_recall(out)) == 0 && (r = load(out)) == 0)
		r = gv_search_index_ask(out);
	if (r < 0 || (r = gv_search_scan(out)) != 0)
		return r < 0 ? r : 0;
	if (opts->symbol && (r = gv_search_ask_tagger(out)) < 0)
		return r;
	r = gv_search_tell(out);
	return r < 0 ? r : 0;
}

void
gv_search_release(struct gv_search *search)
{
	struct gv_search_private *p = search->private;
	size_t i;

	gv_story_release(&search->stories);
	for (i = 0; p && p->tags && i < p->n_versions; i++)
		free(p->tags[i].lines);
	if (p) {
		free(p->tags);
		gv_sought_release(&p->sought);
		gv_descent_release(&p->descent);
		gv_map_release(&p->path_map);
		gv_map_release(&p->version_map);
		gv_map_release(&p->shown);
		gv_team_rules_release(&p->rules);
		gv_scan_release(&p->scan);
		gv_extent_release(&p->cover);
		free(p->may_have.oids);
		gv_file_unmap(&p->recalled);
		free(p->versions);
		free(p->found);
		free(p->is_known);
		free(p->is_foreign);
		free(p->path_of);
		free(p->changes);
		free(p->now);
	}
	free(p);
	free(search->steps);
	free(search->paths);
	gv_buf_release(&search->damaged);
	gv_arena_release(&search->arena);
	memset(search, 0, sizeof(*search));
}
