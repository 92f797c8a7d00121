#include "state_change.h"

#include <string.h>

#include "base/buf.h"
#include "infra/state.h"
#include "json.h"
#include "out.h"
#include "vault/track_diff.h"

static const struct {
	enum gv_track_change_kind kind;
	enum gv_out_slot slot;
	const char *sign, *word;
} kinds[] = {
	{ GV_TRACK_ADDED, GV_OUT_ADDED, "+", "added" },
	{ GV_TRACK_DELETED, GV_OUT_REMOVED, "-", "removed" },
	{ GV_TRACK_MODIFIED, GV_OUT_CHANGED, "~", "changed" },
	{ GV_TRACK_REPLACED, GV_OUT_CHANGED, "-/+", "replaced" },
};

static size_t
row_of(enum gv_track_change_kind kind)
{
	size_t i = 0;

	while (kinds[i].kind != kind)
		i++;
	return i;
}

void
gv_state_change_print(struct gv_out *out, const struct gv_track_change *c)
{
	const struct gv_track_item *item = c->b ? c->b : c->a;
	size_t i, row = row_of(c->kind);

	gv_out_paint(out, kinds[row].slot, "%-3s ", kinds[row].sign);
	gv_out_text(out, item->address, strlen(item->address));
	if (*item->deposed) {
		gv_out_printf(out, " (deposed ");
		gv_out_text(out, item->deposed, strlen(item->deposed));
		gv_out_printf(out, ")");
	}
	if (c->a && c->b && (c->a->marks ^ c->b->marks) & GV_STATE_TAINTED)
		gv_out_printf(out, " (%s tainted)",
		    c->b->marks & GV_STATE_TAINTED ? "now" : "no more");
	gv_out_printf(out, "\n");
	for (i = 0; i < c->n; i++) {
		row = row_of(c->attributes[i].kind);
		gv_out_paint(
		    out, kinds[row].slot, "      %s ", kinds[row].sign);
		gv_out_text(
		    out, c->attributes[i].name, strlen(c->attributes[i].name));
		gv_out_printf(out, "\n");
	}
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
	gv_out_cell_text(out, kinds[row].slot, text.p);
	gv_buf_release(&text);
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
	gv_json_array(j, "attributes");
	for (i = 0; i < c->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", c->attributes[i].name);
		gv_json_string(
		    j, "change", kinds[row_of(c->attributes[i].kind)].word);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}
