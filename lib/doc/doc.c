#include "doc/doc.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "doc/doc_internal.h"

#define BOM "\xef\xbb\xbf"

/* ---- building ------------------------------------------------------------ */

/* Nodes are many, so the usual case is no call. */
#define GROW(p, n, cap) ((n) < (cap) ? 0 : GV_GROW(p, n, cap))

static int
check_room(struct gv_doc_builder *b, size_t at)
{
	const struct gv_doc *d = b->doc;
	int r;

	if (d->n + d->n_refs + d->n_marks + d->n_comments < GV_DOC_ITEMS_MAX)
		return 0;
	r = gv_doc_add_error(b, at, "it has too many values");
	return r < 0 ? r : GV_EREFUSED;
}

int
gv_doc_add(struct gv_doc_builder *b, const struct gv_doc_node *node)
{
	struct gv_doc *d = b->doc;
	struct gv_doc_level *in = &b->levels[b->depth];
	struct gv_doc_node *n;
	int r = check_room(b, node->at);

	if (r == 0)
		r = GROW(d->nodes, d->n, d->cap);
	if (r < 0)
		return r;
	n = &d->nodes[d->n++];
	*n = *node;
	n->parent = in->node;
	n->index = in->n++;
	n->next = (uint32_t)d->n;
	return 0;
}

int
gv_doc_open(struct gv_doc_builder *b, const struct gv_doc_node *node)
{
	int r;

	if (b->depth == b->depth_max) {
		r = gv_doc_add_error(b, node->at, "it is nested too deep");
		return r < 0 ? r : GV_EREFUSED;
	}
	r = gv_doc_add(b, node);
	if (r < 0)
		return r;
	b->levels[++b->depth] = (struct gv_doc_level){ .node = gv_doc_last(b) };
	return 0;
}

void
gv_doc_close(struct gv_doc_builder *b, size_t end)
{
	struct gv_doc_node *n = &b->doc->nodes[b->levels[b->depth--].node];

	n->next = (uint32_t)b->doc->n;
	n->len = end > n->at ? (uint32_t)(end - n->at) : 0;
}

void
gv_doc_close_to(struct gv_doc_builder *b, size_t depth, size_t end)
{
	while (b->depth > depth)
		gv_doc_close(b, end);
}

int
gv_doc_add_error(struct gv_doc_builder *b, size_t at, const char *what)
{
	struct gv_doc *d = b->doc;
	int r;

	if (d->n_errors == GV_DOC_ERRORS_MAX)
		return 0;
	r = GROW(d->errors, d->n_errors, d->cap_errors);
	if (r == 0)
		d->errors[d->n_errors++] =
		    (struct gv_doc_error){ (uint32_t)at, what };
	return r;
}

int
gv_doc_add_broken(struct gv_doc_builder *b, size_t from, size_t to, size_t at,
    const char *what)
{
	struct gv_doc_node node = { .at = (uint32_t)from,
		.len = (uint32_t)(to - from),
		.kind = GV_DOC_BROKEN };
	int r = what ? gv_doc_add_error(b, at, what) : 0;

	return r < 0 ? r : gv_doc_add(b, &node);
}

int
gv_doc_add_ref(
    struct gv_doc_builder *b, enum gv_doc_ref_kind kind, size_t at, size_t len)
{
	struct gv_doc *d = b->doc;
	int r = check_room(b, at);

	if (r == 0 && (r = GROW(d->refs, d->n_refs, d->cap_refs)) == 0)
		d->refs[d->n_refs++] =
		    (struct gv_doc_ref){ b->ref_node == GV_DOC_NONE
				? gv_doc_last(b)
				: b->ref_node,
			    (uint32_t)at, (uint32_t)len, kind };
	return r;
}

int
gv_doc_add_comment(struct gv_doc_builder *b, size_t at, size_t end)
{
	struct gv_doc *d = b->doc;
	int r = check_room(b, at);

	if (end > at && d->text[end - 1] == '\r')
		end--;
	if (r == 0 &&
	    (r = GROW(d->comments, d->n_comments, d->cap_comments)) == 0)
		d->comments[d->n_comments++] =
		    (struct gv_doc_span){ (uint32_t)at, (uint32_t)(end - at) };
	return r;
}

int
gv_doc_add_mark(struct gv_doc_builder *b, const struct gv_doc_mark *mark)
{
	struct gv_doc *d = b->doc;
	int r = check_room(b, mark->anchor_at);

	if (r == 0 && (r = GROW(d->marks, d->n_marks, d->cap_marks)) == 0)
		d->marks[d->n_marks++] = *mark;
	return r;
}

int
gv_doc_add_part(struct gv_doc_builder *b, uint32_t first, size_t at, size_t end)
{
	struct gv_doc *d = b->doc;
	const bool is_empty = first == d->n;
	size_t i;
	int r = GROW(d->parts, d->n_parts, d->cap_parts);

	if (r < 0)
		return r;
	d->parts[d->n_parts++] = (struct gv_doc_part){
		.node = is_empty ? GV_DOC_NONE : first,
		.at = (uint32_t)at,
		.len = (uint32_t)(end - at),
	};
	for (i = d->n_errors; i-- > 0 && d->errors[i].at >= at;)
		d->parts[d->n_parts - 1].is_broken = true;
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

typedef int reader(struct gv_doc_builder *b, size_t from);

static reader *const readers[] = {
	[GV_DOC_FORMAT_JSON] = gv_doc_read_json,
	[GV_DOC_FORMAT_YAML] = gv_doc_read_yaml,
	[GV_DOC_FORMAT_TEMPLATE] = gv_doc_read_yaml,
	[GV_DOC_FORMAT_COMPOSE] = gv_doc_read_yaml,
	[GV_DOC_FORMAT_HCL] = gv_doc_read_hcl,
	[GV_DOC_FORMAT_HCL_JSON] = gv_doc_read_hcl_json,
	[GV_DOC_FORMAT_ENV] = gv_doc_read_env,
	[GV_DOC_FORMAT_INI] = gv_doc_read_ini,
	[GV_DOC_FORMAT_PROPERTIES] = gv_doc_read_properties,
	[GV_DOC_FORMAT_TOML] = gv_doc_read_toml,
	[GV_DOC_FORMAT_DOCKERFILE] = gv_doc_read_docker,
	[GV_DOC_FORMAT_XML] = gv_doc_read_xml,
};

/* The first byte that is no UTF-8, or `len`. */
static size_t
find_bad(const char *text, size_t len)
{
	const uint64_t high = 0x8080808080808080;
	uint64_t eight;
	uint32_t c;
	size_t i = 0, n;

	while (i < len) {
		for (; len - i >= sizeof(eight); i += sizeof(eight)) {
			memcpy(&eight, text + i, sizeof(eight));
			if (eight & high)
				break;
		}
		if (i == len)
			break;
		n = gv_utf8_next(&c, text + i, len - i);
		if (n == 0)
			return i;
		i += n;
	}
	return len;
}

/* Where in all of it a reader stops at once: it is marked as a whole. */
static int
refuse_all(struct gv_doc_builder *b, size_t at, const char *what)
{
	return gv_doc_add_broken(b, 0, b->doc->len, at, what);
}

static int
read_text(struct gv_doc_builder *b)
{
	struct gv_doc *d = b->doc;
	const char *nul;
	size_t from = 0, bad;

	nul = d->len ? memchr(d->text, '\0', d->len) : NULL;
	if (nul)
		return refuse_all(
		    b, (size_t)(nul - d->text), "it has a zero byte");
	bad = find_bad(d->text, d->len);
	if (bad < d->len)
		return refuse_all(b, bad, "it is not in UTF-8");
	if (d->len >= strlen(BOM) && memcmp(d->text, BOM, strlen(BOM)) == 0)
		from = strlen(BOM);
	return readers[d->format](b, from);
}

static int
begin(struct gv_doc_builder *b)
{
	b->depth_max = b->doc->format == GV_DOC_FORMAT_JSON
	    ? GV_DOC_DEPTH_MAX
	    : GV_DOC_DEPTH_NESTED;
	b->levels[0] = (struct gv_doc_level){ .node = GV_DOC_NONE };
	if (b->doc->len > GV_DOC_SIZE_MAX) {
		b->doc->len = 0;
		return gv_doc_add_error(b, 0, "it is larger than 256 MiB");
	}
	return read_text(b);
}

int
gv_doc_read(struct gv_doc *out, enum gv_doc_format format, const char *text,
    size_t len, const struct gv_memory *memory)
{
	struct gv_doc_builder *b = malloc(sizeof(*b));
	int r;

	*out = (struct gv_doc){ .text = text, .len = len, .format = format };
	if (b == NULL)
		return gv_err_nomem();
	b->doc = out;
	b->memory = memory;
	b->depth = 0;
	b->ref_node = GV_DOC_NONE;
	r = begin(b);
	gv_doc_close_to(b, 0, out->len);
	if ((r == 0 || r == GV_EREFUSED) && out->n_parts == 0)
		r = gv_doc_add_part(b, 0, 0, out->len);
	if (r == 0 || r == GV_EREFUSED)
		r = gv_doc_find_places(out);
	free(b);
	if (r < 0)
		gv_doc_release(out);
	return r;
}

void
gv_doc_release(struct gv_doc *doc)
{
	free(doc->nodes);
	free(doc->parts);
	free(doc->refs);
	free(doc->marks);
	free(doc->comments);
	free(doc->errors);
	free(doc->places);
	memset(doc, 0, sizeof(*doc));
}
