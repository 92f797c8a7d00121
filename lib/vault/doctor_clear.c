#include "vault/doctor_internal.h"

#include <string.h>

#include "base/err.h"
#include "infra/precious.h"
#include "store/odb.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "vault/record.h"

/*
 * What snapshots have in clear that was most likely ignored: those that
 * withhold nothing are looked through once, which a cache remembers, since
 * there may be thousands of them and a commit never changes.
 */
#define NAME "clear"

/* So few are looked through again rather than write the file. */
#define WORTH_WRITING 16

struct look {
	struct gv_odb *odb;
	struct gv_table known;       /* GV_DOCTOR_CLEAR_INIT */
	const struct gv_record *rec; /* the snapshot at hand … */
	struct gv_oid base;          /* … and HEAD's tree then, or zero */
	struct gv_buf path;          /* that it has in clear; empty: none */
	/* the last one that has none, and the commit below it: what is in
	 * both was looked at; zero: no such */
	struct gv_oid clean, clean_base;
	unsigned long snapshots;
	struct gv_buf first; /* ID:PATH */
};

static bool
is_file(const struct gv_tree_entry *e)
{
	return e && e->mode != GV_MODE_LINK && e->mode != GV_MODE_GIT;
}

/* Whether HEAD had this path. */
static int
is_of_git(bool *out, const struct look *l, const char *path)
{
	struct gv_oid oid;
	unsigned mode;
	int r = gv_oid_is_zero(&l->base)
	    ? GV_ENOTFOUND
	    : gv_tree_find(l->odb, &l->base, path, &mode, &oid);

	*out = r == 0;
	return r == GV_ENOTFOUND ? 0 : r;
}

/* What HEAD did not have is not Git's; and if its name is precious it was most
 * likely ignored. GV_EEXISTS for the first that is found. */
static int
look_at_path(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *before, const struct gv_tree_entry *own)
{
	struct look *l = ctx;
	bool is_git;
	int r;

	if (!is_file(own) || is_file(before) ||
	    gv_precious_rule(path, len) == NULL)
		return 0;
	r = is_of_git(&is_git, l, path);
	if (r < 0 || is_git)
		return r;
	gv_buf_add(&l->path, path, len);
	return gv_buf_check(&l->path) < 0 ? GV_ENOMEM : GV_EEXISTS;
}

static int
find_base(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0 &&
	    (obj.len < 5 + GV_OID_HEX ||
		gv_oid_parse(out, (const char *)obj.data + 5) < 0))
		r = GV_ECORRUPT;
	gv_object_release(&obj);
	return r;
}

/* Look through the trees. 0 with l->path set; what is damaged fails. */
static int
look_through(struct look *l)
{
	const struct gv_record *rec = l->rec;
	bool has_base = !gv_oid_is_zero(&rec->base);
	bool is_next = !gv_oid_is_zero(&l->clean) &&
	    gv_oid_equal(&rec->base, &l->clean_base);
	int r;

	memset(&l->base, 0, sizeof(l->base));
	r = has_base ? find_base(&l->base, l->odb, &rec->base) : 0;
	if (r == 0)
		r = gv_tree_diff(l->odb,
		    is_next        ? &l->clean
			: has_base ? &l->base
				   : NULL,
		    &rec->tree, look_at_path, l);
	return r == GV_EEXISTS ? 0 : r;
}

static int
look_at_snapshot(struct look *l, const struct gv_record *rec)
{
	size_t len;
	const char *known = gv_table_get(&l->known, rec->commit.id, &len);
	int r = 0;

	l->rec = rec;
	gv_buf_reset(&l->path);
	if (known)
		gv_buf_add(&l->path, known, len);
	else
		r = look_through(l);
	/* what is damaged is for verify to tell */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = gv_buf_check(&l->path);
	if (r == 0 && known == NULL)
		r = gv_table_add(
		    &l->known, rec->commit.id, l->path.p, l->path.len);
	if (r < 0)
		return r;
	if (l->path.len == 0) {
		l->clean = rec->tree;
		l->clean_base = rec->base;
	} else if (l->snapshots++ == 0) {
		gv_buf_addf(&l->first, "%s:%s", rec->id, l->path.p);
	}
	return gv_buf_check(&l->first);
}

static int
look_at_all(struct look *l, struct gv_repo *repo)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_repo_odb(repo, &l->odb);

	if (r == 0)
		r = gv_table_load(&l->known, repo, NAME);
	if (r == 0)
		r = gv_record_walk_open(
		    &walk, repo, GV_RECORD_RECALL | GV_RECORD_ALL);
	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r > 0)
			r = rec.format < GV_RECORD_WITHHOLDS
			    ? look_at_snapshot(l, &rec)
			    : 0;
		else if (r == GV_ECORRUPT)
			r = 0;
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_record_walk_close(walk);
	return r;
}

int
gv_doctor_clear(struct gv_doctor *d)
{
	struct look l = { .known = GV_DOCTOR_CLEAR_INIT,
		.path = GV_BUF_INIT,
		.first = GV_BUF_INIT };
	int r = look_at_all(&l, d->repo);

	if (r == 0 && l.snapshots)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "precious_in_clear",
		    "git vault secret purge --precious",
		    "%lu snapshot%s ignored files in clear, from before they "
		    "were sealed, such as %s",
		    l.snapshots, l.snapshots == 1 ? " holds" : "s hold",
		    l.first.p);
	if (l.known.n_rows >= WORTH_WRITING ||
	    l.known.n >= 2 * d->snapshots.n + WORTH_WRITING)
		gv_table_save_refs(&l.known, d->repo, NAME, &d->snapshots);
	gv_table_release(&l.known);
	gv_buf_release(&l.path);
	gv_buf_release(&l.first);
	return r;
}
