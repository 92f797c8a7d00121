#include "view/diff.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "repo/repo.h"

struct skipped {
	struct gv_diff *diff;
	const struct gv_manifest *from, *to;
	struct gv_map told;         /* lines of `to`, by their paths */
	struct gv_diff_change *new; /* an 'm' of each */
	size_t n, cap;
};

/* What the first side has at the path of a line, by its own line or, where that
 * side has none, by the change that git told of there or below. */
static const struct gv_manifest_entry *
entry_of(struct skipped *s, const struct gv_manifest_entry *line,
    const struct gv_diff_change *c)
{
	const struct gv_manifest_entry *known = s->from
	    ? gv_manifest_get(s->from, line->path, line->path_len)
	    : NULL;
	size_t len = c->old_path ? c->old_path_len : c->path_len;
	struct gv_manifest_entry *e;

	if (known)
		return known;
	e = gv_arena_alloc(&s->diff->arena, sizeof(*e));
	if (e == NULL)
		return NULL;
	*e = (struct gv_manifest_entry){ .type = GV_MANIFEST_FILE,
		.path = line->path,
		.path_len = line->path_len,
		.mode = c->old_mode & 07777 };
	if (line->path_len < len) {
		e->type = GV_MANIFEST_DIR;
		e->mode = 0755;
	} else if (c->old_mode == GV_MODE_GIT) {
		e->type = GV_MANIFEST_REPO;
		e->mode = 0755;
	} else if (S_ISLNK(c->old_mode)) {
		e->type = GV_MANIFEST_LINK;
	}
	return e;
}

static int
tell(struct skipped *s, const struct gv_manifest_entry *line,
    const struct gv_diff_change *c)
{
	struct gv_diff *d = s->diff;
	const struct gv_manifest_entry *from;
	int r;

	if (gv_map_get(&s->told, line->path, line->path_len))
		return 0;
	from = entry_of(s, line, c);
	if (from == NULL)
		return GV_ENOMEM;
	if ((r = gv_map_put(&s->told, line->path, line->path_len, s)) < 0 ||
	    (r = GV_GROW(s->new, s->n, s->cap)) < 0 ||
	    (r = GV_GROW(d->same, d->n_same, d->cap_same)) < 0)
		return r;
	d->same[d->n_same++] = line->path;
	s->new[s->n++] = (struct gv_diff_change){ .status = 'm',
		.path = line->path,
		.path_len = line->path_len,
		.old_mode = gv_diff_mode(from),
		.meta = GV_DIFF_TYPE,
		.from = from,
		.to = line };
	return 0;
}

/* What it was renamed from is still there. */
static void
make_added(struct gv_diff *d, struct gv_diff_change *c)
{
	*c = (struct gv_diff_change){ .status = 'A',
		.path = c->path,
		.path_len = c->path_len,
		.new_mode = c->new_mode,
		.new_oid = c->new_oid };
	d->renamed--;
	d->added++;
}

static int
take_out(struct skipped *s)
{
	struct gv_diff *d = s->diff;
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		struct gv_diff_change *c = &d->changes[i];
		const char *old = c->old_path ? c->old_path : c->path;
		size_t len = c->old_path ? c->old_path_len : c->path_len;
		const struct gv_manifest_entry *line = NULL;

		if (c->status == 'D' || c->status == 'R')
			line = gv_manifest_get_skipped(s->to, old, len);
		if (line)
			r = tell(s, line, c);
		if (line && c->status == 'R')
			make_added(d, c);
		if (line && c->status == 'D')
			d->removed--;
		else
			d->changes[n++] = *c;
	}
	if (r == 0)
		d->n = n;
	return r;
}

int
gv_diff_mind_skipped(
    struct gv_diff *diff, struct gv_repo *repo, const struct gv_diff_opts *opts)
{
	struct skipped s = { .diff = diff, .told = GV_MAP_INIT };
	struct gv_odb *odb;
	int r;

	if (diff->removed + diff->renamed == 0)
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		goto out;
	r = gv_diff_side_load(&s.from, &diff->owned[0], odb, &opts->from);
	if (r < 0)
		goto out;
	r = gv_diff_side_load(&s.to, &diff->owned[1], odb, &opts->to);
	if (r < 0 || (r = take_out(&s)) < 0)
		goto out;
	if (s.n &&
	    (r = gv_vec_grow((void **)&diff->changes, &diff->cap, diff->n + s.n,
		 sizeof(*diff->changes))) < 0)
		goto out;
	if (s.n) {
		memcpy(diff->changes + diff->n, s.new, s.n * sizeof(*s.new));
		diff->n += s.n;
		diff->metadata += s.n;
	}
out:
	free(s.new);
	gv_map_release(&s.told);
	return r;
}
