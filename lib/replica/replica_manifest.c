#include "replica/replica_manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "format/canon.h"
#include "format/unjson.h"

/*
 *	{"format":1,"head":…,"host":…,
 *	 "packs":[{"bytes":…,"idx_bytes":…,"idx_sha256":…,"objects":…,
 *	           "sha256":…},…],
 *	 "previous":…,"refs":[{"id":…,"ref":…},…],"seq":…,"store":…,
 *	 "time":…,"whole":true}
 *
 * Keys sorted, all of them always there, packs and refs sorted and each once.
 */
#define FORMAT 1

void
gv_replica_manifest_release(struct gv_replica_manifest *m)
{
	if (m == NULL)
		return;
	free(m->refs);
	free(m->packs);
	gv_arena_release(&m->arena);
	*m = (struct gv_replica_manifest)GV_REPLICA_MANIFEST_INIT;
}

int
gv_replica_manifest_set(
    struct gv_replica_manifest *m, const char **at, const char *text)
{
	*at = text ? gv_arena_copy(&m->arena, text, strlen(text)) : NULL;
	return text && *at == NULL ? GV_ENOMEM : 0;
}

int
gv_replica_manifest_add_ref(
    struct gv_replica_manifest *m, const char *name, const struct gv_oid *id)
{
	char *copy = gv_arena_copy(&m->arena, name, strlen(name));
	int r = copy ? GV_GROW(m->refs, m->n_refs, m->cap_refs) : GV_ENOMEM;

	if (r < 0)
		return r;
	m->refs[m->n_refs++] =
	    (struct gv_replica_ref){ .name = copy, .id = *id };
	return 0;
}

int
gv_replica_manifest_add_pack(
    struct gv_replica_manifest *m, const struct gv_replica_pack *pack)
{
	int r = GV_GROW(m->packs, m->n_packs, m->cap_packs);

	if (r == 0)
		m->packs[m->n_packs++] = *pack;
	return r;
}

static int
compare_refs(const void *a, const void *b)
{
	const struct gv_replica_ref *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
compare_packs(const void *a, const void *b)
{
	const struct gv_replica_pack *x = a, *y = b;

	return memcmp(x->sum, y->sum, sizeof(x->sum));
}

void
gv_replica_manifest_sort(struct gv_replica_manifest *m)
{
	if (m->n_refs)
		qsort(m->refs, m->n_refs, sizeof(*m->refs), compare_refs);
	if (m->n_packs)
		qsort(m->packs, m->n_packs, sizeof(*m->packs), compare_packs);
}

const struct gv_replica_ref *
gv_replica_manifest_ref(const struct gv_replica_manifest *m, const char *name)
{
	const struct gv_replica_ref key = { .name = name };

	return m->n_refs
	    ? bsearch(&key, m->refs, m->n_refs, sizeof(key), compare_refs)
	    : NULL;
}

const struct gv_replica_pack *
gv_replica_manifest_pack(
    const struct gv_replica_manifest *m, const unsigned char *sum)
{
	struct gv_replica_pack key = { .bytes = 0 };

	memcpy(key.sum, sum, sizeof(key.sum));
	return m->n_packs
	    ? bsearch(&key, m->packs, m->n_packs, sizeof(key), compare_packs)
	    : NULL;
}

/* ---- written ------------------------------------------------------------ */

static void
add_sum(struct gv_canon *c, const char *key, const unsigned char *sum)
{
	char hex[GV_REPLICA_SUM_HEX + 1];

	gv_enc_hex(hex, sum, GV_REPLICA_SUM);
	gv_canon_text(c, key, hex);
}

static void
add_packs(struct gv_canon *c, const struct gv_replica_manifest *m)
{
	size_t i;

	gv_canon_list(c, "packs");
	for (i = 0; i < m->n_packs; i++) {
		const struct gv_replica_pack *p = &m->packs[i];

		gv_canon_map(c, NULL);
		gv_canon_number(c, "bytes", p->bytes);
		gv_canon_number(c, "idx_bytes", p->idx_bytes);
		add_sum(c, "idx_sha256", p->idx_sum);
		gv_canon_number(c, "objects", p->objects);
		add_sum(c, "sha256", p->sum);
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

static void
add_refs(struct gv_canon *c, const struct gv_replica_manifest *m)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	gv_canon_list(c, "refs");
	for (i = 0; i < m->n_refs; i++) {
		gv_oid_format(hex, &m->refs[i].id);
		gv_canon_map(c, NULL);
		gv_canon_text(
		    c, "id", gv_oid_is_zero(&m->refs[i].id) ? NULL : hex);
		gv_canon_text(c, "ref", m->refs[i].name);
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

int
gv_replica_manifest_format(struct gv_buf *out, struct gv_replica_manifest *m)
{
	static const unsigned char none[GV_REPLICA_SUM];
	struct gv_canon c = { .out = out };

	gv_replica_manifest_sort(m);
	gv_canon_map(&c, NULL);
	gv_canon_number(&c, "format", FORMAT);
	gv_canon_text(&c, "head", m->head);
	gv_canon_text(&c, "host", m->host);
	add_packs(&c, m);
	if (memcmp(m->previous, none, sizeof(none)) == 0)
		gv_canon_null(&c, "previous");
	else
		add_sum(&c, "previous", m->previous);
	add_refs(&c, m);
	gv_canon_number(&c, "seq", m->seq);
	gv_canon_text(&c, "store", m->store);
	gv_canon_time(&c, "time", m->time);
	gv_canon_bool(&c, "whole", m->is_whole);
	gv_canon_end(&c);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

/* ---- read --------------------------------------------------------------- */

static int
wrong(const char *what)
{
	return gv_err(GV_ECORRUPT, "the manifest %s", what);
}

static int
read_sum(unsigned char *out, const struct gv_unjson_node *node)
{
	if (node == NULL || node->kind != GV_UNJSON_TEXT ||
	    node->len != GV_REPLICA_SUM_HEX ||
	    gv_enc_unhex(out, node->text, GV_REPLICA_SUM) < 0)
		return wrong("has an invalid SHA-256");
	return 0;
}

static int
read_count(uint64_t *out, const struct gv_unjson_node *map, const char *key)
{
	int64_t n = gv_unjson_count(gv_unjson_get(map, key));

	*out = n < 0 ? 0 : (uint64_t)n;
	return n < 0 ? wrong("has an invalid number") : 0;
}

static int
read_pack(struct gv_replica_pack *out, const struct gv_unjson_node *node)
{
	int r = read_sum(out->sum, gv_unjson_get(node, "sha256"));

	if (r < 0)
		return r;
	if ((r = read_sum(out->idx_sum, gv_unjson_get(node, "idx_sha256"))) < 0)
		return r;
	if ((r = read_count(&out->bytes, node, "bytes")) < 0 ||
	    (r = read_count(&out->idx_bytes, node, "idx_bytes")) < 0)
		return r;
	return read_count(&out->objects, node, "objects");
}

static int
read_packs(struct gv_replica_manifest *out, const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *node;
	struct gv_replica_pack pack;
	int r;

	for (node = list ? list->first : NULL; node; node = node->next) {
		if ((r = read_pack(&pack, node)) < 0 ||
		    (r = gv_replica_manifest_add_pack(out, &pack)) < 0)
			return r;
		if (out->n_packs > 1 &&
		    compare_packs(&out->packs[out->n_packs - 2], &pack) >= 0)
			return wrong("has its packs in another order");
	}
	return 0;
}

/* A ref's name goes to `git update-ref --stdin`, which reads lines. */
static bool
is_name(const char *name)
{
	return name && strncmp(name, "refs/", 5) == 0 &&
	    strpbrk(name, " \t\r\n") == NULL;
}

static int
read_ref(struct gv_replica_manifest *out, const struct gv_unjson_node *node)
{
	const struct gv_unjson_node *id = gv_unjson_get(node, "id");
	const char *name = gv_unjson_get_text(node, "ref");
	struct gv_oid oid = { { 0 } };

	if (!is_name(name))
		return wrong("has a ref without a name");
	if (id && id->kind == GV_UNJSON_TEXT &&
	    (id->len != GV_OID_HEX || gv_oid_parse(&oid, id->text) < 0))
		return wrong("has an invalid object id");
	if (out->is_whole && gv_oid_is_zero(&oid))
		return wrong("is whole, and lists a ref that is gone");
	return gv_replica_manifest_add_ref(out, name, &oid);
}

static int
read_refs(struct gv_replica_manifest *out, const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *node;
	int r;

	for (node = list ? list->first : NULL; node; node = node->next) {
		if ((r = read_ref(out, node)) < 0)
			return r;
		if (out->n_refs > 1 &&
		    compare_refs(&out->refs[out->n_refs - 2],
			&out->refs[out->n_refs - 1]) >= 0)
			return wrong("has its refs in another order");
	}
	return 0;
}

static int
check_texts(const struct gv_replica_manifest *m)
{
	if (m->store == NULL || strlen(m->store) != GV_REPLICA_ID)
		return wrong("does not say of which store it is");
	if (m->host == NULL || !gv_replica_name_is_host(m->host))
		return wrong("does not say of which host it is");
	if (m->head && !is_name(m->head))
		return wrong("has an invalid HEAD");
	return m->seq == 0 || m->seq > GV_REPLICA_SEQ_MAX
	    ? wrong("has no number")
	    : 0;
}

static int
read_texts(struct gv_replica_manifest *out, const struct gv_unjson_node *root)
{
	int r = gv_replica_manifest_set(
	    out, &out->store, gv_unjson_get_text(root, "store"));

	if (r < 0)
		return r;
	r = gv_replica_manifest_set(
	    out, &out->host, gv_unjson_get_text(root, "host"));
	if (r < 0)
		return r;
	r = gv_replica_manifest_set(
	    out, &out->head, gv_unjson_get_text(root, "head"));
	return r < 0 ? r : check_texts(out);
}

static int
read_root(struct gv_replica_manifest *out, const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *previous = gv_unjson_get(root, "previous");
	const struct gv_unjson_node *whole = gv_unjson_get(root, "whole");
	const char *time = gv_unjson_get_text(root, "time");
	int64_t format = gv_unjson_count(gv_unjson_get(root, "format"));
	int r;

	if (format > FORMAT)
		return gv_err(GV_EREFUSED,
		    "the manifest is of format %lld, and this program knows "
		    "%d: a newer git-vault is needed",
		    (long long)format, FORMAT);
	if (format != FORMAT || time == NULL ||
	    gv_time_parse_rfc3339(&out->time, time) < 0)
		return wrong("lacks its format or time");
	out->is_whole = whole && whole->kind == GV_UNJSON_TRUE;
	if ((r = read_count(&out->seq, root, "seq")) < 0)
		return r;
	if (previous && previous->kind != GV_UNJSON_NULL &&
	    (r = read_sum(out->previous, previous)) < 0)
		return r;
	if ((r = read_texts(out, root)) < 0 ||
	    (r = read_packs(out, gv_unjson_get(root, "packs"))) < 0)
		return r;
	return read_refs(out, gv_unjson_get(root, "refs"));
}

int
gv_replica_manifest_parse(
    struct gv_replica_manifest *out, const char *text, size_t len)
{
	struct gv_buf same = GV_BUF_INIT, doc_text = GV_BUF_INIT;
	struct gv_unjson *doc = NULL;
	int r;

	*out = (struct gv_replica_manifest)GV_REPLICA_MANIFEST_INIT;
	if (len > GV_REPLICA_MANIFEST_MAX)
		return wrong("is too large");
	gv_buf_add(&doc_text, text, len);
	if ((r = gv_buf_check(&doc_text)) < 0)
		goto out;
	r = gv_unjson_parse(&doc, "manifest", doc_text.p, doc_text.len);
	r = r == GV_EREFUSED ? wrong("is no JSON") : r;
	if (r < 0 || (r = read_root(out, gv_unjson_root(doc))) < 0 ||
	    (r = gv_replica_manifest_format(&same, out)) < 0)
		goto out;
	if (same.len != len || memcmp(same.p, text, len) != 0)
		r = wrong("is not in the one form that it has");
out:
	gv_unjson_free(doc);
	gv_buf_release(&doc_text);
	gv_buf_release(&same);
	return r;
}
