#include "repo/ref_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "repo/ref_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"

/*
 * A process of git is a quarter of what a small snapshot costs, and all that it
 * does there is to make one file. So a transaction that moves one ref, and
 * compares others, is carried out here by git's protocol: locks beside the
 * files, values read under them (a file before packed-refs, since packing
 * removes it last), the new file flushed and then renamed.
 */

#define MAX_STEPS 4

static size_t
folder_len(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) : 0;
}

/* ---- locks --------------------------------------------------------------- */

/* All locks of a transaction are names of one file, which has the new value and
 * is locked by flock() as well: that ends with a process that is killed, so a
 * lock that is left is known from one that is held. Git's have one name only.
 */
struct gv_ref_file {
	struct gv_buf name; /* the file's own */
	int fd;             /* -1 until it is made, and when it is dropped */
	struct gv_oid oid;  /* what it says */
};

/* Its name ends as a lock's does: git and gv_ref_list() pass over it, and
 * gv_ref_sweep() takes it away. */
static bool
make_file(struct gv_ref_file *m, const struct gv_repo *repo, const char *ref,
    const struct gv_oid *oid)
{
	char text[GV_OID_HEX + 2];
	uint64_t random;

	m->oid = *oid;
	gv_oid_format(text, oid);
	text[GV_OID_HEX] = '\n';
	if (gv_clock_random(&random, sizeof(random)) < 0)
		return false;
	gv_buf_addf(&m->name, "%s/%.*s/.%016" PRIx64 ".lock", repo->common_dir,
	    (int)folder_len(ref), ref, random);
	if (gv_buf_check(&m->name) < 0)
		return false;
	m->fd = open(m->name.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return m->fd >= 0 && flock(m->fd, LOCK_EX | LOCK_NB) == 0 &&
	    gv_file_write_all(m->fd, text, GV_OID_HEX + 1) == 0 &&
	    fsync(m->fd) == 0;
}

static bool
take_lock(const struct gv_ref_file *m, const struct gv_buf *lock)
{
	return link(m->name.p, lock->p) == 0;
}

static void
drop_file(struct gv_ref_file *m)
{
	if (m->fd >= 0)
		(void)unlink(m->name.p);
	gv_file_close(m->fd);
	m->fd = -1;
	gv_buf_release(&m->name);
}

int
gv_ref_file_unlock_dead(int dirfd, const char *name)
{
	/* the file's own name goes last, by its age: without it a lock looks
	 * like git's */
	int fd = *name == '.'
	    ? -1
	    : openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st, at;
	int r = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink > 1 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    /* who else finds it dead waits for us, so it is still this one */
	    fstatat(dirfd, name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
	    at.st_ino == st.st_ino && unlinkat(dirfd, name, 0) == 0;

	gv_file_close(fd);
	return r;
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
	struct gv_buf locks[MAX_STEPS]; /* their paths, while they are held */
	size_t n, moved; /* `moved`: the one that moves a ref, or MAX_STEPS */
};

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

/* Whether one ref is moved, and others that there are, are compared. */
static bool
are_plain(const struct steps *s)
{
	size_t i;

	if (s->moved == MAX_STEPS)
		return false;
	for (i = 0; i < s->n; i++)
		if (strncmp(s->all[i].name.p, GV_REFS_VAULT,
			strlen(GV_REFS_VAULT)) != 0 ||
		    gv_oid_is_zero(&s->all[i].to) ||
		    (i != s->moved && gv_oid_is_zero(&s->all[i].from)))
			return false;
	return true;
}

/* Whether git would take the name: of a ref that is there, or beside another
 * one, which shows that the folder's name is no ref. */
static bool
is_name_good(const struct steps *s)
{
	const struct gv_ref_step *made = &s->all[s->moved];
	size_t i, len = folder_len(made->name.p);

	if (!gv_oid_is_zero(&made->from))
		return true;
	for (i = 0; i < s->n; i++)
		if (i != s->moved && folder_len(s->all[i].name.p) == len &&
		    memcmp(s->all[i].name.p, made->name.p, len) == 0)
			return is_plain(made->name.p + len);
	return false;
}

static bool
read_steps(struct steps *s, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = lines->p + lines->len;
	bool is_move;

	for (; p < end; p = (const char *)memchr(p, '\n', end - p) + 1) {
		is_move = *p == 'c' || *p == 'u';
		if (s->n == MAX_STEPS || (!is_move && *p != 'v') ||
		    (is_move && s->moved < MAX_STEPS))
			return false;
		s->locks[s->n] = (struct gv_buf)GV_BUF_INIT;
		s->all[s->n].name = (struct gv_buf)GV_BUF_INIT;
		if (is_move)
			s->moved = s->n;
		if (gv_ref_step_parse(&s->all[s->n++], p) < 0)
			return false;
	}
	return are_plain(s) && is_name_good(s);
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

/* Lock and compare each. A lock that is not taken has no path. */
static bool
lock_all(
    struct steps *s, const struct gv_ref_file *m, const struct gv_repo *repo)
{
	struct gv_buf *lock;
	size_t i;

	for (i = 0; i < s->n; i++) {
		lock = &s->locks[i];
		gv_buf_addf(
		    lock, "%s/%s.lock", repo->common_dir, s->all[i].name.p);
		if (gv_buf_check(lock) < 0)
			return false;
		if (!take_lock(m, lock)) {
			gv_buf_release(lock);
			return false;
		}
		if (!is_as_expected(repo, &s->all[i]))
			return false;
	}
	return true;
}

/* The lock of the ref that moves becomes its file. */
static bool
move(struct steps *s, const struct gv_repo *repo)
{
	struct gv_buf *lock = &s->locks[s->moved], path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/%s", repo->common_dir, s->all[s->moved].name.p);
	is = gv_buf_check(&path) == 0 && rename(lock->p, path.p) == 0;
	if (is)
		gv_buf_release(lock);
	gv_buf_release(&path);
	return is;
}

static void
release(struct steps *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->locks[i].len)
			(void)unlink(s->locks[i].p);
		gv_buf_release(&s->locks[i]);
		gv_buf_release(&s->all[i].name);
	}
}

/* What a transaction that can be carried out here moves; NULL for any other. */
static const struct gv_ref_step *
moved_of(
    struct steps *s, const struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	const struct gv_ref_step *moved;

	if (!tx->keeps_objects || does_more(repo) || !read_steps(s, &tx->lines))
		return NULL;
	moved = &s->all[s->moved];
	return has_log(repo, moved->name.p) ? NULL : moved;
}

struct gv_ref_file *
gv_ref_file_new(const struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	struct steps s = { .n = 0, .moved = MAX_STEPS };
	struct gv_ref_file *file = calloc(1, sizeof(*file));
	const struct gv_ref_step *moved;
	char *why = gv_err_save();

	if (file) {
		*file = (struct gv_ref_file){ .name = GV_BUF_INIT, .fd = -1 };
		moved = moved_of(&s, tx, repo);
		if (moved == NULL ||
		    !make_file(file, repo, moved->name.p, &moved->to)) {
			gv_ref_file_free(file);
			file = NULL;
		}
	}
	release(&s);
	gv_err_restore(why);
	return file;
}

void
gv_ref_file_free(struct gv_ref_file *file)
{
	if (file == NULL)
		return;
	drop_file(file);
	free(file);
}

int
gv_ref_file_move(
    struct gv_ref_tx *tx, const struct gv_repo *repo, struct gv_ref_file *file)
{
	return gv_ref_commit_with(tx, repo, file);
}

/* Whether there is one, of this transaction; else it is made now. */
static bool
need_file(struct gv_ref_file *m, const struct gv_repo *repo,
    const struct gv_ref_step *moved)
{
	return m->fd >= 0 ? gv_oid_equal(&m->oid, &moved->to)
			  : make_file(m, repo, moved->name.p, &moved->to);
}

int
gv_ref_file_commit(const struct gv_ref_tx *tx, const struct gv_repo *repo,
    struct gv_ref_file *file)
{
	struct steps s = { .n = 0, .moved = MAX_STEPS };
	struct gv_ref_file own = { .name = GV_BUF_INIT, .fd = -1 };
	struct gv_ref_file *m = file ? file : &own;
	const struct gv_ref_step *moved;
	char *why = gv_err_save();
	bool is_done;

	moved = moved_of(&s, tx, repo);
	is_done = moved && need_file(m, repo, moved) && lock_all(&s, m, repo) &&
	    move(&s, repo);
	release(&s);
	drop_file(m);
	gv_err_restore(why);
	return is_done;
}
