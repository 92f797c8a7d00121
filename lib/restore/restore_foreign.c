#include "restore/restore_internal.h"

#include <string.h>
#include <sys/stat.h>

#include "autosave/autosave.h"
#include "base/err.h"
#include "record/own.h"
#include "record/record.h"
#include "sys/xattr.h"

/*
 * Metadata of a snapshot that this clone did not take. Whoever can push wrote
 * it: a set-id bit makes a program run as whoever restores it, an attribute
 * gives it capabilities, an access list or a wide mode opens it to others. So a
 * new file gets what a checkout would give it, less what the snapshot takes
 * away. What stands already and is as the snapshot has it stays.
 */

/* Opens it to nobody whom the umask keeps out. */
static uint32_t
tame_mode(const struct gv_restore_run *run, const struct gv_manifest_entry *e)
{
	uint32_t mode = e->mode & ~(uint32_t)(S_ISUID | S_ISGID);

	return mode & ~((uint32_t)run->mask & 077u);
}

/* Whether somebody else would own it. */
static bool
has_owner(struct gv_restore_run *run, const struct gv_manifest_entry *e)
{
	uid_t uid = gv_owner_find_user(&run->owner, e->user);
	gid_t gid = gv_owner_find_group(&run->owner, e->group);

	return run->uid == 0 && !run->opts->no_owner &&
	    ((uid != (uid_t)-1 && uid != run->uid) ||
		(gid != (gid_t)-1 && gid != run->gid));
}

int
gv_restore_tame(struct gv_restore_run *run,
    const struct gv_manifest_entry **entry, bool is_link)
{
	const struct gv_manifest_entry *e = *entry;
	struct gv_manifest_entry *copy;
	struct gv_buf plain = GV_BUF_INIT;
	uint32_t mode;
	int r = 0;

	if (e == NULL || !run->is_foreign)
		return 0;
	/* that of a link says nothing */
	mode = is_link ? e->mode : tame_mode(run, e);
	if (e->xattrs && (r = gv_xattr_keep_user(&plain, e->xattrs)) < 0)
		goto out;
	run->result->tamed += has_owner(run, e) || mode != e->mode ||
	    (e->xattrs && strcmp(plain.p, e->xattrs) != 0);
	copy = gv_arena_alloc(&run->plan.arena, sizeof(*copy));
	if (copy == NULL) {
		r = GV_ENOMEM;
		goto out;
	}
	*copy = *e;
	copy->mode = mode;
	copy->xattrs = plain.len
	    ? gv_arena_copy(&run->plan.arena, plain.p, plain.len)
	    : NULL;
	if (plain.len && copy->xattrs == NULL)
		r = GV_ENOMEM;
	*entry = copy;
out:
	gv_buf_release(&plain);
	return r;
}

int
gv_restore_judge_origin(struct gv_restore_run *run)
{
	int own;

	if (run->opts->as_stored)
		return 0;
	own = gv_own_took(run->repo, &run->rec->commit);
	if (own == 0)
		own = gv_autosave_took(run->repo, &run->rec->commit);
	run->is_foreign = own == 0;
	return own < 0 ? own : 0;
}
