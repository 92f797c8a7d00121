#include "view/saved.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "view/history.h"

/* ---- which has it -------------------------------------------------------- */

/* Versions come by the newest save that holds them. */
static size_t
newest_holder(const struct gv_history *h)
{
	const struct gv_history_version *v;
	size_t i;

	for (i = 0; i < h->n; i++) {
		v = &h->versions[i];
		if (v->there)
			return v->runs[v->n_runs - 1].last;
	}
	return GV_HISTORY_NONE;
}

int
gv_saved_find(
    struct gv_record *out, struct gv_repo *repo, const char *const *pathspecs)
{
	struct gv_history h = { .damaged = GV_BUF_INIT };
	size_t at;
	int r = gv_history_load(&h, repo,
	    &(struct gv_history_opts){
		.paths = pathspecs, .of = GV_HISTORY_OF_SAVES });

	if (r < 0)
		return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
	at = newest_holder(&h);
	if (at != GV_HISTORY_NONE) {
		*out = h.snapshots.records[at];
		h.snapshots.records[at] = (struct gv_record){ .format = 0 };
	}
	gv_history_release(&h);
	return at != GV_HISTORY_NONE;
}

#define SHORT_ID 8 /* digits, which are enough for a command */

/* Append the command for the save, or for the history. */
static void
add_command(struct gv_buf *out, const struct gv_record *rec,
    const char *const *pathspecs, const char *how)
{
	if (how)
		gv_buf_addf(out, "git vault restore %s %s",
		    rec->id + GV_RECORD_ID_LEN - SHORT_ID, how);
	else
		gv_buf_addstr(out, "git vault log --auto");
	if (**pathspecs == '-')
		gv_buf_addstr(out, " --");
	for (; *pathspecs; pathspecs++)
		gv_shell_word(out, *pathspecs);
}

int
gv_saved_offer(int code, struct gv_repo *repo, const char *const *pathspecs,
    const char *how)
{
	struct gv_record rec = { .format = 0 };
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save(), age[GV_TIME_MAX];
	const int r = gv_saved_find(&rec, repo, pathspecs);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return gv_err_settle(r, before);
	gv_err_restore(before);
	if (r <= 0)
		return code;
	gv_time_relative(age, rec.time, gv_clock_now().tv_sec);
	if (how)
		gv_buf_addf(&text, "%s; the automatic save", gv_err_message());
	else
		gv_buf_addstr(&text,
		    "no snapshot held this path, but the automatic save");
	gv_buf_addf(&text, " %s (%s) has it\nhint: ", rec.id, age);
	add_command(&text, &rec, pathspecs, how);
	code = gv_buf_check(&text) < 0 ? GV_ENOMEM : gv_err(code, "%s", text.p);
	gv_buf_release(&text);
	gv_record_release(&rec);
	return code;
}

/* ---- what changed -------------------------------------------------------- */

static int
add(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct gv_saved_changes *out = ctx;
	struct gv_saved_change *item;

	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	item = &out->items[out->n];
	item->path = gv_arena_copy(&out->arena, path, len);
	item->what = a == NULL ? 'A' : b == NULL ? 'D' : 'M';
	if (item->path == NULL)
		return GV_ENOMEM;
	out->n++;
	return 0;
}

int
gv_saved_compare(struct gv_saved_changes *out, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_record *before)
{
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	memset(out, 0, sizeof(*out));
	out->arena = (struct gv_arena)GV_ARENA_INIT;
	return r < 0 ? r
		     : gv_tree_diff(odb, &before->tree, &rec->tree, add, out);
}

void
gv_saved_changes_release(struct gv_saved_changes *changes)
{
	free(changes->items);
	gv_arena_release(&changes->arena);
	memset(changes, 0, sizeof(*changes));
}
