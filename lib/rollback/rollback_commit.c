#include "rollback/rollback.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/good.h"
#include "record/record.h"
#include "repo/repo.h"
#include "rollback/rollback_code.h"
#include "rollback/rollback_follow.h"
#include "rollback/rollback_move.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MAX_BRANCH 1024 /* bytes of its ref */
#define MAX_LIST   ((size_t)1024 * 1024)

struct commit {
	struct gv_rollback_commit *out;
	struct gv_repo *repo;
	const struct gv_rollback_what *what;
	struct gv_rollback *job;
	struct gv_rollback_code code;
	struct gv_rollback_follow follow;
	struct gv_restore_place place;
	struct gv_rollback_note note;
	char branch[MAX_BRANCH];
};

/* ---- whether it may be -------------------------------------------------- */

/* What git keeps in its folder while something is under way. Between two
 * commits of several only the list of those to come says so. */
static const struct {
	const char *name, *what;
} under_way[] = {
	{ "MERGE_HEAD", "merge" },
	{ "CHERRY_PICK_HEAD", "cherry-pick" },
	{ "REVERT_HEAD", "revert" },
	{ "sequencer", NULL },
	{ "rebase-merge", "rebase" },
	{ "rebase-apply/applying", "am" },
	{ "rebase-apply", "rebase" },
};

/* Which of two the list is of. */
static int
name_sequence(const char **out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, todo = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/sequencer/todo", repo->git_dir);
	r = gv_buf_check(&path);
	*out = r == 0 && gv_file_read(&todo, AT_FDCWD, path.p, MAX_LIST) == 0 &&
		strncmp(todo.p, "revert", 6) == 0
	    ? "revert"
	    : "cherry-pick";
	gv_buf_release(&path);
	gv_buf_release(&todo);
	return r;
}

static int
check_idle(const struct commit *c)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *what;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(under_way) / sizeof(*under_way); i++) {
		gv_buf_reset(&path);
		gv_buf_addf(
		    &path, "%s/%s", c->repo->git_dir, under_way[i].name);
		r = gv_buf_check(&path);
		if (r < 0 || !gv_file_exists(AT_FDCWD, path.p))
			continue;
		what = under_way[i].what;
		if (what == NULL)
			r = name_sequence(&what, c->repo);
		if (r == 0)
			r = gv_err(GV_EREFUSED,
			    "a%s %s is under way here; end it by 'git %s "
			    "--continue' or --abort, and try again",
			    *what == 'a' ? "n" : "", what, what);
	}
	gv_buf_release(&path);
	return r;
}

static int
find_branch(struct commit *c)
{
	static const char *const argv[] = { "git", "symbolic-ref", "-q", "HEAD",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_rollback_git_run(&p, &c->code.git, argv, NULL);
	size_t n = r == 0 ? strcspn(p.out.p, "\n") : 0;

	if ((r < 0 && p.status) || (r == 0 && n >= sizeof(c->branch)))
		r = gv_err(GV_EREFUSED,
		    "HEAD is no branch, so nothing would have the commit; "
		    "check a branch out, or make one by --as-branch");
	if (r == 0) {
		memcpy(c->branch, p.out.p, n);
		c->branch[n] = '\0';
	}
	gv_proc_release(&p);
	return r;
}

/* History is not rewritten: to take one back is a commit more, and what came
 * on top of it is not ours to undo. */
static int
take_undone(struct commit *c)
{
	const struct gv_rollback_note *undone = c->what->undone;
	char head[GV_OID_HEX + 1], commit[GV_OID_HEX + 1];

	gv_oid_format(head, &undone->head);
	gv_oid_format(commit, &undone->commit);
	if (strcmp(c->branch, undone->branch) != 0)
		return gv_err(GV_EREFUSED,
		    "rollback %s was made on %s; check that out first",
		    undone->id, undone->branch);
	if (strcmp(c->code.head, head) == 0)
		return gv_err(GV_EREFUSED,
		    "rollback %s did not move %s, so there is no commit to "
		    "undo; to restore the files from before it: git vault "
		    "restore %s --in-place --delete",
		    undone->id, undone->branch, undone->id);
	if (strcmp(c->code.head, commit) != 0)
		return gv_err(GV_EREFUSED,
		    "commits were added since rollback %s, which made %s; to "
		    "undo only that one: git revert %.10s",
		    undone->id, commit, commit);
	return gv_rollback_code_take(&c->code, &undone->head);
}

/* ---- made --------------------------------------------------------------- */

static int
make_commit(struct commit *c)
{
	const struct gv_rollback_note *undone = c->what->undone;
	struct gv_buf message = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	if (undone) {
		gv_oid_format(hex, &undone->commit);
		gv_buf_addf(&message,
		    "Take back the rollback of %s\n\nThis undoes commit %s.\n",
		    undone->env, hex);
	} else {
		gv_rollback_code_say(&message, &c->code, c->what->good);
	}
	if ((r = gv_buf_check(&message)) == 0 &&
	    (r = gv_rollback_code_commit(&c->code, message.p)) == 0)
		r = gv_oid_parse(&c->out->commit, c->code.commit);
	gv_buf_release(&message);
	return r;
}

static void
tell_changes(const struct commit *c)
{
	size_t i;

	for (i = 0; i < c->follow.n; i++) {
		const struct gv_rollback_change *one = &c->follow.changes[i];
		const char *repo = gv_rollback_follow_repo(one);
		const struct gv_restore_change told = { .action = one->action,
			.path = one->path,
			.len = one->len,
			.is_dir = repo != NULL,
			.reason = repo };

		c->what->each(c->what->ctx, &told);
	}
}

static int
write_note(struct commit *c)
{
	const struct gv_rollback_what *what = c->what;

	c->note = (struct gv_rollback_note){ .env = what->env,
		.record = what->good ? what->good->n : 0,
		.branch = c->branch,
		.commit = c->out->commit,
		.reason = what->reason };
	if (what->undone)
		memcpy(
		    c->note.undoes, what->undone->id, sizeof(c->note.undoes));
	return gv_oid_parse(&c->note.head, c->code.head) < 0
	    ? GV_ERROR
	    : gv_rollback_write(c->job, &c->note);
}

/* Before anything is touched: what stands is kept, and all that could fail is
 * done. */
static int
prepare(struct commit *c)
{
	char id[GV_RECORD_ID_LEN + 1];
	int r = c->what->safety(c->what->ctx, id);

	if (r == 0 && (r = gv_rollback_begin(c->job, id)) == 0 &&
	    (r = make_commit(c)) == 0 && (r = write_note(c)) == 0)
		memcpy(c->note.id, id, sizeof(c->note.id));
	return r;
}

static void
count_miss(void *ctx, const char *path, size_t len, const char *reason)
{
	struct gv_rollback_commit *out = ctx;

	(void)path;
	(void)len;
	(void)reason;
	out->skipped++;
}

/* Nothing was touched, and nothing shall be later. */
static void
give_up(struct commit *c)
{
	char *why = strdup(gv_err_message());

	gv_restore_place_clear(&c->place);
	if (why)
		gv_err_set_message(why);
	free(why);
}

static int
write_journal(struct commit *c, struct gv_restore_journal *journal)
{
	const char *id = c->note.id;
	int r = gv_restore_place_make(&c->place, true);

	if (r == 0)
		r = gv_rollback_follow_stage(&c->follow, &c->place);
	if (r < 0)
		return r;
	gv_restore_journal_begin(journal, &c->place,
	    c->what->rec ? c->what->rec->id : c->what->undone->id, id, false);
	r = gv_rollback_follow_steps(&c->follow, journal, &c->place);
	return r < 0 ? r : gv_restore_journal_commit(journal, &c->place);
}

static int
carry_out(struct commit *c)
{
	struct gv_restore_journal journal = { .text = GV_BUF_INIT };
	struct gv_buf missed = GV_BUF_INIT;
	uint64_t refused = 0;
	int r = write_journal(c, &journal);

	if (r < 0) {
		give_up(c);
		gv_buf_release(&journal.text);
		return r;
	}
	if ((r = gv_restore_journal_play(journal.text.p, journal.text.len,
		 &c->place, count_miss, c->out, &refused)) == 0)
		r = gv_rollback_played(c->repo, c->note.id, &missed);
	if (missed.len)
		c->out->missed = gv_buf_take(&missed);
	gv_buf_release(&missed);
	gv_buf_release(&journal.text);
	if (r == 0)
		r = gv_restore_place_done(&c->place);
	return r < 0
	    ? gv_err_in(r,
		  "the rollback is not finished; the next git-vault command "
		  "here goes on with it")
	    : 0;
}

/* Alone in the working tree, as a restore is. */
static int
hold(struct commit *c)
{
	enum gv_restore_recovery before;
	const char *root = c->repo->worktree;
	int r = gv_restore_place_recover(&before, &c->place, c->repo, NULL);

	if (r < 0)
		return r;
	c->place.root_fd = gv_dir_open(AT_FDCWD, root, strlen(root));
	if (c->place.root_fd < 0)
		return gv_err_sys("cannot open directory %s", root);
	return gv_entry_hold(c->place.root_fd)
	    ? 0
	    : gv_err(GV_ELOCKED,
		  "a restore into %s is under way; try again when it is done",
		  root);
}

static int
run(struct commit *c)
{
	struct gv_buf paths[2] = { GV_BUF_INIT, GV_BUF_INIT };
	unsigned record;
	int r =
	    gv_restore_place_of(&c->place, paths, c->repo, c->repo->worktree);

	c->place.after = &gv_rollback_after;
	if (r < 0 || (r = hold(c)) < 0 ||
	    (r = gv_rollback_follow_open(&c->follow, &c->code)) < 0)
		goto out;
	tell_changes(c);
	if (!c->what->dry_run && (r = prepare(c)) < 0)
		goto out;
	if (!c->what->dry_run && (r = carry_out(c)) < 0)
		goto out;
	if (!c->what->dry_run) {
		c->out->is_moved = gv_rollback_is_moved(c->repo, &c->note);
		c->out->is_refused = !c->out->is_moved &&
		    gv_rollback_is_before(c->repo, &c->note);
		if (gv_rollback_end(c->job, NULL, c->what->now, &record) < 0)
			c->out->untold = strdup(gv_err_message());
	}
out:
	gv_restore_place_close(&c->place);
	gv_rollback_follow_close(&c->follow);
	gv_buf_release(&paths[0]);
	gv_buf_release(&paths[1]);
	return r;
}

int
gv_rollback_commit(struct gv_rollback_commit *out, struct gv_repo *repo,
    const struct gv_rollback_what *what)
{
	struct commit c = { .out = out, .repo = repo, .what = what };
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_rollback_open(&c.job, repo);
	if (r < 0)
		return r;
	if ((r = gv_rollback_code_open(&c.code, repo)) == 0 &&
	    (r = check_idle(&c)) == 0 && (r = find_branch(&c)) == 0)
		r = what->undone ? take_undone(&c)
				 : gv_rollback_code_fill(&c.code, what->good,
				       what->rec, what->own);
	if (r == 0)
		r = gv_rollback_code_tree(&c.code);
	out->apart = c.code.apart;
	out->kept = c.code.kept;
	out->kept_paths = c.code.kept_paths;
	c.code.kept_paths = (struct gv_buf)GV_BUF_INIT;
	if (r == 0)
		r = run(&c);
	gv_rollback_code_close(&c.code);
	gv_rollback_close(c.job);
	return r;
}
