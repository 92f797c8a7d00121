#include "doctor/doctor_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/portable.h"
#include "base/shell.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "snapshot/snapshot_last.h"
#include "sys/file.h"

/*
 * What is whole here and may not be elsewhere: objects that another repository
 * has, and what of the last snapshot other systems cannot have, or a strict
 * server refuses.
 */

#define ALTERNATES_MOST ((size_t)64 * 1024)
#define SHOWN           3 /* paths */

/* A clone made with --shared or --reference reads objects of another one, whose
 * gc knows nothing of the snapshots here. */
int
gv_doctor_borrowed(struct gv_doctor *d)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT, cmd = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/info/alternates", d->repo->objects_dir);
	r = gv_buf_check(&path);
	if (r < 0 ||
	    gv_file_read(&text, AT_FDCWD, path.p, ALTERNATES_MOST) < 0 ||
	    text.len == 0)
		goto out;
	gv_buf_truncate(&text, strcspn(text.p, "\n"));
	gv_buf_addstr(&cmd, "git repack -a -d && rm ");
	gv_shell_quote(&cmd, path.p);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "borrowed_objects",
		    cmd.p,
		    "this repository borrows objects from another repository "
		    "(%s, through objects/info/alternates): if that one "
		    "deletes them, as its git gc may, snapshots of this clone "
		    "are damaged",
		    text.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_buf_release(&cmd);
	return r;
}

/* Paths of one kind: how many, and the first of them with their reasons. */
struct told {
	size_t n;
	struct gv_buf text;
};

struct look {
	struct gv_odb *odb;
	struct told names, refused;
	struct gv_map folded; /* paths without case; keys are the arena's */
	struct gv_arena arena;
};

static void
tell(struct told *t, const char *path, size_t len, const char *why)
{
	if (t->n++ >= SHOWN)
		return;
	gv_buf_addstr(&t->text, t->text.len ? ", " : "");
	gv_path_quote(&t->text, path, len);
	gv_buf_addf(&t->text, " (%s)", why);
}

/* Whether another path differs from this one in case alone. */
static int
collides(struct look *l, const char *path, size_t len)
{
	char *key = gv_arena_copy(&l->arena, path, len);
	size_t i;

	if (key == NULL)
		return GV_ENOMEM;
	for (i = 0; i < len; i++)
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] = (char)(key[i] + 32);
	if (gv_map_get(&l->folded, key, len))
		return 1;
	return gv_map_put(&l->folded, key, len, key);
}

static int
check_content(
    struct look *l, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct gv_object obj = { 0 };
	const char *why;
	int r;

	if (e->mode == GV_MODE_LINK) {
		tell(&l->refused, path, len, "it is a symbolic link");
		return 0;
	}
	r = gv_odb_read_type(l->odb, &obj, &e->oid, GV_OTYPE_BLOB);
	if (r < 0) /* for verify to tell */
		return r == GV_ENOMEM ? r : 0;
	why = gv_portable_content(
	    e->name, e->name_len, (const char *)obj.data, obj.len);
	if (why)
		tell(&l->refused, path, len, why);
	gv_object_release(&obj);
	return 0;
}

static int
look_at(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct look *l = ctx;
	const char *why = gv_portable_name(e->name, e->name_len);
	int r = collides(l, path, len);

	if (r < 0)
		return r;
	if (why == NULL && r > 0)
		why = "another name differs in case alone";
	/* of a directory that is too long all files in it are */
	if (why == NULL && e->mode != GV_MODE_DIR &&
	    len > GV_PORTABLE_PATH_MOST)
		why = gv_portable_path(path, len);
	if (why)
		tell(&l->names, path, len, why);
	return e->mode != GV_MODE_DIR && e->mode != GV_MODE_GIT &&
		gv_portable_is_checked(e->name, e->name_len)
	    ? check_content(l, path, len, e)
	    : 0;
}

static int
report(struct gv_doctor *d, const struct look *l, const char *id)
{
	int r = gv_buf_check(&l->refused.text);

	if (r == 0 && (r = gv_buf_check(&l->names.text)) == 0 && l->refused.n)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "refused_elsewhere",
		    NULL,
		    "snapshot %s has %zu file%s that a strict git fsck "
		    "refuses, and so does a server with receive.fsckObjects: "
		    "%s%s",
		    id, l->refused.n, l->refused.n == 1 ? "" : "s",
		    l->refused.text.p, l->refused.n > SHOWN ? ", …" : "");
	if (r == 0 && l->names.n)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "unportable_names", NULL,
		    "snapshot %s has %zu path%s that other systems cannot "
		    "store: %s%s; restore there leaves out and names what the "
		    "system refuses",
		    id, l->names.n, l->names.n == 1 ? "" : "s", l->names.text.p,
		    l->names.n > SHOWN ? ", …" : "");
	return r;
}

int
gv_doctor_elsewhere(struct gv_doctor *d)
{
	struct look l = { .names.text = GV_BUF_INIT,
		.refused.text = GV_BUF_INIT,
		.folded = GV_MAP_INIT,
		.arena = GV_ARENA_INIT };
	struct gv_record rec = { 0 };
	int r = gv_snapshot_last(&rec, d->repo);

	if (r < 0) {
		/* none, or a damaged one: others tell */
		r = r == GV_ENOMEM ? r : 0;
		goto out;
	}
	if ((r = gv_repo_odb(d->repo, &l.odb)) == 0)
		r = gv_tree_walk(l.odb, &rec.tree, look_at, &l);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		r = 0;
	if (r == 0)
		r = report(d, &l, rec.id);
out:
	gv_record_release(&rec);
	gv_map_release(&l.folded);
	gv_arena_release(&l.arena);
	gv_buf_release(&l.names.text);
	gv_buf_release(&l.refused.text);
	return r;
}
