#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "record/trash.h"
#include "repo/refs.h"
#include "repo/worktree.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/running.h"

/* git holds a lock of a ref for milliseconds, one of the index or of the
 * packed refs for seconds, unless it waits for its user, and one of a
 * commit-graph or a multi-pack-index for as long as it writes it; none of them
 * names its process. */
#define REF_STALE  60
#define LOCK_STALE 3600

#define MANY_LOOSE 1000 /* refs: each is a file to be opened */
#define MAX_DEPTH  32   /* of a ref's name */

static int
add_lock(struct gv_doctor *d, const char *path, int64_t age)
{
	const char *why = gv_running_is_known()
	    ? "no git holds a lock that long, so its git was killed"
	    : "if no git is running here, its git was killed";

	if (age < 0)
		return gv_doctor_add_for(d, GV_DOCTOR_WARNING, "stale_lock",
		    (struct gv_doctor_do){ "rm", path },
		    "%s blocks git and is dated %" PRId64
		    " minutes in the future: the clock was set back, and %s",
		    path, -age / 60, why);
	return gv_doctor_add_for(d, GV_DOCTOR_WARNING, "stale_lock",
	    (struct gv_doctor_do){ "rm", path },
	    "%s has blocked git for %" PRId64 " minutes; %s", path, age / 60,
	    why);
}

/* git commit holds the lock of the index for as long as its user thinks about
 * the message. */
static int
add_used_lock(struct gv_doctor *d, const char *path, long pid)
{
	return gv_doctor_add(d, GV_DOCTOR_NOTE, "lock_in_use", NULL,
	    "%s has blocked git for a long time; a git is running here "
	    "(process %ld) and may hold it",
	    path, pid);
}

static int
check_lock(struct gv_doctor *d, const char *dir, const char *name, int stale)
{
	const char *dirs[] = { d->repo->git_dir, d->repo->common_dir,
		d->repo->worktree, NULL };
	struct gv_buf path = GV_BUF_INIT;
	long pid = 0;
	int r;

	gv_buf_addf(&path, "%s/%s", dir, name);
	if ((r = gv_buf_check(&path)) == 0 &&
	    gv_file_is_stale(AT_FDCWD, path.p, stale)) {
		if (stale == LOCK_STALE)
			pid = gv_running_find("git", dirs);
		r = pid ? add_used_lock(d, path.p, pid)
			: add_lock(d, path.p, gv_file_age(AT_FDCWD, path.p));
	}
	gv_buf_release(&path);
	return r;
}

/* git writes packed-refs.new beside its lock, and neither packs nor deletes a
 * ref where it finds one. */
static bool
is_lock(const char *name)
{
	size_t len = strlen(name);

	return (len > 5 && strcmp(name + len - 5, ".lock") == 0) ||
	    strcmp(name, "packed-refs.new") == 0;
}

/* The locks that stand in a folder, which need not be there. */
static int
check_folder(struct gv_doctor *d, const char *top, const char *sub)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&path, "%s%s", top, sub);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_doctor_list(&names, path.p);
	for (i = 0; r == 0 && i < names.n; i++)
		if (is_lock(names.names[i].name))
			r = check_lock(
			    d, path.p, names.names[i].name, LOCK_STALE);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

/* Those that stand beside HEAD and the index of each working tree. */
static int
check_worktrees(struct gv_doctor *d)
{
	struct gv_worktrees trees;
	size_t i;
	int r = gv_worktrees_load(&trees, d->repo);

	if (r != GV_ENOMEM)
		r = 0; /* of those that can be listed */
	for (i = 0; r == 0 && i < trees.n; i++)
		r = check_folder(d, trees.git_dirs[i], "");
	gv_worktrees_release(&trees);
	return r;
}

/* The locks below a folder of refs; *n counts the refs that have a file of
 * their own. */
static int
check_refs(struct gv_doctor *d, struct gv_buf *path, size_t *n, int depth)
{
	struct gv_dir_names names = { 0 };
	size_t i, len = path->len;
	bool ours = strncmp(path->p + strlen(d->repo->common_dir),
			"/refs/vault", 11) == 0;
	int r = gv_doctor_list(&names, path->p);

	for (i = 0; r == 0 && i < names.n; i++) {
		const struct gv_dir_name *name = &names.names[i];

		if (name->type == DT_DIR && depth < MAX_DEPTH) {
			gv_buf_addf(path, "/%s", name->name);
			if ((r = gv_buf_check(path)) == 0)
				r = check_refs(d, path, n, depth + 1);
			gv_buf_truncate(path, len);
		} else if (is_lock(name->name)) {
			r = check_lock(d, path->p, name->name,
			    ours ? REF_STALE : LOCK_STALE);
		} else {
			++*n;
		}
	}
	gv_dir_names_release(&names);
	return r;
}

int
gv_doctor_locks(struct gv_doctor *d)
{
	int r;

	if ((r = check_worktrees(d)) < 0 ||
	    (r = check_folder(d, d->repo->objects_dir, "")) < 0 ||
	    (r = check_folder(d, d->repo->objects_dir, "/pack")) < 0 ||
	    (r = check_folder(d, d->repo->objects_dir, "/info")) < 0)
		return r;
	return check_folder(d, d->repo->objects_dir, "/info/commit-graphs");
}

static bool
is_snapshot(const char *ref)
{
	return strncmp(ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) == 0;
}

/* What repair finds again by what its versions look like. */
static bool
is_ledger(const char *ref)
{
	return strcmp(ref, GV_REF_MARKS) == 0 ||
	    strcmp(ref, GV_REF_DELETED) == 0;
}

static int
add_broken_ledger(struct gv_doctor *d, const char *ref)
{
	return gv_doctor_add(d, GV_DOCTOR_ERROR, "ref_broken",
	    "git vault repair",
	    "the file of the ref %s says nothing, as a power failure may leave "
	    "it, so nothing can be deleted, and %s",
	    ref,
	    strcmp(ref, GV_REF_MARKS) == 0
		? "pins and later tags count for none"
		: "deleted snapshots may come back");
}

/* A vault ref with an empty file: git hides it, and holds the name for taken.
 */
static int
check_broken(struct gv_doctor *d, const char *prefix)
{
	struct gv_buf names = GV_BUF_INIT, path = GV_BUF_INIT;
	char *line, *end;
	int r = gv_ref_broken(&names, d->repo, prefix);

	for (line = names.p; r == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%s", d->repo->common_dir, line);
		if ((r = gv_buf_check(&path)) == 0 && is_ledger(line))
			r = add_broken_ledger(d, line);
		else if (r == 0)
			r = gv_doctor_add_for(d, GV_DOCTOR_ERROR, "ref_broken",
			    (struct gv_doctor_do){ "rm", path.p },
			    "the file of the ref %s says nothing, as a power "
			    "failure may leave it, so %s; without the file, %s",
			    line,
			    is_snapshot(line) ? "its snapshot is not to be had"
					      : "its objects cannot be found",
			    is_snapshot(line)
				? "'git vault doctor' tells where it stood, if "
				  "its commit is here"
				: "'git vault sync' fetches it from a remote "
				  "that has it; else 'git fsck' lists its "
				  "objects as dangling");
	}
	gv_buf_release(&names);
	gv_buf_release(&path);
	return r;
}

int
gv_doctor_refs(struct gv_doctor *d)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t n = 0;
	int r;

	gv_buf_addf(&path, "%s/refs", d->repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0 &&
	    (r = check_refs(d, &path, &n, 0)) == 0 && n > MANY_LOOSE)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "loose_refs",
		    "git pack-refs --all",
		    "%zu refs lie in a file each, so that every fetch, push "
		    "and look at the refs is slow",
		    n);
	gv_buf_release(&path);
	return r;
}

int
gv_doctor_broken(struct gv_doctor *d)
{
	int r = check_broken(d, GV_REFS_VAULT);

	return r == 0 ? check_broken(d, GV_REFS_TRASH) : r;
}
