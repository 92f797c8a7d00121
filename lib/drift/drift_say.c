#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "drift/drift_internal.h"

/* Findings: where each side is, and what of its value may be shown. */

static bool
is_plain(const struct gv_drift_key *key)
{
	return key->kind == GV_DRIFT_SCALAR || key->kind == GV_DRIFT_CODE;
}

static void
fill_place(struct gv_drift_report *report, struct gv_drift_place *out,
    const struct gv_drift_key *key)
{
	const struct gv_doc *doc;
	const struct gv_doc_node *n;
	size_t column;

	if (key == NULL)
		return;
	doc = &key->of->doc;
	out->path = gv_arena_copy(
	    &report->arena, key->of->file.path, strlen(key->of->file.path));
	if (doc->n == 0 || key->kind == GV_DRIFT_BROKEN) {
		gv_doc_where(doc, doc->n_errors ? doc->errors[0].at : 0,
		    &out->line, &column);
		return;
	}
	n = &doc->nodes[key->node];
	if (!key->of->file.is_state)
		gv_doc_where(
		    doc, n->key_len ? n->key_at : n->at, &out->line, &column);
	out->is_base = key->of->file.env == GV_DRIFT_SHARED;
	out->is_private = key->of->file.is_private;
	/* a snapshot encrypts the whole of a file that Git ignores, so no value
	 * of one is printed either */
	out->is_hidden = key->is_hidden || key->of->file.is_ignored;
	out->at = n->at;
	out->len = n->len;
	out->begin = n->key_len ? n->key_at : n->at;
	if (out->is_hidden || !is_plain(key))
		return;
	out->value = gv_arena_copy(&report->arena, key->text.p, key->text.len);
	out->value_len = key->text.len;
}

/* FILE#KEY; of a key with marks only what is written. */
static const char *
name_finding(struct gv_drift_report *report, const struct gv_drift_role *role,
    struct gv_drift_text name)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;
	size_t i;

	gv_buf_addstr(&text, role->show);
	if (name.len) {
		gv_buf_addch(&text, '#');
		for (i = 0; i < name.len; i++)
			gv_buf_addch(&text,
			    name.p[i] >= GV_ENVNAME_LOWER &&
				    name.p[i] <= GV_ENVNAME_TITLE
				? '*'
				: name.p[i]);
	}
	if (gv_buf_check(&text) == 0)
		copy = gv_arena_copy(&report->arena, text.p, text.len);
	gv_buf_release(&text);
	return copy;
}

static void
count(struct gv_drift_report *report, enum gv_drift_verdict verdict)
{
	report->keys++;
	report->counts[verdict]++;
	if (verdict == GV_DRIFT_NOTE)
		report->counts[GV_DRIFT_SAME]++;
}

/* Whether a sentence about a key may hold a value that is not to be printed. */
static bool
is_told(const struct gv_drift_key *key)
{
	return key && key->of->file.is_ignored && !key->is_hidden;
}

/* Sentences of what is missing or unknown hold no value. */
static bool
names_values(const struct gv_drift_told *told)
{
	const struct gv_drift_judged *judged = told->judged;

	return judged->class != GV_DRIFT_MISSING &&
	    judged->verdict != GV_DRIFT_UNKNOWN &&
	    (judged->verdict != GV_DRIFT_INTENDED || (told->low && told->high));
}

int
gv_drift_tell_as(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_told *told)
{
	const struct gv_drift_judged *judged = told->judged;
	struct gv_drift_report *report = pair->report;
	const struct gv_drift_key *left =
	    pair->is_swapped ? told->high : told->low;
	const struct gv_drift_key *right =
	    pair->is_swapped ? told->low : told->high;
	const struct gv_drift_key *base;
	struct gv_drift_finding *f;
	struct gv_buf says = GV_BUF_INIT;
	int r;

	if (told->keys)
		count(report, judged->verdict);
	if (GV_GROW(report->findings, report->n, report->cap) < 0)
		return gv_err_nomem();
	f = &report->findings[report->n];
	memset(f, 0, sizeof(*f));
	f->key = name_finding(report, role, told->name);
	f->class = judged->class;
	f->verdict = judged->verdict;
	f->severity = judged->severity;
	f->kind = told->kind;
	f->role = role;
	f->name_len = told->name.len;
	f->left_key = left;
	f->right_key = right;
	f->keys = told->keys;
	fill_place(report, &f->left, left);
	fill_place(report, &f->right, right);
	gv_buf_addstr(&says,
	    names_values(told) && (is_told(left) || is_told(right))
		? "differs"
		: judged->says);
	base = f->left.is_base ? left : f->right.is_base ? right : NULL;
	if (base && judged->verdict == GV_DRIFT_DRIFT)
		gv_buf_addf(&says, " (from %s:%zu)", base->of->file.path,
		    f->left.is_base ? f->left.line : f->right.line);
	f->says = gv_arena_copy(&report->arena, says.p, says.len);
	r = gv_buf_check(&says);
	gv_buf_release(&says);
	if (r < 0 || f->key == NULL || f->says == NULL)
		return gv_err_nomem();
	if (left)
		gv_drift_name_place(&f->left, pair->d, f, left);
	if (right)
		gv_drift_name_place(&f->right, pair->d, f, right);
	report->n++;
	return 0;
}

int
gv_drift_tell(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high,
    const struct gv_drift_judged *judged)
{
	const struct gv_drift_key *key = high;

	/* the name is that of a side, not of the layer below */
	if (low && (high == NULL || low->of->file.env != GV_DRIFT_SHARED))
		key = low;
	if (key == NULL)
		return 0;
	if (judged->verdict == GV_DRIFT_SAME) {
		count(pair->report, GV_DRIFT_SAME);
		return 0;
	}
	return gv_drift_tell_as(pair, role,
	    &(struct gv_drift_told){
		{ key->name, key->name_len }, low, high, judged, 1, NULL });
}

void
gv_drift_note_same(struct gv_drift_pair *pair)
{
	count(pair->report, GV_DRIFT_SAME);
}
