#include "param/param_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * The journal, one line a file; what is staged has the number of its line:
 *
 *	git-vault config 1
 *	<mode> <id of what was, or -> <id of what shall be> <path>
 *	end <number of files>
 *
 * Ids are those of blobs, the path is quoted as Git does it. It is moved into
 * its place as a whole, so one without its end is damaged.
 */

#define MAGIC    "git-vault config 1\n"
#define JOURNAL  "journal"
#define FOLDER   "config"
#define FILE_MAX ((size_t)64 * 1024 * 1024)

/* The working tree and the folder of what is staged. */
struct place {
	char *dir;
	int root, fd;
};

struct step {
	const char *path;
	char staged[24];
	mode_t mode;
	bool is_new;
	struct gv_oid was, is;
};

/* ---- places -------------------------------------------------------------- */

static int
name_folder(struct gv_buf *out, const struct gv_repo *repo, const char *in)
{
	gv_buf_addf(out, "%s/" FOLDER "%s", repo->vault_dir, in);
	return gv_buf_check(out);
}

static int
open_place(struct place *out, struct gv_repo *repo, bool makes)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	*out = (struct place){ .root = -1, .fd = -1 };
	if ((makes && (r = gv_repo_make_vault_dir(repo)) < 0) ||
	    (r = name_folder(&dir, repo, "")) < 0)
		goto out;
	out->dir = strdup(dir.p);
	if (out->dir == NULL) {
		r = gv_err_nomem();
	} else if (makes && gv_entry_mkdir(AT_FDCWD, dir.p, 0700) < 0 &&
	    errno != EEXIST) {
		r = gv_err_sys("cannot make directory %s", dir.p);
	} else if ((out->fd = gv_dir_open(AT_FDCWD, dir.p, dir.len)) < 0) {
		r = gv_err_sys("cannot open directory %s", dir.p);
	} else if ((out->root = gv_dir_open_root(repo->worktree)) < 0) {
		r = gv_err_sys("cannot open %s", repo->worktree);
	}
out:
	gv_buf_release(&dir);
	return r;
}

/* After a failure, the message of that one stays. */
static int
remove_place(const struct place *p, int r)
{
	char *why = gv_err_save();
	int removed = gv_file_remove_tree(AT_FDCWD, p->dir);

	if (r == 0)
		return gv_err_settle(removed, why);
	gv_err_restore(why);
	return r;
}

static void
close_place(struct place *p)
{
	gv_file_close(p->root);
	gv_file_close(p->fd);
	free(p->dir);
}

static void
wipe(struct gv_buf *b)
{
	if (b->cap)
		explicit_bzero(b->p, b->len);
	gv_buf_release(b);
}

/* ---- one file ------------------------------------------------------------ */

/* What is at a path: its id and mode; *is_there false: nothing. */
static int
look(struct gv_oid *id, mode_t *mode, bool *is_there, const struct place *p,
    const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *name;
	struct stat st;
	int dir, r;

	*is_there = false;
	if (gv_dir_stat(p->root, path, strlen(path), &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
		    ? 0
		    : gv_err_sys("cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return gv_err(GV_EREFUSED, "%s is no regular file", path);
	if ((dir = gv_dir_open_parent(p->root, path, strlen(path), &name)) < 0)
		return gv_err_sys("cannot open %s", path);
	if ((r = gv_file_read(&text, dir, name, FILE_MAX)) == 0) {
		gv_hash_object(id, GV_OTYPE_BLOB, text.p, text.len);
		*mode = st.st_mode & 07777;
		*is_there = true;
	}
	gv_file_close(dir);
	wipe(&text);
	return r;
}

static int
make_parents(
    const struct gv_repo *repo, const struct place *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int r;

	if (slash == NULL)
		return 0;
	if (gv_file_leads_through_link(repo->worktree, path))
		return gv_err(
		    GV_EREFUSED, "%s leads through a symbolic link", path);
	dir = strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		return gv_err_nomem();
	r = gv_file_mkdirs(p->root, dir, 0777);
	free(dir);
	return r;
}

/* Move what is staged into its place; where that is another disk, write it. */
static int
put(const struct place *p, const struct step *s)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *name;
	int dir, r = 0;

	if ((dir = gv_dir_open_parent(
		 p->root, s->path, strlen(s->path), &name)) < 0)
		return gv_err_sys("cannot open %s", s->path);
	if (gv_entry_rename(p->fd, s->staged, dir, name) < 0) {
		r = errno == EXDEV
		    ? gv_file_read(&text, p->fd, s->staged, FILE_MAX)
		    : gv_err_sys("cannot replace %s", s->path);
		if (r == 0)
			r = gv_file_replace(
			    dir, name, text.p, text.len, s->mode, true);
	}
	gv_file_close(dir);
	wipe(&text);
	return r;
}

/* ---- the journal --------------------------------------------------------- */

static void
add_line(struct gv_buf *out, const struct step *s)
{
	char was[GV_OID_HEX + 1] = "-", is[GV_OID_HEX + 1];

	if (!s->is_new)
		gv_oid_format(was, &s->was);
	gv_oid_format(is, &s->is);
	gv_buf_addf(out, "%o %s %s ", (unsigned)s->mode, was, is);
	gv_path_quote(out, s->path, strlen(s->path));
	gv_buf_addch(out, '\n');
}

static int
damaged(const struct place *p)
{
	return gv_err(GV_ECORRUPT,
	    "%s/" JOURNAL " is damaged: it lists what a 'git vault config set' "
	    "that was interrupted had still to write; look at git status, then "
	    "remove that folder",
	    p->dir);
}

/* Read the path of a line, which is copied into `path`. */
static int
read_path(struct gv_buf *path, const char *text, size_t len)
{
	size_t used;

	gv_buf_reset(path);
	if (*text == '"')
		return gv_path_unquote(path, text, len, &used) < 0 ||
			used != len
		    ? GV_ECORRUPT
		    : gv_buf_check(path);
	gv_buf_add(path, text, len);
	return gv_buf_check(path);
}

static int
read_line(struct step *out, struct gv_buf *path, const char *line, size_t len)
{
	const char *p = line, *end = line + len;
	char *next;

	*out = (struct step){ .mode = (mode_t)strtoul(line, &next, 8) };
	p = next;
	if (p == line || out->mode > 07777 || end - p < 2 || *p++ != ' ')
		return GV_ECORRUPT;
	out->is_new = *p == '-';
	if (!out->is_new &&
	    (end - p < GV_OID_HEX || gv_oid_parse(&out->was, p) < 0))
		return GV_ECORRUPT;
	p += out->is_new ? 1 : GV_OID_HEX;
	if (end - p < GV_OID_HEX + 3 || *p++ != ' ' ||
	    gv_oid_parse(&out->is, p) < 0 || p[GV_OID_HEX] != ' ')
		return GV_ECORRUPT;
	p += GV_OID_HEX + 1;
	if (read_path(path, p, (size_t)(end - p)) < 0 ||
	    !gv_path_is_all_safe(path->p))
		return GV_ECORRUPT;
	out->path = path->p;
	return 0;
}

/* ---- carrying out -------------------------------------------------------- */

/* One step, also where it was taken already. A file that has become another
 * one since is somebody's work: it stays. */
static int
carry_out(const struct gv_repo *repo, const struct place *p,
    const struct step *s, struct gv_buf *sentence)
{
	struct gv_oid id;
	mode_t mode;
	bool is_there;
	int r = look(&id, &mode, &is_there, p, s->path);

	if (r < 0)
		return r;
	if (is_there && gv_oid_equal(&id, &s->is))
		return 0;
	if (is_there ? s->is_new || !gv_oid_equal(&id, &s->was) : !s->is_new) {
		if (sentence)
			gv_buf_addf(sentence,
			    "; %s was changed meanwhile and stays", s->path);
		return 0;
	}
	if (s->is_new && (r = make_parents(repo, p, s->path)) < 0)
		return r;
	return put(p, s);
}

static int
play(struct gv_repo *repo, const struct place *p, struct gv_buf *sentence)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	const char *line, *nl, *end;
	char last[40];
	struct step s;
	size_t n = 0;
	int r = gv_file_read(&text, p->fd, JOURNAL, FILE_MAX);

	if (r < 0)
		goto out;
	line = text.p;
	end = line + text.len;
	if (text.len < strlen(MAGIC) ||
	    memcmp(line, MAGIC, strlen(MAGIC)) != 0) {
		r = damaged(p);
		goto out;
	}
	for (line += strlen(MAGIC); r == 0; line = nl + 1, n++) {
		nl = memchr(line, '\n', (size_t)(end - line));
		snprintf(last, sizeof(last), "end %zu\n", n);
		if (nl && nl + 1 == end && strcmp(line, last) == 0)
			break;
		if (nl == NULL ||
		    read_line(&s, &path, line, (size_t)(nl - line)) < 0) {
			r = damaged(p);
			break;
		}
		snprintf(s.staged, sizeof(s.staged), "%zu", n);
		r = carry_out(repo, p, &s, sentence);
	}
	/* flushed before what would do it again is gone */
	if (r == 0 && gv_entry_sync_all(p->root) < 0)
		r = gv_err_sys("cannot flush %s", repo->worktree);
out:
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

/* ---- preparing ----------------------------------------------------------- */

static int
stage(struct step *out, const struct gv_repo *repo, const struct place *p,
    const struct gv_param_batch_file *f, size_t i)
{
	bool is_there;
	struct gv_oid id;
	int r;

	*out = (struct step){
		.path = f->path, .mode = 0666, .is_new = f->was == NULL
	};
	snprintf(out->staged, sizeof(out->staged), "%zu", i);
	gv_hash_object(&out->is, GV_OTYPE_BLOB, f->text->p ? f->text->p : "",
	    f->text->len);
	if (f->was)
		gv_hash_object(&out->was, GV_OTYPE_BLOB,
		    f->was->p ? f->was->p : "", f->was->len);
	if (gv_file_leads_through_link(repo->worktree, f->path))
		return gv_err(GV_EREFUSED,
		    "%s leads through a symbolic link; nothing was written",
		    f->path);
	if ((r = look(&id, &out->mode, &is_there, p, f->path)) < 0)
		return r;
	if (is_there && out->is_new)
		return gv_err(GV_EREFUSED,
		    "%s is there already; nothing was written", f->path);
	/* an editor may have saved it meanwhile */
	if (!out->is_new && !(is_there && gv_oid_equal(&id, &out->was)))
		return gv_err(GV_EREFUSED,
		    "%s was changed by another program meanwhile; nothing was "
		    "written",
		    f->path);
	if (out->is_new)
		out->mode = 0666 & ~gv_entry_umask();
	return gv_file_replace(
	    p->fd, out->staged, f->text->p, f->text->len, out->mode, false);
}

int
gv_param_batch_write(
    struct gv_repo *repo, const struct gv_param_batch_file *files, size_t n)
{
	struct gv_buf journal = GV_BUF_INIT;
	struct place p = { .root = -1, .fd = -1 };
	struct step s;
	bool is_taken = false;
	size_t i;
	int r;

	if (n > GV_PARAM_BATCH_MAX)
		return gv_err(GV_EREFUSED, "more than %d files at once",
		    GV_PARAM_BATCH_MAX);
	if ((r = open_place(&p, repo, true)) < 0)
		goto out;
	gv_buf_addstr(&journal, MAGIC);
	for (i = 0; r == 0 && i < n; i++)
		if ((r = stage(&s, repo, &p, &files[i], i)) == 0)
			add_line(&journal, &s);
	gv_buf_addf(&journal, "end %zu\n", n);
	if (r < 0 || (r = gv_buf_check(&journal)) < 0)
		goto out;
	/* first what it relies on, then the word that it is taken */
	if (gv_entry_sync_all(p.fd) < 0)
		r = gv_err_sys("cannot flush %s", p.dir);
	if (r == 0)
		r = gv_file_replace(
		    p.fd, JOURNAL, journal.p, journal.len, 0600, true);
	is_taken = gv_file_exists(p.fd, JOURNAL);
	if (r == 0 && (r = play(repo, &p, NULL)) < 0)
		r = gv_err_in(
		    r, "the next git-vault command finishes what is missing");
out:
	/* while a journal stands, what is staged is needed */
	if (p.fd >= 0 && !(r < 0 && is_taken))
		r = remove_place(&p, r);
	close_place(&p);
	gv_buf_release(&journal);
	return r;
}

/* ---- locking and recovering ---------------------------------------------- */

static int
lock(int *fd, struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if ((r = gv_repo_make_vault_dir(repo)) == 0 &&
	    (r = name_folder(&path, repo, "-lock")) == 0)
		r = gv_lock_open(fd, path.p, 0);
	gv_buf_release(&path);
	return r;
}

/* Finish under the lock. Without a journal nothing had been touched. */
static int
finish(struct gv_repo *repo, struct gv_buf *sentence)
{
	struct gv_buf stays = GV_BUF_INIT;
	struct place p;
	int r = open_place(&p, repo, false);

	if (r == 0 && gv_file_exists(p.fd, JOURNAL) &&
	    (r = play(repo, &p, &stays)) == 0)
		gv_buf_addf(sentence,
		    "finished a 'git vault config set' that was interrupted%s",
		    stays.len ? stays.p : "");
	if (r == 0)
		r = gv_file_remove_tree(AT_FDCWD, p.dir);
	close_place(&p);
	gv_buf_release(&stays);
	return r;
}

static int
is_left(bool *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = name_folder(&path, repo, "");

	*out = r == 0 && gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

int
gv_param_batch_recover(struct gv_repo *repo, struct gv_buf *sentence)
{
	bool is;
	int fd = -1, r;

	if ((r = is_left(&is, repo)) < 0 || !is)
		return r;
	if ((r = lock(&fd, repo)) < 0)
		return r == GV_ELOCKED ? 0 : r;
	/* its writer may have ended just now */
	if ((r = is_left(&is, repo)) == 0 && is)
		r = finish(repo, sentence);
	gv_lock_close(fd);
	return r;
}

int
gv_param_batch_lock(int *fd, struct gv_repo *repo)
{
	struct gv_buf sentence = GV_BUF_INIT;
	bool is;
	int r = lock(fd, repo);

	if (r == GV_ELOCKED)
		return gv_err(GV_ELOCKED,
		    "another 'git vault config set' is running; nothing was "
		    "written, run it again");
	if (r == 0 && (r = is_left(&is, repo)) == 0 && is)
		r = finish(repo, &sentence);
	if (r < 0) {
		gv_lock_close(*fd);
		*fd = -1;
	}
	gv_buf_release(&sentence);
	return r;
}
