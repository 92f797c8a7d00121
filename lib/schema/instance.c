#include "schema/instance_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/memory.h"

#define BYTES_MIN ((size_t)4096)
#define FEW_KEYS  24 /* are compared with each other */

void
gv_instance_init(struct gv_instance *out, const struct gv_memory *memory)
{
	memset(out, 0, sizeof(*out));
	out->memory = memory;
}

void
gv_instance_release(struct gv_instance *in)
{
	struct gv_instance_bytes *b, *next;

	if (in == NULL)
		return;
	for (b = in->bytes; b; b = next) {
		next = b->next;
		gv_memory_put(in->memory, b, b->size);
	}
	free(in->nodes);
	free(in->sources);
	free(in->index);
	memset(in, 0, sizeof(*in));
}

int
gv_instance_source(
    struct gv_instance *in, const char *name, const struct gv_doc *doc)
{
	struct gv_instance_source *more;
	uint16_t cap;

	if (in->n_sources == UINT16_MAX)
		return gv_err(GV_EREFUSED,
		    "a value has parts of more than %u documents", UINT16_MAX);
	if (in->n_sources == in->cap_sources) {
		cap = in->cap_sources > UINT16_MAX / 2
		    ? UINT16_MAX
		    : (uint16_t)(in->cap_sources * 2 + 1);
		more = realloc(in->sources, cap * sizeof(*more));
		if (more == NULL)
			return gv_err_nomem();
		in->sources = more;
		in->cap_sources = cap;
	}
	in->sources[in->n_sources].name = name;
	in->sources[in->n_sources].doc = doc;
	return in->n_sources++;
}

char *
gv_instance_room(struct gv_instance *in, size_t len)
{
	struct gv_instance_bytes *b = in->bytes;
	size_t size;

	if (b == NULL || b->size - sizeof(*b) - b->used < len) {
		size = (len > BYTES_MIN ? len : BYTES_MIN) + sizeof(*b);
		b = gv_memory_get(in->memory, size);
		if (b == NULL)
			return NULL;
		b->size = size;
		b->used = 0;
		b->next = in->bytes;
		in->bytes = b;
	}
	return (char *)(b + 1) + b->used;
}

void
gv_instance_keep(struct gv_instance *in, size_t len)
{
	in->bytes->used += len;
}

/* What is doubled comes to GV_INSTANCE_NODES_MAX itself, which is a power of 2.
 */
static int
grow(struct gv_instance *in)
{
	struct gv_instance_node *more;
	uint32_t cap = in->cap ? in->cap * 2 : 64;

	if (in->n == GV_INSTANCE_NODES_MAX)
		return gv_err(GV_EREFUSED, "a value has more than %u parts",
		    GV_INSTANCE_NODES_MAX);
	more = realloc(in->nodes, cap * sizeof(*more));
	if (more == NULL)
		return gv_err_nomem();
	in->nodes = more;
	in->cap = cap;
	return 0;
}

int
gv_instance_add(struct gv_instance *in, const struct gv_instance_node *node)
{
	struct gv_instance_node *n;
	uint32_t up = in->n_open ? in->open[in->n_open - 1] : GV_DOC_NONE;
	uint32_t i;
	int r;

	if (in->n == in->cap && (r = grow(in)) < 0)
		return r;
	n = &in->nodes[in->n++];
	*n = *node;
	n->parent = up;
	n->span = 1;
	n->n = 0;
	n->index = up == GV_DOC_NONE ? 0 : in->nodes[up].n++;
	n->has_key = up != GV_DOC_NONE && in->nodes[up].kind == GV_INSTANCE_MAP;
	if (n->has_key)
		n->key_hash = (uint32_t)gv_map_hash(n->key, n->key_len);
	n->is_vague = n->kind == GV_INSTANCE_OPAQUE;
	for (i = in->n_open; n->is_vague && i-- > 0;)
		in->nodes[in->open[i]].is_vague = true;
	return 0;
}

int
gv_instance_open(struct gv_instance *in, const struct gv_instance_node *node)
{
	int r;

	if (in->n_open == GV_INSTANCE_DEPTH_MAX)
		return gv_err(GV_EREFUSED,
		    "a value nests deeper than %d levels",
		    GV_INSTANCE_DEPTH_MAX);
	if ((r = gv_instance_add(in, node)) < 0)
		return r;
	in->open[in->n_open++] = in->n - 1;
	return 0;
}

/* ---- keys that repeat ---------------------------------------------------- */

static bool
is_same_key(const struct gv_instance_node *a, const struct gv_instance_node *b)
{
	return a->key_hash == b->key_hash && a->key_len == b->key_len &&
	    memcmp(a->key, b->key, a->key_len) == 0;
}

static void
shadow(struct gv_instance_node *map, struct gv_instance_node *member)
{
	member->kind = GV_INSTANCE_SHADOWED;
	map->n--;
}

static void
shadow_few(struct gv_instance_node *map)
{
	struct gv_instance_node *const end = map + map->span;
	struct gv_instance_node *i, *j;

	for (i = map + 1; i < end; i += i->span)
		for (j = map + 1; j < i; j += j->span)
			if (is_same_key(i, j) &&
			    j->kind != GV_INSTANCE_SHADOWED)
				shadow(map, j);
}

/* Without memory for the table the slow way is taken. */
static void
shadow_many(struct gv_instance_node *map)
{
	struct gv_instance_node *const end = map + map->span;
	struct gv_instance_node *i, *before;
	struct gv_map seen = GV_MAP_INIT;

	for (i = map + 1; i < end; i += i->span) {
		before = gv_map_get_hashed(
		    &seen, gv_map_hash(i->key, i->key_len), i->key, i->key_len);
		if (before)
			shadow(map, before);
		if (gv_map_put(&seen, i->key, i->key_len, i) < 0)
			break;
	}
	gv_map_release(&seen);
	if (i < end)
		shadow_few(map);
}

/* Of keys whose hashes set no bit twice, none repeats. */
static bool
may_repeat(const struct gv_instance_node *map)
{
	const struct gv_instance_node *const end = map + map->span;
	const struct gv_instance_node *i;
	uint64_t seen = 0, bit;

	for (i = map + 1; i < end; i += i->span) {
		bit = (uint64_t)1 << (i->key_hash & 63);
		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

void
gv_instance_close(struct gv_instance *in)
{
	struct gv_instance_node *n = &in->nodes[in->open[--in->n_open]];

	n->span = (uint32_t)(in->n - (n - in->nodes));
	if (n->kind != GV_INSTANCE_MAP || !may_repeat(n))
		return;
	if (n->n <= FEW_KEYS)
		shadow_few(n);
	else
		shadow_many(n);
}

/* ---- asking -------------------------------------------------------------- */

static uint32_t
skip(const struct gv_instance *in, uint32_t i, uint32_t end)
{
	while (i < end && in->nodes[i].kind == GV_INSTANCE_SHADOWED)
		i += in->nodes[i].span;
	return i < end ? i : GV_DOC_NONE;
}

uint32_t
gv_instance_first(const struct gv_instance *in, uint32_t node)
{
	return skip(in, node + 1, node + in->nodes[node].span);
}

uint32_t
gv_instance_next(const struct gv_instance *in, uint32_t node)
{
	const struct gv_instance_node *n = &in->nodes[node];

	if (n->parent == GV_DOC_NONE)
		return GV_DOC_NONE;
	return skip(in, node + n->span, n->parent + in->nodes[n->parent].span);
}

static bool
has_key(const struct gv_instance_node *n, uint32_t hash, const char *key,
    size_t len)
{
	return n->key_hash == hash && n->key_len == len &&
	    memcmp(n->key, key, len) == 0;
}

uint32_t
gv_instance_get(
    const struct gv_instance *in, uint32_t map, const char *key, size_t len)
{
	uint32_t hash, i, at = GV_DOC_NONE;

	if (in->nodes[map].kind != GV_INSTANCE_MAP)
		return GV_DOC_NONE;
	hash = (uint32_t)gv_map_hash(key, len);
	if (gv_instance_has_index(in, map)) {
		do
			i = gv_instance_child(in, map, hash, &at);
		while (i != GV_DOC_NONE &&
		    !has_key(&in->nodes[i], hash, key, len));
		return i;
	}
	for (i = gv_instance_first(in, map); i != GV_DOC_NONE;
	     i = gv_instance_next(in, i))
		if (has_key(&in->nodes[i], hash, key, len))
			return i;
	return GV_DOC_NONE;
}

/* The item of a list that a step names. */
static uint32_t
item(const struct gv_instance *in, uint32_t list, const struct gv_buf *step)
{
	uint32_t i = gv_instance_first(in, list);
	size_t at, which = 0;

	if (step->len == 0 || step->len > 9 ||
	    (step->len > 1 && *step->p == '0'))
		return GV_DOC_NONE;
	for (at = 0; at < step->len; at++) {
		if (step->p[at] < '0' || step->p[at] > '9')
			return GV_DOC_NONE;
		which = which * 10 + (size_t)(step->p[at] - '0');
	}
	if (gv_instance_has_index(in, list)) {
		i = GV_DOC_NONE;
		return gv_instance_child(in, list, (uint32_t)which, &i);
	}
	while (i != GV_DOC_NONE && which--)
		i = gv_instance_next(in, i);
	return i;
}

int
gv_instance_find(uint32_t *out, const struct gv_instance *in, uint32_t from,
    const char *pointer, size_t len)
{
	struct gv_buf step = GV_BUF_INIT;
	size_t i = 0;
	int r = 0;

	if (len && *pointer != '/')
		return GV_ENOTFOUND;
	while (from != GV_DOC_NONE && i < len) {
		gv_buf_reset(&step);
		for (i++; i < len && pointer[i] != '/'; i++) {
			char c = pointer[i];

			if (c == '~' && i + 1 < len)
				c = pointer[++i] == '1' ? '/' : '~';
			gv_buf_addch(&step, c);
		}
		if ((r = gv_buf_check(&step)) < 0)
			break;
		if (in->nodes[from].kind == GV_INSTANCE_LIST)
			from = item(in, from, &step);
		else
			from = gv_instance_get(in, from, step.p, step.len);
	}
	gv_buf_release(&step);
	if (r < 0)
		return r;
	*out = from;
	return from == GV_DOC_NONE ? GV_ENOTFOUND : 0;
}

static void
add_step(struct gv_buf *out, const struct gv_instance_node *n)
{
	size_t i;

	gv_buf_addch(out, '/');
	if (!n->has_key)
		gv_buf_addf(out, "%u", n->index);
	else
		for (i = 0; i < n->key_len; i++)
			if (n->key[i] == '~')
				gv_buf_addstr(out, "~0");
			else if (n->key[i] == '/')
				gv_buf_addstr(out, "~1");
			else
				gv_buf_addch(out, n->key[i]);
}

void
gv_instance_pointer(
    struct gv_buf *out, const struct gv_instance *in, uint32_t node)
{
	uint32_t steps[GV_INSTANCE_DEPTH_MAX + 1], n = 0;

	for (; in->nodes[node].parent != GV_DOC_NONE;
	     node = in->nodes[node].parent)
		steps[n++] = node;
	while (n)
		add_step(out, &in->nodes[steps[--n]]);
}

void
gv_instance_where(struct gv_instance_place *out, const struct gv_instance *in,
    uint32_t node, bool of_key)
{
	const struct gv_instance_node *n = &in->nodes[node];

	memset(out, 0, sizeof(*out));
	if (n->source >= in->n_sources)
		return;
	out->name = in->sources[n->source].name;
	out->line = n->at;
	out->column = n->key_at;
	if (in->sources[n->source].doc)
		gv_doc_where(in->sources[n->source].doc,
		    of_key && n->has_key ? n->key_at : n->at, &out->line,
		    &out->column);
}

bool
gv_instance_is(const struct gv_instance_node *n, const char *text)
{
	return n->kind == GV_INSTANCE_TEXT && n->len == strlen(text) &&
	    memcmp(n->is.text, text, n->len) == 0;
}
