#include "merge/merge_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/* A map of all sides. */
struct map {
	struct gv_merge_map *m;
	struct gv_merge_view views[GV_MERGE_SIDES];
	struct gv_merge_pieces pieces[GV_MERGE_SIDES];
	struct gv_merge_entry *entries; /* a list by `next` */
	size_t n, cap, first;
	size_t last;    /* the last one that is written */
	long shift;     /* of lines of theirs, to stand where ours do */
	long outside;   /* the same of the map's own head and tail */
	bool has_comma; /* one is due before the next key */
	/* of a conflict: the comma is within its sides; blanks before each */
	bool leads;
	size_t indent;
};

static int merge_map(struct gv_merge_map *m, struct gv_buf *out,
    const struct gv_merge_view views[GV_MERGE_SIDES], long outside);

void
gv_merge_map_release(struct gv_merge_map *m)
{
	gv_map_release(&m->conflicts);
	gv_arena_release(&m->arena);
	gv_buf_release(&m->path);
	gv_buf_release(&m->keys);
}

/* ---- the keys of all sides ----------------------------------------------- */

static const struct gv_merge_piece *
find(const struct map *map, int side, const struct gv_merge_piece *like)
{
	return gv_map_get(&map->pieces[side].index, like->key, like->key_len);
}

static int
add_entry(struct map *map, const struct gv_merge_piece *like, size_t *link)
{
	struct gv_merge_entry *e;
	int i, r = GV_GROW(map->entries, map->n, map->cap);

	if (r < 0)
		return r;
	e = &map->entries[map->n];
	*e = (struct gv_merge_entry){ .views = map->views,
		.shift = map->shift,
		.is_flow = map->pieces[GV_MERGE_OURS].is_flow,
		.next = *link };
	for (i = 0; i < GV_MERGE_SIDES; i++) {
		const struct gv_layer_value *in = map->views[i].value;

		e->side[i] = find(map, i, like);
		if (e->side[i] && in && in->kind == GV_LAYER_MAP)
			e->value[i] =
			    gv_layer_get(in, like->key, like->key_len);
	}
	*link = map->n++;
	return 0;
}

/* Our keys in our order, and each of theirs behind the one that it has before
 * it there. */
static int
list_keys(struct map *map)
{
	const struct gv_merge_pieces *ours = &map->pieces[GV_MERGE_OURS];
	const struct gv_merge_pieces *theirs = &map->pieces[GV_MERGE_THEIRS];
	size_t link = SIZE_MAX, at = SIZE_MAX, i;
	int r = 0;

	map->first = SIZE_MAX;
	for (i = ours->n; r == 0 && i > 0; i--)
		r = add_entry(map, &ours->items[i - 1], &map->first);
	for (i = 0; r == 0 && i < theirs->n; i++) {
		const struct gv_merge_piece *mine =
		    find(map, GV_MERGE_OURS, &theirs->items[i]);

		if (mine) {
			at = ours->n - 1 - (size_t)(mine - ours->items);
			continue;
		}
		link = at == SIZE_MAX ? map->first : map->entries[at].next;
		if ((r = add_entry(map, &theirs->items[i], &link)) < 0)
			break;
		if (at == SIZE_MAX)
			map->first = link;
		else
			map->entries[at].next = link;
		at = link;
	}
	for (i = map->first, map->last = SIZE_MAX; r == 0 && i != SIZE_MAX;
	     i = map->entries[i].next)
		if (gv_merge_choose(&map->entries[i]) != GV_MERGE_TAKE_NONE)
			map->last = i;
	return r;
}

/* ---- one key ------------------------------------------------------------- */

static void
end_line(struct gv_buf *out)
{
	if (out->len && out->p[out->len - 1] != '\n')
		gv_buf_addch(out, '\n');
}

static int
add_marker(struct gv_merge_map *m, struct gv_buf *out, char sign,
    const struct gv_merge_entry *e, enum gv_merge_side side)
{
	const struct gv_merge_piece *p = e->side[side];
	size_t i, line = 0, column;
	int r = 0;

	end_line(out);
	for (i = 0; i < m->in->marker; i++)
		gv_buf_addch(out, sign);
	if (p)
		gv_doc_where(&e->views[side].file->doc,
		    e->views[side].file->doc.nodes[p->node].key_at, &line,
		    &column);
	if (sign != '=') {
		gv_buf_addch(out, ' ');
		r = m->in->label(m->in->ctx, out, side, m->path.p, line);
	}
	gv_buf_addch(out, '\n');
	return r < 0 ? r : gv_buf_check(out);
}

/* Cut off the blanks that begin a line in brackets: both sides get them. */
static size_t
take_indent(struct gv_buf *out)
{
	size_t n = 0;

	while (n < out->len && out->p[out->len - n - 1] == ' ')
		n++;
	if (n < out->len && out->p[out->len - n - 1] != '\n')
		return 0;
	gv_buf_truncate(out, out->len - n);
	return n;
}

/* The text of one side within a conflict, with the comma that it needs. */
static void
add_side(struct map *map, struct gv_buf *out, const struct gv_merge_entry *e,
    enum gv_merge_side side)
{
	const struct gv_merge_text body = gv_merge_body(e, side);

	if (e->side[side] == NULL)
		return;
	gv_buf_addf(out, "%*s", (int)map->indent, "");
	if (map->leads)
		gv_buf_addstr(out, ", ");
	if (side == GV_MERGE_THEIRS)
		gv_merge_add_shifted(out, &body, e->is_flow ? 0 : e->shift);
	else
		gv_buf_add(out, body.p, body.len);
	if (e->is_flow && e != &map->entries[map->last])
		gv_buf_addch(out, ',');
}

static int
note_conflict(struct gv_merge_map *m)
{
	const char *path;
	int r;

	if (gv_map_get(&m->conflicts, m->path.p, m->path.len))
		return 0;
	path = gv_arena_copy(&m->arena, m->path.p, m->path.len);
	if (path == NULL)
		return GV_ENOMEM;
	if ((r = gv_map_put(&m->conflicts, path, m->path.len, m)) < 0)
		return r;
	gv_buf_add(&m->keys, m->path.p, m->path.len);
	gv_buf_addch(&m->keys, '\n');
	return gv_buf_check(&m->keys);
}

/* Both texts between markers, or that of the side that is chosen in the same
 * place, so that it can be read as if somebody had chosen it. */
static int
add_conflict(
    struct map *map, struct gv_buf *out, const struct gv_merge_entry *e)
{
	struct gv_merge_map *m = map->m;
	int r;

	map->leads = map->has_comma;
	map->has_comma = false;
	map->indent = e->is_flow ? take_indent(out) : 0;
	if ((r = note_conflict(m)) < 0)
		return r;
	if (m->chosen != GV_MERGE_BASE) {
		end_line(out);
		add_side(map, out, e, m->chosen);
		end_line(out);
		return gv_buf_check(out);
	}
	if ((r = add_marker(m, out, '<', e, GV_MERGE_OURS)) < 0)
		return r;
	add_side(map, out, e, GV_MERGE_OURS);
	if (m->in->shows_base) {
		if ((r = add_marker(m, out, '|', e, GV_MERGE_BASE)) < 0)
			return r;
		add_side(map, out, e, GV_MERGE_BASE);
	}
	if ((r = add_marker(m, out, '=', e, GV_MERGE_OURS)) < 0)
		return r;
	add_side(map, out, e, GV_MERGE_THEIRS);
	return add_marker(m, out, '>', e, GV_MERGE_THEIRS);
}

static bool
is_map(const struct gv_merge_entry *e, enum gv_merge_side side)
{
	const struct gv_merge_piece *p = e->side[side];

	return p && e->views[side].file->doc.nodes[p->node].kind == GV_DOC_MAP;
}

/* A map on both sides is merged by its own keys: 1; 0: it is taken as a whole.
 */
static int
add_map(
    struct gv_merge_map *m, struct gv_buf *out, const struct gv_merge_entry *e)
{
	struct gv_merge_view views[GV_MERGE_SIDES];
	int i;

	if (!is_map(e, GV_MERGE_OURS) || !is_map(e, GV_MERGE_THEIRS) ||
	    (e->side[GV_MERGE_BASE] && !is_map(e, GV_MERGE_BASE)))
		return 0;
	for (i = 0; i < GV_MERGE_SIDES; i++) {
		const struct gv_merge_piece *p = e->side[i];

		views[i] = (struct gv_merge_view){ .file = e->views[i].file,
			.node = p ? p->node : GV_DOC_NONE,
			.from = p ? p->body : 0,
			.to = p ? p->to : 0,
			.value = e->value[i] };
	}
	return merge_map(m, out, views, e->shift);
}

/* Blanks in brackets, less the end of a line that is written already. */
static void
add_flow(struct gv_buf *out, const struct gv_merge_text *blanks)
{
	const size_t skip = out->len && out->p[out->len - 1] == '\n' &&
		blanks->len && *blanks->p == '\n'
	    ? 1
	    : 0;

	gv_buf_add(out, blanks->p + skip, blanks->len - skip);
}

/* What is in front of a key: of a side that does not have it nothing. */
static int
add_lead(struct map *map, struct gv_buf *out, const struct gv_merge_entry *e)
{
	const bool is_new = e->side[GV_MERGE_OURS] == NULL;
	struct gv_merge_text leads[GV_MERGE_SIDES];
	int i;

	for (i = 0; i < GV_MERGE_SIDES; i++) {
		const struct gv_merge_piece *p = e->side[i];

		leads[i] = (struct gv_merge_text){ .p = "" };
		if (p)
			leads[i] = (struct gv_merge_text){
				map->views[i].file->text.p + p->from,
				p->body - p->from
			};
	}
	if (!e->is_flow && !is_new && e->side[GV_MERGE_THEIRS])
		return gv_merge_add_around(out, leads, e->shift);
	if (e->is_flow)
		add_flow(out, &leads[is_new ? GV_MERGE_THEIRS : GV_MERGE_OURS]);
	else
		gv_merge_add_shifted(out,
		    &leads[is_new ? GV_MERGE_THEIRS : GV_MERGE_OURS],
		    is_new ? e->shift : 0);
	return gv_buf_check(out);
}

static int
add_key(struct map *map, struct gv_buf *out, const struct gv_merge_entry *e)
{
	const enum gv_merge_choice choice = gv_merge_choose(e);
	const bool is_conflict = choice == GV_MERGE_TAKE_BOTH &&
	    !(e->side[GV_MERGE_OURS] && e->side[GV_MERGE_THEIRS]);
	size_t before;
	int r;

	if (!e->is_flow)
		end_line(out);
	/* a last key that one side removed takes its comma with it */
	if (map->has_comma && !(is_conflict && e == &map->entries[map->last])) {
		gv_buf_addch(out, ',');
		map->has_comma = false;
	}
	if ((r = add_lead(map, out, e)) < 0)
		return r;
	before = out->len;
	if ((r = add_map(map->m, out, e)) == 0) {
		gv_buf_truncate(out, before);
		if (choice == GV_MERGE_TAKE_BOTH) {
			struct gv_merge_text bodies[GV_MERGE_SIDES];
			int i;

			for (i = 0; i < GV_MERGE_SIDES; i++)
				bodies[i] =
				    gv_merge_body(e, (enum gv_merge_side)i);
			if (!is_conflict && e->side[GV_MERGE_BASE] &&
			    e->shift == 0)
				r = gv_merge_lines(out, bodies);
			if (r == 0)
				return add_conflict(map, out, e);
		} else {
			r = gv_merge_add_leaf(out, e, choice);
		}
	}
	map->has_comma = e->is_flow;
	return r < 0 ? r : 0;
}

/* ---- maps ---------------------------------------------------------------- */

static int
cut_maps(struct map *map)
{
	int i, r = 1;

	for (i = 0; r == 1 && i < GV_MERGE_SIDES; i++)
		r = gv_merge_cut(
		    &map->pieces[i], &map->m->arena, &map->views[i]);
	for (i = 0; r == 1 && i < GV_MERGE_SIDES; i++)
		if (map->views[i].node != GV_DOC_NONE &&
		    map->pieces[i].is_flow != map->pieces[1].is_flow)
			r = 0;
	return r;
}

static long
column_of(const struct map *map, int side)
{
	const struct gv_merge_piece *p = map->pieces[side].items;
	const struct gv_merge_file *file = map->views[side].file;

	return map->pieces[side].n
	    ? (long)(file->doc.nodes[p->node].key_at - p->body)
	    : 0;
}

/* What is before or behind the keys of each side. */
static int
add_end(struct map *map, struct gv_buf *out, bool is_head)
{
	struct gv_merge_text ends[GV_MERGE_SIDES];
	int i;

	for (i = 0; i < GV_MERGE_SIDES; i++) {
		const struct gv_merge_view *v = &map->views[i];
		const struct gv_merge_pieces *p = &map->pieces[i];

		ends[i] = (struct gv_merge_text){ .p = "" };
		if (v->node == GV_DOC_NONE)
			continue;
		ends[i].p = v->file->text.p + (is_head ? v->from : p->end);
		ends[i].len = is_head ? p->begin - v->from : v->to - p->end;
	}
	if (map->pieces[GV_MERGE_OURS].is_flow) {
		const bool has_own = map->pieces[GV_MERGE_OURS].n > 0;

		add_flow(out,
		    &ends[is_head || has_own ? GV_MERGE_OURS
					     : GV_MERGE_THEIRS]);
		return gv_buf_check(out);
	}
	return gv_merge_add_around(out, ends, map->outside);
}

static int
write_map(struct map *map, struct gv_buf *out)
{
	struct gv_merge_map *m = map->m;
	const size_t before = m->path.len;
	size_t i;
	int r = add_end(map, out, true);

	for (i = map->first; r == 0 && i != SIZE_MAX;
	     i = map->entries[i].next) {
		const struct gv_merge_entry *e = &map->entries[i];
		const struct gv_merge_piece *p = e->side[GV_MERGE_OURS]
		    ? e->side[GV_MERGE_OURS]
		    : e->side[GV_MERGE_THEIRS];

		if (gv_merge_choose(e) == GV_MERGE_TAKE_NONE)
			continue;
		gv_layer_add_key(&m->path, p->key, p->key_len);
		if ((r = gv_buf_check(&m->path)) == 0)
			r = add_key(map, out, e);
		gv_buf_truncate(&m->path, before);
	}
	return r < 0 ? r : add_end(map, out, false);
}

/* 1; 0: it has to be taken as a whole; or a failure. */
static int
merge_map(struct gv_merge_map *m, struct gv_buf *out,
    const struct gv_merge_view views[GV_MERGE_SIDES], long outside)
{
	struct map map = { .m = m, .outside = outside };
	int i, r;

	memcpy(map.views, views, sizeof(map.views));
	if ((r = cut_maps(&map)) == 1) {
		if (!map.pieces[GV_MERGE_OURS].is_flow)
			map.shift = column_of(&map, GV_MERGE_OURS) -
			    column_of(&map, GV_MERGE_THEIRS);
		r = list_keys(&map);
		/* on lines, a map needs a key to be one */
		if (r == 0 &&
		    (map.last != SIZE_MAX ||
			map.pieces[GV_MERGE_OURS].is_flow)) {
			r = write_map(&map, out);
			r = r < 0 ? r : 1;
		}
	}
	for (i = 0; i < GV_MERGE_SIDES; i++)
		gv_merge_pieces_release(&map.pieces[i]);
	free(map.entries);
	return r;
}

int
gv_merge_root(struct gv_merge_map *m, struct gv_buf *out)
{
	struct gv_merge_view views[GV_MERGE_SIDES];
	int i;

	for (i = 0; i < GV_MERGE_SIDES; i++) {
		const struct gv_merge_file *f = &m->files[i];

		views[i] = (struct gv_merge_view){ .file = f,
			.node = f->doc.n ? 0 : GV_DOC_NONE,
			.to = f->text.len,
			.value = f->layer.tree.root };
		if (i && f->doc.n == 0)
			return 0;
	}
	return merge_map(m, out, views, 0);
}
