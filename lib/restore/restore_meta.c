#include "restore/restore_internal.h"

#include <string.h>

#include "object/tree.h"

void
gv_restore_owner_of(uid_t *uid, gid_t *gid, struct gv_restore_run *run,
    const struct gv_manifest_entry *e)
{
	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if (e == NULL || run->opts->no_owner || run->is_foreign)
		return;
	*uid = gv_owner_find_user(&run->owner, e->user);
	*gid = gv_owner_find_group(&run->owner, e->group);
}

/* What is common to files and directories. A new thing belongs to us, so
 * there is nothing to set where it should. */
static void
fill(struct gv_restore_meta *out, const struct gv_restore_run *run,
    const struct gv_manifest_entry *e, uid_t uid, gid_t gid)
{
	memset(out, 0, sizeof(*out));
	out->e.uid = uid == run->uid ? (uid_t)-1 : uid;
	out->e.gid = gid == run->gid ? (gid_t)-1 : gid;
	if (e == NULL)
		return;
	out->e.mode = e->mode;
	out->e.has_time = true;
	out->e.mtime_s = e->mtime_s;
	out->e.mtime_ns = e->mtime_ns;
	out->e.xattrs = e->xattrs;
	out->holes = e->holes;
}

void
gv_restore_file_meta(struct gv_restore_meta *out,
    const struct gv_restore_run *run, const struct gv_restore_file *f)
{
	fill(out, run, f->meta, f->uid, f->gid);
	/* a line of another kind says nothing of this one's mode */
	if (f->meta == NULL || f->meta->type != GV_MANIFEST_FILE)
		out->e.mode =
		    (f->mode == GV_MODE_EXEC ? 0777u : 0666u) & ~run->mask;
	if (f->given == NULL)
		return;
	/* what holds a secret is opened to nobody who could not read it: not by
	 * a guess, nor where it is closer now than it was */
	if (f->meta == NULL || f->meta->type != GV_MANIFEST_FILE)
		out->e.mode &= 0700u;
	out->e.mode &= ~(uint32_t)f->closed;
}

void
gv_restore_dir_meta(struct gv_restore_meta *out,
    const struct gv_restore_run *run, const struct gv_restore_dir *d)
{
	fill(out, run, d->meta, d->uid, d->gid);
	if (d->meta == NULL || (d->meta->type != GV_MANIFEST_DIR && !d->repo))
		out->e.mode = 0777u & ~run->mask;
}
