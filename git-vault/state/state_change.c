#include "git-vault/state/state_change.h"

#include <string.h>

#include "base/buf.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "state/track_diff.h"
#include "toolstate/state.h"

static const struct {
	enum gv_track_change_kind kind;
	enum gv_out_slot slot;
	const char *sign, *word;
} kinds[] = {
	{ GV_TRACK_ADDED, GV_OUT_ADDED, "+", "added" },
	{ GV_TRACK_DELETED, GV_OUT_REMOVED, "-", "removed" },
	{ GV_TRACK_MODIFIED, GV_OUT_CHANGED, "~", "changed" },
	{ GV_TRACK_REPLACED, GV_OUT_CHANGED, "-/+", "replaced" },
	{ GV_TRACK_MOVED, GV_OUT_CHANGED, "moved", "moved" },
};

static size_t
row_of(enum gv_track_change_kind kind)
{
	size_t i = 0;

	while (kinds[i].kind != kind)
		i++;
	return i;
}

/* ---- text --------------------------------------------------------------- */

static void
print_name(struct gv_out *out, enum gv_track_change_kind kind, const char *name)
{
	size_t row = row_of(kind);

	gv_out_paint(out, kinds[row].slot, "      %s ", kinds[row].sign);
	gv_out_text(out, name, strlen(name));
}

static void
print_value(struct gv_out *out, enum gv_track_change_kind kind,
    const struct gv_track_line *l, bool is_after)
{
	print_name(out, kind, l->path);
	gv_out_printf(out, " = ");
	if (is_after)
		gv_out_text(out, l->after, l->after_len);
	else
		gv_out_text(out, l->before, l->before_len);
	gv_out_printf(out, "\n");
}

static void
print_line(struct gv_out *out, const struct gv_track_line *l)
{
	if (l->is_sensitive) {
		print_name(out, l->kind, l->path);
		gv_out_printf(out, " = %s\n",
		    l->kind == GV_TRACK_MODIFIED ? "(sensitive, changed)"
						 : "(sensitive)");
		return;
	}
	if (l->before)
		print_value(out, GV_TRACK_DELETED, l, false);
	if (l->after)
		print_value(out, GV_TRACK_ADDED, l, true);
}

static bool
has_same_needs(const struct gv_track_item *a, const struct gv_track_item *b)
{
	size_t i;

	if (a->n_needs != b->n_needs)
		return false;
	for (i = 0; i < a->n_needs; i++)
		if (strcmp(a->needs[i], b->needs[i]) != 0)
			return false;
	return true;
}

/* What changed of a resource whose attributes are all the same; NULL if
 * attributes differ. */
static const char *
beside(const struct gv_track_change *c)
{
	if (c->n || c->a == NULL || c->b == NULL || c->kind == GV_TRACK_MOVED)
		return NULL;
	if (strcmp(c->a->provider, c->b->provider) != 0)
		return "provider";
	return has_same_needs(c->a, c->b) ? "metadata" : "dependencies";
}

/* An attribute of which no value differs, only how it is written, is a name. */
static void
print_attributes(struct gv_out *out, const struct gv_track_change *c)
{
	size_t i, k = 0, first;

	for (i = 0; i < c->n; i++) {
		first = k;
		while (k < c->n_lines &&
		    c->lines[k].attribute == c->attributes[i].name)
			print_line(out, &c->lines[k++]);
		if (k == first) {
			print_name(
			    out, c->attributes[i].kind, c->attributes[i].name);
			gv_out_printf(out, "\n");
		}
	}
	for (; k < c->n_lines; k++)
		print_line(out, &c->lines[k]);
	if (beside(c) && c->n_lines == 0) {
		print_name(out, GV_TRACK_MODIFIED, "");
		gv_out_printf(out, "(%s)\n",
		    strcmp(beside(c), "metadata") == 0
			? "metadata, such as the version of its schema"
			: beside(c));
	}
}

static void
print_address(struct gv_out *out, const struct gv_track_change *c)
{
	const struct gv_track_item *item = c->b ? c->b : c->a;

	if (c->kind == GV_TRACK_MOVED) {
		gv_out_text(out, c->a->address, strlen(c->a->address));
		gv_out_printf(out, " -> ");
	}
	gv_out_text(out, item->address, strlen(item->address));
	if (*item->deposed) {
		gv_out_printf(out, " (deposed ");
		gv_out_text(out, item->deposed, strlen(item->deposed));
		gv_out_printf(out, ")");
	}
}

void
gv_state_change_print(struct gv_out *out, const struct gv_track_change *c)
{
	size_t row = row_of(c->kind);

	gv_out_paint(out, kinds[row].slot, "%-3s ", kinds[row].sign);
	print_address(out, c);
	if (c->a && c->b && (c->a->marks ^ c->b->marks) & GV_STATE_TAINTED)
		gv_out_printf(out, " (%s tainted)",
		    c->b->marks & GV_STATE_TAINTED ? "now" : "no more");
	gv_out_printf(out, "\n");
	print_attributes(out, c);
}

void
gv_state_change_cell(struct gv_out *out, const struct gv_track_change *c)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, row = row_of(c->kind);

	gv_buf_addstr(&text, kinds[row].word);
	for (i = 0; i < c->n; i++)
		gv_buf_addf(
		    &text, "%s %s", i ? "," : ":", c->attributes[i].name);
	if (beside(c))
		gv_buf_addf(&text, ": (%s)", beside(c));
	gv_out_cell_buf(out, kinds[row].slot, &text);
	gv_buf_release(&text);
}

/* ---- JSON --------------------------------------------------------------- */

static void
value_json(struct gv_json *j, const char *key, const char *p, size_t len)
{
	if (p)
		gv_json_text(j, key, p, len);
	else
		gv_json_null(j, key);
}

static void
lines_json(struct gv_json *j, const struct gv_track_change *c)
{
	size_t i;

	gv_json_array(j, "values");
	for (i = 0; i < c->n_lines; i++) {
		const struct gv_track_line *l = &c->lines[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "attribute", l->attribute);
		gv_json_string(j, "path", l->path);
		gv_json_string(j, "change", kinds[row_of(l->kind)].word);
		gv_json_bool(j, "sensitive", l->is_sensitive);
		value_json(j, "before", l->before, l->before_len);
		value_json(j, "after", l->after, l->after_len);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_state_change_json(
    struct gv_json *j, const char *key, const struct gv_track_change *c)
{
	const struct gv_track_item *item = c->b ? c->b : c->a;
	size_t i;

	gv_json_object(j, key);
	gv_json_string(j, "address", item->address);
	gv_json_string(j, "deposed", *item->deposed ? item->deposed : NULL);
	gv_json_string(j, "change", kinds[row_of(c->kind)].word);
	gv_json_string(
	    j, "from", c->kind == GV_TRACK_MOVED ? c->a->address : NULL);
	gv_json_array(j, "attributes");
	for (i = 0; i < c->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", c->attributes[i].name);
		gv_json_string(
		    j, "change", kinds[row_of(c->attributes[i].kind)].word);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_string(j, "beside", beside(c));
	if (c->lines)
		lines_json(j, c);
	gv_json_end(j);
}
