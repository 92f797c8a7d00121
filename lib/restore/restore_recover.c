#include "restore/restore_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/path.h"
#include "object/repo_odb.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/xattr.h"

/* What the journal is called when every step of it was taken. */
#define DONE "journal.done"

#define HIDE ".gitignore"

#define MAX_JOURNAL ((size_t)1 << 31)

static int
open_dir(int *fd, const char *path)
{
	*fd = gv_dir_open(AT_FDCWD, path, strlen(path));
	return *fd < 0 ? gv_err_sys("cannot open directory %s", path) : 0;
}

static int
not_ours(const char *path)
{
	return gv_err(GV_EREFUSED,
	    "%s is in the way: a restore keeps files of its own by that name, "
	    "and this is not of one; move it away",
	    path);
}

/* Its parent is there, or the disk has failed. */
static int
make_dir(const char *path, bool is_new)
{
	if (gv_entry_mkdir(AT_FDCWD, path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return gv_err_sys("cannot make directory %s", path);
	return is_new ? not_ours(path) : 0;
}

/* Whether the tree is on another file system than the journal. */
static bool
is_apart(const struct gv_restore_place *place)
{
	return !gv_path_is_below(place->staging, strlen(place->staging),
	    place->control, strlen(place->control));
}

/* Whether it is where everybody may make one, and not in git's folder. */
static bool
is_in_tree(const struct gv_restore_place *place)
{
	const char *slash = strrchr(place->control, '/');

	return slash && strcmp(slash + 1, GV_RESTORE_CONTROL) == 0;
}

/* In the tree git would take what is staged for files of the user's: their
 * names are numbers, which nothing ignores that ignores the files. */
static int
hide(const struct gv_restore_place *place)
{
	int dir = is_apart(place) ? place->staging_fd
	    : is_in_tree(place)   ? place->control_fd
				  : -1;

	return dir < 0 ? 0 : gv_file_write_over(dir, HIDE, "*\n", 2, 0600);
}

int
gv_restore_place_make(struct gv_restore_place *place, bool is_new)
{
	int r;

	if ((r = make_dir(place->control, is_new)) == 0)
		r = open_dir(&place->control_fd, place->control);
	if (r < 0)
		goto out;
	/* what is staged on another disk is found by it */
	if (is_new && is_apart(place) &&
	    (r = gv_file_sync_dir(place->control_fd, "..")) < 0)
		goto out;
	if ((r = make_dir(place->staging, is_new)) < 0 ||
	    (r = open_dir(&place->staging_fd, place->staging)) < 0)
		goto out;
	/* else a default list of the tree would open what is staged here */
	if (gv_xattr_disown(place->staging_fd) < 0) {
		r = gv_err_sys("cannot remove the access control lists of %s",
		    place->staging);
		goto out;
	}
	if ((r = hide(place)) < 0)
		goto out;
	if (place->root_fd < 0)
		r = open_dir(&place->root_fd, place->root);
out:
	/* nothing is in it that a user's file could be mistaken for */
	if (r < 0 && is_new)
		(void)gv_entry_rmdir(AT_FDCWD, place->control);
	return r;
}

void
gv_restore_place_close(struct gv_restore_place *place)
{
	gv_entry_close(place->staging_fd);
	gv_entry_close(place->control_fd);
	gv_entry_close(place->root_fd);
	place->staging_fd = place->control_fd = place->root_fd = -1;
}

/* Of two file systems each keeps an order of its own: what leads to the files
 * must not be gone from one disk before they are on the other. */
static int
flush_apart(const struct gv_restore_place *place)
{
	return is_apart(place) && place->root_fd >= 0 &&
		gv_entry_sync_all(place->root_fd) < 0
	    ? gv_err_sys("cannot flush %s", place->root)
	    : 0;
}

static int
remove_rest(const struct gv_restore_place *place)
{
	int r = gv_file_remove_tree(AT_FDCWD, place->staging);

	if (r == 0)
		r = flush_apart(place);
	return r < 0 ? r : gv_file_remove_tree(AT_FDCWD, place->control);
}

int
gv_restore_place_clear(struct gv_restore_place *place)
{
	struct gv_buf journal = GV_BUF_INIT;
	int r;

	gv_buf_addf(&journal, "%s/journal", place->control);
	if ((r = gv_buf_check(&journal)) < 0)
		goto out;
	/* the journal first: without it the rest is only rubbish */
	if (gv_entry_unlink(AT_FDCWD, journal.p) < 0 && errno != ENOENT) {
		r = gv_err_sys("cannot remove %s", journal.p);
		goto out;
	}
	r = remove_rest(place);
out:
	gv_buf_release(&journal);
	return r;
}

int
gv_restore_place_done(struct gv_restore_place *place)
{
	struct gv_buf journal = GV_BUF_INIT, done = GV_BUF_INIT;
	int r;

	if ((r = flush_apart(place)) < 0)
		goto out;
	gv_buf_addf(&journal, "%s/journal", place->control);
	gv_buf_addf(&done, "%s/%s", place->control, DONE);
	if ((r = gv_buf_check(&journal)) < 0 || (r = gv_buf_check(&done)) < 0)
		goto out;
	if (gv_entry_rename(AT_FDCWD, journal.p, AT_FDCWD, done.p) < 0) {
		r = gv_err_sys("cannot rename %s", journal.p);
		goto out;
	}
	r = remove_rest(place);
out:
	gv_buf_release(&journal);
	gv_buf_release(&done);
	return r;
}

/* Paths that the finishing could not change, for the sentence. */
static void
note_miss(void *ctx, const char *path, size_t len, const char *reason)
{
	struct gv_buf *out = ctx;

	gv_buf_addstr(out, out->len ? "; " : "");
	gv_buf_add(out, path, len);
	gv_buf_addf(out, ": %s", reason);
}

static int
finish_index(struct gv_repo *repo, const struct gv_restore_header *h,
    const struct gv_restore_place *place)
{
	struct gv_record rec = { 0 };
	struct gv_odb *odb;
	bool is_same = false;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_record_resolve(&rec, repo,
		 &(struct gv_record_query){ .text = h->snapshot })) < 0)
		goto out;
	r = gv_restore_is_marked(&is_same, repo, odb, &rec, place->control_fd);
	if (r < 0)
		goto out;
	if (!is_same) {
		r = gv_err(GV_EREFUSED, "%s", GV_RESTORE_INDEX_STAGED);
		goto out;
	}
	r = gv_restore_write_index(repo, odb, &rec, NULL, place->control_fd);
out:
	gv_record_release(&rec);
	return r;
}

/* An interrupted restore wrote no audit event; a rollback writes its own. The
 * files are in place by now: an event that cannot be written at once changes
 * nothing, and is reported. An event that is written twice, after one more
 * kill, is harmless. */
static int
tell_audit(struct gv_repo *repo, const struct gv_restore_place *place,
    const struct gv_restore_header *h, struct gv_buf *misses,
    struct gv_buf *sentence)
{
	struct gv_audit_event e = { .what = GV_AUDIT_RESTORE,
		.time = gv_clock_now().tv_sec,
		.snapshot = h->snapshot,
		.target = h->root.p,
		.result =
		    misses && misses->len ? GV_AUDIT_PART : GV_AUDIT_DONE };
	bool goes_on = false;
	int r =
	    place->after ? place->after->is_of(&goes_on, repo, h->safety) : 0;

	if (r == 0 && !goes_on && gv_audit_tell_done(repo, NULL, &e) < 0 &&
	    sentence)
		gv_buf_addf(sentence, "; %s", gv_err_message());
	return r;
}

/* The same of one whose steps were all taken. */
static int
tell_done(struct gv_repo *repo, const struct gv_restore_place *place,
    struct gv_buf *sentence)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_restore_header h;
	int r = gv_file_read(&text, place->control_fd, DONE, MAX_JOURNAL);

	if (r == 0 &&
	    (r = gv_restore_journal_check(&h, text.p, text.len)) == 0) {
		r = tell_audit(repo, place, &h, NULL, sentence);
		gv_restore_header_release(&h);
	}
	gv_buf_release(&text);
	return r;
}

static int
finish(struct gv_restore_place *place, struct gv_repo *repo,
    const struct gv_buf *text, struct gv_buf *sentence)
{
	struct gv_restore_header h;
	struct gv_buf misses = GV_BUF_INIT;
	uint64_t refused = 0;
	int r;

	r = gv_restore_journal_check(&h, text->p, text->len);
	if (r < 0)
		return r;
	if (strcmp(h.root.p, place->root) != 0 ||
	    strcmp(h.staging.p, place->staging) != 0) {
		r = gv_err(GV_EREFUSED,
		    "the journal is for %s, but the tree is at %s now; move it "
		    "back, or remove %s to abandon the restore",
		    h.root.p, place->root, place->control);
		goto out;
	}
	r = gv_restore_journal_play(
	    text->p, text->len, place, note_miss, &misses, &refused);
	if (r < 0)
		goto out;
	if (h.index) {
		r = finish_index(repo, &h, place);
		/* a lock goes away; anything else would stop every command */
		if (r < 0 && r != GV_ELOCKED) {
			gv_buf_addf(&misses, "%sthe index: %s",
			    misses.len ? "; " : "", gv_err_message());
			r = 0;
		}
	}
	if (r < 0)
		goto out;
	if (place->after &&
	    (r = place->after->played(repo, h.safety, &misses)) != 0)
		goto out;
	if (sentence) {
		gv_buf_addf(sentence,
		    "finished the interrupted restore of snapshot %s",
		    h.snapshot);
		if (h.safety[0] != '-')
			gv_buf_addf(sentence,
			    " (the previous content is in snapshot %s)",
			    h.safety);
		if (misses.len)
			gv_buf_addf(sentence, ", except %s", misses.p);
	}
	r = tell_audit(repo, place, &h, &misses, sentence);
out:
	gv_buf_release(&misses);
	gv_restore_header_release(&h);
	return r;
}

static int
check_owner(const char *path, const struct stat *st)
{
	return st->st_uid == geteuid()
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s is in the way: it belongs to another user (uid %lu), and "
		  "only they can continue that restore; ask them to run it "
		  "again, or move the folder away",
		  path, (unsigned long)st->st_uid);
}

/* What others can write to may say anything. That they can read it is no reason
 * not to do what it says. */
static int
check_mode(const char *path, const struct stat *st)
{
	return (st->st_mode & 0022) == 0
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s is in the way: others can write to it, so they may have "
		  "changed what an interrupted restore left there; if you "
		  "trust it, run chmod go-w on it, else move it away",
		  path);
}

/* What is in it may be open to others by itself. */
static int
check_name(const struct gv_restore_place *place, int fd, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	int r;

	if (strncmp(name, "journal", 7) != 0 && strcmp(name, "files") != 0 &&
	    strcmp(name, HIDE) != 0)
		return not_ours(place->control);
	if (!is_in_tree(place))
		return 0;
	gv_buf_addf(&path, "%s/%s", place->control, name);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (gv_entry_stat(fd, name, &st) < 0)
		r = gv_err_sys("cannot look at %s", path.p);
	else if (S_ISLNK(st.st_mode))
		r = not_ours(place->control);
	else
		r = check_owner(path.p, &st);
	if (r < 0)
		goto out;
	r = check_mode(path.p, &st);
out:
	gv_buf_release(&path);
	return r;
}

/* A file found under git-vault's name may be somebody else's. */
static int
check_control(const struct gv_restore_place *place, const struct stat *st)
{
	struct gv_dir_names names = { 0 };
	size_t i;
	int fd = -1, r = 0;

	if (!S_ISDIR(st->st_mode))
		return not_ours(place->control);
	if (is_in_tree(place) && (r = check_owner(place->control, st)) < 0)
		return r;
	if ((r = open_dir(&fd, place->control)) < 0)
		return r;
	if (gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot look into %s", place->control);
	for (i = 0; r == 0 && i < names.n; i++)
		r = check_name(place, fd, names.names[i].name);
	if (r == 0 && is_in_tree(place))
		r = check_mode(place->control, st);
	gv_dir_names_release(&names);
	gv_entry_close(fd);
	return r;
}

/* What an interrupted one left is no hindrance: the next goes on with it. */
int
gv_restore_place_look(const struct gv_restore_place *place)
{
	struct stat st;

	if (gv_entry_stat(AT_FDCWD, place->control, &st) == 0)
		return check_control(place, &st);
	if (errno != ENOENT && errno != ENOTDIR)
		return gv_err_sys("cannot look at %s", place->control);
	return gv_entry_stat(AT_FDCWD, place->staging, &st) == 0
	    ? not_ours(place->staging)
	    : 0;
}

int
gv_restore_place_recover(enum gv_restore_recovery *what,
    struct gv_restore_place *place, struct gv_repo *repo,
    struct gv_buf *sentence)
{
	struct gv_buf text = GV_BUF_INIT;
	struct stat st;
	bool is_begun;
	int r;

	*what = GV_RESTORE_NOTHING;
	if (gv_entry_stat(AT_FDCWD, place->control, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
		    ? 0
		    : gv_err_sys("cannot look at %s", place->control);
	if ((r = check_control(place, &st)) == 0)
		r = open_dir(&place->root_fd, place->root);
	if (r < 0)
		return r;
	if (!gv_entry_hold(place->root_fd)) {
		gv_restore_place_close(place);
		return gv_err(GV_ELOCKED,
		    "a restore into %s is under way; try again when it is done",
		    place->root);
	}
	is_begun = gv_entry_stat(AT_FDCWD, place->staging, &st) == 0;
	if ((r = gv_restore_place_make(place, false)) == 0)
		r = gv_file_read(
		    &text, place->control_fd, "journal", MAX_JOURNAL);
	if (r == 0) {
		r = finish(place, repo, &text, sentence);
		*what = GV_RESTORE_FINISHED;
		if (r == 0)
			r = gv_restore_place_done(place);
	} else if (r == GV_ENOTFOUND) {
		if (gv_file_exists(place->control_fd, DONE)) {
			*what = GV_RESTORE_FINISHED;
			if (sentence)
				gv_buf_addstr(sentence,
				    "cleaned up after a restore that was "
				    "interrupted when all was in place");
			/* one that cannot be read is in nobody's way */
			if (tell_done(repo, place, sentence) == GV_ENOMEM)
				r = GV_ENOMEM;
		} else if (is_begun) {
			*what = GV_RESTORE_UNDONE;
			if (sentence)
				gv_buf_addstr(sentence,
				    "cleaned up after an interrupted restore "
				    "that had changed nothing yet");
		}
		if (r != GV_ENOMEM)
			r = gv_restore_place_clear(place);
	}
	gv_restore_place_close(place);
	gv_buf_release(&text);
	return r < 0
	    ? gv_err_in(r, "an interrupted restore (%s)", place->control)
	    : 0;
}
