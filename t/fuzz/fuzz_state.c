/*
 * Any bytes as a state: the groups one behind the other are these bytes, what
 * an item tells lies in its group or is there to be read, and neither depends
 * on how much is read at a time.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "compress/gunzip.h"
#include "object/chunk.h"
#include "toolstate/state.h"

struct reading {
	const uint8_t *data;
	size_t len, at, step;
	struct gv_buf file; /* all groups */
	struct gv_buf said; /* of their bounds and items */
	uint64_t groups, items;
};

static int64_t
give(void *ctx, void *data, size_t len)
{
	struct reading *r = ctx;
	size_t n = r->len - r->at;

	if (n > len)
		n = len;
	if (n > r->step)
		n = r->step;
	if (n)
		memcpy(data, r->data + r->at, n);
	r->at += n;
	return (int64_t)n;
}

static void
must_lie(const struct gv_state_group *g, const char *p, size_t len)
{
	if (p == NULL) {
		must(len == 0);
		return;
	}
	must(p >= g->text && p <= g->text + g->len);
	must(len <= (size_t)(g->text + g->len - p));
}

static void
look_at(struct reading *r, const struct gv_state_group *g,
    const struct gv_state_item *item)
{
	size_t i;

	must(item->address[item->address_len] == '\0');
	if (item->deposed)
		gv_buf_add(&r->said, item->deposed, item->deposed_len);
	must_lie(g, item->text, item->len);
	must(item->len > 0);
	gv_buf_add(&r->said, item->address, item->address_len + 1);
	/* a handler may put these together, and of YAML values stand beside
	 * the group, too: whether they can be read is what is seen here */
	gv_buf_add(&r->said, item->type, item->type_len);
	gv_buf_add(&r->said, item->provider, item->provider_len);
	gv_buf_addf(&r->said, "%u %zu\n", item->marks, item->len);
	for (i = 0; i < item->n_attributes; i++) {
		const struct gv_state_attribute *a = &item->attributes[i];

		must(a->name != NULL);
		must(a->value_len > 0);
		gv_buf_add(&r->said, a->name, a->name_len);
		gv_buf_add(&r->said, a->value, a->value_len);
		gv_buf_addf(&r->said, "=%zu %u\n", a->value_len, a->marks);
	}
	for (i = 0; i < item->n_needs; i++)
		gv_buf_addf(&r->said, ">%s\n", item->needs[i]);
}

static int
hear(void *ctx, const struct gv_state_group *g)
{
	struct reading *r = ctx;
	size_t i;

	must(g->len > 0 && g->level <= 2);
	gv_buf_add(&r->file, g->text, g->len);
	gv_buf_addf(&r->said, "- %zu %u\n", g->len, g->level);
	for (i = 0; i < g->n_items; i++)
		look_at(r, g, &g->items[i]);
	r->groups++;
	r->items += g->n_items;
	return 0;
}

static void
read_state(struct reading *r, struct gv_state_info *info)
{
	const struct gv_state_source source = {
		.read = give, .ctx = r, .cut = gv_chunk_cut, .unpack = gv_gunzip
	};

	memset(info, 0xff, sizeof(*info));
	must(gv_state_run(info, &source, hear, r) == 0);
	must(info->size == r->len && info->groups == r->groups);
	must(info->items == r->items && r->at == r->len);
	must(info->tool != NULL);
	must(memchr(info->writer, '\0', sizeof(info->writer)) != NULL);
	must(memchr(info->lineage, '\0', sizeof(info->lineage)) != NULL);
	must(memchr(info->damage, '\0', sizeof(info->damage)) != NULL);
	must(memchr(info->warning, '\0', sizeof(info->warning)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reading all = { .data = data,
		.len = len,
		.step = len + 1,
		.file = GV_BUF_INIT,
		.said = GV_BUF_INIT };
	struct reading few = all;
	struct gv_state_info info, again;

	few.step = len ? 1 + data[0] % 61 : 1;
	read_state(&all, &info);
	read_state(&few, &again);
	must_be(&all.file, data, len);
	must_be(&few.file, data, len);
	must_be(&few.said, all.said.p, all.said.len);
	must(info.tool == again.tool && info.serial == again.serial);
	must(strcmp(info.damage, again.damage) == 0);
	gv_buf_release(&all.said);
	return 0;
}
