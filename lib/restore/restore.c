#include "restore/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "repo/repo.h"
#include "restore/restore_internal.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/crossing.h"

/* What stands behind a directory's name while a restore into it is staged;
 * six random letters follow. */
#define STAGING ".git-vault-"
#define TREE    "tree" /* in there, which nobody else can enter */

static void
say(struct gv_restore_run *run, const struct gv_restore_change *change)
{
	struct gv_restore_change c = *change;

	if (run->opts->each == NULL)
		return;
	c.from = gv_map_get(&run->moved, c.path, c.len);
	run->opts->each(run->opts->each_ctx, &c);
}

void
gv_restore_tell(struct gv_restore_run *run, enum gv_restore_action action,
    const char *path, size_t len, const char *reason)
{
	struct gv_restore_result *res = run->result;

	switch (action) {
	case GV_RESTORE_CREATE:
		res->created++;
		break;
	case GV_RESTORE_CHANGE:
		res->changed++;
		break;
	case GV_RESTORE_TOUCH:
		res->touched++;
		break;
	case GV_RESTORE_DELETE:
		res->deleted++;
		break;
	case GV_RESTORE_SKIP:
		res->skipped++;
		break;
	case GV_RESTORE_ABSENT:
		res->unread += reason && strcmp(reason, "unreadable") == 0;
		break;
	case GV_RESTORE_EMPTY:
	case GV_RESTORE_STAYS:
	case GV_RESTORE_SEALED:
		break;
	}
	say(run,
	    &(struct gv_restore_change){
		.action = action, .path = path, .len = len, .reason = reason });
}

void
gv_restore_tell_dir(struct gv_restore_run *run, enum gv_restore_action action,
    const char *path, size_t len)
{
	run->result->touched += action == GV_RESTORE_TOUCH;
	say(run,
	    &(struct gv_restore_change){
		.action = action, .path = path, .len = len, .is_dir = true });
}

void
gv_restore_tell_repos(struct gv_restore_run *run)
{
	const struct gv_restore_plan *plan = &run->plan;
	struct gv_buf path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < plan->n_dirs; i++) {
		const struct gv_restore_dir *d = &plan->dirs[i];

		if (!d->repo || d->skipped)
			continue;
		gv_restore_dir_path(&path, plan, i);
		gv_oid_format(hex, &d->commit);
		gv_restore_tell(run,
		    d->there ? GV_RESTORE_STAYS : GV_RESTORE_EMPTY, path.p,
		    path.len, gv_oid_is_zero(&d->commit) ? NULL : hex);
	}
	gv_buf_release(&path);
}

void
gv_restore_tell_left(struct gv_restore_run *run, const char *path, size_t len,
    const struct gv_revealed_left *left, bool is_left)
{
	struct gv_restore_change change = { .action = GV_RESTORE_SEALED,
		.path = path,
		.len = len,
		.is_left = is_left };

	if (left == NULL)
		return;
	change.scope = left->scope;
	change.values = left->sealed + left->damaged + left->crossed;
	if (left->damaged) {
		change.reason = left->reason;
		run->result->damaged++;
	} else if (left->crossed) {
		change.is_crossing = true;
		change.to_scope = left->bar->scope;
		change.new_reader = left->bar->reader;
		run->result->crossed++;
	} else {
		run->result->sealed++;
		run->result->sealed_values += left->sealed;
	}
	say(run, &change);
}

void
gv_restore_worker_release(struct gv_restore_worker *worker)
{
	gv_revealed_reader_free(worker->reader);
	worker->reader = NULL;
}

void
gv_restore_skip(struct gv_restore_run *run, const char *path, size_t len,
    const char *reason)
{
	gv_restore_tell(run, GV_RESTORE_SKIP, path, len,
	    reason ? reason : gv_err_message());
}

/* --- a new directory, all or nothing --- */

/* Where the new directory goes: an open parent and a name in it. */
struct target {
	char *real; /* absolute path, where it exists */
	char *parent_path;
	char *name;
	int parent;
	bool exists, empty;
};

/* Whether a run has made it: somebody's own may have a name of that form. */
static bool
is_left(int fd)
{
	struct gv_dir_names names = { 0 };
	struct stat st;
	bool is = gv_entry_stat(fd, "", &st) == 0 &&
	    (st.st_mode & 07777) == 0700 && st.st_uid == geteuid() &&
	    gv_dir_list(&names, fd) == 0 &&
	    (names.n == 0 ||
		(names.n == 1 && strcmp(names.names[0].name, TREE) == 0));

	gv_dir_names_release(&names);
	return is;
}

/* Remove what runs that died left beside the target. Their hold on the
 * directory went with them. */
static int
sweep(const struct target *t)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf prefix = GV_BUF_INIT;
	size_t i;
	int fd, r = 0;

	gv_buf_addf(&prefix, "%.200s%s", t->name, STAGING);
	if (gv_dir_list(&names, t->parent) < 0)
		names.n = 0; /* not readable: nothing to be seen */
	for (i = 0; r == 0 && i < names.n; i++) {
		const char *name = names.names[i].name;

		if (names.names[i].len != prefix.len + 6 ||
		    memcmp(name, prefix.p, prefix.len) != 0)
			continue;
		fd = gv_dir_open(t->parent, name, names.names[i].len);
		if (fd < 0)
			continue;
		if (is_left(fd) && gv_entry_hold(fd))
			r = gv_file_remove_tree(t->parent, name);
		gv_entry_close(fd);
	}
	gv_dir_names_release(&names);
	gv_buf_release(&prefix);
	return r;
}

/* A directory changes its parent only where it may be written to. */
static int
put_in_place(
    struct gv_restore_run *run, const struct target *t, int staging, int fd)
{
	struct gv_restore_meta meta;
	unsigned refused = 0;
	int r = gv_entry_rename(staging, TREE, t->parent, t->name);

	if (r == 0 || errno != EACCES)
		return r;
	if (gv_entry_unlock(staging, TREE) < 0 ||
	    gv_entry_rename(staging, TREE, t->parent, t->name) < 0)
		return -1;
	gv_restore_dir_meta(&meta, run, &run->plan.dirs[0]);
	return gv_entry_set(fd, &meta.e, meta.e.mode | 0700u, &refused);
}

static int
write_staged(struct gv_restore_run *run, const struct target *t, int staging,
    int fd, const char *staged)
{
	int r = gv_restore_write_tree(run, fd);

	if (r < 0)
		return r;
	if (run->opts->sync && gv_entry_sync_all(fd) < 0)
		return gv_err_sys("cannot flush %s", staged);
	/* over a directory that is empty, or no longer */
	if (put_in_place(run, t, staging, fd) < 0) {
		if (errno == EBUSY || errno == EXDEV)
			return gv_err(GV_EREFUSED,
			    "%s is a mount point; restore to a directory "
			    "inside it",
			    run->opts->to);
		return errno == ENOTEMPTY || errno == EEXIST
		    ? gv_err(GV_EREFUSED,
			  "%s is no longer empty; nothing was restored",
			  run->opts->to)
		    : gv_err_sys("cannot put %s in its place", run->opts->to);
	}
	if (run->opts->sync)
		return gv_file_sync_dir(t->parent, ".");
	return 0;
}

/* All of it is written below a directory that nobody else can enter, since what
 * it is to be may be entered by all, and a kill leaves it. */
static int
write_below(struct gv_restore_run *run, const struct target *t, int staging,
    const char *staged)
{
	int fd, r;

	if (!gv_entry_hold(staging))
		return gv_err(
		    GV_ELOCKED, "%s is held by another process", staged);
	if (gv_entry_mkdir(staging, TREE, 0700) < 0)
		return gv_err_sys("cannot make a directory in %s", staged);
	fd = gv_dir_open(staging, TREE, sizeof(TREE) - 1);
	if (fd < 0)
		return gv_err_sys("cannot open the directory in %s", staged);
	r = write_staged(run, t, staging, fd, staged);
	gv_entry_close(fd);
	if (r == 0)
		(void)gv_entry_rmdir(t->parent, staged);
	return r;
}

static int
write_new(struct gv_restore_run *run, const struct target *t)
{
	struct gv_buf prefix = GV_BUF_INIT, staged = GV_BUF_INIT;
	struct gv_buf message = GV_BUF_INIT;
	int fd = -1, r;

	r = sweep(t);
	gv_buf_addf(&prefix, "%.200s%s", t->name, STAGING);
	if (r < 0 || (r = gv_buf_check(&prefix)) < 0)
		goto out;
	fd = gv_entry_temp_dir(&staged, t->parent, prefix.p);
	r = fd < 0
	    ? gv_err_sys("cannot make a directory next to %s", run->opts->to)
	    : write_below(run, t, fd, staged.p);
out:
	if (r < 0 && fd >= 0) {
		gv_buf_addstr(&message, gv_err_message());
		gv_file_remove_tree(t->parent, staged.p);
		gv_err_set_message(message.p);
	}
	gv_entry_close(fd);
	gv_buf_release(&prefix);
	gv_buf_release(&staged);
	gv_buf_release(&message);
	return r;
}

static int
tell_file(struct gv_restore_run *run, struct gv_restore_worker *worker,
    size_t i, struct gv_buf *path)
{
	struct gv_restore_file *f = &run->plan.files[i];
	int r;

	if (f->action != GV_RESTORE_CREATE)
		return 0;
	gv_restore_file_path(path, &run->plan, i);
	r = gv_restore_try(worker, f);
	if (r < 0)
		return gv_restore_in(gv_restore_lacks(r), path);
	gv_restore_tell(run, GV_RESTORE_CREATE, path->p, path->len, NULL);
	gv_restore_tell_left(run, path->p, path->len, f->left, false);
	return 0;
}

/* All of the plan is to be made. */
static int
tell_plan(struct gv_restore_run *run)
{
	struct gv_restore_worker worker = { .run = run };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->plan.n_files; i++)
		r = tell_file(run, &worker, i, &path);
	if (r == 0)
		gv_restore_tell_repos(run);
	gv_restore_worker_release(&worker);
	gv_buf_release(&path);
	return r;
}

static void
target_release(struct target *t)
{
	gv_entry_close(t->parent);
	free(t->real);
	free(t->parent_path);
	free(t->name);
}

static int
look_inside(struct target *t, const char *to)
{
	struct gv_dir_names names = { 0 };
	int fd = gv_dir_open(AT_FDCWD, t->real, strlen(t->real)), r = 0;

	if (fd < 0)
		return errno == ENOTDIR
		    ? gv_err(GV_EREFUSED, "%s is no directory", to)
		    : gv_err_sys("cannot open directory %s", to);
	if (gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot read directory %s", to);
	t->empty = names.n == 0;
	gv_dir_names_release(&names);
	gv_entry_close(fd);
	return r;
}

/* Find out what is at the path that the user named. */
static int
target_open(struct target *t, const char *to)
{
	size_t n = strlen(to);
	const char *path, *slash;
	char *dir;
	int r = 0;

	memset(t, 0, sizeof(*t));
	t->parent = -1;
	if (n == 0)
		return gv_err(GV_EUSAGE, "--to needs a directory's name");
	t->real = gv_entry_real_path(to);
	t->exists = t->real != NULL;
	if (t->real == NULL && errno != ENOENT)
		return gv_err_sys("cannot look at %s", to);
	path = t->exists ? t->real : to;
	for (n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		;
	slash = memrchr(path, '/', n);
	t->name = strndup(slash ? slash + 1 : path,
	    slash ? (size_t)(path + n - slash - 1) : n);
	dir = slash == NULL ? strdup(".")
	    : slash == path ? strdup("/")
			    : strndup(path, (size_t)(slash - path));
	if (t->name == NULL || dir == NULL) {
		free(dir);
		return gv_err_nomem();
	}
	t->parent_path = gv_entry_real_path(dir);
	if (t->parent_path)
		t->parent = gv_dir_open(
		    AT_FDCWD, t->parent_path, strlen(t->parent_path));
	if (t->parent < 0)
		r = gv_err_sys(
		    "cannot open the directory %s, in which %s should be made",
		    dir, t->name);
	else if (!t->exists && (!*t->name || strcmp(t->name, "..") == 0))
		r = gv_err(GV_ENOTFOUND, "there is no %s", to);
	else if (t->exists)
		r = look_inside(t, to);
	free(dir);
	return r;
}

/* Paths that only --in-place, or nobody, may write to. */
static int
check_target(const struct gv_restore_run *run, const struct target *t)
{
	const struct gv_repo *repo = run->repo;
	const char *at = t->exists ? t->real : t->parent_path;
	char *real = gv_entry_real_path(at);
	const char *gits[2] = { repo->git_dir, repo->common_dir };
	const char *own[3] = { repo->worktree, gits[0], gits[1] };
	size_t n = real ? strlen(real) : 0;
	int i, r = 0;

	if (real == NULL)
		return gv_err_sys("cannot look at %s", at);
	for (i = 0; i < 2; i++)
		if (r == 0 &&
		    gv_path_is_below(real, n, gits[i], strlen(gits[i])))
			r = gv_err(GV_EREFUSED,
			    "%s lies inside the repository's own folder %s",
			    run->opts->to, gits[i]);
	if (r == 0 && t->exists && repo->worktree &&
	    strcmp(real, repo->worktree) == 0)
		r = gv_err(GV_EREFUSED,
		    "%s is the working tree itself; use --in-place, which "
		    "takes a safety snapshot first",
		    run->opts->to);
	/* of what lies in it only what the snapshot holds would stay */
	for (i = 0; i < 3; i++)
		if (r == 0 && run->opts->delete &&t->exists && own[i] &&
		    gv_path_is_below(own[i], strlen(own[i]), real, n))
			r = gv_err(GV_EREFUSED,
			    "%s holds this repository itself (%s), which "
			    "--delete would empty; name another directory",
			    run->opts->to, own[i]);
	free(real);
	return r;
}

/* --- a tree that stands --- */

int
gv_restore_place_of(struct gv_restore_place *place, struct gv_buf paths[2],
    const struct gv_repo *repo, const char *root)
{
	int r;

	memset(place, 0, sizeof(*place));
	place->root_fd = place->control_fd = place->staging_fd = -1;
	place->root = root;
	gv_buf_reset(&paths[0]);
	gv_buf_reset(&paths[1]);
	if (repo) {
		gv_buf_addf(&paths[0], "%s/restore", repo->vault_dir);
		/* files can only be moved into place on one mount */
		if (gv_entry_may_move(AT_FDCWD, repo->git_dir, AT_FDCWD, root))
			gv_buf_addf(&paths[1], "%s/files", paths[0].p);
	} else {
		gv_buf_addf(&paths[0], "%s/%s", root, GV_RESTORE_CONTROL);
		gv_buf_addf(&paths[1], "%s/files", paths[0].p);
	}
	if (paths[1].len == 0)
		gv_buf_addf(&paths[1], "%s/%s", root, GV_RESTORE_CONTROL);
	if ((r = gv_buf_check(&paths[0])) == 0)
		r = gv_buf_check(&paths[1]);
	place->control = paths[0].p;
	place->staging = paths[1].p;
	return r;
}

static int
recover(struct gv_restore_run *run, struct gv_restore_place *place)
{
	struct gv_buf sentence = GV_BUF_INIT;
	enum gv_restore_recovery what;
	int r = gv_restore_place_recover(&what, place, run->repo, &sentence);

	if (r == 0 && sentence.len && run->opts->recovered)
		run->opts->recovered(run->opts->recovered_ctx, sentence.p);
	gv_buf_release(&sentence);
	return r;
}

static int
write_over(struct gv_restore_run *run, const char *root)
{
	struct gv_buf paths[2] = { GV_BUF_INIT, GV_BUF_INIT };
	struct gv_restore_place place;
	int r;

	r = gv_restore_place_of(
	    &place, paths, run->opts->to ? NULL : run->repo, root);
	place.after = run->opts->after;
	if (r < 0)
		goto out;
	if (!run->opts->dry_run)
		r = recover(run, &place);
	/* of the working tree every command goes on with it before */
	else if (run->opts->to)
		r = gv_restore_place_look(&place);
	if (r < 0 ||
	    (!run->opts->to && (r = gv_repo_make_vault_dir(run->repo)) < 0))
		goto out;
	place.root_fd = gv_dir_open(AT_FDCWD, root, strlen(root));
	r = place.root_fd < 0 ? gv_err_sys("cannot open directory %s", root)
			      : gv_restore_apply(run, &place);
out:
	gv_restore_place_close(&place);
	gv_buf_release(&paths[0]);
	gv_buf_release(&paths[1]);
	return r;
}

int
gv_restore_recover(enum gv_restore_recovery *what, struct gv_repo *repo,
    const struct gv_restore_after *after, struct gv_buf *sentence)
{
	struct gv_buf paths[2] = { GV_BUF_INIT, GV_BUF_INIT };
	struct gv_restore_place place;
	struct stat st;
	int r;

	*what = GV_RESTORE_NOTHING;
	if (repo->worktree == NULL)
		return 0;
	gv_buf_addf(&paths[0], "%s/restore", repo->vault_dir);
	if ((r = gv_buf_check(&paths[0])) == 0 &&
	    gv_entry_stat(AT_FDCWD, paths[0].p, &st) == 0) {
		r = gv_restore_place_of(&place, paths, repo, repo->worktree);
		place.after = after;
		if (r == 0)
			r = gv_restore_place_recover(
			    what, &place, repo, sentence);
	}
	gv_buf_release(&paths[0]);
	gv_buf_release(&paths[1]);
	return r;
}

static int
write_to(struct gv_restore_run *run)
{
	struct target t;
	int r;

	if ((r = target_open(&t, run->opts->to)) < 0 ||
	    (r = check_target(run, &t)) < 0)
		goto out;
	if (t.exists && !t.empty) {
		if (run->opts->overwrite == GV_RESTORE_REFUSE)
			r = gv_err(GV_EREFUSED,
			    "%s is not empty; name a new directory, or choose "
			    "by --overwrite what happens to the files in it",
			    run->opts->to);
		else
			r = write_over(run, t.real);
	} else if (run->opts->dry_run) {
		r = tell_plan(run);
	} else {
		if (run->opts->begin)
			run->opts->begin(run->opts->progress_ctx,
			    "restoring files", run->plan.n_files);
		r = write_new(run, &t);
	}
out:
	target_release(&t);
	return r;
}

/* In the working tree a secret must not come where more people read it. */
static int
bar_given(struct gv_restore_run *run)
{
	int r;

	if (run->opts->to || run->opts->cross_scope || run->opts->safe == NULL)
		return 0;
	if ((r = gv_crossing_new(&run->crossing, run->repo, run->opts->safe,
		 run->rec, run->opts->move)) < 0)
		return r;
	return gv_revealed_bar_crossing(run->given, run->crossing);
}

/* What the snapshot withholds. Without knowing that, only a new place may be
 * written to: elsewhere placeholders would go over what they stand for. */
static int
load_given(struct gv_restore_run *run)
{
	int r =
	    gv_revealed_load(&run->given, run->odb, run->rec, GV_REVEALED_TREE);

	if (!run->opts->skip_damaged || run->opts->to == NULL ||
	    run->opts->overwrite != GV_RESTORE_REFUSE ||
	    (r != GV_ECORRUPT && r != GV_ENOTFOUND))
		return gv_restore_lacks(r);
	gv_err_in(r, "where values stand");
	gv_restore_skip(run, "", 0, NULL);
	return 0;
}

static void
count_pointers(struct gv_restore_run *run)
{
	size_t i;

	for (i = 0; i < run->plan.n_files; i++) {
		const struct gv_restore_file *f = &run->plan.files[i];

		run->result->pointers += (f->action == GV_RESTORE_CREATE ||
					     f->action == GV_RESTORE_CHANGE) &&
		    !run->plan.dirs[f->dir].skipped &&
		    gv_manifest_is_pointer(f->meta);
	}
}

int
gv_restore_run(struct gv_restore_result *out, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_restore_opts *opts)
{
	struct gv_restore_opts own = *opts;
	struct gv_restore_run run = {
		.repo = repo, .rec = rec, .opts = &own, .result = out
	};
	int r;

	memset(out, 0, sizeof(*out));
	run.over = own.to ? NULL : repo->worktree;
	if (own.to == NULL && repo->worktree == NULL)
		return gv_err(GV_EREFUSED,
		    "this repository has no working tree; use --to DIR");
	if (rec->only && own.delete)
		return gv_err(GV_EREFUSED,
		    "snapshot %s contains only %s, so files outside it must "
		    "not be removed; restore it without --delete",
		    rec->id, rec->only);
	if (own.to == NULL && own.overwrite == GV_RESTORE_REFUSE)
		own.overwrite = GV_RESTORE_IF_CHANGED;
	/* time and size tell nothing of the file of another environment */
	if (own.move && own.overwrite == GV_RESTORE_IF_CHANGED)
		own.overwrite = GV_RESTORE_ALWAYS;
	run.mask = gv_entry_umask();
	run.uid = geteuid();
	run.gid = getegid();
	if ((r = gv_repo_odb(repo, &run.odb)) == 0 &&
	    (r = gv_restore_judge_origin(&run)) == 0 &&
	    (r = load_given(&run)) == 0 && (r = bar_given(&run)) == 0 &&
	    (r = gv_restore_narrow_down(&run)) == 0 &&
	    (r = gv_restore_plan_load(&run)) == 0 &&
	    (r = gv_restore_move(&run)) == 0 &&
	    (r = gv_restore_unseal(&run)) == 0)
		r = own.to ? write_to(&run) : write_over(&run, repo->worktree);
	if (r == 0)
		count_pointers(&run);
	if (own.begin)
		own.begin(own.progress_ctx, "", 0);
	gv_restore_plan_release(&run.plan);
	gv_restore_narrow_free(run.narrow);
	gv_revealed_free(run.given);
	gv_crossing_free(run.crossing);
	gv_map_release(&run.moved);
	gv_map_release(&run.selected);
	gv_buf_release(&run.selected_text);
	gv_owner_release(&run.owner);
	return r;
}

/* A text, NULL for none: whether there was memory. */
static bool
copy_text(const char **text, struct gv_arena *arena)
{
	if (*text)
		*text = gv_arena_copy(arena, *text, strlen(*text));
	return *text != NULL;
}

int
gv_restore_copy(struct gv_restore_change *out,
    const struct gv_restore_change *c, struct gv_arena *arena)
{
	*out = *c;
	out->path = gv_arena_copy(arena, c->path, c->len);
	if (out->path == NULL || (c->from && !copy_text(&out->from, arena)) ||
	    (c->reason && !copy_text(&out->reason, arena)) ||
	    (c->scope && !copy_text(&out->scope, arena)) ||
	    (c->to_scope && !copy_text(&out->to_scope, arena)) ||
	    (c->new_reader && !copy_text(&out->new_reader, arena)))
		return GV_ENOMEM;
	return 0;
}

/* What goes before what comes in its place. */
static int
by_path(const void *a, const void *b)
{
	const struct gv_restore_change *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	return r ? r
		 : (x->action != GV_RESTORE_DELETE) -
		(y->action != GV_RESTORE_DELETE);
}

void
gv_restore_sort(struct gv_restore_change *changes, size_t n)
{
	if (n)
		qsort(changes, n, sizeof(*changes), by_path);
}
