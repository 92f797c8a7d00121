#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "repo/ref_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * A process of git is half of what a small snapshot costs, and all that it does
 * there is to make one file. So a transaction that makes a ref, and compares
 * others, is carried out here by git's own protocol: locks beside the files,
 * values read under them (a file before packed-refs, since packing removes it
 * last), the new file flushed and then renamed.
 */

#define MAX_STEPS 4

/* ---- locks --------------------------------------------------------------- */

int
gv_ref_lock(
    struct gv_ref_lock *lock, const struct gv_repo *repo, const char *name)
{
	gv_buf_addf(&lock->path, "%s/%s", repo->common_dir, name);
	gv_buf_addf(&lock->file, "%s/%s.lock", repo->common_dir, name);
	if (gv_buf_check(&lock->path) < 0 || gv_buf_check(&lock->file) < 0)
		return GV_ENOMEM;
	lock->fd =
	    open(lock->file.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (lock->fd >= 0)
		return 0;
	return errno == EEXIST
	    ? gv_err(GV_ELOCKED,
		  "another git holds the lock %s; if no git is running here, "
		  "remove that file",
		  lock->file.p)
	    : gv_err_sys("cannot create %s", lock->file.p);
}

int
gv_ref_lock_commit(struct gv_ref_lock *lock, const struct gv_oid *oid)
{
	char text[GV_OID_HEX + 2];
	int r;

	gv_oid_format(text, oid);
	text[GV_OID_HEX] = '\n';
	if ((r = gv_file_write_all(lock->fd, text, GV_OID_HEX + 1)) == 0)
		r = fsync(lock->fd);
	if (close(lock->fd) < 0 || r < 0 ||
	    rename(lock->file.p, lock->path.p) < 0) {
		r = gv_err_sys("cannot write %s", lock->path.p);
		(void)unlink(lock->file.p);
	}
	lock->fd = -1;
	return r;
}

void
gv_ref_lock_release(struct gv_ref_lock *lock)
{
	if (lock->fd >= 0) {
		(void)unlink(lock->file.p);
		gv_file_close(lock->fd);
	}
	lock->fd = -1;
	gv_buf_release(&lock->path);
	gv_buf_release(&lock->file);
}

/* ---- what git would do besides ------------------------------------------- */

/* Whether git would run a hook, write a reflog of its own accord, or give the
 * file other rights. */
static bool
does_more(const struct gv_repo *repo)
{
	const char *logs =
	    gv_config_get(&repo->config, "core.logallrefupdates");
	struct gv_buf hook = GV_BUF_INIT;
	bool does = gv_config_get(&repo->config, "core.hookspath") ||
	    gv_config_has_section(&repo->config, "hook") ||
	    (logs && strcasecmp(logs, "always") == 0) ||
	    gv_repo_is_shared(repo);

	gv_buf_addf(&hook, "%s/hooks/reference-transaction", repo->common_dir);
	does =
	    does || gv_buf_check(&hook) < 0 || gv_file_exists(AT_FDCWD, hook.p);
	gv_buf_release(&hook);
	return does;
}

/* Whether it has a reflog, which is written on as long as it is there. */
static bool
has_log(const struct gv_repo *repo, const char *name)
{
	struct gv_buf log = GV_BUF_INIT;
	bool has;

	gv_buf_addf(&log, "%s/logs/%s", repo->common_dir, name);
	has = gv_buf_check(&log) < 0 || gv_file_exists(AT_FDCWD, log.p);
	gv_buf_release(&log);
	return has;
}

/* ---- the steps ----------------------------------------------------------- */

struct steps {
	struct gv_ref_step all[MAX_STEPS];
	struct gv_ref_lock locks[MAX_STEPS];
	size_t n, made; /* `made`: the one that makes a ref */
};

static size_t
folder_len(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) : 0;
}

/* Whether a name, from its last slash on, is one that git accepts whatever its
 * folder is. */
static bool
is_plain(const char *part)
{
	const char *p;

	for (p = part + 1; *p; p++)
		if (!(*p >= '0' && *p <= '9') && !(*p >= 'a' && *p <= 'z') &&
		    !(*p >= 'A' && *p <= 'Z') && *p != '-')
			return false;
	return p > part + 1;
}

/* Whether there is nothing but one ref to be made and others of its folder to
 * be compared: where one of them stands, the folder's name is no ref. */
static bool
are_plain(const struct steps *s)
{
	size_t i, len;

	if (s->n < 2 || s->made == MAX_STEPS)
		return false;
	len = folder_len(s->all[s->made].name.p);
	if (!is_plain(s->all[s->made].name.p + len))
		return false;
	for (i = 0; i < s->n; i++)
		if (folder_len(s->all[i].name.p) != len ||
		    memcmp(s->all[i].name.p, s->all[s->made].name.p, len) !=
			0 ||
		    (i != s->made && gv_oid_is_zero(&s->all[i].from)))
			return false;
	return strncmp(s->all[s->made].name.p, GV_REFS_VAULT,
		   strlen(GV_REFS_VAULT)) == 0;
}

static bool
read_steps(struct steps *s, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = lines->p + lines->len;
	bool is_made;

	for (; p < end; p = (const char *)memchr(p, '\n', end - p) + 1) {
		is_made = strncmp(p, "create ", 7) == 0;
		if (s->n == MAX_STEPS ||
		    (!is_made && strncmp(p, "verify ", 7) != 0) ||
		    (is_made && s->made < MAX_STEPS))
			return false;
		s->locks[s->n] = (struct gv_ref_lock)GV_REF_LOCK_INIT;
		s->all[s->n].name = (struct gv_buf)GV_BUF_INIT;
		if (is_made)
			s->made = s->n;
		if (gv_ref_step_parse(&s->all[s->n++], p) < 0)
			return false;
	}
	return are_plain(s);
}

/* Whether the ref, which is locked, is where the step expects it, and no other
 * has its name as a folder. */
static bool
is_as_expected(const struct gv_repo *repo, const struct gv_ref_step *step)
{
	const char *const names[] = { step->name.p, NULL };
	struct gv_buf below = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	bool is;

	gv_buf_addf(&below, "%s/", step->name.p);
	is = gv_buf_check(&below) == 0 &&
	    gv_ref_read(&refs, repo, names, below.p) > 0 &&
	    (gv_oid_is_zero(&step->from) ? refs.n == 0
					 : refs.n == 1 &&
			gv_oid_equal(&refs.refs[0].oid, &step->from));
	gv_refs_release(&refs);
	gv_buf_release(&below);
	return is;
}

static bool
lock_all(struct steps *s, const struct gv_repo *repo)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (gv_ref_lock(&s->locks[i], repo, s->all[i].name.p) < 0 ||
		    !is_as_expected(repo, &s->all[i]))
			return false;
	return true;
}

int
gv_ref_file_commit(const struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	struct steps s = { .n = 0, .made = MAX_STEPS };
	char *why;
	bool is_done;
	size_t i;

	if (!tx->keeps_objects || does_more(repo))
		return 0;
	why = gv_err_save();
	is_done = read_steps(&s, &tx->lines) &&
	    !has_log(repo, s.all[s.made].name.p) && lock_all(&s, repo) &&
	    gv_ref_lock_commit(&s.locks[s.made], &s.all[s.made].to) == 0;
	for (i = 0; i < s.n; i++) {
		gv_ref_lock_release(&s.locks[i]);
		gv_buf_release(&s.all[i].name);
	}
	gv_err_restore(why);
	return is_done;
}
