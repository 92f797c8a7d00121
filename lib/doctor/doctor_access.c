#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/* --- of whom it is --- */

/* Where a snapshot writes: below it what belongs to others may be in the way,
 * this many levels deep, of files too or of directories alone, which git makes
 * and renames files in. */
struct place {
	const char *top, *below; /* a directory, and what of it, or "" */
	int depth;
	bool files;
};

/* Append the path of the first thing at `path` or below that belongs to
 * another user; *other is who that is. */
static int
find_other(struct gv_buf *out, const char *path, const struct place *at,
    int depth, uid_t uid, uid_t *other)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf below = GV_BUF_INIT;
	struct stat st;
	size_t i;
	int fd = gv_dir_open_root(path), r = 0;

	if (fd < 0)
		return 0;
	if (gv_dir_stat_fd(fd, &st) == 0 && st.st_uid != uid) {
		gv_buf_addstr(out, path);
		*other = st.st_uid;
	}
	if (out->len == 0 && depth > 0 && gv_dir_list(&names, fd) < 0)
		names.n = 0;
	for (i = 0; r == 0 && out->len == 0 && i < names.n; i++) {
		const struct gv_dir_name *name = &names.names[i];

		gv_buf_reset(&below);
		gv_buf_addf(&below, "%s/%s", path, name->name);
		if ((r = gv_buf_check(&below)) == 0 && name->type == DT_DIR)
			r = find_other(out, below.p, at, depth - 1, uid, other);
		else if (r == 0 && at->files &&
		    gv_dir_stat(fd, name->name, name->len, &st) == 0 &&
		    st.st_uid != uid) {
			gv_buf_addstr(out, below.p);
			*other = st.st_uid;
		}
	}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&below);
	return r;
}

static int
check_owner(struct gv_doctor *d, uid_t uid)
{
	const char *common = d->repo->common_dir;
	const struct place places[] = { { d->repo->vault_dir, "", 1, true },
		{ common, "/vault", 1, true },
		{ common, "/refs/vault", 4, false },
		{ d->repo->objects_dir, "", 1, false } };
	struct gv_buf cmd = GV_BUF_INIT, path = GV_BUF_INIT;
	struct gv_buf first = GV_BUF_INIT, found = GV_BUF_INIT;
	uid_t who = uid, other = uid;
	size_t i;
	int r = 0;

	gv_buf_addf(&cmd, "chown -R %lu", (unsigned long)uid);
	for (i = 0; r == 0 && i < sizeof(places) / sizeof(*places); i++) {
		gv_buf_reset(&path);
		gv_buf_reset(&found);
		gv_buf_addf(&path, "%s%s", places[i].top, places[i].below);
		if ((r = gv_buf_check(&path)) == 0 &&
		    (i != 1 || strcmp(path.p, places[0].top) != 0))
			r = find_other(&found, path.p, &places[i],
			    places[i].depth, uid, &other);
		if (r < 0 || found.len == 0)
			continue;
		gv_buf_addch(&cmd, ' ');
		gv_shell_quote(&cmd, path.p);
		if (first.len == 0) {
			gv_buf_addstr(&first, found.p);
			who = other;
		}
	}
	if (r < 0 || (r = gv_buf_check(&cmd)) < 0)
		goto out;
	if (first.len)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "mixed_ownership",
		    cmd.p,
		    "%s belongs to user %lu, the repository to user %lu: one "
		    "of them will be refused",
		    first.p, (unsigned long)who, (unsigned long)uid);
out:
	gv_buf_release(&cmd);
	gv_buf_release(&path);
	gv_buf_release(&first);
	gv_buf_release(&found);
	return r;
}

/* --- who may do what --- */

/* Whether we may write where a snapshot does: in that directory, or where it is
 * made. 1 if not, and it is reported. */
static int
check_access(struct gv_doctor *d, const char *top, const char *below)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t least = strlen(top);
	char *slash;
	int r;

	gv_buf_addf(&path, "%s%s", top, below);
	r = gv_buf_check(&path);
	while (r == 0 && path.len > least &&
	    !gv_file_exists(AT_FDCWD, path.p) &&
	    (slash = strrchr(path.p, '/')) != NULL)
		gv_buf_truncate(&path, (size_t)(slash - path.p));
	if (r == 0 && !gv_file_may_write(AT_FDCWD, path.p)) {
		const int why = errno;

		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "not_writable", NULL,
		    "%s cannot be written to by this user: %s; so no snapshot "
		    "can be taken, %s",
		    path.p, strerror(why),
		    why == EROFS
			? "until it is mounted for writing"
			: "but by whom it belongs to, or is shared with");
		r = r == 0 ? 1 : r;
	}
	gv_buf_release(&path);
	return r;
}

/* The first place is enough: what is in the way of one mostly is of all. */
static int
check_all_access(struct gv_doctor *d)
{
	int r;

	if ((r = check_access(d, d->repo->git_dir, "/vault")) != 0 ||
	    (r = check_access(d, d->repo->common_dir, "/vault")) != 0)
		return r;
	r = check_access(d, d->repo->common_dir, "/refs/vault/snapshots");
	if (r != 0)
		return r;
	return check_access(d, d->repo->objects_dir, "/pack");
}

/* The modes of a folder that a snapshot writes to, if it is made yet, held
 * against the repository's: 1 where nobody can write there. */
static int
check_mode(struct gv_doctor *d, const char *path, mode_t top)
{
	struct gv_doctor_verdict v;
	struct stat st;
	int r;

	if (gv_entry_stat(AT_FDCWD, path, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	v = gv_doctor_judge_mode(st.st_mode, top, gv_repo_is_shared(d->repo));
	if (v.kind == NULL)
		return 0;
	if (v.grade == GV_DOCTOR_ERROR) {
		r = gv_doctor_add_for(d, v.grade, v.kind,
		    (struct gv_doctor_do){ "chmod u+rwx", path },
		    "%s cannot be written to by its owner, so no snapshot can "
		    "be taken",
		    path);
		return r < 0 ? r : 1;
	}
	if (strcmp(v.kind, "not_shared") == 0)
		return gv_doctor_add_for(d, v.grade, v.kind,
		    (struct gv_doctor_do){ "chmod -R g+rwX", path },
		    "the repository is shared with its group, but %s is not",
		    path);
	return gv_doctor_add_for(d, v.grade, v.kind,
	    (struct gv_doctor_do){ "chmod -R o-w", path },
	    "anybody on this machine can write to %s", path);
}

static int
check_modes(struct gv_doctor *d, mode_t top)
{
	const char *common = d->repo->common_dir;
	const char *const places[][2] = { { d->repo->vault_dir, "" },
		{ common, "/refs/vault" }, { common, "/refs/vault/snapshots" },
		{ d->repo->objects_dir, "" },
		{ d->repo->objects_dir, "/pack" } };
	struct gv_buf path = GV_BUF_INIT, told = GV_BUF_INIT;
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(places) / sizeof(*places); i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s%s", places[i][0], places[i][1]);
		r = gv_buf_check(&path);
		/* what mends the folder around it mends it, too */
		if (r < 0 ||
		    (told.len &&
			gv_path_is_below(path.p, path.len, told.p, told.len)))
			continue;
		n = d->report->n;
		r = check_mode(d, path.p, top);
		if (d->report->n > n) {
			gv_buf_reset(&told);
			gv_buf_addstr(&told, path.p);
		}
	}
	gv_buf_release(&path);
	gv_buf_release(&told);
	return r;
}

int
gv_doctor_permissions(struct gv_doctor *d)
{
	struct stat top;
	int r = 0;
	bool is_known = gv_entry_stat(AT_FDCWD, d->repo->common_dir, &top) == 0;

	if (is_known)
		r = check_modes(d, top.st_mode);
	if (r == 0)
		r = check_all_access(d);
	/* who shares it is let in by the group, whoever made a file */
	if (r >= 0 && is_known && !gv_repo_is_shared(d->repo))
		r = check_owner(d, top.st_uid);
	return r < 0 ? r : 0;
}
