#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/shell.h"
#include "hook/hook_internal.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/hook_script.h"

/* --- the text --- */

/* Whether the text begins with this, which is passed over then. */
static bool
takes(const char **text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*text, word, n) != 0)
		return false;
	*text += n;
	return true;
}

static int
fill(struct gv_buf *out, const struct gv_hook *hook,
    const struct gv_hook_choice *choice)
{
	const char *p = choice->stub;

	while (*p) {
		if (takes(&p, "@NAME@"))
			gv_buf_addstr(out, hook->name);
		else if (takes(&p, "@PROGRAM@"))
			gv_shell_quote(out, choice->program);
		else if (choice->copy && takes(&p, "@COPY@"))
			gv_shell_quote(out, choice->copy);
		else if (choice->home && takes(&p, "@HOME@"))
			gv_shell_quote(out, choice->home);
		else if (takes(&p, "@REQUIRED@"))
			gv_buf_addstr(out,
			    hook->side == GV_HOOK_SERVER ? "true" : "false");
		else if (takes(&p, "@READS@"))
			gv_buf_addstr(out, hook->reads ? "yes" : "no");
		else
			gv_buf_addch(out, *p++);
	}
	return gv_buf_check(out);
}

/* Or a link, wherever it leads. */
static bool
is_file(const struct stat *st)
{
	return S_ISREG(st->st_mode) || S_ISLNK(st->st_mode);
}

/* --- put in --- */

static bool
is_same_file(int dir, const char *a, const char *b)
{
	struct stat x, y;

	return gv_entry_stat(dir, a, &x) == 0 &&
	    gv_entry_stat(dir, b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

/* Whether one program has made both, which comes again and again. */
static bool
is_of_one_manager(int dir, const char *a, const char *b)
{
	const char *x = gv_hook_manager_of(dir, a);
	const char *y = gv_hook_manager_of(dir, b);

	return x && y && strcmp(x, y) == 0;
}

/* Whether both are the same text, as where a manager has put in its own again:
 * what differs in a byte may be somebody's own. */
static bool
is_same_text(int dir, const char *a, const char *b)
{
	struct gv_buf x = GV_BUF_INIT, y = GV_BUF_INIT;
	bool same;

	same = gv_file_read(&x, dir, a, GV_HOOK_MAX) == 0 &&
	    gv_file_read(&y, dir, b, GV_HOOK_MAX) == 0 && gv_buf_equal(&x, &y);
	gv_buf_release(&x);
	gv_buf_release(&y);
	return same;
}

static int
refuse(
    struct gv_hook_report *report, struct gv_hook_step *step, const char *kept)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "another program's hook is there, and so is one that was saved "
	    "before, %s: merge the two",
	    kept);
	if ((r = gv_buf_check(&text)) == 0)
		step->why = gv_arena_copy(&report->arena, text.p, text.len);
	step->action = GV_HOOK_REFUSED;
	gv_buf_release(&text);
	return r < 0 || step->why == NULL ? GV_ENOMEM : 0;
}

/* Give what stands there a second name, so that there is a hook at every
 * moment; where the file system has no hard links, for one moment there is
 * none. 1: it is kept; 0: it is not, and why is said. */
static int
keep(struct gv_hook_report *report, int dir, struct gv_hook_step *step)
{
	const char *name = gv_hook_name(report, step->hook, "");
	const char *kept = gv_hook_name(report, step->hook, GV_HOOK_KEPT);
	struct stat st;

	/* under the other name it could not be run, nor come back from there */
	if (gv_entry_stat(dir, name, &st) == 0 && !is_file(&st)) {
		step->action = GV_HOOK_REFUSED;
		step->why =
		    "something other than an executable file is there: move it "
		    "away";
		return 0;
	}
	/* there every file is run, also one under another name */
	if (gv_hook_is_apart(report, step->hook)) {
		step->action = GV_HOOK_REFUSED;
		step->why =
		    "a file with the name of git vault's hook exists already: "
		    "rename it";
		return 0;
	}
	if (is_same_file(dir, name, kept) || is_same_text(dir, name, kept) ||
	    gv_entry_link(dir, name, dir, kept) == 0)
		return 1;
	if (errno == EEXIST)
		return refuse(report, step, kept);
	if (gv_file_rename_new(dir, name, kept) == 0)
		return 1;
	return gv_err_sys("cannot rename %s/%s to %s", report->dir, name, kept);
}

static bool
is_written(int dir, const char *name, const struct gv_buf *text)
{
	struct gv_buf is = GV_BUF_INIT;
	struct stat st;
	bool same;

	same = gv_entry_stat(dir, name, &st) == 0 && (st.st_mode & 0100) &&
	    gv_file_read(&is, dir, name, GV_HOOK_MAX) == 0 &&
	    gv_buf_equal(&is, text);
	gv_buf_release(&is);
	return same;
}

/* Ours is back: where lefthook finds a copy of it, it cannot come again. */
static int
drop_moved(struct gv_hook_report *report, int dir, const struct gv_hook *hook)
{
	const char *old = gv_hook_name(report, hook, ".old");

	return gv_hook_is_ours(dir, old) && gv_entry_unlink(dir, old) < 0
	    ? gv_err_sys("cannot remove %s", old)
	    : 0;
}

int
gv_hook_put(
    struct gv_hook_report *report, int dir, const struct gv_hook_choice *choice)
{
	struct gv_hook_step *step = &report->steps[report->n - 1];
	const char *name = gv_hook_name(report, step->hook, "");
	const bool is_foreign =
	    step->state == GV_HOOK_FOREIGN || step->state == GV_HOOK_MOVED;
	struct gv_buf text = GV_BUF_INIT;
	int r = fill(&text, step->hook, choice);

	if (r == 0 && report->own) {
		r = gv_hook_husky_put(report, dir, &text);
		goto out;
	}
	/* what pre-commit has renamed it runs, so both are run as it is */
	if (r < 0 || (step->state == GV_HOOK_MOVED && step->why == NULL) ||
	    is_written(dir, name, &text))
		goto out;
	if (is_foreign) {
		r = keep(report, dir, step);
		if (r <= 0)
			goto out;
	}
	if ((r = gv_hook_make_folder(report, dir, step->hook)) == 0 &&
	    (r = gv_file_replace(dir, name, text.p, text.len, 0777, true)) ==
		0 &&
	    step->state == GV_HOOK_MOVED)
		r = drop_moved(report, dir, step->hook);
	if (r < 0) {
		r = gv_err_in(r, "%s", report->dir);
		goto out;
	}
	step->action = GV_HOOK_ADDED;
	step->state = is_foreign || step->state == GV_HOOK_CHAINED
	    ? GV_HOOK_CHAINED
	    : GV_HOOK_OURS;
	step->why = NULL;
out:
	gv_buf_release(&text);
	return r;
}

/* --- taken out --- */

/* Take ours out from under a name; what was before it comes back there. */
static int
drop(struct gv_hook_report *report, int dir, const char *name, const char *kept)
{
	struct gv_hook_step *step = &report->steps[report->n - 1];
	bool is_kept;
	struct stat st;
	int r;

	is_kept = gv_entry_stat(dir, kept, &st) == 0;
	if (is_kept && !is_file(&st))
		return gv_err(GV_EREFUSED,
		    "%s/%s, which is to come back as the hook, is no file: "
		    "move it away",
		    report->dir, kept);
	r = is_kept ? gv_entry_rename(dir, kept, dir, name)
		    : gv_entry_unlink(dir, name);
	if (r < 0)
		return gv_err_sys("cannot take %s/%s out", report->dir, name);
	step->action = GV_HOOK_REMOVED;
	return gv_file_sync_dir(dir, ".");
}

/* Take ours out from where a manager has moved it. What was before is not put
 * there if that is the manager's own, which has come again since and would run
 * itself; it goes if it is the same. */
static int
drop_behind(struct gv_hook_report *report, int dir, const char *behind,
    const char *kept)
{
	struct gv_hook_step *step = &report->steps[report->n - 1];
	const char *name = gv_hook_name(report, step->hook, "");
	const char *moved = gv_hook_name(report, step->hook, behind);

	if (!is_of_one_manager(dir, name, kept))
		return drop(report, dir, moved, kept);
	if ((is_same_text(dir, name, kept) && gv_entry_unlink(dir, kept) < 0) ||
	    gv_entry_unlink(dir, moved) < 0)
		return gv_err_sys("cannot take %s/%s out", report->dir, moved);
	step->action = GV_HOOK_REMOVED;
	return gv_file_sync_dir(dir, ".");
}

int
gv_hook_drop(struct gv_hook_report *report, int dir)
{
	static const char *const names[] = { "", ".legacy", ".old", NULL };
	struct gv_hook_step *step = &report->steps[report->n - 1];
	const char *kept = gv_hook_name(report, step->hook, GV_HOOK_KEPT);
	const char *const *behind;
	struct stat st;
	int r = 0;

	if (report->own)
		return gv_hook_husky_drop(report, dir);
	for (behind = names; r == 0 && *behind; behind++) {
		const char *name = gv_hook_name(report, step->hook, *behind);

		if (gv_hook_is_ours(dir, name))
			r = **behind ? drop_behind(report, dir, *behind, kept)
				     : drop(report, dir, name, kept);
	}
	if (step->action == GV_HOOK_REMOVED)
		gv_hook_drop_folder(report, dir, step->hook);
	step->why = NULL;
	step->state =
	    gv_entry_stat(dir, gv_hook_name(report, step->hook, ""), &st) == 0
	    ? GV_HOOK_FOREIGN
	    : GV_HOOK_ABSENT;
	return r;
}
