#include "record/record_save.h"

#include <stdlib.h>
#include <string.h>

#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/time.h"
#include "record/record_load.h"
#include "record/record_time.h"
#include "repo/repo.h"
#include "sys/clock.h"

#define MOST_NAMED 8 /* ambiguous ids listed in a message */
#define END        8 /* digits that name a save: its id's last */

/* ---- times --------------------------------------------------------------- */

int
gv_record_save_time(int64_t *out, const char *text)
{
	int64_t span;

	if (gv_time_parse_span(&span, text) < 0 ||
	    text[strspn(text, "0123456789")] == '\0')
		return gv_record_time(out, text);
	*out = gv_clock_now().tv_sec - span;
	return 0;
}

int
gv_record_save_since(int64_t *out, const char *text)
{
	int64_t span;

	return gv_time_parse_span(&span, text) < 0
	    ? gv_record_since(out, text)
	    : gv_record_save_time(out, text);
}

/* ---- one ----------------------------------------------------------------- */

static int
load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_autosave *save)
{
	int r = gv_record_load(out, repo, &save->commit);

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return gv_err_in(r, "automatic save %s is damaged", save->id);
	return r < 0 ? r : 1;
}

int
gv_record_save_by(struct gv_record *out, struct gv_repo *repo, int64_t time)
{
	struct gv_autosave save;
	int r = gv_autosave_find(&save, repo, time, NULL);

	return r > 0 ? load(out, repo, &save) : r;
}

int
gv_record_save_when(int64_t *out, const char *text)
{
	*out = INT64_MAX;
	return strcmp(text, "now") == 0 ? 0 : gv_record_save_time(out, text);
}

/* Fewer digits than that would be those of a day, which has many saves. */
static bool
is_named(const struct gv_autosave *save, const char *text)
{
	const size_t len = strlen(text);

	return len == END ? strcmp(save->id + GV_AUTOSAVE_ID - END, text) == 0
			  : len > END && strncmp(save->id, text, len) == 0;
}

static bool
may_be_named(const char *text)
{
	const size_t len = strlen(text);

	return len == END ? text[strspn(text, "0123456789abcdef")] == '\0'
			  : len > END && strspn(text, "0123456789") == END &&
		text[END] == 'T';
}

/* Name those that the text is short for. */
static int
say_ambiguous(const struct gv_autosaves *chain, const char *text)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	for (i = 0; i < chain->n; i++)
		if (is_named(&chain->saves[i], text) && n++ < MOST_NAMED)
			gv_buf_addf(&names, "%s%s", n > 1 ? ", " : "",
			    chain->saves[i].id);
	if (n > MOST_NAMED)
		gv_buf_addf(&names, " and %zu more", n - MOST_NAMED);
	r = gv_err(GV_EREFUSED,
	    "'%s' matches %zu automatic saves: %s; give more digits", text, n,
	    names.p);
	gv_buf_release(&names);
	return r;
}

int
gv_record_save_find(struct gv_record *out, struct gv_repo *repo, const char *id)
{
	struct gv_autosaves chain = { .n = 0 };
	const struct gv_autosave *found = NULL;
	size_t i, n = 0;
	int r = 0;

	if (may_be_named(id))
		r = gv_autosave_load(&chain, repo, NULL);
	for (i = 0; i < chain.n; i++)
		if (is_named(&chain.saves[i], id) && n++ == 0)
			found = &chain.saves[i];
	/* what is newer than a damaged link is known */
	if (n == 1)
		r = load(out, repo, found);
	else if (n > 1)
		r = say_ambiguous(&chain, id);
	else if (strlen(id) == END && (r == GV_ECORRUPT || r == GV_ENOTFOUND))
		r = 0;
	gv_autosave_release(&chain);
	return r;
}

bool
gv_record_save_is(struct gv_repo *repo, const char *id)
{
	struct gv_autosave save;
	char *before = gv_err_save();
	const bool is = gv_autosave_find(&save, repo, 0, id) > 0;

	gv_err_restore(before);
	return is;
}

/* ---- the state at a time ------------------------------------------------- */

bool
gv_record_save_is_newer(
    const struct gv_record *save, const struct gv_record *rec)
{
	if (save->time != rec->time)
		return save->time > rec->time;
	return save->previous && strcmp(save->previous, rec->id) == 0;
}

static int
none_is_as_old(const char *when)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, when, strlen(when));
	if ((r = gv_buf_check(&quoted)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    strcmp(when, "now") == 0
			? "this working tree has no automatic save and no "
			  "snapshot of its own (auto:%s)"
			: "no automatic save of this working tree, and no "
			  "snapshot of it, is as old as 'auto:%s'; to list "
			  "them: git vault list --auto",
		    quoted.p);
	gv_buf_release(&quoted);
	return r;
}

/* Whether a save came after a snapshot. Ids have seconds, so within one the
 * saves before it tell. */
static int
is_after(bool *is, struct gv_repo *repo, const struct gv_record *save,
    const struct gv_record *rec)
{
	struct gv_record before = { 0 };
	const char *previous = save->previous;
	int r = 1;

	*is = gv_record_save_is_newer(save, rec);
	while (!*is && save->time == rec->time && previous) {
		struct gv_record next = { 0 };

		if ((r = gv_record_save_find(&next, repo, previous)) <= 0 ||
		    next.time != rec->time) {
			gv_record_release(&next);
			break;
		}
		gv_record_release(&before);
		before = next;
		*is = gv_record_save_is_newer(&before, rec);
		previous = before.previous;
	}
	gv_record_release(&before);
	return r < 0 ? r : 0;
}

int
gv_record_save_then(struct gv_record *out, struct gv_repo *repo,
    const char *when, int64_t time, struct gv_record *own)
{
	struct gv_record save = { 0 };
	bool is = own == NULL;
	int r = gv_record_save_by(&save, repo, time), has = r > 0;

	if (has && own)
		r = is_after(&is, repo, &save, own);
	if (r >= 0 && (has ? is : own == NULL)) {
		if (own)
			gv_record_release(own);
		*out = save;
		return has ? 0 : none_is_as_old(when);
	}
	gv_record_release(&save);
	if (r >= 0)
		*out = *own;
	else if (own)
		gv_record_release(own);
	return r < 0 ? r : 0;
}

/* ---- all ----------------------------------------------------------------- */

/* Read those of a chain, the newest first. */
static int
load_all(struct gv_records *out, struct gv_repo *repo,
    const struct gv_autosaves *chain, struct gv_buf *damaged)
{
	size_t i;
	int r;

	out->records = calloc(chain->n + 1, sizeof(*out->records));
	if (out->records == NULL)
		return gv_err_nomem();
	for (i = 0; i < chain->n; i++) {
		r = load(&out->records[out->n], repo, &chain->saves[i]);
		if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
			gv_buf_addf(damaged, "%s\n", gv_err_message());
		else if (r < 0)
			return r;
		else
			out->n++;
	}
	return 0;
}

/* Whether a snapshot is the save itself: it has its second then. The first `i`
 * are behind it in `out`. */
static bool
is_twice(const struct gv_record *save, const struct gv_records *records,
    size_t i, const struct gv_records *out)
{
	size_t k;

	for (; i < records->n && records->records[i].time == save->time; i++)
		if (strcmp(records->records[i].id, save->id) == 0)
			return true;
	for (k = out->n; k-- > 0 && out->records[k].time == save->time;)
		if (strcmp(out->records[k].id, save->id) == 0)
			return true;
	return false;
}

/* Two sorted lists become one; what is taken over is gone from them. */
static int
merge(struct gv_records *records, struct gv_records *saves)
{
	struct gv_records out = { .n = 0 };
	struct gv_record *save;
	size_t i = 0, k = 0;

	out.records = calloc(records->n + saves->n + 1, sizeof(*out.records));
	if (out.records == NULL)
		return gv_err_nomem();
	while (i < records->n || k < saves->n) {
		save = k < saves->n ? &saves->records[k] : NULL;
		if (save == NULL ||
		    (i < records->n &&
			!gv_record_save_is_newer(save, &records->records[i]))) {
			out.records[out.n++] = records->records[i++];
			continue;
		}
		if (is_twice(save, records, i, &out))
			gv_record_release(save);
		else
			out.records[out.n++] = *save;
		k++;
	}
	free(records->records);
	*records = out;
	saves->n = 0;
	return 0;
}

int
gv_record_save_add(
    struct gv_records *records, struct gv_repo *repo, struct gv_buf *damaged)
{
	struct gv_autosaves chain = { .n = 0 };
	struct gv_records saves = { 0 };
	int r = gv_autosave_load(&chain, repo, NULL);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(damaged,
		    "the automatic saves before %s cannot be read: %s\n",
		    chain.n ? chain.saves[chain.n - 1].id : "now",
		    gv_err_message());
		r = 0;
	}
	if (r == 0 && (r = load_all(&saves, repo, &chain, damaged)) == 0)
		r = merge(records, &saves);
	gv_records_release(&saves);
	gv_autosave_release(&chain);
	return r < 0 ? r : gv_buf_check(damaged);
}

int
gv_record_save_only(struct gv_buf *out, struct gv_repo *repo, int64_t now)
{
	struct gv_autosave last;
	char *before = gv_err_save(), age[GV_TIME_MAX];
	const int r = gv_autosave_last(&last, repo);

	if (r > 0) {
		gv_time_relative(age, last.time, now);
		gv_buf_addf(out,
		    ", only automatic saves: the newest is auto:now (%s)", age);
	}
	gv_err_restore(before);
	return r > 0;
}
