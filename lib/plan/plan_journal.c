#include "plan/plan_journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "format/canon.h"
#include "format/unjson.h"

/*
 * A line, its keys in this order; those of nothing are left out:
 *
 *	{"at":"2026-11-28T21:40:00Z","attempt":1,"detail":"…","digest":"…",
 *	 "due":"…","environment":"prod","format":1,"ms":12,"plan":"…",
 *	 "result":"passed","status":0,"step":"files","values":["ip","10.0.0.1"],
 *	 "what":"end"}
 */

static const char *const whats[GV_PLAN_WHATS] = { "begin", "start", "end",
	"due", "skip", "old", "back", "back_end", "decide", "abort", "undo",
	"resume", "finish", "retry", "approved" };

static const char *const results[GV_PLAN_RESULTS] = { "", "passed", "failed",
	"timed_out", "aborted", "undone" };

const char *
gv_plan_result_name(enum gv_plan_result result)
{
	return results[result];
}

/* ---- writing ------------------------------------------------------------- */

static void
text(struct gv_canon *c, const char *key, const char *value)
{
	if (value)
		gv_canon_text(c, key, value);
}

static void
number(struct gv_canon *c, const char *key, int64_t value)
{
	if (value > 0)
		gv_canon_number(c, key, (uint64_t)value);
}

static void
values(struct gv_canon *c, const char *const *all)
{
	size_t i;

	if (all == NULL || all[0] == NULL)
		return;
	gv_canon_list(c, "values");
	for (i = 0; all[i]; i++)
		gv_canon_text(c, NULL, all[i]);
	gv_canon_end(c);
}

int
gv_plan_record_format(struct gv_buf *out, const struct gv_plan_record *record)
{
	struct gv_canon c = { .out = out };

	gv_canon_map(&c, NULL);
	gv_canon_time(&c, "at", record->at);
	number(&c, "attempt", record->attempt);
	text(&c, "detail", record->detail);
	text(&c, "digest", record->digest);
	if (record->due)
		gv_canon_time(&c, "due", record->due);
	text(&c, "environment", record->environment);
	if (record->what == GV_PLAN_BEGIN)
		number(&c, "format", GV_PLAN_JOURNAL_FORMAT);
	number(&c, "ms", record->ms);
	text(&c, "plan", record->plan);
	if (record->result)
		text(&c, "result", results[record->result]);
	number(&c, "status", record->status);
	text(&c, "step", record->step);
	values(&c, record->values);
	text(&c, "what", whats[record->what]);
	gv_canon_end(&c);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

/* ---- reading ------------------------------------------------------------- */

static int
find(const char *const *names, int n, const char *name)
{
	int i;

	for (i = 0; name && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* A text of the map, copied to the arena; NULL if the map lacks it. */
static const char *
keep(int *r, struct gv_arena *arena, const struct gv_unjson_node *root,
    const char *key)
{
	const char *value = gv_unjson_get_text(root, key), *copy;

	if (value == NULL || *r < 0)
		return NULL;
	copy = gv_arena_copy(arena, value, strlen(value));
	if (copy == NULL)
		*r = GV_ENOMEM;
	return copy;
}

static int
read_time(int64_t *out, const struct gv_unjson_node *root, const char *key)
{
	const char *value = gv_unjson_get_text(root, key);

	*out = 0;
	if (value && gv_time_parse_rfc3339(out, value) < 0)
		return gv_err(GV_ECORRUPT, "'%s' is no time", key);
	return 0;
}

static int64_t
count(const struct gv_unjson_node *root, const char *key)
{
	const int64_t n = gv_unjson_count(gv_unjson_get(root, key));

	return n < 0 ? 0 : n;
}

static int
read_values(const char *const **out, const struct gv_unjson_node *list,
    struct gv_arena *arena)
{
	const struct gv_unjson_node *node;
	const char **all;
	size_t n = 0;

	*out = NULL;
	if (list == NULL)
		return 0;
	for (node = list->first; node; node = node->next)
		n++;
	all = gv_arena_alloc(arena, (n + 1) * sizeof(*all));
	if (all == NULL)
		return GV_ENOMEM;
	for (n = 0, node = list->first; node; node = node->next) {
		if (node->kind != GV_UNJSON_TEXT)
			return gv_err(GV_ECORRUPT, "a value is no text");
		all[n] = gv_arena_copy(arena, node->text, node->len);
		if (all[n++] == NULL)
			return GV_ENOMEM;
	}
	if (n % 2)
		return gv_err(GV_ECORRUPT, "a name has no value");
	*out = all;
	return 0;
}

static int
read_record(struct gv_plan_record *out, const struct gv_unjson_node *root,
    struct gv_arena *arena)
{
	const char *result = gv_unjson_get_text(root, "result");
	const int what =
	    find(whats, GV_PLAN_WHATS, gv_unjson_get_text(root, "what"));
	const int got = result ? find(results, GV_PLAN_RESULTS, result) : 0;
	int r = 0;

	if (what < 0 || got < 0)
		return gv_err(GV_ECORRUPT, "this version does not know it");
	*out = (struct gv_plan_record){ .what = (enum gv_plan_what)what,
		.result = (enum gv_plan_result)got,
		.attempt = (unsigned)count(root, "attempt"),
		.status = (int)count(root, "status"),
		.ms = count(root, "ms") };
	if (what == GV_PLAN_BEGIN &&
	    count(root, "format") != GV_PLAN_JOURNAL_FORMAT)
		return gv_err(GV_ECORRUPT, "another version wrote it");
	if ((r = read_time(&out->at, root, "at")) < 0 ||
	    (r = read_time(&out->due, root, "due")) < 0)
		return r;
	out->step = keep(&r, arena, root, "step");
	out->detail = keep(&r, arena, root, "detail");
	out->plan = keep(&r, arena, root, "plan");
	out->digest = keep(&r, arena, root, "digest");
	out->environment = keep(&r, arena, root, "environment");
	if (r < 0)
		return r;
	return read_values(&out->values, gv_unjson_get(root, "values"), arena);
}

int
gv_plan_record_parse(struct gv_plan_record *out, const char *line, size_t len,
    struct gv_arena *arena)
{
	struct gv_unjson *doc = NULL;
	char *copy = malloc(len + 1);
	int r;

	if (copy == NULL)
		return gv_err_nomem();
	memcpy(copy, line, len);
	copy[len] = '\0';
	r = gv_unjson_parse(&doc, "journal", copy, len);
	if (r == GV_EREFUSED)
		r = GV_ECORRUPT;
	if (r == 0)
		r = read_record(out, gv_unjson_root(doc), arena);
	gv_unjson_free(doc);
	free(copy);
	return r;
}
