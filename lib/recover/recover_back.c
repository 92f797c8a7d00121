#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/shell.h"
#include "base/vec.h"
#include "recover/recover_internal.h"

/*
 * The way back of a restore in place. The files that it wrote are listed with
 * its end. Those that still are what it wrote go back to the safety snapshot;
 * one that somebody has changed since stays, as does all that the restore never
 * touched.
 */

#define AT_ONCE 1000 /* paths of one command */
#define NAMED   3    /* files in a sentence */

int
gv_recover_keep_changes(
    struct gv_recover_job *job, const struct gv_unjson_node *answer)
{
	const struct gv_unjson_node *all = gv_unjson_get(answer, "changes"),
				    *one = all ? all->first : NULL;
	const char *path, *action;
	int r = 0;

	for (; r == 0 && one; one = one->next) {
		path = gv_unjson_get_text(one, "path");
		action = gv_unjson_get_text(one, "action");
		if (path && action &&
		    gv_unjson_get(one, "directory")->kind == GV_UNJSON_FALSE)
			r = gv_recover_value(job,
			    strcmp(action, "create") == 0 ? "created"
							  : "changed",
			    path);
	}
	return r;
}

struct paths {
	const char **p;
	size_t n, cap;
};

static int
add(struct paths *to, const char *text)
{
	if (text == NULL ||
	    gv_vec_grow((void **)&to->p, &to->cap, to->n + 2, sizeof(*to->p)) <
		0)
		return GV_ENOMEM;
	to->p[to->n++] = text;
	to->p[to->n] = NULL;
	return 0;
}

/* Some of the paths, behind the words of a command. */
static int
add_some(struct paths *to, struct gv_recover_job *job, const char *const *path,
    size_t n)
{
	size_t i;
	int r = add(to, "--");

	for (i = 0; r == 0 && i < n; i++)
		r = add(to, gv_recover_text(job, ":(top,literal)%s", path[i]));
	return r;
}

static int
add_words(struct paths *to, const char *const *words)
{
	int r = 0;

	for (to->n = 0; r == 0 && *words; words++)
		r = add(to, *words);
	return r;
}

/* Run it for the paths, some at once, and show `seen` each answer; such a
 * command ends with 1 where it found something. */
static int
for_paths(struct gv_recover_job *job, const char *const *words,
    const struct paths *all,
    int (*seen)(void *ctx, const struct gv_unjson_node *answer), void *ctx)
{
	struct gv_answer answer;
	struct paths args = { .n = 0 };
	size_t at, n;
	int r = 0;

	for (at = 0; at < all->n && job->result == GV_PLAN_PASSED; at += n) {
		n = all->n - at < AT_ONCE ? all->n - at : AT_ONCE;
		if ((r = add_words(&args, words)) < 0 ||
		    (r = add_some(&args, job, all->p + at, n)) < 0)
			break;
		answer = (struct gv_answer){ .doc = NULL };
		if ((r = gv_recover_ask(&answer, job, args.p)) < 0)
			r = gv_recover_fail_by(job, r);
		else if (answer.status && !(seen && answer.status == 1))
			r = gv_recover_fail_as(job, &answer, args.p);
		else if (seen && answer.doc)
			r = seen(ctx, gv_unjson_root(answer.doc));
		gv_answer_release(&answer);
		if (r < 0)
			break;
	}
	free(args.p);
	return r;
}

/* ---- what was changed since -------------------------------------------------
 */

struct since {
	struct gv_map changed; /* paths that are not what the run wrote */
	struct gv_recover_job *job;
};

static char is_gone[] = "gone", is_other[] = "other";

static int
note_change(void *ctx, const struct gv_unjson_node *answer)
{
	struct since *s = ctx;
	const struct gv_unjson_node *all = gv_unjson_get(answer, "changes"),
				    *one = all ? all->first : NULL;
	const char *path, *change;
	int r = 0;

	for (; r == 0 && one; one = one->next) {
		change = gv_unjson_get_text(one, "change");
		path = gv_unjson_get_text(one, "path");
		if (!change || !path || strcmp(change, "metadata") == 0)
			continue;
		if ((path = gv_recover_text(s->job, "%s", path)) == NULL)
			return GV_ENOMEM;
		r = gv_map_put(&s->changed, path, strlen(path),
		    strcmp(change, "removed") == 0 ? is_gone : is_other);
	}
	return r;
}

/* Sort the paths of the restore: `back` are as it wrote them, `stay` are not. A
 * file that it made and that is gone is in neither. */
static int
sort_out(struct paths *back, struct paths *stay, struct since *s)
{
	const char *const *v = s->job->left;
	const void *what;
	int r = 0;

	for (; r == 0 && v && v[0]; v += 2) {
		if (strcmp(v[0], "created") != 0 &&
		    strcmp(v[0], "changed") != 0)
			continue;
		what = gv_map_get(&s->changed, v[1], strlen(v[1]));
		if (what == NULL)
			r = add(back, v[1]);
		else if (what == is_other || strcmp(v[0], "changed") == 0)
			r = add(stay, v[1]);
	}
	return r;
}

static int
list_written(struct paths *out, const struct gv_recover_job *job)
{
	const char *const *v = job->left;
	int r = 0;

	for (; r == 0 && v && v[0]; v += 2)
		if (strcmp(v[0], "created") == 0 ||
		    strcmp(v[0], "changed") == 0)
			r = add(out, v[1]);
	return r;
}

/* Say which files stay, and how to take these back, too. */
static int
fail_changed(
    struct gv_recover_job *job, const struct paths *stay, const char *safety)
{
	struct gv_buf names = GV_BUF_INIT, words = GV_BUF_INIT;
	const size_t n = stay->n < NAMED ? stay->n : NAMED;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		gv_buf_addf(&names, "%s%s", i ? ", " : "", stay->p[i]);
		gv_shell_word(&words, stay->p[i]);
	}
	if (stay->n > n)
		gv_buf_addf(&names, " and %zu more", stay->n - n);
	if ((r = gv_buf_check(&names)) == 0 && (r = gv_buf_check(&words)) == 0)
		r = gv_recover_fail(job,
		    "%s %s changed since the run wrote %s, so %s; to see what "
		    "was there before: git vault diff %s --%s",
		    names.p, stay->n == 1 ? "was" : "were",
		    stay->n == 1 ? "it" : "them",
		    stay->n == 1 ? "it stays" : "they stay", safety, words.p);
	gv_buf_release(&names);
	gv_buf_release(&words);
	return r;
}

int
gv_recover_back(struct gv_recover_job *job)
{
	const char *safety = gv_recover_left(job, "safety"),
		   *from = gv_recover_left(job, "snapshot"),
		   *reason = gv_recover_reason(job);
	const char *const diff[] = { "diff", "--no-renames", from, NULL };
	/* a file of another environment can have the very time and size */
	const char *const restore[] = { "restore", safety, "--in-place",
		"--overwrite", "always", "--delete", "--reason", reason, NULL };
	struct since since = { .changed = GV_MAP_INIT, .job = job };
	struct paths all = { .n = 0 }, back = { .n = 0 }, stay = { .n = 0 };
	int r;

	if (safety == NULL || from == NULL)
		return 0;
	if (reason == NULL)
		return GV_ENOMEM;
	if ((r = list_written(&all, job)) == 0 &&
	    (r = for_paths(job, diff, &all, note_change, &since)) == 0 &&
	    job->result == GV_PLAN_PASSED &&
	    (r = sort_out(&back, &stay, &since)) == 0)
		r = for_paths(job, restore, &back, NULL, NULL);
	if (r == 0 && stay.n && job->result == GV_PLAN_PASSED)
		r = fail_changed(job, &stay, safety);
	gv_map_release(&since.changed);
	free(all.p);
	free(back.p);
	free(stay.p);
	return r;
}
