#include "git-vault/analysis/drift_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"
#include "drift/drift.h"
#include "drift/drift_patch.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

/* ---- JSON ---------------------------------------------------------------- */

static void
json_since(struct gv_json *j, const struct gv_drift_place *place)
{
	if (*place->commit == '\0' && !place->is_new) {
		gv_json_null(j, "since");
		return;
	}
	gv_json_object(j, "since");
	gv_json_string(j, "commit", place->is_new ? NULL : place->commit);
	if (place->is_new)
		gv_json_null(j, "time");
	else
		gv_json_time(j, "time", place->since);
	gv_json_end(j);
}

static void
json_place(
    struct gv_json *j, const char *key, const struct gv_drift_place *place)
{
	if (place->path == NULL) {
		gv_json_null(j, key);
		return;
	}
	gv_json_object(j, key);
	gv_json_path(j, "path", place->path, strlen(place->path));
	if (place->line)
		gv_json_uint(j, "line", place->line);
	else
		gv_json_null(j, "line");
	if (place->value)
		gv_json_text(j, "value", place->value, place->value_len);
	else
		gv_json_null(j, "value");
	gv_json_bool(j, "hidden", place->is_hidden);
	gv_json_bool(j, "base", place->is_base);
	json_since(j, place);
	gv_json_end(j);
}

static void
json_acceptance(struct gv_json *j, const struct gv_drift_finding *f)
{
	if (f->acceptance == GV_DRIFT_NEVER) {
		gv_json_null(j, "accepted");
		return;
	}
	gv_json_object(j, "accepted");
	gv_json_string(j, "state", gv_drift_acceptances[f->acceptance]);
	gv_json_string(j, "reason", f->reason);
	gv_json_string(j, "until", f->until);
	gv_json_string(j, "owner", f->owner);
	gv_json_end(j);
}

static void
json_finding(struct gv_json *j, const struct gv_drift_finding *f)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "key", f->key);
	gv_json_string(j, "class", gv_drift_classes[f->class]);
	gv_json_string(j, "verdict", gv_drift_verdicts[f->verdict]);
	gv_json_string(j, "severity",
	    f->severity ? gv_drift_severities[f->severity] : NULL);
	gv_json_string(j, "message", f->says);
	gv_json_uint(j, "keys", f->keys);
	json_place(j, "left", &f->left);
	json_place(j, "right", &f->right);
	json_acceptance(j, f);
	gv_json_end(j);
}

static bool
is_shown(const struct gv_drift_finding *f, unsigned classes)
{
	return f->verdict == GV_DRIFT_UNKNOWN || classes >> f->class & 1;
}

static void
json_pair(struct gv_json *j, const struct gv_drift_out *pair, unsigned classes)
{
	const struct gv_drift_report *report = pair->report;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "left", pair->left);
	gv_json_string(j, "right", pair->right);
	gv_json_uint(j, "keys", report->keys);
	gv_json_uint(j, "files", report->files);
	gv_json_uint(j, "same", report->counts[GV_DRIFT_SAME]);
	gv_json_uint(j, "intended", report->counts[GV_DRIFT_INTENDED]);
	gv_json_uint(j, "drift", report->counts[GV_DRIFT_DRIFT]);
	gv_json_uint(j, "unknown", report->counts[GV_DRIFT_UNKNOWN]);
	gv_json_uint(j, "accepted", report->counts[GV_DRIFT_ACCEPTED]);
	gv_json_uint(j, "before", report->counts[GV_DRIFT_BEFORE]);
	gv_json_bool(j, "in_sync", gv_drift_is_in_sync(report));
	gv_json_array(j, "differences");
	for (i = 0; i < report->n; i++)
		if (is_shown(&report->findings[i], classes))
			json_finding(j, &report->findings[i]);
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- one pair ------------------------------------------------------------ */

static void
print_counts(struct gv_ctx *ctx, const struct gv_drift_out *pair)
{
	const struct gv_drift_report *report = pair->report;
	char keys[GV_OUT_SIZE_MAX], files[GV_OUT_SIZE_MAX];

	gv_out_count(keys, report->keys, "key");
	gv_out_count(files, report->files, "file");
	gv_out_printf(ctx->out,
	    "compared %s in %s: %zu same, %zu intended, %zu drift, %zu "
	    "unknown",
	    report->keys ? keys : "0 keys", report->files ? files : "0 files",
	    report->counts[GV_DRIFT_SAME], report->counts[GV_DRIFT_INTENDED],
	    report->counts[GV_DRIFT_DRIFT], report->counts[GV_DRIFT_UNKNOWN]);
	if (report->counts[GV_DRIFT_ACCEPTED])
		gv_out_printf(ctx->out, ", %zu accepted",
		    report->counts[GV_DRIFT_ACCEPTED]);
	if (report->counts[GV_DRIFT_BEFORE])
		gv_out_printf(
		    ctx->out, ", %zu before", report->counts[GV_DRIFT_BEFORE]);
	gv_out_printf(ctx->out, "\n");
}

/* The side that has it: of two the one where something is to be done. */
static const struct gv_drift_place *
place_of(const struct gv_drift_finding *f)
{
	return f->right.path && !f->right.is_base ? &f->right
	    : f->left.path                        ? &f->left
						  : &f->right;
}

static void
print_place(struct gv_ctx *ctx, const struct gv_drift_place *place)
{
	struct gv_buf text = GV_BUF_INIT;

	if (place->path && place->line)
		gv_buf_addf(&text, "%s:%zu", place->path, place->line);
	else if (place->path)
		gv_buf_addstr(&text, place->path);
	gv_out_cell_text(
	    ctx->out, GV_OUT_DIM, gv_buf_check(&text) == 0 ? text.p : "");
	gv_buf_release(&text);
}

/* Since when it is so: the newer of two lines made the difference. */
static void
print_since(struct gv_ctx *ctx, const struct gv_drift_finding *f)
{
	const struct gv_drift_place *place =
	    f->left.since > f->right.since ? &f->left : &f->right;
	char age[GV_TIME_MAX];

	if (f->left.is_new || f->right.is_new) {
		gv_out_cell_text(ctx->out, GV_OUT_CHANGED, "not committed");
		return;
	}
	if (*place->commit == '\0') {
		gv_out_cell_text(ctx->out, GV_OUT_DIM, "");
		return;
	}
	gv_time_relative(age, place->since, ctx->now);
	gv_out_cell(ctx->out, GV_OUT_DIM, "%s, %.8s", age, place->commit);
}

static void
print_finding(struct gv_ctx *ctx, const struct gv_drift_finding *f)
{
	static const enum gv_out_slot slots[] = { GV_OUT_DIM, GV_OUT_PLAIN,
		GV_OUT_CHANGED, GV_OUT_REMOVED };

	gv_out_cell_text(ctx->out,
	    f->verdict == GV_DRIFT_DRIFT ? slots[f->severity] : GV_OUT_DIM,
	    f->verdict == GV_DRIFT_DRIFT ? gv_drift_severities[f->severity]
					 : gv_drift_verdicts[f->verdict]);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, gv_drift_classes[f->class]);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, f->key);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN,
	    f->verdict == GV_DRIFT_ACCEPTED ? f->reason
		: *f->says                  ? f->says
					    : "-");
	print_place(ctx, place_of(f));
	if (ctx->verbosity > 0)
		print_since(ctx, f);
}

/* Whether an earlier unknown key of the same file has the same reason. */
static bool
is_repeated(const struct gv_drift_report *report, size_t i)
{
	const struct gv_drift_finding *f = &report->findings[i], *before;
	const size_t n = strcspn(f->key, "#");

	if (i == 0)
		return false;
	before = &report->findings[i - 1];
	return before->verdict == f->verdict &&
	    strcspn(before->key, "#") == n &&
	    strncmp(before->key, f->key, n) == 0 &&
	    strcmp(before->says, f->says) == 0;
}

/* What could not be compared, a line for each file and reason. */
static void
print_unknown(struct gv_ctx *ctx, const struct gv_drift_report *report)
{
	size_t i, k;

	for (i = 0; i < report->n; i = k) {
		const struct gv_drift_finding *f = &report->findings[i];
		char keys[GV_OUT_SIZE_MAX];

		k = i + 1;
		if (f->verdict != GV_DRIFT_UNKNOWN)
			continue;
		while (k < report->n && is_repeated(report, k))
			k++;
		gv_out_count(keys, k - i, "key");
		gv_out_printf(ctx->out, "unknown: ");
		gv_out_text(ctx->out, f->key,
		    k - i > 1 ? strcspn(f->key, "#") : strlen(f->key));
		if (k - i > 1)
			gv_out_printf(ctx->out, " (%s)", keys);
		gv_out_printf(ctx->out, ": ");
		gv_out_text(ctx->out, f->says, strlen(f->says));
		gv_out_printf(ctx->out, "\n");
	}
}

/* It is there only where it was asked for. */
static bool
is_comment(const struct gv_drift_finding *f)
{
	return f->kind && strcmp(f->kind, "comment") == 0;
}

static void
print_findings(
    struct gv_ctx *ctx, const struct gv_drift_report *report, unsigned classes)
{
	static const struct gv_out_column columns[] = {
		{ .head = "SEVERITY", .whole = true },
		{ .head = "CLASS", .whole = true },
		{ .head = "KEY", .cut = true },
		{ .head = "DIFFERENCE", .cut = true },
		{ .head = "AT", .extra = 1, .cut = true },
		{ .head = "SINCE", .whole = true },
	};
	int severity;
	size_t i;

	gv_out_columns(ctx->out, columns, ctx->verbosity > 0 ? 6 : 5);
	for (severity = GV_DRIFT_HIGH; severity >= 0; severity--)
		for (i = 0; i < report->n; i++) {
			const struct gv_drift_finding *f = &report->findings[i];

			if ((int)f->severity != severity ||
			    f->verdict == GV_DRIFT_UNKNOWN ||
			    (f->verdict != GV_DRIFT_DRIFT &&
				ctx->verbosity < 1 && !is_comment(f)) ||
			    !is_shown(f, classes))
				continue;
			print_finding(ctx, f);
		}
	gv_out_columns_end(ctx->out);
}

void
gv_drift_out_patch(struct gv_ctx *ctx, const struct gv_drift_patch *patch)
{
	char left[GV_OUT_SIZE_MAX];

	gv_out_pass_patch(ctx->out, patch->text.p, patch->text.len);
	if (patch->left == 0)
		return;
	gv_out_count(left, patch->left, "difference");
	gv_out_say(ctx->out, "%s %s to be changed by hand", left,
	    patch->left == 1 ? "has" : "have");
}

int
gv_drift_out_pair(
    struct gv_ctx *ctx, const struct gv_drift_out *pair, unsigned classes)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "comparisons");
		json_pair(ctx->json, pair, classes);
		gv_json_end(ctx->json);
		gv_json_array(ctx->json, "odd");
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return 0;
	}
	print_counts(ctx, pair);
	print_findings(ctx, pair->report, classes);
	print_unknown(ctx, pair->report);
	if (gv_drift_is_in_sync(pair->report))
		gv_out_printf(ctx->out, "%s and %s are in sync\n", pair->left,
		    pair->right);
	else if (pair->report->keys == 0)
		gv_out_printf(ctx->out,
		    "%s and %s have no files to compare; to see what belongs "
		    "to each: git vault env\n",
		    pair->left, pair->right);
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

/* A key in all environments: which pairs differ in it. */
struct row {
	const char *key;
	const struct gv_drift_finding *worst;
	bool *differs; /* n * n */
	const struct gv_drift_place **places;
};

struct table {
	struct row *rows;
	size_t n, cap, envs;
	struct gv_map by_key;
	struct gv_arena arena;
};

static struct row *
row_of(struct table *t, const char *key)
{
	const size_t index =
	    (size_t)(uintptr_t)gv_map_get(&t->by_key, key, strlen(key));
	struct row *row;

	if (index)
		return &t->rows[index - 1];
	if (GV_GROW(t->rows, t->n, t->cap) < 0)
		return NULL;
	row = &t->rows[t->n++];
	*row = (struct row){ .key = key };
	row->differs = gv_arena_alloc(&t->arena, t->envs * t->envs + 1);
	row->places = gv_arena_alloc(
	    &t->arena, (t->envs + 1) * sizeof(struct gv_drift_place *));
	if (row->differs == NULL || row->places == NULL ||
	    gv_map_put(&t->by_key, key, strlen(key), (void *)(uintptr_t)t->n) <
		0)
		return NULL;
	return row;
}

static int
add_pair(struct table *t, const struct gv_drift_report *report, size_t a,
    size_t b, unsigned classes)
{
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_drift_finding *f = &report->findings[i];
		struct row *row;

		if (f->verdict != GV_DRIFT_DRIFT || !is_shown(f, classes))
			continue;
		row = row_of(t, f->key);
		if (row == NULL)
			return gv_err_nomem();
		row->differs[a * t->envs + b] = row->differs[b * t->envs + a] =
		    true;
		if (row->worst == NULL || row->worst->severity < f->severity)
			row->worst = f;
	}
	return 0;
}

/* What each side has of the keys that have a row. */
static void
add_places(
    struct table *t, const struct gv_drift_report *report, size_t a, size_t b)
{
	size_t i, index;

	for (i = 0; i < report->n; i++) {
		const struct gv_drift_finding *f = &report->findings[i];

		index = (size_t)(uintptr_t)gv_map_get(
		    &t->by_key, f->key, strlen(f->key));
		if (index && f->left.path)
			t->rows[index - 1].places[a] = &f->left;
		if (index && f->right.path)
			t->rows[index - 1].places[b] = &f->right;
	}
}

/* Two that do not differ have the same. */
static void
share_places(struct table *t)
{
	size_t i, a, b;

	for (i = 0; i < t->n; i++)
		for (a = 0; a < t->envs; a++)
			for (b = 0; b < t->envs; b++) {
				struct row *row = &t->rows[i];

				if (row->places[a] == NULL &&
				    !row->differs[a * t->envs + b])
					row->places[a] = row->places[b];
			}
}

static int
by_severity(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->worst->severity != y->worst->severity)
		return x->worst->severity < y->worst->severity ? 1 : -1;
	return strcmp(x->key, y->key);
}

/* The environment that differs from all others, which agree; SIZE_MAX: none. */
static size_t
odd_of(const struct table *t, const struct row *row)
{
	size_t odd, a, b;

	for (odd = 0; odd < t->envs && t->envs > 2; odd++) {
		bool is = true;

		for (a = 0; is && a < t->envs; a++)
			for (b = a + 1; is && b < t->envs; b++)
				is = row->differs[a * t->envs + b] ==
				    (a == odd || b == odd);
		if (is)
			return odd;
	}
	return SIZE_MAX;
}

static void
print_value(struct gv_ctx *ctx, const struct gv_drift_place *place)
{
	struct gv_buf text = GV_BUF_INIT;

	if (place == NULL)
		gv_buf_addstr(&text, "-");
	else if (place->is_hidden)
		gv_buf_addstr(&text, "(secret)");
	else if (place->value == NULL)
		gv_buf_addstr(&text, "(there)");
	else
		gv_buf_add(&text, place->value, place->value_len);
	gv_out_cell_text(ctx->out, place ? GV_OUT_PLAIN : GV_OUT_DIM,
	    gv_buf_check(&text) == 0 ? text.p : "");
	gv_buf_release(&text);
}

static int
print_table(struct gv_ctx *ctx, const struct table *t, const char *const *names)
{
	struct gv_out_column *columns = calloc(t->envs + 3, sizeof(*columns));
	size_t i, k, odd;

	if (columns == NULL)
		return gv_err_nomem();
	columns[0] =
	    (struct gv_out_column){ .head = "SEVERITY", .whole = true };
	columns[1] = (struct gv_out_column){ .head = "KEY", .cut = true };
	for (i = 0; i < t->envs; i++)
		columns[i + 2] =
		    (struct gv_out_column){ .head = names[i], .cut = true };
	columns[i + 2] = (struct gv_out_column){ .head = "ODD" };
	gv_out_columns(ctx->out, columns, t->envs + 3);
	for (i = 0; i < t->n; i++) {
		const struct row *row = &t->rows[i];

		odd = odd_of(t, row);
		gv_out_cell_text(ctx->out,
		    row->worst->severity == GV_DRIFT_HIGH ? GV_OUT_REMOVED
							  : GV_OUT_CHANGED,
		    gv_drift_severities[row->worst->severity]);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, row->key);
		for (k = 0; k < t->envs; k++)
			print_value(ctx, row->places[k]);
		gv_out_cell_text(
		    ctx->out, GV_OUT_TAG, odd == SIZE_MAX ? "" : names[odd]);
	}
	gv_out_columns_end(ctx->out);
	free(columns);
	return 0;
}

static void
json_all(struct gv_json *j, const struct gv_drift_out *pairs, size_t n_pairs,
    const struct table *t, const char *const *names, unsigned classes)
{
	size_t i, odd;

	gv_json_object(j, NULL);
	gv_json_array(j, "comparisons");
	for (i = 0; i < n_pairs; i++)
		json_pair(j, &pairs[i], classes);
	gv_json_end(j);
	gv_json_array(j, "odd");
	for (i = 0; i < t->n; i++) {
		odd = odd_of(t, &t->rows[i]);
		if (odd == SIZE_MAX)
			continue;
		gv_json_object(j, NULL);
		gv_json_string(j, "key", t->rows[i].key);
		gv_json_string(j, "environment", names[odd]);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static int
print_all(struct gv_ctx *ctx, const struct gv_drift_out *pairs, size_t n_pairs,
    const struct table *t, const char *const *names)
{
	size_t i;
	int r;

	for (i = 0; i < n_pairs; i++) {
		gv_out_paint(ctx->out, GV_OUT_TAG, "%s, %s: ", pairs[i].left,
		    pairs[i].right);
		print_counts(ctx, &pairs[i]);
	}
	r = print_table(ctx, t, names);
	for (i = 0; r == 0 && ctx->verbosity > 0 && i < n_pairs; i++)
		print_unknown(ctx, pairs[i].report);
	return r;
}

int
gv_drift_out_all(struct gv_ctx *ctx, const struct gv_drift_out *pairs,
    const char *const *names, size_t n, unsigned classes)
{
	struct table t = { .envs = n };
	size_t a, b, i = 0;
	int r = 0;

	for (a = 0; r == 0 && a < n; a++)
		for (b = a + 1; r == 0 && b < n; b++)
			r = add_pair(&t, pairs[i++].report, a, b, classes);
	for (i = a = 0; a < n; a++)
		for (b = a + 1; b < n; b++)
			add_places(&t, pairs[i++].report, a, b);
	share_places(&t);
	if (t.n)
		qsort(t.rows, t.n, sizeof(*t.rows), by_severity);
	if (r == 0 && ctx->json)
		json_all(ctx->json, pairs, i, &t, names, classes);
	else if (r == 0)
		r = print_all(ctx, pairs, i, &t, names);
	gv_map_release(&t.by_key);
	gv_arena_release(&t.arena);
	free(t.rows);
	return r;
}
