#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "merge/merge_internal.h"

/* Whether a map has a key twice: 1, 0 or GV_ENOMEM. */
static int
has_twice(const struct gv_doc *doc, uint32_t map)
{
	struct gv_map seen = GV_MAP_INIT;
	struct gv_arena arena = { 0 };
	struct gv_buf key = GV_BUF_INIT;
	uint32_t i;
	int r = 0;

	for (i = gv_doc_first(doc, map); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		const char *copy;

		gv_buf_reset(&key);
		gv_doc_key(&key, doc, i);
		if ((r = gv_buf_check(&key)) < 0)
			break;
		if (gv_map_get(&seen, key.p, key.len))
			r = 1;
		else if ((copy = gv_arena_copy(&arena, key.p, key.len)) == NULL)
			r = GV_ENOMEM;
		else
			r = gv_map_put(&seen, copy, key.len, &seen);
	}
	gv_map_release(&seen);
	gv_arena_release(&arena);
	gv_buf_release(&key);
	return r;
}

static int
check_keys(const struct gv_doc *doc)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < doc->n; i++)
		if (doc->nodes[i].kind == GV_DOC_MAP)
			r = has_twice(doc, i);
	return r > 0 ? gv_err(GV_EREFUSED, "it has a key twice in a map") : r;
}

int
gv_merge_file_read(struct gv_merge_file *out, enum gv_doc_format format,
    const struct gv_merge_text *text)
{
	int r;

	out->text = *text;
	if ((r = gv_doc_read(&out->doc, format, text->p, text->len, NULL)) < 0)
		return r;
	out->layer = (struct gv_layer){ .name = "it",
		.text = text->p,
		.len = text->len,
		.format = format };
	out->is_read = true;
	if ((r = gv_doc_check(&out->doc)) < 0)
		return r;
	if (out->doc.n_parts > 1)
		return gv_err(GV_EREFUSED, "it has several documents");
	if (out->doc.n && out->doc.nodes[0].kind != GV_DOC_MAP)
		return gv_err(GV_EREFUSED, "it is no map of keys");
	if ((r = check_keys(&out->doc)) < 0)
		return r;
	return gv_layer_read(&out->layer, &(struct gv_layer_read_opts){ 0 });
}

void
gv_merge_file_release(struct gv_merge_file *file)
{
	if (!file->is_read)
		return;
	gv_layer_release(&file->layer);
	gv_doc_release(&file->doc);
}
