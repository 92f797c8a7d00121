#include "view/diff.h"

#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "record/manifest.h"

struct meta {
	struct gv_diff *diff;
	const struct gv_manifest *from, *to;
	struct gv_map known; /* paths that are a change already */
};

unsigned
gv_diff_mode(const struct gv_manifest_entry *e)
{
	if (e == NULL)
		return 0;
	switch (e->type) {
	case GV_MANIFEST_FILE:
		return S_IFREG | e->mode;
	case GV_MANIFEST_DIR:
	case GV_MANIFEST_REPO:
		return S_IFDIR | e->mode;
	case GV_MANIFEST_LINK:
		return S_IFLNK;
	case GV_MANIFEST_SPARSE:
	case GV_MANIFEST_SKIPPED:
	case GV_MANIFEST_GONE:
		break;
	}
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* A link has no permissions of its own. */
unsigned
gv_diff_meta(
    const struct gv_manifest_entry *a, const struct gv_manifest_entry *b)
{
	unsigned meta = 0;

	if (a->type != b->type)
		return GV_DIFF_TYPE;
	/* of the same blob: here it is a pointer, there a file like one */
	if (!a->chunked != !b->chunked)
		return GV_DIFF_TYPE;
	if (a->type == GV_MANIFEST_SKIPPED || a->type == GV_MANIFEST_SPARSE)
		return 0;
	if (a->type != GV_MANIFEST_LINK && a->mode != b->mode)
		meta |= GV_DIFF_MODE;
	if (!same_text(a->user, b->user) || !same_text(a->group, b->group))
		meta |= GV_DIFF_OWNER;
	if (!same_text(a->xattrs, b->xattrs))
		meta |= GV_DIFF_XATTRS;
	return meta;
}

/* What it means that only this manifest has the line. Files that came or
 * went stand in the trees, and so do directories that hold any. */
static unsigned
alone(const struct gv_manifest *m, size_t i)
{
	const struct gv_manifest_entry *e = gv_manifest_at(m, i);

	if (e->type == GV_MANIFEST_SKIPPED || e->type == GV_MANIFEST_REPO)
		return GV_DIFF_TYPE;
	return gv_manifest_is_bare(m, i) ? GV_DIFF_DIR : 0;
}

static int
add(struct meta *m, unsigned meta, const struct gv_manifest_entry *from,
    const struct gv_manifest_entry *to)
{
	const struct gv_manifest_entry *e = to ? to : from;
	struct gv_diff *d = m->diff;
	int r;

	if (meta == 0 || gv_map_get(&m->known, e->path, e->path_len))
		return 0;
	r = GV_GROW(d->changes, d->n, d->cap);
	if (r < 0)
		return r;
	d->changes[d->n++] = (struct gv_diff_change){
		.status = 'm',
		.path = e->path_len ? e->path : ".",
		.path_len = e->path_len ? e->path_len : 1,
		.old_mode = gv_diff_mode(from),
		.new_mode = gv_diff_mode(to),
		.meta = meta,
		.from = from,
		.to = to,
	};
	d->metadata++;
	return 0;
}

static int
know(struct meta *m, const char *path, size_t len)
{
	/* any value will do: only its being there is asked */
	return path ? gv_map_put(&m->known, path, len, m) : 0;
}

static int
know_changes(struct meta *m)
{
	const struct gv_diff *d = m->diff;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_diff_change *c = &d->changes[i];

		if ((r = know(m, c->path, c->path_len)) == 0)
			r = know(m, c->old_path, c->old_path_len);
	}
	return r;
}

int
gv_diff_add_metadata(struct gv_diff *diff, const struct gv_manifest *from,
    const struct gv_manifest *to)
{
	struct meta m = { diff, from, to, GV_MAP_INIT };
	const struct gv_manifest_entry *e, *other;
	size_t i;
	int r = know_changes(&m);

	for (i = 0; r == 0 && i < gv_manifest_count(to); i++) {
		e = gv_manifest_at(to, i);
		other = gv_manifest_get(from, e->path, e->path_len);
		r = add(&m, other ? gv_diff_meta(other, e) : alone(to, i),
		    other, e);
	}
	for (i = 0; r == 0 && i < gv_manifest_count(from); i++) {
		e = gv_manifest_at(from, i);
		/* what is below a directory that could not be read is not gone
		 */
		if (!gv_manifest_get(to, e->path, e->path_len) &&
		    !gv_manifest_get_skipped(to, e->path, e->path_len))
			r = add(&m, alone(from, i), e, NULL);
	}
	gv_map_release(&m.known);
	return r;
}

/* The line of a path, where it says that this is not stored. */
static const struct gv_manifest_entry *
note_of(const struct gv_manifest *m, const struct gv_manifest_entry *e)
{
	return gv_manifest_get_skipped(m, e->path, e->path_len);
}

int
gv_diff_add_noted(struct gv_diff *diff, const struct gv_manifest *from,
    const struct gv_manifest *to)
{
	struct meta m = { diff, from, to, GV_MAP_INIT };
	const struct gv_manifest_entry *e;
	size_t i;
	int r = know_changes(&m);

	for (i = 0; r == 0 && to && i < gv_manifest_count(to); i++) {
		e = gv_manifest_at(to, i);
		if (e->type == GV_MANIFEST_SKIPPED && !note_of(from, e))
			r = add(&m, GV_DIFF_TYPE, NULL, e);
	}
	for (i = 0; r == 0 && from && i < gv_manifest_count(from); i++) {
		e = gv_manifest_at(from, i);
		if (e->type == GV_MANIFEST_SKIPPED && !note_of(to, e))
			r = add(&m, GV_DIFF_TYPE, e, NULL);
	}
	gv_map_release(&m.known);
	return r;
}
